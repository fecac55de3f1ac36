//! What differs between two records, in words.

use std::collections::{BTreeMap, BTreeSet};

use plan::{Read, absent};
use serde_json::Value as Json;
use value::{Digest, Path, Value, differing};

use crate::{EvaluateRecord, OutputRead, ResolveRecord};

/// Why the evaluation of a stack is not the one of before, one line a reason; nothing if the keys are equal.
///
/// Where both configurations are at hand, as old and new, they are compared key by key.
pub fn differences_of_evaluate(
    old: &EvaluateRecord,
    new: &EvaluateRecord,
    config: Option<(&Value, &Value)>,
) -> Vec<String> {
    let mut found = Vec::new();
    if old.stack != new.stack {
        found.push(format!("the stack is `{}`, it was `{}`", new.stack, old.stack));
    }
    if (old.format, old.epoch) != (new.format, new.epoch) {
        found.push("Groundplan itself evaluates in another way than before".to_owned());
    }
    if old.code != new.code {
        found.push(format!("code of `{}` changed", new.stack.project()));
    }
    let reads: BTreeSet<&Read> = old.reads.keys().chain(new.reads.keys()).collect();
    for read in reads {
        let (before, after) = (old.reads.get(read), new.reads.get(read));
        if before == after {
            continue;
        }
        match (read, config) {
            (Read::Config, Some((old, new))) if old != new => found.extend(differences_of_config(old, new)),
            _ => found.push(format!("{} {}", thing(read), happened(read, before, after))),
        }
    }
    found
}

/// Why the resolution of a stack is not the one of before, one line a reason; nothing if the keys are equal.
pub fn differences_of_resolve(old: &ResolveRecord, new: &ResolveRecord) -> Vec<String> {
    let mut found = Vec::new();
    if old.plan != new.plan {
        found.push("the plan changed".to_owned());
    }
    found.extend(differences_of_outputs(&old.reads, &new.reads));
    if old.schemas != new.schemas {
        found.push("the schemas of its resource types changed".to_owned());
    }
    if old.profile != new.profile {
        found.push("the profile changed".to_owned());
    }
    found
}

/// Which keys of a configuration changed; never what they hold, as a value may be next to a secret one.
pub fn differences_of_config(old: &Value, new: &Value) -> Vec<String> {
    let line = |path: &Path, what: &str| {
        if path.is_root() { format!("config {what}") } else { format!("config `{path}` {what}") }
    };
    differing(old, new)
        .iter()
        .map(|difference| match (difference.old, difference.new) {
            (None, _) => line(&difference.path, "was added"),
            (_, None) => line(&difference.path, "was removed"),
            (Some(_), Some(Value::Secret(_))) => line(&difference.path, "changed (secret)"),
            _ => line(&difference.path, "changed"),
        })
        .collect()
}

fn differences_of_outputs(
    old: &BTreeMap<(String, Path), OutputRead>,
    new: &BTreeMap<(String, Path), OutputRead>,
) -> Vec<String> {
    let keys: BTreeSet<&(String, Path)> = old.keys().chain(new.keys()).collect();
    let mut found = Vec::new();
    for key in keys {
        let name = format!("output `{}:{}`", key.0, key.1);
        match (old.get(key), new.get(key)) {
            (Some(before), Some(after)) if before.digest != after.digest => found.push(format!("{name} changed")),
            (Some(before), Some(after)) if before.proposed != after.proposed => found.push(if after.proposed {
                format!("{name} is now read as proposed in the same run, with the same value")
            } else {
                format!("{name} is now read as published, with the same value")
            }),
            (None, Some(_)) => found.push(format!("{name} is read now")),
            (Some(_), None) => found.push(format!("{name} is no longer read")),
            _ => {}
        }
    }
    found
}

/// What was read, as a person calls it.
fn thing(read: &Read) -> String {
    match read {
        Read::Config => "config".to_owned(),
        Read::File(path) => format!("file `{path}`"),
        Read::List(path) => format!("list of files in `{path}`"),
        Read::Variable(name) => format!("environment variable `{name}`"),
        Read::World(query) => format!("world lock's answer to {}", query_in_words(query)),
        Read::Output(stack, path) => format!("output `{stack}:{path}`"),
    }
}

fn happened(read: &Read, before: Option<&Digest>, after: Option<&Digest>) -> &'static str {
    let gone = absent();
    let (appears, vanishes) = match read {
        Read::Variable(_) => ("was set", "was unset"),
        Read::File(_) | Read::List(_) | Read::World(_) => ("appeared", "vanished"),
        Read::Config | Read::Output(..) => ("was added", "was withdrawn"),
    };
    match (before, after) {
        (None, _) => "is read now",
        (_, None) => "is no longer read",
        (Some(before), _) if *before == gone => appears,
        (_, Some(after)) if *after == gone => vanishes,
        _ => "changed",
    }
}

/// `aws:availability-zones` (region `us-east-1`), of the query's canonical text.
fn query_in_words(text: &str) -> String {
    let parsed: Json = serde_json::from_str(text).unwrap_or_default();
    let Some(name) = parsed.get("query").and_then(Json::as_str) else {
        return format!("`{text}`");
    };
    let arguments: Vec<String> = parsed
        .get("arguments")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key} `{}`", value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    if arguments.is_empty() { format!("`{name}`") } else { format!("`{name}` ({})", arguments.join(", ")) }
}
