//! Tags: which are required, and which are added.

use std::collections::BTreeMap;

use plan::prelude::*;
use policy::{Answer, Remedy, Subject};
use resource::fits;
use value::{Type, Value};

/// Which tags an object must have.
#[derive(Debug, Config)]
pub(crate) struct Required {
    /// The tags.
    keys: Vec<String>,
    /// For some of them the values that they may have.
    #[config(default)]
    values: BTreeMap<String, Vec<String>>,
    /// Patterns of types that need none.
    #[config(default)]
    except: Vec<String>,
}

pub(crate) fn required(settings: &Required, subject: &Subject<'_>, answer: &mut Answer) {
    let Some(property) = tags_of(subject) else { return };
    if settings.except.iter().any(|pattern| fits(pattern, subject.ty())) {
        return;
    }
    let tags = subject.property(property).cloned().unwrap_or_default();
    let known = pairs(&tags);
    let missing: Vec<String> =
        settings.keys.iter().filter(|key| !known.contains_key(key.as_str())).map(|key| format!("`{key}`")).collect();
    if !missing.is_empty() {
        if tags.has_unknown() {
            answer.undecided(&tags);
        } else {
            let (noun, list) = (if missing.len() == 1 { "tag" } else { "tags" }, missing.join(", "));
            answer.fail(format!("it lacks the {noun} {list}")).hint(format!("add to its `{property}`"));
        }
    }
    for (key, allowed) in &settings.values {
        match known.get(key.as_str()) {
            Some(Value::String(text)) if !allowed.contains(text) => {
                answer.fail(format!("its tag `{key}` is `{text}`")).hint(format!("it can be {}", allowed.join(", ")));
            }
            Some(value) => answer.undecided(value),
            None => {}
        }
    }
}

/// The tags that objects get, where they have none of that key.
#[derive(Debug, Config)]
pub(crate) struct Added {
    /// The tags with their values.
    tags: BTreeMap<String, String>,
}

pub(crate) fn add(settings: &Added, subject: &Subject<'_>, remedy: &mut Remedy) {
    let Some(property) = tags_of(subject) else { return };
    let tags = subject.property(property).cloned().unwrap_or_default();
    let known = pairs(&tags);
    let missing: Vec<(&String, &String)> =
        settings.tags.iter().filter(|(key, _)| !known.contains_key(key.as_str())).collect();
    if missing.is_empty() {
        return;
    }
    let as_map =
        matches!(subject.schema.map(|schema| schema.value_type(&value::Path::key(property))), Some(Type::Map(_)));
    match tags.clone() {
        Value::Null if as_map => remedy.set(property, Value::map(missing.into_iter().map(own))),
        Value::Map(mut map) => {
            map.extend(missing.into_iter().map(|(key, value)| (key.clone(), value.as_str().into())));
            remedy.set(property, map);
        }
        Value::Null => remedy.set(property, missing.into_iter().map(pair).collect::<Vec<Value>>()),
        // An element that is not known may be the tag that seems to be missing.
        Value::List(items) if items.iter().all(|item| key_of(item).is_some()) => {
            remedy.set(property, items.into_iter().chain(missing.into_iter().map(pair)).collect::<Vec<Value>>());
        }
        _ => remedy.undecided(&tags),
    }
}

/// The property that holds the tags, if the type has one.
fn tags_of<'a>(subject: &Subject<'a>) -> Option<&'a str> {
    subject.schema?.overlay.tags.as_deref()
}

/// The tags that are known, by key: from a list of pairs, or from a map.
fn pairs(tags: &Value) -> BTreeMap<&str, &Value> {
    match tags {
        Value::Map(map) => map.iter().map(|(key, value)| (key.as_str(), value)).collect(),
        Value::List(items) => items.iter().filter_map(|item| Some((key_of(item)?, item.get("Value")?))).collect(),
        _ => BTreeMap::new(),
    }
}

fn key_of(item: &Value) -> Option<&str> {
    item.get("Key")?.as_str()
}

fn pair((key, value): (&String, &String)) -> Value {
    Value::map([("Key", key.as_str()), ("Value", value.as_str())])
}

fn own<'a>((key, value): (&'a String, &'a String)) -> (&'a str, &'a str) {
    (key, value)
}
