//! YAML text as a tree with places.

use std::collections::BTreeMap;

use diag::{Diagnostic, Diagnostics, Place};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, StrInput};
use value::Path;

use crate::{Node, NodeKind, Table};

/// How deep values may nest, and how many there may be once all aliases are written out.
const DEPTH: usize = 64;
const NODES: usize = 200_000;

/// Reads YAML text; `file` is what places name. A key without a value counts as one that is not there. Anchors, aliases
/// and the merge key `<<` are understood, tags are not.
///
/// # Errors
/// The first syntax error, or else all values that configuration cannot hold.
pub fn parse_yaml(file: &str, text: &str) -> Result<Node, Diagnostics> {
    let mut reader = Reader {
        file,
        events: Parser::new_from_str(text),
        anchors: BTreeMap::new(),
        nodes: 0,
        found: Diagnostics::new(),
    };
    let root = match reader.document() {
        Ok(root) => root,
        Err(Broken) => return Err(reader.found),
    };
    let root = root.unwrap_or_else(|| Node::empty(file));
    if !matches!(root.kind, NodeKind::Table(_)) {
        let message = format!("the file must be a map of keys, not {}", root.kind_name());
        reader.found.push(Diagnostic::error("E0801", message).at(root.place.clone()));
    }
    reader.found.into_result(Node { place: Place::start_of(file), ..root })
}

/// The rest of the text cannot be read; why has been reported.
struct Broken;

struct Reader<'a> {
    file: &'a str,
    events: Parser<'a, StrInput<'a>>,
    /// What aliases stand for, and how many values that is; `None` is a value that is null or was refused.
    anchors: BTreeMap<usize, (Option<Node>, usize)>,
    nodes: usize,
    found: Diagnostics,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Marker), Broken> {
        match self.events.next_event() {
            Some(Ok((event, span))) => Ok((event, span.start)),
            Some(Err(error)) => {
                let place = self.place(*error.marker());
                self.found.push(Diagnostic::error("E0800", format!("not YAML: {}", error.info())).at(place));
                Err(Broken)
            }
            None => Ok((Event::StreamEnd, Marker::default())),
        }
    }

    /// The value of the only document; `None` if it is empty.
    fn document(&mut self) -> Result<Option<Node>, Broken> {
        let mut root = None;
        let mut documents = 0;
        loop {
            let (event, at) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(root),
                Event::DocumentStart(_) => {
                    documents += 1;
                    let (event, at) = self.next()?;
                    let node = self.node(event, at, &Path::root(), 0)?;
                    if documents == 1 {
                        root = node;
                    }
                }
                _ => {}
            }
            if documents == 2 {
                self.refuse(at, "a second document begins here", "keep one document a file");
                documents += 1;
            }
        }
    }

    /// The value that begins with an event; `None` if it is null or was refused.
    fn node(&mut self, event: Event<'a>, at: Marker, path: &Path, depth: usize) -> Result<Option<Node>, Broken> {
        let before = self.nodes;
        self.nodes += 1;
        if depth > DEPTH || self.nodes > NODES {
            self.refuse(at, "there are too many values here, or they nest too deeply", "write the file more plainly");
            return Err(Broken);
        }
        let (anchor, tagged, kind) = match event {
            Event::Alias(anchor) => return self.alias(anchor, at, path),
            Event::Scalar(text, style, anchor, tag) => (anchor, tag.is_some(), self.scalar(&text, style, at, path)),
            Event::SequenceStart(anchor, tag) => (anchor, tag.is_some(), Some(self.list(path, depth)?)),
            Event::MappingStart(anchor, tag) => (anchor, tag.is_some(), Some(self.table(path, depth)?)),
            _ => return Ok(None),
        };
        if tagged {
            self.refuse(
                at,
                &format!("`{path}` has a tag, which configuration does not know"),
                "remove what begins with `!`",
            );
        }
        let node = kind.map(|kind| Node { kind, place: self.place(at), path: path.clone() });
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - before));
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, at: Marker, path: &Path) -> Result<Option<Node>, Broken> {
        let Some((Some(node), values)) = self.anchors.get(&anchor) else { return Ok(None) };
        self.nodes += values;
        let node = (self.nodes <= NODES).then(|| moved(node.clone(), path));
        if node.is_none() {
            self.refuse(at, "the aliases of this file stand for too many values", "write the file more plainly");
            return Err(Broken);
        }
        Ok(node)
    }

    fn list(&mut self, path: &Path, depth: usize) -> Result<NodeKind, Broken> {
        let mut items = Vec::new();
        loop {
            let (event, at) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(NodeKind::List(items));
            }
            let null = is_null(&event);
            let item = path.index(items.len());
            if null {
                self.refuse(at, &format!("`{item}` has no value"), "give one, or remove the item");
            }
            items.extend(self.node(event, at, &item, depth + 1)?);
        }
    }

    fn table(&mut self, path: &Path, depth: usize) -> Result<NodeKind, Broken> {
        let mut table = Table::default();
        let mut keys: BTreeMap<String, Place> = BTreeMap::new();
        let mut merged: Vec<Node> = Vec::new();
        loop {
            let (event, at) = self.next()?;
            let (key, plain) = match event {
                Event::MappingEnd => break,
                Event::Scalar(key, style, _, None) => (key.into_owned(), style == ScalarStyle::Plain),
                other => {
                    self.refuse(at, &format!("a key of `{path}` is not a plain text"), "write the key as text");
                    self.node(other, at, path, depth + 1)?;
                    (String::new(), false)
                }
            };
            let place = self.place(at);
            let (event, at) = self.next()?;
            let value = self.node(event, at, &path.child(&key), depth + 1)?;
            if key == "<<" && plain {
                merged.extend(value);
                continue;
            }
            if let Some(first) = keys.insert(key.clone(), place.clone()) {
                let message = format!("the key `{}` is given twice", path.child(&key));
                let problem = Diagnostic::error("E0802", message).at(place.clone());
                self.found.push(problem.related(first, "it stands here, too").hint("remove one of the two"));
            }
            if let Some(value) = value {
                table.entries.insert(key, (place, value));
            }
        }
        for source in merged {
            self.merge(&mut table, &keys, source, path);
        }
        Ok(NodeKind::Table(table))
    }

    /// Puts in what `<<` names, where the table itself says nothing.
    fn merge(&mut self, table: &mut Table, keys: &BTreeMap<String, Place>, source: Node, path: &Path) {
        match source.kind {
            NodeKind::Table(other) => {
                for (key, (place, node)) in other.entries {
                    if !keys.contains_key(&key) && !table.entries.contains_key(&key) {
                        let node = moved(node, &path.child(&key));
                        table.entries.insert(key, (place, node));
                    }
                }
            }
            NodeKind::List(sources) => sources.into_iter().for_each(|source| self.merge(table, keys, source, path)),
            _ => {
                let problem = Diagnostic::error("E0801", format!("`{path}.<<` must be a map"));
                self.found.push(problem.at(source.place).hint("merge with an alias of a map: `<<: *name`"));
            }
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, at: Marker, path: &Path) -> Option<NodeKind> {
        if style != ScalarStyle::Plain {
            return Some(NodeKind::String(text.to_owned()));
        }
        match plain(text) {
            Ok(kind) => kind,
            Err(reason) => {
                self.refuse(at, &format!("`{path}` {reason}"), "quote it, if it is text");
                None
            }
        }
    }

    fn refuse(&mut self, at: Marker, message: &str, hint: &str) {
        let place = self.place(at);
        self.found.push(Diagnostic::error("E0801", message).at(place).hint(hint));
    }

    fn place(&self, at: Marker) -> Place {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place::new(self.file, number(at.line().max(1)), number(at.col() + 1))
    }
}

