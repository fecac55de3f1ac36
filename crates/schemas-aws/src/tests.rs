//! Every overlay fits its schema.

use std::collections::BTreeSet;

use schema::{Catalog, Kind, TypeSchema};
use value::{Path, Segment};

use crate::sources;

fn catalog() -> Catalog {
    Catalog::new(sources())
}

fn each(mut check: impl FnMut(&TypeSchema)) {
    let catalog = catalog();
    for name in catalog.names() {
        check(catalog.get(name).unwrap_or_else(|e| panic!("{e}")).expect("listed types are there"));
    }
}

fn has(schema: &TypeSchema, path: &str) -> bool {
    schema.property(&path.parse().expect("a path")).is_some()
}

/// The names in `{…}` of a prediction.
fn places(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|rest| rest.split('}').next())
}

#[test]
fn the_list_and_the_table_name_the_same_types() {
    let listed: BTreeSet<&str> = include_str!("../list.txt").split_whitespace().collect();
    assert_eq!(listed, catalog().names().collect());
    for source in sources() {
        let schema = TypeSchema::from_json(source.schema).expect("reads");
        assert_eq!(schema.name, source.name);
    }
}

#[test]
fn overlays_name_only_what_the_schema_has() {
    each(|schema| {
        let (name, overlay) = (&schema.name, &schema.overlay);
        let lists = [&overlay.create_only, &overlay.unordered, &overlay.secret];
        let mut paths: Vec<String> = lists.into_iter().flatten().map(Path::to_string).collect();
        paths.extend(overlay.name.iter().map(|n| n.property.clone()));
        paths.extend(overlay.identity.iter().flat_map(|i| i.properties.clone()));
        paths.extend(overlay.defaults.keys().cloned());
        paths.extend(overlay.predict.keys().cloned());
        paths.extend(overlay.tags.iter().cloned());
        paths.extend(overlay.references.keys().cloned());
        for template in overlay.predict.values() {
            paths.extend(places(template).filter(|p| !matches!(*p, "account" | "region")).map(str::to_owned));
        }
        let unknown: Vec<_> = paths.iter().filter(|path| !has(schema, path)).collect();
        assert!(unknown.is_empty(), "{name}: the overlay names {unknown:?}, which the schema lacks");
    });
}

#[test]
fn names_fit_the_property_that_holds_them() {
    each(|schema| {
        let Some(name) = &schema.overlay.name else { return };
        let property = schema.property(&Path::key(&name.property)).expect("is there");
        let Kind::String { max_length, .. } = property.kind else { panic!("{}: the name is no text", schema.name) };
        assert!(max_length.is_none_or(|max| name.max <= max), "{}: {} > {max_length:?}", schema.name, name.max);
        assert!(name.max > 0, "{}: no room for a name", schema.name);
        assert!(!schema.is_attribute(&Path::key(&name.property)), "{}: the name cannot be given", schema.name);
    });
}

#[test]
fn predictions_and_defaults_are_of_the_right_kind() {
    each(|schema| {
        for attribute in schema.overlay.predict.keys() {
            assert!(
                schema.is_attribute(&attribute.parse().expect("a path")),
                "{}: {attribute} is an input",
                schema.name
            );
        }
        let required: Vec<_> = schema.overlay.defaults.keys().filter(|k| schema.required.contains(*k)).collect();
        assert!(required.is_empty(), "{}: {required:?} must be given, so a default is never used", schema.name);
        let wrong: Vec<String> = schema
            .validate(&schema.overlay.defaults)
            .into_iter()
            .filter(|problem| !matches!(problem.kind, schema::ProblemKind::Missing))
            .map(|problem| format!("{} {}", problem.path, problem.kind))
            .collect();
        assert!(wrong.is_empty(), "{}: defaults: {wrong:?}", schema.name);
    });
}

#[test]
fn references_lead_to_types_that_are_there() {
    let names: BTreeSet<&str> = catalog().names().collect();
    each(|schema| {
        for (path, types) in &schema.overlay.references {
            assert!(!types.is_empty(), "{}: {path} refers to nothing", schema.name);
            let unknown: Vec<_> = types.iter().filter(|ty| !names.contains(ty.as_str())).collect();
            assert!(unknown.is_empty(), "{}: {path} refers to {unknown:?}", schema.name);
            let path: Path = path.parse().expect("a path");
            let concrete: Vec<Segment> = path
                .segments()
                .iter()
                .map(|s| if *s == Segment::Any { Segment::Index(0) } else { s.clone() })
                .collect();
            let ty = schema.value_type(&Path::from(concrete));
            assert!(matches!(ty, value::Type::String | value::Type::Any), "{}: {path} is a {ty}", schema.name);
        }
    });
}

#[test]
fn every_type_is_reviewed() {
    each(|schema| {
        let [create, update, delete] = schema.overlay.latency_ms;
        assert!(create > 0 && delete > 0, "{}: no latency", schema.name);
        assert!(create <= 1000 && update <= 1000 && delete <= 1000, "{}: too slow for a sandbox", schema.name);
        let settles_by_identity = schema.overlay.settle == schema::Settle::Identity;
        assert!(!settles_by_identity || schema.overlay.identity.is_some(), "{}: settles by what?", schema.name);
        let settles_by_tag = schema.overlay.settle == schema::Settle::Tag;
        assert!(
            !settles_by_tag || schema.overlay.tags.is_some(),
            "{}: settles by a tag that it cannot have",
            schema.name
        );
    });
}

#[test]
fn secrets_are_secret() {
    let secret = [
        ("AWS::RDS::DBInstance", "MasterUserPassword"),
        ("AWS::ElastiCache::ReplicationGroup", "AuthToken"),
        ("AWS::SES::EmailIdentity", "DkimSigningAttributes.DomainSigningPrivateKey"),
    ];
    let catalog = catalog();
    for (name, path) in secret {
        let schema = catalog.get(name).expect("reads").expect("is there");
        let path: Path = path.parse().expect("a path");
        assert!(schema.overlay.secret.contains(&path), "{name}: {path}");
    }
}

#[test]
fn data_is_not_lost_unasked() {
    let catalog = catalog();
    let stateful: BTreeSet<&str> =
        catalog.names().filter(|name| catalog.get(name).expect("reads").expect("is there").overlay.stateful).collect();
    assert_eq!(
        stateful,
        BTreeSet::from([
            "AWS::ElastiCache::ReplicationGroup",
            "AWS::KMS::Key",
            "AWS::RDS::DBInstance",
            "AWS::Route53::HostedZone",
            "AWS::S3::Bucket",
        ])
    );
}
