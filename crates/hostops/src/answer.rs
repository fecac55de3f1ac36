//! What a host answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use value::{Map, Value};

use crate::Key;
use crate::kinds::spec;

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
    /// Words that are equal as long as it is the same, where it is compared.
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
    let mut there = match words {
        ["props", seen, pairs @ ..] => There { words: Some((*seen).to_owned()), properties: properties(pairs)? },
        _ => (spec(key.kind).told)(key, words)?,
    };
    there.properties.extend(key.properties());
    if !key.is_compared() {
        there.words = None;
    }
    Some(there)
}

/// Properties as the script tells them: a name, what it is (`s` a text, `b` whether, `i` a number, `l` lines) and a value.
fn properties(pairs: &[&str]) -> Option<Map> {
    let pair = |pair: &&str| {
        let (name, typed) = pair.split_once('=')?;
        let value = text(typed.get(1..)?)?;
        let value = match typed.get(..1)? {
            "b" => Value::Bool(value == "1"),
            "i" => Value::Int(value.parse().ok()?),
            "l" => Value::List(value.lines().map(Value::from).collect()),
            _ => Value::from(value),
        };
        Some((name.to_owned(), value))
    };
    pairs.iter().map(pair).collect()
}

/// A file: what is in it if that was sent, and the properties that every file has.
pub(crate) fn file(words: &[&str]) -> Option<(There, Option<String>)> {
    let ["file", mode, uid, gid, sum, owner, group, body] = words else { return None };
    let mut properties = Map::new();
    properties.insert("mode".to_owned(), Value::from(format!("{mode:0>4}")));
    properties.insert("owner".to_owned(), Value::from(*owner));
    properties.insert("group".to_owned(), Value::from(*group));
    let content = (*body != "-").then(|| text(body)).flatten();
    Some((There { words: Some(format!("file {mode} {uid} {gid} {sum}")), properties }, content))
}

/// A file that is told by what is in it alone.
pub(crate) fn content(words: &[&str], read: impl FnOnce(&str) -> Map) -> Option<There> {
    let (there, content) = file(words)?;
    Some(There { properties: content.map_or_else(Map::new, |content| read(&content)), ..there })
}

/// A text that travelled in base64, with a dot after it so that an empty one is a word, too.
pub(crate) fn text(word: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(word.trim_end_matches('.')).ok()?).ok()
}
