//! The file of kinds, the documents and the schemas agree.

use std::collections::BTreeSet;

use schema::Catalog;

use crate::kind::{self, Kind};

/// A path with its places left open, in small letters: the vendor does not tell letters apart.
fn open(path: &str) -> String {
    let mut out = String::new();
    let mut within = false;
    for letter in path.chars() {
        match letter {
            '{' => within = true,
            '}' => {
                within = false;
                out.push('*');
            }
            letter if !within => out.extend(letter.to_lowercase()),
            _ => {}
        }
    }
    out
}

fn methods(kind: &'static Kind) -> Vec<&'static str> {
    let all = [&kind.put, &kind.patch, &kind.get, &kind.delete];
    all.into_iter().flatten().map(String::as_str).collect()
}

#[test]
fn every_type_of_the_schemas_is_served_and_no_other() {
    let known: BTreeSet<String> = schemas_azure::sources().iter().map(|source| source.name.to_owned()).collect();
    let served: BTreeSet<String> = kind::all().keys().cloned().collect();
    assert_eq!(served, known);
    assert_eq!(served.len(), 14);
}

#[test]
fn methods_are_those_of_the_id_and_of_the_version_of_the_schema() {
    for (ty, kind) in kind::all() {
        for name in methods(kind) {
            let call = kind.call(name).expect("it is among the documents");
            // What holds it is written out there, and one part of an id here.
            let end = open(&kind.at).trim_start_matches('*').to_owned();
            assert!(open(&call.method.path).ends_with(&end), "{ty} {name}: {}", call.method.path);
            assert_eq!(Some(call.document.version.as_str()), schemas_azure::api_version(ty), "{ty}");
        }
        let verbs: Vec<&str> =
            methods(kind).iter().map(|name| kind.call(name).expect("there").method.verb.as_str()).collect();
        assert!(
            ["PUT", "PATCH", "GET", "DELETE"].iter().filter(|verb| verbs.contains(verb)).count() == verbs.len(),
            "{ty}"
        );
    }
}

/// Properties that say where an object is, or that calls of other services carry.
const BESIDE: &[&str] = &["parent", "name", "scope", "id"];

#[test]
fn everything_that_a_program_can_say_has_a_place_in_a_body() {
    let catalog = Catalog::new(schemas_azure::sources());
    for (ty, kind) in kind::all() {
        let Some(put) = &kind.put else { continue };
        let schema = catalog.get(ty).expect("sound").expect("it is there");
        let call = kind.call(put).expect("it is among the documents");
        let shape = call.document.request(call.method).expect("it takes a body");
        for name in schema.properties.keys().filter(|name| !BESIDE.contains(&name.as_str())) {
            let told = schema.is_attribute(&value::Path::key(name));
            assert!(told || call.document.settable(shape, name).is_some(), "{ty} {name}");
        }
        if let Some(mark) = kind.owner {
            assert!(call.document.settable(shape, mark.property()).is_some(), "{ty}");
        }
    }
}
