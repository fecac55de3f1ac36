//! Types of values.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The type of a value: what is said of an unknown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// Anything.
    Any,
    /// A truth value.
    Bool,
    /// A 64-bit integer.
    Int,
    /// A float.
    Float,
    /// Text.
    String,
    /// A list of one type.
    List(Box<Type>),
    /// A map from text to one type.
    Map(Box<Type>),
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("integer"),
            Self::Float => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::List(item) => write!(f, "list of {item}"),
            Self::Map(item) => write!(f, "map of {item}"),
        }
    }
}
