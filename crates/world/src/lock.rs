//! The lock of one stack.

use std::collections::BTreeMap;
use std::fmt;

use config::FromNode;
use diag::{Diagnostic, Diagnostics, Place};
use plan::WorldQuery;
use plan_macros::Config;
use value::{Digest, Value, canonical_bytes};

/// An answer of the world to a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    query: String,
    arguments: Value,
    answer: Value,
    at: String,
    source: Source,
}

/// Who gave an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Config)]
pub enum Source {
    /// The live world.
    Live,
    /// The sandbox made it up; `live` refuses it.
    Sandbox,
}

/// An answer holds something that a lock cannot: an unknown, a secret, a null in a list, a number that is not finite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotPlain;

impl fmt::Display for NotPlain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a world lock holds plain values only: no unknowns, secrets or nulls")
    }
}

impl std::error::Error for NotPlain {}

impl Entry {
    /// An answer; `at` is when it was given, as `2026-08-22T00:00:00Z`. Nulls in maps are left out.
    ///
    /// # Errors
    /// If a value is not plain.
    pub fn new(query: &str, arguments: &Value, answer: &Value, at: &str, source: Source) -> Result<Self, NotPlain> {
        let (arguments, answer) = (plain(arguments)?, plain(answer)?);
        Ok(Self { query: query.to_owned(), arguments, answer, at: at.to_owned(), source })
    }

    /// The answer to a typed query.
    ///
    /// # Errors
    /// If the answer is not plain.
    pub fn to<Q: WorldQuery>(query: &Q, answer: impl Into<Value>, at: &str, source: Source) -> Result<Self, NotPlain> {
        Self::new(Q::NAME, &query.arguments(), &answer.into(), at, source)
    }

    /// The name of the query.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Its arguments.
    pub fn arguments(&self) -> &Value {
        &self.arguments
    }

    /// The answer.
    pub fn answer(&self) -> &Value {
        &self.answer
    }

    /// When it was given.
    pub fn at(&self) -> &str {
        &self.at
    }

    /// Who gave it.
    pub fn source(&self) -> Source {
        self.source
    }

    fn key(&self) -> Key {
        key(&self.query, &self.arguments)
    }
}

/// What an upsert did.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// There was no answer to the query.
    Added,
    /// The answer is the same, and so the entry stays as it was, its time included.
    Same,
    /// The answer, or who gave it, is another; here is the old entry.
    Changed(Entry),
}

/// Query and canonical arguments: what the entries are sorted by.
type Key = (String, Vec<u8>);

/// The answers of one stack, one per query and arguments.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lock {
    entries: BTreeMap<Key, Entry>,
}

impl Lock {
    /// No answers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the text of a lock file; `file` is what places name.
    ///
    /// # Errors
    /// All problems: syntax, unknown and missing keys, answers that were edited, queries that are answered twice.
    pub fn parse(file: &str, text: &str) -> Result<Self, Diagnostics> {
        let node = config::parse(file, text)?;
        let mut found = Diagnostics::new();
        let Some(form) = Form::from_node(&node, &mut found) else { return Err(found) };
        let mut entries: BTreeMap<Key, (Place, Entry)> = BTreeMap::new();
        for config::Placed { value: form, place } in form.answer {
            let Some(entry) = form.entry(&place, &mut found) else { continue };
            if let Some((first, _)) = entries.get(&entry.key()) {
                let message = format!("`{}` is answered twice for the same arguments", entry.query);
                let problem = Diagnostic::error("E0222", message).at(place).related(first.clone(), "the first answer");
                found.push(problem.hint("delete one of them"));
            } else {
                entries.insert(entry.key(), (place, entry));
            }
        }
        let entries = entries.into_iter().map(|(key, (_, entry))| (key, entry)).collect();
        found.into_result(Self { entries })
    }

    /// The answer to a query.
    pub fn find(&self, query: &str, arguments: &Value) -> Option<&Entry> {
        self.entries.get(&key(query, arguments))
    }

