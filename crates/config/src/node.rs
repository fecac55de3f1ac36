//! Configuration trees.

use std::collections::BTreeMap;

use diag::Place;
use value::{Digest, Path, Secret, Value};

/// A configuration value, with where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Where it stands.
    pub place: Place,
    /// Its key path from the root of the file.
    pub path: Path,
}

/// What a configuration value is.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A float.
    Float(f64),
    /// Text.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(Table),
    /// A sealed secret, `{ secret = "age:…", fingerprint = "…" }`.
    Secret {
        /// The ciphertext, with the scheme before a colon.
        ciphertext: String,
        /// The fingerprint.
        fingerprint: Digest,
    },
}

/// A table: for each key where it stands, and its value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// The entries by key.
    pub entries: BTreeMap<String, (Place, Node)>,
}

impl Node {
    /// An empty table at the start of a file.
    pub fn empty(file: &str) -> Self {
        Self { kind: NodeKind::Table(Table::default()), place: Place::start_of(file), path: Path::root() }
    }

    /// The kind of value, for messages.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            NodeKind::Bool(_) => "a boolean",
            NodeKind::Int(_) => "an integer",
            NodeKind::Float(_) => "a float",
            NodeKind::String(_) => "a string",
            NodeKind::List(_) => "a list",
            NodeKind::Table(_) => "a table",
            NodeKind::Secret { .. } => "a secret",
        }
    }

    /// The value without places; secrets are sealed. What enters an evaluation's key.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            NodeKind::Bool(truth) => Value::Bool(*truth),
            NodeKind::Int(number) => Value::Int(*number),
            NodeKind::Float(number) => Value::Float(*number),
            NodeKind::String(text) => Value::String(text.clone()),
            NodeKind::List(items) => Value::List(items.iter().map(Self::to_value).collect()),
            NodeKind::Table(table) => {
                Value::Map(table.entries.iter().map(|(key, (_, node))| (key.clone(), node.to_value())).collect())
            }
            NodeKind::Secret { fingerprint, .. } => Value::Secret(Secret::sealed(*fingerprint)),
        }
    }

    /// Calls `visit` with every secret inside: its key path, ciphertext, fingerprint and place.
    pub fn secrets<'a>(&'a self, visit: &mut dyn FnMut(&'a Node, &'a str, Digest)) {
        match &self.kind {
            NodeKind::Secret { ciphertext, fingerprint } => visit(self, ciphertext, *fingerprint),
            NodeKind::List(items) => items.iter().for_each(|item| item.secrets(visit)),
            NodeKind::Table(table) => table.entries.values().for_each(|(_, node)| node.secrets(visit)),
            _ => {}
        }
    }
}
