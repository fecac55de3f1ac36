//! TOML text as a tree with places.

use std::ops::Range;

use diag::{Diagnostic, Diagnostics, Place};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use value::{Digest, Path};

use crate::{Node, NodeKind, Table};

/// Reads TOML text; `file` is what places name. A table of exactly `secret` and `fingerprint` is a sealed secret.
///
/// # Errors
/// All syntax errors, or else all values that configuration cannot hold.
pub fn parse(file: &str, text: &str) -> Result<Node, Diagnostics> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { file, text, lines: line_starts(text), found: Diagnostics::new() };
    if errors.is_empty() {
        let table = reader.table(root.get_ref(), &Path::root());
        let node = Node { kind: NodeKind::Table(table), place: Place::start_of(file), path: Path::root() };
        return reader.found.into_result(node);
    }
    for error in errors {
        let place = error.span().map_or_else(|| Place::start_of(file), |span| reader.place(&span));
        reader.found.push(Diagnostic::error("E0201", format!("not TOML: {}", error.message())).at(place));
    }
    Err(reader.found)
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    lines: Vec<usize>,
    found: Diagnostics,
}

impl Reader<'_> {
    fn table(&mut self, table: &DeTable<'_>, path: &Path) -> Table {
        let entries = table.iter().filter_map(|(key, item)| {
            let node = self.node(item, path.child(key.get_ref().as_ref()))?;
            Some((key.get_ref().to_string(), (self.place(&key.span()), node)))
        });
        Table { entries: entries.collect() }
    }

    fn node(&mut self, value: &Spanned<DeValue<'_>>, path: Path) -> Option<Node> {
        let place = self.place(&value.span());
        let kind = match value.get_ref() {
            DeValue::String(text) => NodeKind::String(text.to_string()),
            DeValue::Boolean(truth) => NodeKind::Bool(*truth),
            DeValue::Integer(digits) => match i64::from_str_radix(digits.as_str(), digits.radix()) {
                Ok(number) => NodeKind::Int(number),
                Err(_) => {
                    return self.refuse(
                        place,
                        format!("`{path}` does not fit into 64 bits"),
                        "quote it, if it is text",
                    );
                }
            },
            DeValue::Float(digits) => match digits.as_str().parse::<f64>() {
                Ok(number) if number.is_finite() => NodeKind::Float(number),
                _ => return self.refuse(place, format!("`{path}` is not a finite number"), "write a finite number"),
            },
            DeValue::Datetime(time) => {
                let message = format!("`{path}` is a date or a time, which configuration does not have");
                return self.refuse(place, message, &format!("quote it: `\"{time}\"`"));
            }
            DeValue::Array(items) => {
                // All items are read before one that is missing matters: its problem is among those found by then.
                NodeKind::List(
                    items.iter().enumerate().filter_map(|(n, item)| self.node(item, path.index(n))).collect(),
                )
            }
            DeValue::Table(table) => match self.secret(table, &path, &place) {
                Some(secret) => secret,
                None => NodeKind::Table(self.table(table, &path)),
            },
        };
        Some(Node { kind, place, path })
    }

    /// The secret that a table is, if it looks like one; one that is not whole is reported.
    fn secret(&mut self, table: &DeTable<'_>, path: &Path, place: &Place) -> Option<NodeKind> {
        let text = |key: &str| table.get(key).and_then(|item| item.get_ref().as_str());
        let ciphertext = text("secret")?;
        let sealed = ciphertext.starts_with("age:");
        let whole = table.len() == 2 && table.get("fingerprint").is_some();
        match text("fingerprint").map(str::parse::<Digest>) {
            Some(Ok(fingerprint)) if sealed && whole => {
                return Some(NodeKind::Secret { ciphertext: ciphertext.to_owned(), fingerprint });
            }
            _ if !sealed && !whole => return None,
            _ => {}
        }
        self.found.push(
            Diagnostic::error("E0203", format!("`{path}` is not a whole sealed secret"))
                .at(place.clone())
                .note("a sealed secret is a table of `secret`, which starts with `age:`, and `fingerprint`, 64 hexadecimal digits")
                .hint(format!("write it anew with `runner config set STACK {path} --secret`")),
        );
        None
    }

    fn refuse(&mut self, place: Place, message: String, hint: &str) -> Option<Node> {
        self.found.push(Diagnostic::error("E0202", message).at(place).hint(hint));
        None
    }

    fn place(&self, span: &Range<usize>) -> Place {
        let line = self.lines.partition_point(|start| *start <= span.start).max(1);
        let before = self.text.get(self.lines[line - 1]..span.start).unwrap_or_default();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place::new(self.file, number(line), number(before.chars().count() + 1))
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}
