//! Every overlay fits its schema, and no lifecycle fact that data hang on is forgotten.

use std::collections::BTreeSet;

use schema::{Catalog, ChangeKind, Settle, TypeSchema};

use crate::{api_version, sources};

fn each(mut check: impl FnMut(&TypeSchema)) {
    let catalog = Catalog::new(sources());
    for name in catalog.names() {
        check(catalog.get(name).unwrap_or_else(|e| panic!("{e}")).expect("listed types are there"));
    }
}

#[test]
fn every_overlay_fits_its_schema() {
    each(|schema| assert_eq!(schema.review(), Vec::<String>::new(), "{}", schema.name));
}

#[test]
fn names_and_files_agree_and_every_type_has_a_version() {
    for source in sources() {
        assert_eq!(TypeSchema::from_json(source.schema).expect("reads").name, source.name);
        assert!(api_version(source.name).is_some_and(|version| !version.is_empty()));
    }
    assert_eq!(api_version("Microsoft.Nothing/here"), None);
}

#[test]
fn a_lost_answer_is_settled_by_what_the_program_names() {
    // A PUT names its object, so nothing is ever made twice.
    each(|schema| assert_eq!(schema.overlay.settle, Settle::Identity, "{}", schema.name));
}

#[test]
fn what_stands_in_an_id_cannot_change_in_place() {
    each(|schema| {
        for property in ["parent", "scope", "name", "location", "group", "member"] {
            let path = value::Path::key(property);
            if schema.properties.contains_key(property) && !schema.is_attribute(&path) {
                assert_eq!(schema.change_kind(&path), ChangeKind::Replace, "{} {property}", schema.name);
            }
        }
    });
}

#[test]
fn types_that_hold_data_say_so() {
    let mut stateful = BTreeSet::new();
    each(|schema| {
        if schema.overlay.stateful {
            stateful.insert(schema.name.clone());
        }
    });
    let wanted = [
        "Microsoft.ContainerRegistry/registries",
        "Microsoft.KeyVault/vaults",
        "Microsoft.KeyVault/vaults/secrets",
        "Microsoft.Resources/resourceGroups",
        "Microsoft.Storage/storageAccounts",
        "Microsoft.Storage/storageAccounts/blobServices/containers",
    ];
    assert_eq!(stateful, wanted.map(str::to_owned).into());
}

#[test]
fn contents_of_secrets_are_secrets() {
    let catalog = Catalog::new(sources());
    let schema = catalog.get("Microsoft.KeyVault/vaults/secrets").expect("reads").expect("is there");
    assert!(schema.overlay.secret.contains(&value::Path::key("value")));
    assert!(schema.write_only.contains(&value::Path::key("value")));
}
