//! Every overlay fits its schema, and the facts that cost data or leak secrets are pinned.

use std::collections::BTreeSet;

use schema::{Catalog, TypeSchema};
use value::Path;

use crate::sources;

fn catalog() -> Catalog {
    Catalog::new(sources())
}

fn each<T>(mut check: impl FnMut(&TypeSchema) -> T) -> Vec<T> {
    let catalog = catalog();
    let get = |name| catalog.get(name).unwrap_or_else(|e| panic!("{e}")).expect("listed types are there");
    catalog.names().map(|name| check(get(name))).collect()
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
fn every_overlay_fits_its_schema() {
    let problems: Vec<String> = each(|schema| {
        schema.review().into_iter().map(|problem| format!("{}: {problem}", schema.name)).collect::<Vec<_>>()
    })
    .concat();
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn references_lead_to_types_that_are_there() {
    let names: BTreeSet<&str> = catalog().names().collect();
    let strangers = each(|schema| {
        let types = schema.overlay.references.values().flatten();
        types.filter(|ty| !names.contains(ty.as_str())).map(|ty| format!("{}: {ty}", schema.name)).collect::<Vec<_>>()
    });
    assert_eq!(strangers.concat(), Vec::<String>::new());
}

#[test]
fn the_tags_of_the_overlay_are_those_of_the_schema() {
    for source in sources() {
        let tagged = source.schema.contains("\"tagProperty\"") && !source.schema.contains("\"taggable\": false");
        let schema = catalog().get(source.name).expect("reads").expect("is there").clone();
        assert_eq!(schema.overlay.tags.is_some(), tagged, "{}", source.name);
    }
}

#[test]
fn secrets_are_secret() {
    let secret = [
        ("AWS::IAM::User", "LoginProfile.Password"),
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
fn what_holds_data_is_stateful() {
    let stateful: Vec<String> =
        each(|schema| schema.overlay.stateful.then(|| schema.name.clone())).into_iter().flatten().collect();
    assert_eq!(
        stateful,
        [
            "AWS::ACMPCA::CertificateAuthority",
            "AWS::ElastiCache::ReplicationGroup",
            "AWS::KMS::Key",
            "AWS::RDS::DBInstance",
            "AWS::Route53::HostedZone",
            "AWS::S3::Bucket",
        ]
    );
}