fn is_null(event: &Event<'_>) -> bool {
    matches!(event, Event::Scalar(text, ScalarStyle::Plain, _, _) if matches!(plain(text), Ok(None)))
}

/// What a scalar without quotes is, by YAML's core schema; `None` is null.
fn plain(text: &str) -> Result<Option<NodeKind>, &'static str> {
    let number = || -> Option<Result<NodeKind, &'static str>> {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let too_big = "does not fit into 64 bits";
        if digits(unsigned) {
            return Some(text.parse().map(NodeKind::Int).map_err(|_| too_big));
        }
        for (prefix, radix) in [("0x", 16), ("0o", 8)] {
            if let Some(rest) = text.strip_prefix(prefix).filter(|rest| rest.chars().all(|c| c.is_digit(radix)))
                && !rest.is_empty()
            {
                return Some(i64::from_str_radix(rest, radix).map(NodeKind::Int).map_err(|_| too_big));
            }
        }
        if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
            return Some(Err("is not a finite number"));
        }
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
            None => (unsigned, None),
        };
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let decimal = (digits(whole) || (whole.is_empty() && digits(part))) && (part.is_empty() || digits(part));
        if !decimal || exponent.is_some_and(|exponent| !digits(exponent)) {
            return None;
        }
        Some(match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(NodeKind::Float(number)),
            _ => Err("is not a finite number"),
        })
    };
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => None,
        "true" | "True" | "TRUE" => Some(NodeKind::Bool(true)),
        "false" | "False" | "FALSE" => Some(NodeKind::Bool(false)),
        _ => match number() {
            Some(number) => Some(number?),
            None => Some(NodeKind::String(text.to_owned())),
        },
    })
}

