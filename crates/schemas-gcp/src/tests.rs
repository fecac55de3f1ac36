//! Every overlay fits its schema, and no secret is forgotten.

use schema::{Catalog, Settle, TypeSchema};

use crate::sources;

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
fn names_and_files_agree() {
    for source in sources() {
        assert_eq!(TypeSchema::from_json(source.schema).expect("reads").name, source.name);
    }
}

#[test]
fn a_lost_answer_never_needs_a_person() {
    each(|schema| assert_ne!(schema.overlay.settle, Settle::Ask, "{}", schema.name));
}

/// Whatever else has a full name tells it before it is made.
#[test]
fn few_names_are_the_vendors_to_make() {
    let mut made = Vec::new();
    each(|schema| {
        let attribute = schema.properties.contains_key("name") && schema.is_attribute(&"name".parse().expect("a path"));
        let foreseen = schema.overlay.predict.contains_key("name");
        if attribute && !foreseen && schema.overlay.settle == Settle::Identity {
            made.push(schema.name.clone());
        }
    });
    let wanted = [
        "billingbudgets.googleapis.com/Budget",
        "cloudidentity.googleapis.com/Group",
        "cloudidentity.googleapis.com/Membership",
        "cloudresourcemanager.googleapis.com/Project",
        "monitoring.googleapis.com/AlertPolicy",
        "monitoring.googleapis.com/NotificationChannel",
    ];
    assert_eq!(made, wanted);
}

#[test]
fn keys_and_payloads_are_secrets() {
    let catalog = Catalog::new(sources());
    for (name, secret) in [
        ("iam.googleapis.com/ServiceAccountKey", "privateKeyData"),
        ("secretmanager.googleapis.com/SecretVersion", "payload.data"),
    ] {
        let schema = catalog.get(name).expect("reads").expect("is there");
        assert!(schema.overlay.secret.contains(&secret.parse().expect("a path")), "{name}");
    }
}
