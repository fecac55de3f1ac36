//! Values as text.

use value::{Path, Unknown, Value, canonical_bytes, differing};

use crate::style::steers;

/// A value on one line of about `limit` characters: texts in quotes, unknowns by where they come from, secrets masked.
/// `here` is the stack in whose view it stands, which then is not named as an origin.
pub fn value_text(value: &Value, here: &str, limit: usize) -> String {
    match value {
        Value::String(text) => quoted(text, limit),
        // Where something comes from is never cut.
        Value::Unknown(unknown) if !unknown.secret => known_after(unknown, here),
        _ => {
            let mut out = String::new();
            write(value, here, limit, &mut out);
            cut(&out, limit)
        }
    }
}

/// What two values have at one place, as `old -> new`; masked on both sides if there is a secret on one.
pub(crate) fn change_text(old: Option<&Value>, new: Option<&Value>, here: &str, limit: usize) -> String {
    match (old, new) {
        (Some(Value::String(old)), Some(Value::String(new))) => {
            let (old, new) = around_the_difference(old, new, limit);
            format!("{} -> {}", quoted(&old, limit), quoted(&new, limit))
        }
        (Some(old), Some(new)) if old.has_secret() || new.has_secret() => match new {
            Value::Unknown(unknown) => format!("(secret) -> (secret, {})", known_after(unknown, here)),
            _ => "(secret, changed)".to_owned(),
        },
        (Some(old), Some(new)) => format!("{} -> {}", value_text(old, here, limit), value_text(new, here, limit)),
        (None, Some(new)) => value_text(new, here, limit),
        (Some(old), None) => format!("{} -> (none)", value_text(old, here, limit)),
        (None, None) => "(none)".to_owned(),
    }
}

/// One place inside a property where two values differ.
pub(crate) struct Inside {
    /// The path, as text.
    pub(crate) path: String,
    /// What is there.
    pub(crate) old: Option<Value>,
    /// What will be there.
    pub(crate) new: Option<Value>,
}

/// The places inside two values of a property where they differ; JSON texts (policies) are looked into.
pub(crate) fn inside(path: &Path, old: Option<&Value>, new: Option<&Value>) -> Vec<Inside> {
    let whole = || vec![Inside { path: path.to_string(), old: old.cloned(), new: new.cloned() }];
    match (old, new) {
        (Some(a @ (Value::Map(_) | Value::List(_))), Some(b @ (Value::Map(_) | Value::List(_)))) => {
            let (a, b) = match (by_key(a), by_key(b)) {
                (Some(a), Some(b)) => (a, b),
                _ => (a.clone(), b.clone()),
            };
            let found = differing(&a, &b);
            if found.is_empty() {
                return whole();
            }
            let at = |inner: &Path| path.join(inner).to_string();
            found.into_iter().map(|d| Inside { path: at(&d.path), old: d.old.cloned(), new: d.new.cloned() }).collect()
        }
        (Some(Value::String(a)), Some(Value::String(b))) => {
            let (Some(a), Some(b)) = (document(a), document(b)) else { return whole() };
            let found = differing(&a, &b);
            if found.is_empty() || found.iter().any(|d| d.path.is_root()) {
                return whole();
            }
            let at = |inner: &Path| format!("{path} (JSON) {inner}");
            found.into_iter().map(|d| Inside { path: at(&d.path), old: d.old.cloned(), new: d.new.cloned() }).collect()
        }
        _ => whole(),
    }
}

/// A list of `{ Key, Value }` (tags) as a map, whose differences read better.
fn by_key(value: &Value) -> Option<Value> {
    let pair = |item: &Value| {
        let map = item.as_map().filter(|map| map.len() == 2)?;
        Some((map.get("Key")?.as_str()?.to_owned(), map.get("Value")?.clone()))
    };
    let items = value.as_list()?;
    let map: value::Map = items.iter().map(pair).collect::<Option<_>>()?;
    (map.len() == items.len()).then_some(Value::Map(map))
}

/// The content of a text that is a JSON object or list.
fn document(text: &str) -> Option<Value> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str::<Value>(text).ok().filter(|value| matches!(value, Value::Map(_) | Value::List(_)))
}

/// `known after …`, by origin.
pub(crate) fn known_after(unknown: &Unknown, here: &str) -> String {
    let mut origins = unknown.origins.iter().map(|origin| match (origin.stack == here, origin.what.is_empty()) {
        (true, false) => origin.what.clone(),
        (_, true) => origin.stack.clone(),
        (false, false) => format!("{}: {}", origin.stack, origin.what),
    });
    match (origins.next(), unknown.origins.len()) {
        (None, _) => "known after apply".to_owned(),
        (Some(first), 1) => format!("known after {first}"),
        (Some(first), many) => format!("known after {first} and {} more", many - 1),
    }
}

fn write(value: &Value, here: &str, limit: usize, out: &mut String) {
    // What is longer than the limit is cut anyway.
    if out.len() > limit.saturating_mul(4) {
        return;
    }
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Float(_) => out.push_str(&String::from_utf8_lossy(&canonical_bytes(value))),
        Value::String(text) => out.push_str(&quoted(text, limit)),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write(item, here, limit, out);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (index, (key, item)) in map.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                out.push_str(&Path::key(key.as_str()).to_string());
                out.push_str(": ");
                write(item, here, limit, out);
            }
            out.push('}');
        }
        Value::Unknown(unknown) if unknown.secret => out.extend(["(secret, ", &known_after(unknown, here), ")"]),
        Value::Unknown(unknown) => out.extend(["(", &known_after(unknown, here), ")"]),
        Value::Secret(_) => out.push_str("(secret)"),
    }
}

/// A text in quotes, its control characters escaped, what is too long cut.
fn quoted(text: &str, limit: usize) -> String {
    let mut out = String::from("\"");
    let mut length = 0;
    for c in text.chars() {
        let shown = match c {
            '"' | '\\' => format!("\\{c}"),
            '\n' => "\\n".to_owned(),
            '\t' => "\\t".to_owned(),
            '\r' => "\\r".to_owned(),
            c if steers(c) => c.escape_unicode().to_string(),
            c => c.to_string(),
        };
        length += shown.chars().count();
        if length > limit {
            out.push('…');
            break;
        }
        out.push_str(&shown);
    }
    out.push('"');
    out
}

fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((position, _)) => format!("{}…", &text[..position]),
        None => text.to_owned(),
    }
}

/// Two texts that are too long, from a little before the first difference on.
fn around_the_difference(old: &str, new: &str, limit: usize) -> (String, String) {
    const BEFORE: usize = 12;
    let same = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).count();
    let longest = old.chars().count().max(new.chars().count());
    if longest <= limit || same <= BEFORE {
        return (old.to_owned(), new.to_owned());
    }
    let from = |text: &str| std::iter::once('…').chain(text.chars().skip(same - BEFORE)).collect();
    (from(old), from(new))
}
