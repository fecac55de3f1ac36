//! Resource schemas: the vendor's published shape and a small reviewed overlay of lifecycle facts.
//!
//! Layer: L1, model. The shape is a `CloudFormation` registry schema (the meta-schema is `provider.definition.schema.v1`
//! of the public `cloudformation-cli`); types of other vendors are written by hand in the same form. **Invariant:** a
//! question about a type is answered from its schema and overlay alone.

mod catalog;
mod overlay;
mod property;
mod read;
mod review;
mod validate;

use std::collections::{BTreeMap, BTreeSet};

use value::{Digest, Path, Type};

pub use catalog::{Catalog, CatalogError, Source};
pub use overlay::{Access, Identity, Name, Overlay, Settle};
pub use property::{Kind, Property};
pub use validate::{Problem, ProblemKind};

/// The schema of one resource type.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeSchema {
    /// The type token: `AWS::EC2::VPC`, `vault_mount`.
    pub name: String,
    /// What it is, in the vendor's words.
    pub description: String,
    /// The properties and attributes, by name.
    pub properties: BTreeMap<String, Property>,
    /// Shared shapes that [`Kind::Reference`] names.
    pub definitions: BTreeMap<String, Property>,
    /// Properties that must be given.
    pub required: BTreeSet<String>,
    /// A change here replaces the object.
    pub create_only: Vec<Path>,
    /// A change here replaces the object in some cases, which the vendor does not publish.
    pub conditional_create_only: Vec<Path>,
    /// Set by the vendor: attributes, never inputs.
    pub read_only: Vec<Path>,
    /// Given but never read back.
    pub write_only: Vec<Path>,
    /// What the id is made of.
    pub primary_identifier: Vec<Path>,
    /// Lifecycle facts that the shape lacks.
    pub overlay: Overlay,
    /// The digest of schema and overlay.
    pub digest: Digest,
}

/// What a change of a property means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// The object is changed in place.
    Update,
    /// The object has to be replaced.
    Replace,
}

impl TypeSchema {
    /// What a change at `path` means for the object.
    pub fn change_kind(&self, path: &Path) -> ChangeKind {
        let replaces = self.overlay.no_update
            || self.create_only.iter().any(|p| p.touches(path))
            || self.overlay.create_only.iter().any(|p| p.touches(path));
        if replaces { ChangeKind::Replace } else { ChangeKind::Update }
    }

    /// Whether a property is set by the vendor only.
    pub fn is_attribute(&self, path: &Path) -> bool {
        self.read_only.iter().any(|p| p.covers(path))
    }

    /// Whether an update of properties may leave something else at a path that the program does not set: the vendor sets
    /// it anew, it is told from one of them, or one of them was there and is the vendor's to say now.
    pub fn is_renewed(&self, path: &Path, changed: &BTreeSet<&str>) -> bool {
        let renewed = |(attribute, by): (&Path, &Vec<String>)| {
            attribute.touches(path) && (by.is_empty() || by.iter().any(|property| changed.contains(property.as_str())))
        };
        let told = self.overlay.predict.get(&path.to_string());
        self.overlay.renewed.iter().any(renewed)
            || told.is_some_and(|template| {
                places(template).any(|place| place.split('.').next().is_some_and(|first| changed.contains(first)))
            })
            || path.first_key().is_some_and(|first| changed.contains(first))
    }

    /// The shape at a path, references followed.
    pub fn property(&self, path: &Path) -> Option<&Property> {
        let mut segments = path.segments().iter();
        let Some(value::Segment::Key(first)) = segments.next() else { return None };
        let mut here = self.resolve(self.properties.get(first)?);
        for segment in segments {
            here = self.resolve(match (&here.kind, segment) {
                (Kind::Object { properties, additional, .. }, value::Segment::Key(key)) => {
                    properties.get(key).or(additional.as_deref())?
                }
                (Kind::Array(item), value::Segment::Index(_) | value::Segment::Any) => item,
                // What is in JSON is JSON.
                (Kind::Json, _) => here,
                _ => return None,
            });
        }
        Some(here)
    }

    /// Follows references to definitions.
    pub fn resolve<'a>(&'a self, property: &'a Property) -> &'a Property {
        let mut here = property;
        // Definitions may refer to one another; a chain longer than their number is a loop.
        for _ in 0..=self.definitions.len() {
            match &here.kind {
                Kind::Reference(name) => match self.definitions.get(name) {
                    Some(target) => here = target,
                    None => return here,
                },
                _ => return here,
            }
        }
        here
    }

    /// The type of the value at a path; `Any` where the schema does not say.
    pub fn value_type(&self, path: &Path) -> Type {
        fn of(schema: &TypeSchema, property: &Property) -> Type {
            match &schema.resolve(property).kind {
                Kind::String { .. } => Type::String,
                Kind::Integer => Type::Int,
                Kind::Number => Type::Float,
                Kind::Boolean => Type::Bool,
                Kind::Array(item) => Type::List(Box::new(of(schema, item))),
                Kind::Object { .. } => Type::Map(Box::new(Type::Any)),
                Kind::Json | Kind::Reference(_) => Type::Any,
            }
        }
        self.property(path).map_or(Type::Any, |property| of(self, property))
    }

    /// Whether the order of the list at `path` has no meaning.
    pub fn is_unordered(&self, path: &Path) -> bool {
        self.overlay.unordered.iter().any(|p| p.covers(path) && path.segments().len() == p.segments().len())
            || self.property(path).is_some_and(|property| !property.insertion_order)
    }
}

/// The properties in `{…}` of a prediction.
fn places(template: &str) -> impl Iterator<Item = &str> {
    let named = template.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    named.filter(|place| !matches!(*place, "account" | "region"))
}

#[cfg(test)]
mod tests;
