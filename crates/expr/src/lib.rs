//! Expressions as data: what a plan says of values that it does not know.
//!
//! Layer: L1, model. **Invariant:** expressions are a closed, versioned list; evaluating one is a pure function of the
//! [`Scope`]. **Invariant:** secretness survives every operation: the result of an operation on a secret is a secret
//! whose fingerprint is derived from the operation and the arguments, whether the secret is open or sealed.

mod cidr;
mod encode;
mod evaluate;
mod op;

use serde::{Deserialize, Serialize};
use sorted::SortedMap;
use value::{Digest, Path, Type, Value};

pub use cidr::{CidrError, Ipv4Net, Ipv6Net};
pub use encode::{to_json, to_yaml};
pub use evaluate::{EvaluateError, Scope, evaluate, faults};
pub use op::{Op, apply};

/// Expressions by name.
pub type Named = SortedMap<String, Expr>;

/// An expression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expr {
    /// A known value.
    Value(Value),
    /// A list of expressions.
    List(Vec<Expr>),
    /// Named expressions.
    Map(Named),
    /// An attribute of a resource of the same stack; the URN is text because names live a layer above.
    Attribute {
        /// The resource's URN.
        urn: String,
        /// The attribute.
        path: Path,
        /// Its type.
        #[serde(rename = "type")]
        ty: Type,
    },
    /// An output of another stack.
    Output {
        /// The stack's full name.
        stack: String,
        /// The output leaf.
        path: Path,
        /// Its type.
        #[serde(rename = "type")]
        ty: Type,
        /// Whether an output that is not there is null instead of an error.
        #[serde(default, skip_serializing_if = "is_false")]
        optional: bool,
    },
    /// A secret of this stack's configuration.
    Secret {
        /// The configuration key.
        key: Path,
        /// The fingerprint that stands beside the ciphertext.
        fingerprint: Digest,
    },
    /// An operation of the closed list.
    Call {
        /// Which.
        op: Op,
        /// On what.
        args: Vec<Expr>,
    },
    /// A named pure function of the project's code.
    Function {
        /// Its path: `crate::function`.
        name: String,
        /// The type of its result.
        #[serde(rename = "type")]
        ty: Type,
        /// On what.
        args: Vec<Expr>,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(truth: &bool) -> bool {
    !truth
}

/// Walking over the parts of something made of expressions.
pub trait Visit {
    /// Calls `visit` with every expression inside, outer ones first.
    fn visit(&self, visit: &mut dyn FnMut(&Expr));
}

impl Visit for Expr {
    fn visit(&self, visit: &mut dyn FnMut(&Expr)) {
        visit(self);
        match self {
            Self::List(items) | Self::Call { args: items, .. } | Self::Function { args: items, .. } => {
                items.iter().for_each(|item| item.visit(visit));
            }
            Self::Map(map) => map.values().for_each(|item| item.visit(visit)),
            Self::Value(_) | Self::Attribute { .. } | Self::Output { .. } | Self::Secret { .. } => {}
        }
    }
}

impl Expr {
    /// A call of an operation; folded at once where every argument is a plain known value.
    pub fn call(op: Op, args: Vec<Expr>) -> Self {
        let known: Option<Vec<Value>> = args.iter().map(Expr::to_value).collect();
        match known.and_then(|values| apply(&op, &values).ok()) {
            Some(value) => Self::Value(value),
            None => Self::Call { op, args },
        }
    }

    /// The value, if nothing in the expression has to be looked up.
    pub fn to_value(&self) -> Option<Value> {
        match self {
            Self::Value(value) => Some(value.clone()),
            Self::List(items) => items.iter().map(Self::to_value).collect::<Option<_>>().map(Value::List),
            Self::Map(map) => {
                map.iter().map(|(k, e)| Some((k.clone(), e.to_value()?))).collect::<Option<_>>().map(Value::Map)
            }
            _ => None,
        }
    }

    /// The element at a path: taken out of lists and maps, or put to the end of a reference, or a [`Op::Get`].
    pub fn at(&self, path: &Path, ty: Type) -> Self {
        if path.is_root() {
            return self.clone();
        }
        match self {
            Self::Attribute { urn, path: start, .. } => {
                Self::Attribute { urn: urn.clone(), path: start.join(path), ty }
            }
            Self::Output { stack, path: start, optional, .. } => {
                Self::Output { stack: stack.clone(), path: start.join(path), ty, optional: *optional }
            }
            _ => Self::call(Op::Get { path: path.clone(), ty }, vec![self.clone()]),
        }
    }
}

impl<T: Into<Value>> From<T> for Expr {
    fn from(value: T) -> Self {
        Self::Value(value.into())
    }
}

#[cfg(test)]
mod tests;
