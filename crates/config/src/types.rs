//! Decoding of the plain types.

use std::collections::BTreeMap;

use diag::{Diagnostic, Diagnostics, Place};
use expr::{Ipv4Net, Ipv6Net};
use value::{Digest, Path, Value};

use crate::decode::wrong_type;
use crate::{FromNode, Node, NodeKind, Shape};

/// A configuration value with where it stands, for problems that only the plan function can see.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

/// A secret of the configuration: its key and fingerprint. The content is not here and cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// The key path in the stack file.
    pub key: Path,
    /// What stands for the content.
    pub fingerprint: Digest,
}

impl FromNode for bool {
    fn from_node(node: &Node, found: &mut Diagnostics) -> Option<Self> {
        match node.kind {
            NodeKind::Bool(truth) => Some(truth),
            _ => fail(node, "a boolean", found),
        }
    }

    fn shape() -> Shape {
        Shape::Bool
    }
}

impl FromNode for f64 {
    fn from_node(node: &Node, found: &mut Diagnostics) -> Option<Self> {
        match node.kind {
            NodeKind::Float(number) => Some(number),
            #[expect(clippy::cast_precision_loss, reason = "an integer where a float is wanted is taken as one")]
            NodeKind::Int(number) => Some(number as Self),
            _ => fail(node, "a number", found),
        }
    }

    fn shape() -> Shape {
        Shape::Number
    }
}

impl FromNode for String {
    fn from_node(node: &Node, found: &mut Diagnostics) -> Option<Self> {
        match &node.kind {
            NodeKind::String(text) => Some(text.clone()),
            NodeKind::Secret { .. } => {
                found.push(
                    Diagnostic::error("E0105", format!("`{}` is a secret, but is read as plain text", node.path))
                        .at(node.place.clone())
                        .hint("write it as a plain string, or let the project read it as a `SealedSecret`"),
                );
                None
            }
            _ => fail(node, "a string", found),
        }
    }

    fn shape() -> Shape {
        Shape::Text
    }
}

impl FromNode for SealedSecret {
    fn from_node(node: &Node, found: &mut Diagnostics) -> Option<Self> {
        if let NodeKind::Secret { fingerprint, .. } = &node.kind {
            return Some(Self { key: node.path.clone(), fingerprint: *fingerprint });
        }
        let message = format!("`{}` must be a sealed secret, not {}", node.path, node.kind_name());
        found.push(
            Diagnostic::error("E0105", message)
                .at(node.place.clone())
                .hint(format!("run `runner config set STACK {} --secret`", node.path)),
        );
        None
    }

    fn shape() -> Shape {
        Shape::Secret
    }
}

macro_rules! from_integer {
    ($($ty:ty),*) => {
        $(impl FromNode for $ty {
            fn from_node(node: &Node, found: &mut Diagnostics) -> Option<Self> {
                let NodeKind::Int(number) = node.kind else { return fail(node, "an integer", found) };
                Self::try_from(number).map_err(|_| {
                    let message = format!("`{}` must lie between {} and {}", node.path, Self::MIN, Self::MAX);
                    found.push(Diagnostic::error("E0104", message).at(node.place.clone()));
                }).ok()
            }

            fn shape() -> Shape {
                Shape::Int(i64::try_from(Self::MIN).unwrap_or(i64::MIN), i64::try_from(Self::MAX).unwrap_or(i64::MAX))
            }
        })*
    };
}
from_integer!(i64, u64, u32, i32, u16, u8, usize);

macro_rules! from_text {
    ($($ty:ty),*) => {
        $(impl FromNode for $ty {
            fn from_node(node: &Node, found: &mut Diagnostics) -> Option<Self> {
                let text = String::from_node(node, found)?;
                text.parse().map_err(|reason| {
                    let message = format!("`{}`: {reason}", node.path);
                    found.push(Diagnostic::error("E0104", message).at(node.place.clone()));
                }).ok()
            }

            fn shape() -> Shape {
                Shape::Text
            }
        })*
    };
}
from_text!(Ipv4Net, Ipv6Net);

impl<T: FromNode> FromNode for Option<T> {
    fn from_node(node: &Node, found: &mut Diagnostics) -> Option<Self> {
        T::from_node(node, found).map(Some)
    }

    fn missing() -> Option<Self> {
        Some(None)
    }

    fn shape() -> Shape {
        T::shape()
    }
}

impl<T: FromNode> FromNode for Placed<T> {
    fn from_node(node: &Node, found: &mut Diagnostics) -> Option<Self> {
        T::from_node(node, found).map(|value| Self { value, place: node.place.clone() })
    }

    fn shape() -> Shape {
        T::shape()
    }
}

impl<T: FromNode> FromNode for Vec<T> {
    fn from_node(node: &Node, found: &mut Diagnostics) -> Option<Self> {
        let NodeKind::List(items) = &node.kind else { return fail(node, "a list", found) };
        // Every element is read before the result is judged, so that all problems are found.
        let read: Vec<Option<T>> = items.iter().map(|item| T::from_node(item, found)).collect();
        read.into_iter().collect()
    }

    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }
}

impl<T: FromNode> FromNode for BTreeMap<String, T> {
    fn from_node(node: &Node, found: &mut Diagnostics) -> Option<Self> {
        let NodeKind::Table(table) = &node.kind else { return fail(node, "a table", found) };
        let read: Vec<(String, Option<T>)> =
            table.entries.iter().map(|(key, (_, item))| (key.clone(), T::from_node(item, found))).collect();
        read.into_iter().map(|(key, item)| Some((key, item?))).collect()
    }

    fn shape() -> Shape {
        Shape::Map(Box::new(T::shape()))
    }
}

impl FromNode for Value {
    fn from_node(node: &Node, _: &mut Diagnostics) -> Option<Self> {
        Some(node.to_value())
    }
}

/// A part that somebody else decodes.
impl FromNode for Node {
    fn from_node(node: &Node, _: &mut Diagnostics) -> Option<Self> {
        Some(node.clone())
    }
}

/// No configuration at all: every key is unknown.
impl FromNode for () {
    fn from_node(node: &Node, found: &mut Diagnostics) -> Option<Self> {
        crate::Fields::of(node, &[], found).map(|_| ())
    }

    fn shape() -> Shape {
        Shape::Table(Vec::new())
    }
}

fn fail<T>(node: &Node, wanted: &str, found: &mut Diagnostics) -> Option<T> {
    found.push(wrong_type(node, wanted));
    None
}
