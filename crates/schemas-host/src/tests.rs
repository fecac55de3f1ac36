//! Every overlay fits its schema.

use schema::{Catalog, Settle, TypeSchema};

use crate::sources;

#[test]
fn every_overlay_fits_its_schema() {
    let catalog = Catalog::new(sources());
    for name in catalog.names() {
        let schema = catalog.get(name).unwrap_or_else(|e| panic!("{e}")).expect("listed types are there");
        assert_eq!(schema.review(), Vec::<String>::new(), "{name}");
        assert_eq!(schema.overlay.settle, Settle::Token, "{name}: what is on a host is made so again");
    }
}

#[test]
fn names_and_files_agree_and_are_sorted() {
    let names: Vec<&str> = sources().iter().map(|source| source.name).collect();
    assert!(names.is_sorted());
    for source in sources() {
        assert_eq!(TypeSchema::from_json(source.schema).expect("reads").name, source.name);
    }
}
