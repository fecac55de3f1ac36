//! Every overlay fits its schema, and no secret is forgotten.

use schema::{Catalog, Kind, Property, TypeSchema};
use value::Path;

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
fn what_sounds_like_a_secret_is_one() {
    fn walk(schema: &TypeSchema, path: &Path, property: &Property, found: &mut Vec<String>) {
        if let Kind::Object { properties, .. } = &schema.resolve(property).kind {
            for (name, inner) in properties {
                walk(schema, &path.child(name), inner, found);
            }
        } else {
            let text = path.to_string();
            let last = text.rsplit('.').next().unwrap_or_default();
            let telling = [
                "password",
                "token",
                "stored_token",
                "private_key",
                "data_json",
                "service_account_json",
                "tls_certificate_key",
            ];
            if telling.contains(&last) && !schema.overlay.secret.iter().any(|secret| secret.covers(path)) {
                found.push(format!("{}: {text}", schema.name));
            }
        }
    }
    let mut found = Vec::new();
    each(|schema| {
        for (name, property) in &schema.properties {
            walk(schema, &Path::key(name), property, &mut found);
        }
    });
    assert_eq!(found, Vec::<String>::new());
}
