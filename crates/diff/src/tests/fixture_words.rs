//! Values as words, and words as values.

use std::collections::BTreeMap;

use expr::{Expr, Op};
use resource::Urn;
use state::ReadOutput;
use value::{Digest, Path, Secret, Type, Value};

use super::path;

pub(super) fn property(word: &str, own: &dyn Fn(&str) -> Urn) -> (String, Expr) {
    let (key, text) = word.split_once('=').expect("key=value");
    (key.to_owned(), expression(text, own))
}

/// An expression; references may stand anywhere in lists and maps.
pub(super) fn expression(text: &str, own: &dyn Fn(&str) -> Urn) -> Expr {
    fn of(value: &Value, own: &dyn Fn(&str) -> Urn) -> Expr {
        match value {
            Value::List(items) => Expr::List(items.iter().map(|item| of(item, own)).collect()),
            Value::Map(map) => Expr::Map(map.iter().map(|(key, item)| (key.clone(), of(item, own))).collect()),
            Value::String(text) => reference(text, own).unwrap_or_else(|| Expr::Value(value.clone())),
            Value::Secret(secret) => Expr::Secret { key: Path::key("secret"), fingerprint: secret.fingerprint() },
            other => Expr::Value(other.clone()),
        }
    }
    of(&constant(text), own)
}

pub(super) fn reference(text: &str, own: &dyn Fn(&str) -> Urn) -> Option<Expr> {
    if let Some((left, right)) = text.split_once("==") {
        return Some(Expr::call(Op::Equals, vec![expression(left, own), expression(right, own)]));
    }
    if let Some(rest) = text.strip_prefix('@') {
        let (name, attribute) = rest.split_once('.')?;
        return Some(Expr::Attribute { urn: own(name).to_string(), path: path(attribute), ty: Type::Any });
    }
    let rest = text.strip_prefix('#')?;
    let (stack, leaf) = rest.trim_start_matches('?').split_once(':')?;
    Some(Expr::Output { stack: stack.to_owned(), path: path(leaf), ty: Type::Any, optional: rest.starts_with('?') })
}

pub(super) fn known(word: &str) -> (String, Value) {
    let (key, text) = word.split_once('=').expect("key=value");
    (key.to_owned(), constant(text))
}

/// A known value: JSON, or a secret's fingerprint, or else text.
pub(super) fn constant(text: &str) -> Value {
    if let Some(version) = text.strip_prefix('!') {
        return Value::Secret(Secret::encrypted(
            Digest::of("secret", version.as_bytes()),
            format!("cipher of {version}"),
        ));
    }
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

pub(super) fn show(value: &Value) -> String {
    match value {
        Value::Unknown(unknown) => {
            let origins: Vec<String> = unknown.origins.iter().map(ToString::to_string).collect();
            format!("<{}{}>", origins.join(" "), if unknown.secret { " secret" } else { "" })
        }
        Value::Secret(_) => "***".to_owned(),
        Value::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(",")),
        Value::Map(map) => {
            format!(
                "{{{}}}",
                map.iter().map(|(key, item)| format!("{key}:{}", show(item))).collect::<Vec<_>>().join(",")
            )
        }
        Value::String(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

/// A reading as the engine records it: of the leaf, with the digest of what is published if none is given.
pub(super) fn published(read: ReadOutput, digests: &BTreeMap<(String, Path), Digest>) -> ReadOutput {
    let of_stack = digests.iter().filter(|((stack, _), _)| *stack == read.stack);
    let leaves: BTreeMap<Path, Digest> = of_stack.map(|((_, path), digest)| (path.clone(), *digest)).collect();
    match diff::leaf_of(&leaves, &read.path) {
        Some((leaf, digest)) if read.digest == constant("").digest() => {
            ReadOutput { path: leaf.clone(), digest: *digest, ..read }
        }
        _ => read,
    }
}

pub(super) fn read_output(text: &str) -> ReadOutput {
    let (stack, rest) = text.split_once(':').expect("stack:path");
    let (leaf, digest) = rest.split_once('=').unwrap_or((rest, ""));
    ReadOutput {
        stack: stack.to_owned(),
        stack_id: stack.to_owned(),
        path: path(leaf),
        digest: constant(digest).digest(),
        of: [].into(),
    }
}