/// A value that stands at another path, too; places stay.
fn moved(node: Node, path: &Path) -> Node {
    let kind = match node.kind {
        NodeKind::List(items) => {
            NodeKind::List(items.into_iter().enumerate().map(|(n, item)| moved(item, &path.index(n))).collect())
        }
        NodeKind::Table(table) => {
            let entries = table.entries.into_iter().map(|(key, (place, node))| {
                let node = moved(node, &path.child(&key));
                (key, (place, node))
            });
            NodeKind::Table(Table { entries: entries.collect() })
        }
        other => other,
    };
    Node { kind, path: path.clone(), ..node }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::parse_yaml;
    use crate::{FromNode, Node};
    use diag::Diagnostics;
    use value::Value;

    fn value(text: &str) -> String {
        match parse_yaml("f.yaml", text) {
            Ok(node) => expr::to_json(&node.to_value()),
            Err(found) => problems(&found),
        }
    }

    fn problems(found: &Diagnostics) -> String {
        let line = |d: &diag::Diagnostic| {
            let place = d.place.as_ref().map_or_else(String::new, |place| format!("{}:{}", place.line, place.column));
            format!("{} {place} {}", d.code, d.message)
        };
        found.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn scalars_are_what_the_core_schema_says() {
        for (text, wanted) in [
            ("a: 1", r#"{"a":1}"#),
            ("a: -0x1", r#"{"a":"-0x1"}"#),
            ("a: 0x1F", r#"{"a":31}"#),
            ("a: 0o17", r#"{"a":15}"#),
            ("a: 1e3", r#"{"a":1000.0}"#),
            ("a: .5", r#"{"a":0.5}"#),
            ("a: 1.2.3", r#"{"a":"1.2.3"}"#),
            ("a: e3", r#"{"a":"e3"}"#),
            ("a: yes", r#"{"a":"yes"}"#),
            ("a: True", r#"{"a":true}"#),
            ("a: 'true'", r#"{"a":"true"}"#),
            ("a: 2022-01-01", r#"{"a":"2022-01-01"}"#),
            ("a: ~\nb:\nc: null", "{}"),
            ("a: |\n  x\n  y\n", r#"{"a":"x\ny\n"}"#),
            ("", "{}"),
            ("a: [1, {b: c}]", r#"{"a":[1,{"b":"c"}]}"#),
        ] {
            assert_eq!(value(text), wanted, "{text}");
        }
    }

    #[test]
    fn anchors_and_merges_are_written_out() {
        let text = "base: &b\n  x: 1\n  y: [2]\nown:\n  <<: *b\n  x: 3\nsame: *b\n";
        assert_eq!(value(text), r#"{"base":{"x":1,"y":[2]},"own":{"x":3,"y":[2]},"same":{"x":1,"y":[2]}}"#);
        let node = parse_yaml("f.yaml", text).expect("YAML");
        let crate::NodeKind::Table(root) = &node.kind else { panic!("a table") };
        let crate::NodeKind::Table(own) = &root.entries["own"].1.kind else { panic!("a table") };
        let y: &Node = &own.entries["y"].1;
        assert_eq!((y.path.to_string().as_str(), y.place.line), ("own.y", 3), "where it stands, as what it counts");
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_place() {
        for (text, wanted) in [
            ("a: [1", "E0800 2:1"),
            ("a: 1\na: 2", "E0802 2:1 the key `a` is given twice"),
            ("- 1", "E0801 1:1 the file must be a map of keys, not a list"),
            ("a: !!str 1", "E0801 1:4 `a` has a tag"),
            ("a: [~, 1]\nb: .inf\n", "E0801 1:5 `a[0]` has no value\nE0801 2:4 `b` is not a finite number"),
            ("a: 99999999999999999999", "E0801 1:4 `a` does not fit into 64 bits"),
            ("a: 1\n---\nb: 2\n", "E0801 2:1 a second document begins here"),
            ("? [x]\n: 1\n", "E0801 1:3 a key of `` is not a plain text"),
            ("a:\n  <<: 1\n", "E0801 2:7 `a.<<` must be a map"),
        ] {
            let got = value(text);
            assert!(got.contains(wanted) || got.starts_with(wanted), "{text}\n{got}");
        }
    }

    #[test]
    fn aliases_of_aliases_do_not_fill_the_memory() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for n in 1..12 {
            let before = format!("*a{}", n - 1);
            writeln!(text, "a{n}: &a{n} [{}]", vec![before; 10].join(", ")).expect("a string");
        }
        assert!(value(&text).starts_with("E0801"), "refused");
        let deep = format!("a: {}{}", "[".repeat(500), "]".repeat(500));
        assert!(value(&deep).starts_with("E08"), "refused");
    }

    #[test]
    fn a_typed_reader_sees_no_difference_to_toml() {
        let mut found = Diagnostics::new();
        let yaml = parse_yaml("f.yaml", "a: [x]\n").expect("YAML");
        let toml = crate::parse("f.toml", "a = [\"x\"]\n").expect("TOML");
        assert_eq!(Value::from_node(&yaml, &mut found), Value::from_node(&toml, &mut found));
    }
}
