//! The closed list of operations.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use value::{Path, Type, Value};

use crate::cidr::{Ipv4Net, Ipv6Net};
use crate::encode;

/// An operation. A change of meaning of one that exists is a new name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// The value at a path.
    Get {
        /// Where.
        path: Path,
        /// The type of what is there.
        #[serde(rename = "type")]
        ty: Type,
    },
    /// Texts, numbers and truth values, one after the other.
    Concat,
    /// The elements of a list with a text between them: list, text.
    Join,
    /// The parts of a text between a separator: text, separator.
    Split,
    /// Canonical JSON text: sorted keys, no white space.
    Json,
    /// TOML text of a map, keys sorted.
    Toml,
    /// YAML 1.2 block text, keys sorted, strings quoted.
    Yaml,
    /// Base64 (RFC 4648 section 4) of a text's UTF-8.
    Base64,
    /// The n-th subnet of a given prefix length within a block, IPv4 or IPv6: block, prefix length, n from 0.
    CidrSubnet,
    /// The n-th address of a block: block, n from 0.
    CidrHost,
    /// The number of elements, entries or characters.
    Length,
    /// The keys of a map.
    Keys,
    /// The values of a map in the order of its keys.
    Values,
    /// The element of a list at an index that wraps round: list, index.
    Element,
    /// The entry of a map, or a default: map, key, default.
    Lookup,
    /// Maps laid over one another, the last wins; null counts as an empty map.
    Merge,
    /// Lists one after the other; null counts as an empty list.
    Append,
    /// The sorted, distinct texts of a list.
    Sort,
    /// A text in lower case.
    Lower,
    /// A text in upper case.
    Upper,
    /// Every occurrence replaced: text, what, by what.
    Replace,
    /// A text without a prefix, if it has it: text, prefix.
    TrimPrefix,
    /// The first n characters: text, n.
    Truncate,
    /// Whether two values are equal.
    Equals,
    /// One of two values: condition, then, else.
    If,
    /// The first argument that is not null.
    Coalesce,
    /// The argument, from here on a secret.
    Secret,
}

impl Op {
    /// The type of the result.
    pub fn ty(&self) -> Type {
        match self {
            Self::Get { ty, .. } => ty.clone(),
            Self::Concat | Self::Join | Self::Json | Self::Toml | Self::Yaml | Self::Base64 => Type::String,
            Self::CidrSubnet | Self::CidrHost | Self::Lower | Self::Upper | Self::Replace => Type::String,
            Self::TrimPrefix | Self::Truncate => Type::String,
            Self::Split | Self::Keys | Self::Sort => Type::List(Box::new(Type::String)),
            Self::Values | Self::Append => Type::List(Box::new(Type::Any)),
            Self::Merge => Type::Map(Box::new(Type::Any)),
            Self::Length => Type::Int,
            Self::Equals => Type::Bool,
            Self::Element | Self::Lookup | Self::If | Self::Coalesce | Self::Secret => Type::Any,
        }
    }
}

