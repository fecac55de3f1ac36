//! The shape of properties.

use std::collections::{BTreeMap, BTreeSet};

/// The shape of one property.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// What kind of value.
    pub kind: Kind,
    /// What it is, in the vendor's words.
    pub description: String,
    /// Whether the order of a list's elements has a meaning.
    pub insertion_order: bool,
}

/// A kind of value.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Text.
    String {
        /// The allowed texts; empty = any.
        allowed: Vec<String>,
        /// The greatest number of characters.
        max_length: Option<usize>,
        /// A regular expression in the vendor's dialect, for documentation.
        pattern: Option<String>,
    },
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A truth value.
    Boolean,
    /// A list of one shape.
    Array(Box<Property>),
    /// A map of named properties.
    Object {
        /// The named properties.
        properties: BTreeMap<String, Property>,
        /// Those that must be given.
        required: BTreeSet<String>,
        /// The shape of any other entry; `None` = no other entries.
        additional: Option<Box<Property>>,
    },
    /// A shape of the type's definitions.
    Reference(String),
    /// Any JSON: policy documents.
    Json,
}
