//! Decoding trees into typed configuration.

use diag::{Diagnostic, Diagnostics};

use crate::{Node, NodeKind, Shape, Table};

/// A type that can be read from a configuration tree; `#[derive(Config)]` makes one of a struct or of an enum.
pub trait FromNode: Sized {
    /// Reads the value; problems go to `found`, and `None` means that there was one.
    fn from_node(node: &Node, found: &mut Diagnostics) -> Option<Self>;

    /// The value where the key is missing; `None` makes the key required.
    fn missing() -> Option<Self> {
        None
    }

    /// What such a value may be, for editors and documentation.
    fn shape() -> Shape {
        Shape::Any
    }

    /// Environment variables that override keys: (variable, key).
    fn variables() -> Vec<(String, &'static str)> {
        Vec::new()
    }
}

/// The fields of a struct being decoded from a table: what the derive calls.
pub struct Fields<'a> {
    node: &'a Node,
    table: &'a Table,
    names: &'static [&'static str],
    failed: bool,
}

impl<'a> Fields<'a> {
    /// Starts to decode a table with the given field names; unknown keys are reported.
    pub fn of(node: &'a Node, names: &'static [&'static str], found: &mut Diagnostics) -> Option<Self> {
        let NodeKind::Table(table) = &node.kind else {
            found.push(wrong_type(node, "a table"));
            return None;
        };
        for (key, (place, _)) in table.entries.iter().filter(|(key, _)| !names.contains(&key.as_str())) {
            let problem =
                Diagnostic::error("E0101", format!("unknown key `{}`", node.path.child(key))).at(place.clone());
            found.push(match near(key, names) {
                Some(name) => problem.hint(format!("did you mean `{name}`?")),
                None => problem.hint(format!("the keys here are {}", quoted(names))),
            });
        }
        Some(Self { node, table, names, failed: false })
    }

    /// Reads a field; a missing one without a value for that is reported.
    pub fn field<T: FromNode>(&mut self, name: &'static str, found: &mut Diagnostics) -> Option<T> {
        self.field_or(name, T::missing, found)
    }

    /// Reads a field with a default.
    pub fn field_or<T: FromNode>(
        &mut self,
        name: &'static str,
        default: impl FnOnce() -> Option<T>,
        found: &mut Diagnostics,
    ) -> Option<T> {
        debug_assert!(self.names.contains(&name));
        let value = match self.table.entries.get(name) {
            Some((_, node)) => T::from_node(node, found),
            None => default().or_else(|| {
                found.push(
                    Diagnostic::error("E0102", format!("missing key `{}`", self.node.path.child(name)))
                        .at(self.node.place.clone())
                        .hint(format!("add `{name} = …` here")),
                );
                None
            }),
        };
        self.failed |= value.is_none();
        value
    }

    /// Reports a problem with a field's value, at the field's place.
    pub fn invalid(&self, name: &str, message: impl Into<String>, found: &mut Diagnostics) {
        let place = self.table.entries.get(name).map_or(&self.node.place, |(_, node)| &node.place);
        let path = self.node.path.child(name);
        found.push(Diagnostic::error("E0104", format!("`{path}` {}", message.into())).at(place.clone()));
    }
}

/// Reads a text as one of the variants of an enum.
pub fn enum_from_node<T: Clone>(node: &Node, variants: &[(&'static str, T)], found: &mut Diagnostics) -> Option<T> {
    let NodeKind::String(text) = &node.kind else {
        found.push(wrong_type(node, "a string"));
        return None;
    };
    if let Some((_, variant)) = variants.iter().find(|(name, _)| name == text) {
        return Some(variant.clone());
    }
    let names: Vec<&'static str> = variants.iter().map(|(name, _)| *name).collect();
    let problem = Diagnostic::error("E0104", format!("`{}` cannot be `{text}`", node.path)).at(node.place.clone());
    found.push(match near(text, &names) {
        Some(name) => problem.hint(format!("did you mean `{name}`?")),
        None => problem.hint(format!("it can be {}", quoted(&names))),
    });
    None
}

/// The problem of a value of another type.
pub(crate) fn wrong_type(node: &Node, wanted: &str) -> Diagnostic {
    let what = if node.path.is_root() { "the file".to_owned() } else { format!("`{}`", node.path) };
    let problem =
        Diagnostic::error("E0103", format!("{what} must be {wanted}, not {}", node.kind_name())).at(node.place.clone());
    match (&node.kind, wanted) {
        (NodeKind::String(text), "an integer" | "a boolean")
            if text.parse::<i64>().is_ok() || text.parse::<bool>().is_ok() =>
        {
            problem.hint(format!("write it without quotes: `{text}`"))
        }
        _ => problem,
    }
}

/// The name that is near to what was written.
pub(crate) fn near(text: &str, names: &[&'static str]) -> Option<&'static str> {
    names
        .iter()
        .map(|name| (strsim::jaro_winkler(text, name), *name))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
