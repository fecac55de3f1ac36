//! Values: what properties and outputs are made of.
//!
//! Layer: L0, kit. **Invariant:** the canonical encoding of a value is the same on every machine: maps are sorted by
//! key bytes, integers are integers, floats have their shortest round-trip form. **Invariant:** the content of a
//! [`Secret`] is in no `Debug`, no `Display` and no serialised form.

mod canonical;
mod compare;
mod digest;
mod path;
mod secret;
mod serde_impl;
mod ty;

use std::fmt;

pub use canonical::canonical_bytes;
pub use compare::{Differing, differing};
pub use digest::{Digest, Digester, ParseDigestError};
pub use path::{ParsePathError, Path, Segment};
pub use secret::{Content, Secret};
pub use ty::Type;

use sorted::{SortedMap, SortedSet};

/// A map of values, sorted by key bytes.
pub type Map = SortedMap<String, Value>;

/// A value, which may hold unknowns and secrets anywhere inside.
#[derive(Clone, PartialEq, Default)]
pub enum Value {
    /// Nothing; in a map of properties the same as absence.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number. `1` is not `1.0`.
    Int(i64),
    /// A finite binary float.
    Float(f64),
    /// Text.
    String(String),
    /// A sequence.
    List(Vec<Value>),
    /// Named values.
    Map(Map),
    /// Something that will be known later.
    Unknown(Unknown),
    /// Something that must not be seen.
    Secret(Secret),
}

/// A value that is not known yet: its type, and where it will come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The type that the value will have.
    pub ty: Type,
    /// What must happen before it is known.
    pub origins: SortedSet<Origin>,
    /// Whether the value will be a secret.
    pub secret: bool,
}

/// Where an unknown will come from: a stack, and the output or resource attribute in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Full name of the stack whose apply makes it known.
    pub stack: String,
    /// Output path, or URN and attribute path.
    pub what: String,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.stack, self.what)
    }
}

impl Unknown {
    /// An unknown with one origin.
    pub fn new(ty: Type, stack: impl Into<String>, what: impl Into<String>) -> Self {
        let origin = Origin { stack: stack.into(), what: what.into() };
        Self { ty, origins: SortedSet::from([origin]), secret: false }
    }
}

impl Value {
    /// A map from pairs.
    pub fn map<K: Into<String>, V: Into<Value>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::Map(pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
    }

    /// Whether this is [`Value::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if this is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The elements, if this is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, if this is a map.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The entry of a map.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_map()?.get(key)
    }

    /// The value at a path of keys and indices; `None` where it leads nowhere.
    pub fn at(&self, path: &Path) -> Option<&Value> {
        path.segments().iter().try_fold(self, |value, segment| match (segment, value) {
            (Segment::Key(key), Self::Map(map)) => map.get(key),
            (Segment::Index(index), Self::List(items)) => items.get(*index),
            _ => None,
        })
    }

    /// Calls `visit` with every unknown inside.
    pub fn unknowns<'a>(&'a self, visit: &mut dyn FnMut(&'a Unknown)) {
        match self {
            Self::Unknown(unknown) => visit(unknown),
            Self::List(items) => items.iter().for_each(|item| item.unknowns(visit)),
            Self::Map(map) => map.values().for_each(|item| item.unknowns(visit)),
            _ => {}
        }
    }

    /// Whether there is an unknown anywhere inside.
    pub fn has_unknown(&self) -> bool {
        match self {
            Self::Unknown(_) => true,
            Self::List(items) => items.iter().any(Self::has_unknown),
            Self::Map(map) => map.values().any(Self::has_unknown),
            _ => false,
        }
    }

    /// Whether there is a secret, or an unknown that will be one, anywhere inside.
    pub fn has_secret(&self) -> bool {
        match self {
            Self::Secret(_) => true,
            Self::Unknown(unknown) => unknown.secret,
            Self::List(items) => items.iter().any(Self::has_secret),
            Self::Map(map) => map.values().any(Self::has_secret),
            _ => false,
        }
    }

    /// Rebuilds the value with each secret replaced by what `open` gives; the first error ends it.
    pub fn map_secrets<E>(self, open: &mut dyn FnMut(Secret) -> Result<Value, E>) -> Result<Value, E> {
        Ok(match self {
            Self::Secret(secret) => open(secret)?,
            Self::List(items) => {
                Self::List(items.into_iter().map(|item| item.map_secrets(open)).collect::<Result<_, E>>()?)
            }
            Self::Map(map) => {
                Self::Map(map.into_iter().map(|(k, v)| Ok((k, v.map_secrets(open)?))).collect::<Result<_, E>>()?)
            }
            other => other,
        })
    }

    /// The type of the value, as far as it can be seen.
    pub fn ty(&self) -> Type {
        match self {
            Self::Null | Self::Secret(_) => Type::Any,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Float(_) => Type::Float,
            Self::String(_) => Type::String,
            Self::List(_) => Type::List(Box::new(Type::Any)),
            Self::Map(_) => Type::Map(Box::new(Type::Any)),
            Self::Unknown(unknown) => unknown.ty.clone(),
        }
    }

    /// The value with every secret as its fingerprint alone: what equal values have in common.
    #[must_use]
    pub fn sealed(&self) -> Self {
        match self {
            Self::Secret(secret) => Self::Secret(secret.to_sealed()),
            Self::List(items) => Self::List(items.iter().map(Self::sealed).collect()),
            Self::Map(map) => Self::Map(map.iter().map(|(key, item)| (key.clone(), item.sealed())).collect()),
            other => other.clone(),
        }
    }

    /// The digest of the canonical encoding; a secret counts by its fingerprint, whether it is open or encrypted.
    pub fn digest(&self) -> Digest {
        if self.has_secret() {
            return Digest::of("value/1", &canonical_bytes(&self.sealed()));
        }
        Digest::of("value/1", &canonical_bytes(self))
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&canonical_bytes(self)))
    }
}

macro_rules! value_from {
    ($($from:ty => |$x:ident| $into:expr;)*) => {
        $(impl From<$from> for Value {
            fn from($x: $from) -> Self { $into }
        })*
    };
}

value_from! {
    bool => |x| Value::Bool(x);
    i64 => |x| Value::Int(x);
    i32 => |x| Value::Int(x.into());
    u32 => |x| Value::Int(x.into());
    u16 => |x| Value::Int(x.into());
    u8 => |x| Value::Int(x.into());
    f64 => |x| Value::Float(x);
    &str => |x| Value::String(x.to_owned());
    String => |x| Value::String(x);
    Map => |x| Value::Map(x);
    Unknown => |x| Value::Unknown(x);
    Secret => |x| Value::Secret(x);
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(item: Option<T>) -> Self {
        item.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests;