    /// All answers, sorted by query and arguments.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Whether there is no answer.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The answers that the sandbox made up, which a live profile refuses.
    pub fn made_up(&self) -> impl Iterator<Item = &Entry> {
        self.entries().filter(|entry| entry.source == Source::Sandbox)
    }

    /// Puts in an answer. One that says the same as before changes nothing, so that renewing makes no noise.
    pub fn upsert(&mut self, entry: Entry) -> Change {
        let key = entry.key();
        match self.entries.get(&key) {
            Some(old) if old.answer == entry.answer && old.source == entry.source => Change::Same,
            _ => self.entries.insert(key, entry).map_or(Change::Added, Change::Changed),
        }
    }

    /// Keeps the answers that are still asked for.
    pub fn retain(&mut self, mut keep: impl FnMut(&Entry) -> bool) {
        self.entries.retain(|_, entry| keep(entry));
    }
}

fn key(query: &str, arguments: &Value) -> Key {
    // Arguments are compared as a lock holds them; those that it cannot hold find nothing.
    let arguments = plain(arguments).unwrap_or(Value::Null);
    (query.to_owned(), canonical_bytes(&arguments))
}

/// The value without nulls in maps, if the rest is plain.
fn plain(value: &Value) -> Result<Value, NotPlain> {
    match value {
        Value::Null | Value::Unknown(_) | Value::Secret(_) => Err(NotPlain),
        Value::Float(number) if !number.is_finite() => Err(NotPlain),
        Value::List(items) => items.iter().map(plain).collect::<Result<_, _>>().map(Value::List),
        Value::Map(map) => {
            let entries = map.iter().filter(|(_, item)| !item.is_null());
            entries.map(|(key, item)| Ok((key.clone(), plain(item)?))).collect::<Result<_, _>>().map(Value::Map)
        }
        other => Ok(other.clone()),
    }
}

#[derive(Config)]
struct Form {
    #[config(default)]
    answer: Vec<config::Placed<EntryForm>>,
}

#[derive(Config)]
struct EntryForm {
    query: String,
    #[config(default = Value::Map(value::Map::new()))]
    arguments: Value,
    answer: Value,
    at: config::Placed<String>,
    digest: config::Placed<String>,
    #[config(default = Source::Live)]
    source: Source,
}

impl EntryForm {
    fn entry(self, place: &Place, found: &mut Diagnostics) -> Option<Entry> {
        let before = found.len();
        if !is_time(&self.at.value) {
            let message = format!("`{}` is not a time", self.at.value);
            let problem = Diagnostic::error("E0220", message).at(self.at.place.clone());
            found.push(problem.hint("write it as \"2026-08-22T00:00:00Z\""));
        }
        if self.arguments.as_map().is_none() {
            let problem = Diagnostic::error("E0220", format!("the arguments of `{}` are not a table", self.query));
            found.push(problem.at(place.clone()).hint("write them as `{ name = \"value\" }`"));
        }
        if self.digest.value.parse::<Digest>() != Ok(self.answer.digest()) {
            let message = format!("the digest does not fit the answer to `{}`", self.query);
            let problem = Diagnostic::error("E0221", message).at(self.digest.place.clone());
            found.push(
                problem
                    .note("the answer, or its digest, was edited by hand")
                    .hint("run `runner lock update` to ask the world, or restore the file from version control"),
            );
        }
        let entry = Entry::new(&self.query, &self.arguments, &self.answer, &self.at.value, self.source);
        let entry = entry.map_err(|reason| {
            found.push(Diagnostic::error("E0220", format!("`{}`: {reason}", self.query)).at(place.clone()));
        });
        entry.ok().filter(|_| found.len() == before)
    }
}

/// Whether a text has the form `2026-08-22T00:00:00Z`.
fn is_time(text: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00T00:00:00Z";
    let fits = |(form, byte): (&u8, u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == *form };
    text.len() == FORM.len() && FORM.iter().zip(text.bytes()).all(fits)
}