/// Applies an operation to known values without secrets.
///
/// # Errors
/// A sentence fragment that says which argument does not fit.
pub fn apply(op: &Op, args: &[Value]) -> Result<Value, String> {
    let text = |i: usize| match args.get(i) {
        Some(Value::String(text)) => Ok(text.as_str()),
        other => Err(wrong(op, i, "a text", other)),
    };
    let list = |i: usize| match args.get(i) {
        Some(Value::List(items)) => Ok(items.as_slice()),
        other => Err(wrong(op, i, "a list", other)),
    };
    let count = |i: usize| match args.get(i) {
        Some(Value::Int(number)) if *number >= 0 => Ok(u64::try_from(*number).unwrap_or_default()),
        other => Err(wrong(op, i, "a number of at least 0", other)),
    };
    let any = |i: usize| args.get(i).ok_or_else(|| wrong(op, i, "a value", None));
    Ok(match op {
        Op::Get { path, .. } => {
            any(0)?.at(path).cloned().ok_or_else(|| format!("there is no `{path}` in the value"))?
        }
        Op::Concat => {
            Value::String((0..args.len()).map(|i| any(i).and_then(|v| plain_text(op, i, v))).collect::<Result<_, _>>()?)
        }
        Op::Join => {
            let parts: Vec<String> = list(0)?.iter().map(|v| plain_text(op, 0, v)).collect::<Result<_, _>>()?;
            Value::String(parts.join(text(1)?))
        }
        Op::Split => Value::List(text(0)?.split(text(1)?).map(Value::from).collect()),
        Op::Json => Value::String(encode::to_json(any(0)?)),
        Op::Toml => Value::String(encode::to_toml(any(0)?)?),
        Op::Yaml => Value::String(encode::to_yaml(any(0)?)),
        Op::Base64 => Value::String(encode::to_base64(text(0)?)),
        Op::CidrSubnet => {
            let prefix = u8::try_from(count(1)?).unwrap_or(u8::MAX);
            Value::String(if text(0)?.contains(':') {
                let block: Ipv6Net = text(0)?.parse().map_err(|e| format!("{e}"))?;
                block.subnet(prefix, count(2)?).map_err(|e| e.to_string())?.to_string()
            } else {
                let block: Ipv4Net = text(0)?.parse().map_err(|e| format!("{e}"))?;
                block.subnet(prefix, count(2)?).map_err(|e| e.to_string())?.to_string()
            })
        }
        Op::CidrHost => {
            let block: Ipv4Net = text(0)?.parse().map_err(|e| format!("{e}"))?;
            Value::String(block.host(count(1)?).map_err(|e| e.to_string())?.to_string())
        }
        Op::Length => Value::Int(match any(0)? {
            Value::List(items) => i64::try_from(items.len()).unwrap_or(i64::MAX),
            Value::Map(map) => i64::try_from(map.len()).unwrap_or(i64::MAX),
            Value::String(text) => i64::try_from(text.chars().count()).unwrap_or(i64::MAX),
            other => return Err(wrong(op, 0, "a list, a map or a text", Some(other))),
        }),
        Op::Keys => Value::List(map_of(op, 0, any(0)?)?.keys().map(|k| Value::from(k.as_str())).collect()),
        Op::Values => Value::List(map_of(op, 0, any(0)?)?.values().cloned().collect()),
        Op::Element => {
            let items = list(0)?;
            let index = usize::try_from(count(1)?).unwrap_or(usize::MAX);
            items.get(index.checked_rem(items.len()).ok_or("`element` of an empty list")?).cloned().unwrap_or_default()
        }
        Op::Lookup => match map_of(op, 0, any(0)?)?.get(text(1)?) {
            Some(found) => found.clone(),
            None => args
                .get(2)
                .cloned()
                .ok_or_else(|| format!("there is no `{}` in the map", text(1).unwrap_or_default()))?,
        },
        Op::Merge => {
            let mut merged = value::Map::new();
            for (i, arg) in args.iter().enumerate().filter(|(_, arg)| !arg.is_null()) {
                merged.extend(map_of(op, i, arg)?.clone());
            }
            Value::Map(merged)
        }
        Op::Append => {
            let mut items = Vec::new();
            for (i, _) in args.iter().enumerate().filter(|(_, arg)| !arg.is_null()) {
                items.extend_from_slice(list(i)?);
            }
            Value::List(items)
        }
        Op::Sort => {
            let texts: BTreeSet<String> = list(0)?.iter().map(|v| plain_text(op, 0, v)).collect::<Result<_, _>>()?;
            Value::List(texts.into_iter().map(Value::String).collect())
        }
        Op::Lower => Value::String(text(0)?.to_lowercase()),
        Op::Upper => Value::String(text(0)?.to_uppercase()),
        Op::Replace => Value::String(text(0)?.replace(text(1)?, text(2)?)),
        Op::TrimPrefix => Value::from(text(0)?.strip_prefix(text(1)?).unwrap_or(text(0)?)),
        Op::Truncate => {
            Value::String(text(0)?.chars().take(usize::try_from(count(1)?).unwrap_or(usize::MAX)).collect())
        }
        Op::Equals => Value::Bool(any(0)? == any(1)?),
        Op::If => match any(0)? {
            Value::Bool(true) => any(1)?.clone(),
            Value::Bool(false) => any(2)?.clone(),
            other => return Err(wrong(op, 0, "a truth value", Some(other))),
        },
        Op::Coalesce => args.iter().find(|arg| !arg.is_null()).cloned().unwrap_or_default(),
        Op::Secret => return Err("a secret can only be marked while it is evaluated".into()),
    })
}

fn map_of<'a>(op: &Op, i: usize, value: &'a Value) -> Result<&'a value::Map, String> {
    value.as_map().ok_or_else(|| wrong(op, i, "a map", Some(value)))
}

fn plain_text(op: &Op, i: usize, value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Int(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        other => Err(wrong(op, i, "a text, an integer or a truth value", Some(other))),
    }
}

fn wrong(op: &Op, index: usize, wanted: &str, got: Option<&Value>) -> String {
    let name = format!("{op:?}").split([' ', '{']).next().unwrap_or_default().to_lowercase();
    match got {
        Some(value) => format!("argument {} of `{name}` must be {wanted}, not {}", index + 1, value.ty()),
        None => format!("argument {} of `{name}` is missing", index + 1),
    }
}
