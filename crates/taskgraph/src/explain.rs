//! What differs between two records, in words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use plan::{Read, absent};
use serde::Serialize;
use serde_json::Value as Json;
use value::{Digest, Path, Value, differing};

use crate::{EvaluateRecord, OutputRead, ResolveRecord};

/// Something that is another than before, or a reason why it is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What kind of thing it is, in a word: `config`, `file`, `output`.
    pub kind: &'static str,
    /// Which one of them; empty, if there is but one.
    pub name: String,
    /// The whole as a sentence.
    pub text: String,
}

impl Difference {
    /// A difference.
    pub fn new(kind: &'static str, name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { kind, name: name.into(), text: text.into() }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why the evaluation of a stack is not the one of before; nothing if the keys are equal.
///
/// Where both configurations are at hand, as old and new, they are compared key by key.
pub fn differences_of_evaluate(
    old: &EvaluateRecord,
    new: &EvaluateRecord,
    config: Option<(&Value, &Value)>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    if old.stack != new.stack {
        let text = format!("the stack is `{}`, it was `{}`", new.stack, old.stack);
        found.push(Difference::new("stack", old.stack.to_string(), text));
    }
    if (old.format, old.epoch) != (new.format, new.epoch) {
        found.push(Difference::new("engine", "", "Groundplan itself evaluates in another way than before"));
    }
    if old.code != new.code {
        let project = new.stack.project();
        found.push(Difference::new("code", project, format!("code of `{project}` changed")));
    }
    let reads: BTreeSet<&Read> = old.reads.keys().chain(new.reads.keys()).collect();
    for read in reads {
        let (before, after) = (old.reads.get(read), new.reads.get(read));
        if before == after {
            continue;
        }
        match (read, config) {
            (Read::Config, Some((old, new))) if old != new => found.extend(differences_of_config(old, new)),
            _ => {
                let (kind, name) = kind_of(read);
                found.push(Difference::new(kind, name, format!("{} {}", thing(read), happened(read, before, after))));
            }
        }
    }
    found
}

/// Why the resolution of a stack is not the one of before; nothing if the keys are equal.
pub fn differences_of_resolve(old: &ResolveRecord, new: &ResolveRecord) -> Vec<Difference> {
    let mut found = Vec::new();
    if old.plan != new.plan {
        found.push(Difference::new("plan", "", "the plan changed"));
    }
    found.extend(differences_of_outputs(&old.reads, &new.reads));
    if old.schemas != new.schemas {
        found.push(Difference::new("schemas", "", "the schemas of its resource types changed"));
    }
    if old.profile != new.profile {
        found.push(Difference::new("profile", "", "the profile changed"));
    }
    found
}

/// Which keys of a configuration changed; never what they hold, as a value may be next to a secret one.
pub fn differences_of_config(old: &Value, new: &Value) -> Vec<Difference> {
    let line = |path: &Path, what: &str| {
        let text = if path.is_root() { format!("config {what}") } else { format!("config `{path}` {what}") };
        Difference::new("config", if path.is_root() { String::new() } else { path.to_string() }, text)
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
) -> Vec<Difference> {
    let keys: BTreeSet<&(String, Path)> = old.keys().chain(new.keys()).collect();
    let mut found = Vec::new();
    for key in keys {
        let name = format!("{}:{}", key.0, key.1);
        let what = match (old.get(key), new.get(key)) {
            (Some(before), Some(after)) if before.digest != after.digest => "changed",
            (Some(before), Some(after)) if before.proposed != after.proposed && after.proposed => {
                "is now read as proposed in the same run, with the same value"
            }
            (Some(before), Some(after)) if before.proposed != after.proposed => {
                "is now read as published, with the same value"
            }
            (None, Some(_)) => "is read now",
            (Some(_), None) => "is no longer read",
            _ => continue,
        };
        found.push(Difference::new("output", name.clone(), format!("output `{name}` {what}")));
    }
    found
}

/// What kind of thing was read, and which.
fn kind_of(read: &Read) -> (&'static str, String) {
    match read {
        Read::Config => ("config", String::new()),
        Read::File(path) => ("file", path.clone()),
        Read::List(path) => ("list", path.clone()),
        Read::Variable(name) => ("variable", name.clone()),
        Read::World(query) => ("world", query.clone()),
        Read::Output(stack, path) => ("output", format!("{stack}:{path}")),
    }
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
