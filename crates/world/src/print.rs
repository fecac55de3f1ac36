//! A lock as text.

use std::fmt::{self, Write};

use value::Value;

use crate::{Lock, Source};

const HEAD: &str =
    "# Answers of the live world that plans of this stack rest on. `runner lock update` renews them; do not edit.\n";
/// A list that does not fit into this many characters gets a line for each item.
const WIDTH: usize = 100;

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        for entry in self.entries() {
            write!(f, "\n[[answer]]\nquery = {}\n", inline(&Value::from(entry.query())))?;
            if entry.arguments().as_map().is_some_and(|map| !map.is_empty()) {
                writeln!(f, "arguments = {}", inline(entry.arguments()))?;
            }
            writeln!(f, "answer = {}", block(entry.answer()))?;
            writeln!(f, "at = {}", inline(&Value::from(entry.at())))?;
            writeln!(f, "digest = \"{}\"", entry.answer().digest())?;
            if entry.source() == Source::Sandbox {
                f.write_str("source = \"sandbox\"\n")?;
            }
        }
        Ok(())
    }
}

/// The value on one line, or a list with a line for each item.
fn block(value: &Value) -> String {
    let line = inline(value);
    match value {
        Value::List(items) if line.chars().count() > WIDTH => {
            let lines = items.iter().map(|item| format!("    {},\n", inline(item)));
            ["[\n".to_owned()].into_iter().chain(lines).chain(["]".to_owned()]).collect::<Vec<_>>().concat()
        }
        _ => line,
    }
}

/// A plain value as TOML on one line.
fn inline(value: &Value) -> String {
    match value {
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::String(text) => quoted(text),
        Value::List(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Map(map) if map.is_empty() => "{}".to_owned(),
        Value::Map(map) => {
            let pairs: Vec<String> =
                map.iter().map(|(key, item)| format!("{} = {}", bare(key), inline(item))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        // An entry never holds one of these; an empty text keeps the file readable, and its digest tells.
        Value::Null | Value::Unknown(_) | Value::Secret(_) => "\"\"".to_owned(),
    }
}

fn bare(key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(plain) { key.to_owned() } else { quoted(key) }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // A `String` takes whatever is written into it.
            c if c.is_control() => drop(write!(out, "\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
