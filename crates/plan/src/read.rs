//! Plain values, and the record of what an evaluation read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use value::{Digest, Path, Value};

/// A Rust type that can be read from a known value.
pub trait FromValue: Sized {
    /// The value, if it fits.
    fn from_value(value: &Value) -> Option<Self>;
}

/// A Rust type that can be made a value.
pub trait IntoValue {
    /// The value.
    fn into_value(self) -> Value;
}

impl<T: Into<Value>> IntoValue for T {
    fn into_value(self) -> Value {
        self.into()
    }
}

impl FromValue for Value {
    fn from_value(value: &Value) -> Option<Self> {
        Some(value.clone())
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

impl FromValue for i64 {
    fn from_value(value: &Value) -> Option<Self> {
        value.as_int()
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: &Value) -> Option<Self> {
        value.as_list()?.iter().map(T::from_value).collect()
    }
}

impl<T: FromValue> FromValue for BTreeMap<String, T> {
    fn from_value(value: &Value) -> Option<Self> {
        value.as_map()?.iter().map(|(key, item)| Some((key.clone(), T::from_value(item)?))).collect()
    }
}

/// One thing that an evaluation read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Read {
    /// The configuration of the stack, as a value: comments and order do not count.
    Config,
    /// A file; absence is read too.
    File(String),
    /// The names in a directory; absence is read too.
    List(String),
    /// An environment variable; unset is read too.
    Variable(String),
    /// An entry of the world lock: the query's canonical text.
    World(String),
    /// Another stack's output, as a plain value.
    Output(String, Path),
}

/// What an evaluation read, each with the digest of what was there.
pub type Reads = BTreeMap<Read, Digest>;
