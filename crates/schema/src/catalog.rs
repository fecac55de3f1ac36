//! Catalogs: the types that a provider serves, each read when it is first asked for.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::{Overlay, TypeSchema};

/// The two texts that a type's schema is made of.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// The type token.
    pub name: &'static str,
    /// The published schema, JSON.
    pub schema: &'static str,
    /// The overlay, TOML; may be empty.
    pub overlay: &'static str,
}

/// A schema or an overlay cannot be read: a mistake in the program, found by its tests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("schema of `{name}`: {reason}")]
pub struct CatalogError {
    /// The type.
    pub name: String,
    /// What is wrong.
    pub reason: String,
}

/// A schema, once it is read.
type Slot = OnceLock<Result<TypeSchema, CatalogError>>;

/// Schemas by type token.
#[derive(Debug, Default)]
pub struct Catalog {
    types: BTreeMap<&'static str, (Source, Slot)>,
}

impl Catalog {
    /// A catalog of the given types.
    pub fn new(sources: impl IntoIterator<Item = Source>) -> Self {
        Self { types: sources.into_iter().map(|source| (source.name, (source, OnceLock::new()))).collect() }
    }

    /// The schema of a type; `None` if the catalog has none.
    ///
    /// # Errors
    /// If the schema or the overlay cannot be read.
    pub fn get(&self, name: &str) -> Result<Option<&TypeSchema>, CatalogError> {
        let Some((source, slot)) = self.types.get(name) else { return Ok(None) };
        match slot.get_or_init(|| read(source)) {
            Ok(schema) => Ok(Some(schema)),
            Err(error) => Err(error.clone()),
        }
    }

    /// The digest of all schemas and overlays, made of their texts without reading them.
    pub fn digest(&self) -> value::Digest {
        let texts = self.types.values().flat_map(|(source, _)| [source.name, source.schema, source.overlay]);
        value::Digest::of_parts("catalog/1", texts.map(str::as_bytes))
    }

    /// The type tokens, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.types.keys().copied()
    }
}

fn read(source: &Source) -> Result<TypeSchema, CatalogError> {
    let fail = |reason: String| CatalogError { name: source.name.to_owned(), reason };
    let overlay: Overlay = toml::from_str(source.overlay).map_err(|e| fail(format!("overlay: {e}")))?;
    let mut schema = TypeSchema::from_json(source.schema).map_err(fail)?;
    let parts = [source.schema.as_bytes(), source.overlay.as_bytes()];
    schema.digest = value::Digest::of_parts("schema/1", parts);
    schema.overlay = overlay;
    Ok(schema)
}
