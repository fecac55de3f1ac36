//! What a host answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use value::{Map, Value};

use crate::{Key, Kind};

/// What was answered to one task.
#[derive(Clone, PartialEq)]
pub enum Answer {
    /// The thing is there.
    There(There),
    /// The thing is not there.
    Absent,
    /// It was not done; what was there is as it was.
    Failed {
        /// What kind of failure: `Moved`, `Invalid`.
        code: String,
        /// The reason as a sentence.
        message: String,
    },
}

/// What there is. It may hold a secret, so it has no `Debug`.
#[derive(Clone, PartialEq)]
pub struct There {
    /// Words that are equal as long as it is the same, where it is at a path.
    pub words: Option<String>,
    /// Its properties, as far as they were told.
    pub properties: Map,
}

/// What a script told.
#[derive(Clone, PartialEq)]
pub struct Told {
    /// The answers to the tasks, in their order; `None` = nothing was said of it.
    pub answers: Vec<Option<Answer>>,
    /// Whether it began.
    pub begun: bool,
    /// Whether another one was in its way, so that it did nothing.
    pub locked: bool,
}

/// What a script told of the tasks about these things.
pub fn told(nonce: &str, keys: &[Key], output: &[u8]) -> Told {
    let mut found: Vec<Option<Answer>> = vec![None; keys.len()];
    let (mut begun, mut locked) = (false, false);
    for line in String::from_utf8_lossy(output).lines() {
        let Some(told) = line.strip_prefix(nonce).and_then(|rest| rest.strip_prefix(' ')) else { continue };
        let mut words = told.split_whitespace();
        let first = words.next().unwrap_or_default();
        begun |= first == "begin";
        locked |= first == "locked";
        let position = first.parse().ok().filter(|position: &usize| *position < keys.len());
        if let Some(position) = position {
            let words: Vec<&str> = words.collect();
            // What was said first counts: a thing ends once.
            let slot = &mut found[position];
            if slot.is_none() {
                *slot = answer(&keys[position], &words);
            }
        }
    }
    Told { answers: found, begun, locked }
}

fn answer(key: &Key, words: &[&str]) -> Option<Answer> {
    match words {
        ["absent"] => Some(Answer::Absent),
        ["failed", code, message] => {
            Some(Answer::Failed { code: (*code).to_owned(), message: text(message)?.trim().to_owned() })
        }
        ["there", rest @ ..] => Some(there(key, rest).map_or(Answer::Absent, Answer::There)),
        _ => None,
    }
}

/// What the words about a thing say; `None` if something else is in its place.
fn there(key: &Key, words: &[&str]) -> Option<There> {
    let mut properties = Map::new();
    let mut set = |name: &str, value: Value| {
        properties.insert(name.to_owned(), value);
    };
    let mut seen = None;
    match (key.kind, words) {
        (Kind::File | Kind::Unit | Kind::Sysctl, ["file", mode, uid, gid, sum, owner, group, body]) => {
            seen = Some(format!("file {mode} {uid} {gid} {sum}"));
            let content = (*body != "-").then(|| text(body)).flatten();
            match key.kind {
                Kind::Sysctl => {
                    let value = content.as_deref().and_then(|line| line.split_once('=')).map(|(_, value)| value.trim());
                    value.into_iter().for_each(|value| set("value", Value::from(value)));
                }
                Kind::Unit => content.into_iter().for_each(|content| set("content", Value::from(content))),
                _ => {
                    content.into_iter().for_each(|content| set("content", Value::from(content)));
                    set("mode", Value::from(format!("{mode:0>4}")));
                    set("owner", Value::from(*owner));
                    set("group", Value::from(*group));
                }
            }
        }
        (Kind::Directory, ["directory", mode, uid, gid, owner, group]) => {
            seen = Some(format!("directory {mode} {uid} {gid}"));
            set("mode", Value::from(format!("{mode:0>4}")));
            set("owner", Value::from(*owner));
            set("group", Value::from(*group));
        }
        (Kind::Link, ["link", target]) => {
            seen = Some(format!("link {target}"));
            set("target", Value::from(text(target)?));
        }
        (Kind::Package, ["package", version, hold]) => {
            set("version", Value::from(*version));
            set("hold", Value::Bool(*hold == "1"));
        }
        (Kind::Group, ["group", gid]) => set("gid", Value::Int(gid.parse().ok()?)),
        (Kind::User, ["user", uid, group, home, shell]) => {
            set("uid", Value::Int(uid.parse().ok()?));
            set("group", Value::from(*group));
            set("home", Value::from(text(home)?));
            set("shell", Value::from(text(shell)?));
        }
        (Kind::Member, ["member"]) => {}
        (Kind::Service, ["service", enabled, active]) => {
            match *enabled {
                "enabled" | "enabled-runtime" => set("enabled", Value::Bool(true)),
                "disabled" | "masked" => set("enabled", Value::Bool(false)),
                // Of others it is not the unit itself that says when it starts.
                _ => {}
            }
            match *active {
                "active" | "activating" | "reloading" => set("running", Value::Bool(true)),
                "inactive" | "failed" | "deactivating" => set("running", Value::Bool(false)),
                _ => {}
            }
        }
        _ => return None,
    }
    name(key, &mut properties);
    Some(There { words: seen, properties })
}

/// The properties that make up the id.
fn name(key: &Key, properties: &mut Map) {
    let mut set = |name: &str, value: &str| {
        properties.insert(name.to_owned(), Value::from(value));
    };
    set("id", &key.id);
    match key.kind {
        Kind::File | Kind::Directory | Kind::Link => set("path", &key.id),
        Kind::Package | Kind::Group | Kind::User | Kind::Sysctl => set("name", &key.id),
        Kind::Service => set("unit", &key.id),
        Kind::Member => {
            if let Some((user, group)) = key.id.split_once(':') {
                set("user", user);
                set("group", group);
            }
        }
        Kind::Unit => {
            set("path", &key.path().unwrap_or_default());
            match key.id.split_once('/') {
                Some((unit, drop_in)) => {
                    set("name", unit);
                    set("drop_in", drop_in);
                }
                None => set("name", &key.id),
            }
        }
    }
}

/// A text that travelled in base64, with a dot after it so that an empty one is a word, too.
fn text(word: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(word.trim_end_matches('.')).ok()?).ok()
}
