//! What holds of every type that is served.

use std::collections::{BTreeMap, BTreeSet};

use ports::Provider;
use rest::template::unfill;
use schema::{Settle, TypeSchema};
use value::Path;

use crate::kind::{Kind, Way, call};
use crate::{Gcp, Place, kind};

fn gcp() -> Gcp {
    Gcp::with_token(Place::default(), BTreeMap::new(), "a".to_owned())
}

fn each(mut check: impl FnMut(&str, &'static Kind, &TypeSchema)) {
    let gcp = gcp();
    assert_eq!(gcp.types().len(), kind::all().len(), "every kind has a schema");
    for ty in gcp.types() {
        let schema = gcp.schema(&ty).expect("a sound schema").expect("it is listed");
        check(&ty, kind::of(&ty).expect("it is served"), schema);
    }
}

/// The places of a template.
fn places(template: &str) -> impl Iterator<Item = String> {
    let named = template.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    named.filter(|place| *place != "_").map(|place| place.split('.').next().unwrap_or_default().to_owned())
}

/// The properties that a way sends.
fn sent(kind: &Kind, way: &Way) -> BTreeSet<String> {
    let call = kind.call(&way.call).expect("a method");
    let mut names: BTreeSet<String> =
        way.path.values().chain(way.query.values()).flat_map(|text| places(text)).collect();
    names.extend(call.method.in_path().map(str::to_owned));
    if let Some(shape) = call.document.request(call.method) {
        let inner = way.within.as_ref().and_then(|name| shape.settable(name)).map(|shape| call.document.resolve(shape));
        names.extend([Some(shape), inner].into_iter().flatten().flat_map(|shape| shape.names().map(str::to_owned)));
    }
    names
}

#[test]
fn every_method_that_is_named_is_in_a_document_and_every_parameter_is_one_of_it() {
    each(|ty, kind, _| {
        let ways = [&kind.create, &kind.update, &kind.lookup].into_iter().flatten();
        for way in ways {
            let call = kind.call(&way.call).unwrap_or_else(|error| panic!("{ty}: {error}"));
            assert!(way.path.keys().all(|name| call.method.in_path().any(|known| known == name)), "{ty}");
            assert!(way.query.keys().all(|name| call.method.takes(name)), "{ty}: {}", way.call);
            assert!(call.method.needs().all(|name| way.query.contains_key(name)), "{ty}: {}", way.call);
            assert!(way.body.is_empty() || call.method.has_body(), "{ty}: {}", way.call);
        }
        let named = [&kind.read, &kind.delete, &kind.operation, &kind.revive].into_iter().flatten();
        if let Some(list) = &kind.list {
            let call = kind.call(&list.call).unwrap_or_else(|error| panic!("{ty}: {error}"));
            assert!(list.query.keys().all(|name| call.method.takes(name)), "{ty}: {}", list.call);
        }
        for name in named.chain(kind.list.iter().map(|list| &list.call)) {
            let call = kind.call(name).unwrap_or_else(|error| panic!("{ty}: {error}"));
            let parts: BTreeSet<String> = places(&kind.at).collect();
            let in_path: Vec<&str> = call.method.in_path().collect();
            assert!(in_path.len() == 1 || in_path.iter().all(|part| parts.contains(*part)), "{ty}: {name}");
        }
        if let Some(policy) = &kind.policy {
            let methods = if policy.entries.is_some() { ["get", "patch"] } else { ["getIamPolicy", "setIamPolicy"] };
            for method in methods {
                kind.call(&format!("{}.{method}", policy.of)).unwrap_or_else(|error| panic!("{ty}: {error}"));
            }
        }
        for beside in &kind.beside {
            for name in beside.read.iter().chain([&beside.write]) {
                call(beside.api.as_deref().unwrap_or(&kind.api), name).unwrap_or_else(|error| panic!("{ty}: {error}"));
            }
        }
    });
}

/// A property that is nowhere would be dropped in silence.
#[test]
fn every_property_that_a_program_can_set_is_sent_to_somebody() {
    each(|ty, kind, schema| {
        if kind.media || kind.policy.is_some() {
            return;
        }
        let mut beside: BTreeSet<String> = kind.beside.iter().map(|beside| beside.property.clone()).collect();
        beside.extend(kind.lent.iter().map(|lent| lent.property.clone()));
        let at: BTreeSet<String> = places(&kind.at).collect();
        let create = sent(kind, kind.create.as_ref().expect("it can be made"));
        let update = kind.update.as_ref().map(|way| sent(kind, way)).unwrap_or_default();
        for name in schema.properties.keys().filter(|name| !schema.is_attribute(&Path::key(name.as_str()))) {
            let known = |names: &BTreeSet<String>| names.contains(name) || beside.contains(name) || at.contains(name);
            assert!(known(&create), "{ty}: a create sends no {name}");
            if schema.change_kind(&Path::key(name.as_str())) == schema::ChangeKind::Update {
                assert!(known(&update), "{ty}: an update sends no {name}");
            }
        }
        assert!(schema.overlay.no_update || kind.update.is_some(), "{ty}");
    });
}

#[test]
fn what_is_settled_by_identity_can_be_searched_by_it() {
    each(|ty, kind, schema| match schema.overlay.settle {
        Settle::Identity if kind.media || kind.policy.is_some() || kind.lookup.is_some() || kind.list.is_some() => {}
        Settle::Identity => {
            let identity = schema.overlay.identity.as_ref().expect("it has one");
            for place in places(&kind.at) {
                assert!(identity.properties.contains(&place), "{ty}: {place} is not of its identity");
            }
        }
        // Repeated, it makes a new one, which is the one that counts.
        Settle::Token => assert!(schema.overlay.no_update, "{ty}"),
        Settle::Tag | Settle::Ask => panic!("{ty} would need a person"),
    });
}

#[test]
fn the_name_is_the_one_that_previews_tell() {
    each(|ty, kind, schema| {
        if let Some(predicted) = schema.overlay.predict.get("name") {
            assert_eq!(*predicted, kind.at, "{ty}");
        }
        for (form, place) in kind.told.values().flat_map(|form| places(form).map(move |place| (form, place))) {
            assert!(schema.is_attribute(&Path::key(place.as_str())), "{ty}: {place}");
            assert!(unfill(form, &form.replace(&format!("{{{place}}}"), "1")).is_some(), "{ty}: {form}");
        }
    });
}

#[test]
fn a_type_that_is_not_served_has_no_schema_here() {
    assert_eq!(gcp().schema("compute.googleapis.com/Instance").map(|schema| schema.is_some()), Ok(false));
    assert!(gcp().schema("hail_user").expect("no broken schema").is_none());
}
