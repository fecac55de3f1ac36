//! Files that say one thing a line: how properties are written into them, and read out again.

use std::fmt::Write as _;

use value::{Map, Value};

use crate::fields::Fields;

/// A property, and the line that says it.
pub(super) struct Row {
    pub(super) property: &'static str,
    pub(super) section: &'static str,
    pub(super) key: &'static str,
    pub(super) how: How,
}

/// How a property is said.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum How {
    /// One line; it must be there.
    Required,
    /// One line.
    Text,
    /// A line for each.
    Lines,
    /// One line, with a sign between two.
    Words(&'static str),
    /// `yes` or `no`.
    Flag,
    /// A whole number; it must be there.
    Number,
}

/// How a file is written.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Style {
    /// Sections, and `Key=value`.
    Unit,
    /// One paragraph of `Key: value`.
    Paragraph,
}

pub(super) const fn row(property: &'static str, section: &'static str, key: &'static str, how: How) -> Row {
    Row { property, section, key, how }
}

/// What a file holds that says properties; `fixed` are further lines of a section.
pub(super) fn written(rows: &[Row], style: Style, fixed: &[(&str, &str)], fields: &mut Fields<'_>) -> String {
    let values = rows.iter().map(|row| values(row, fields)).collect::<Vec<_>>();
    render(rows, style, fixed, &values)
}

/// The properties that a file says. If it is not as it would be written, the first of them is shown as changed.
pub(super) fn read(rows: &[Row], style: Style, fixed: &[(&str, &str)], content: &str) -> Map {
    let found: Vec<Vec<String>> = rows.iter().map(|row| found(row, style, content)).collect();
    let mut map: Map = rows.iter().zip(&found).filter_map(|(row, found)| value(row, found)).collect();
    if render(rows, style, fixed, &found) != content {
        let first = rows.iter().find(|row| row.how == How::Required || row.how == How::Text);
        first.map(|row| map.insert(row.property.to_owned(), Value::from("(changed by hand)")));
    }
    map
}

/// What stands behind the key, in each of its lines.
fn values(row: &Row, fields: &mut Fields<'_>) -> Vec<String> {
    match row.how {
        How::Required => Some(fields.line(row.property)).filter(|line| !line.is_empty()).into_iter().collect(),
        How::Text => fields.some_line(row.property).into_iter().collect(),
        How::Lines => fields.lines(row.property),
        How::Words(sign) => {
            let words = fields.lines(row.property);
            if words.iter().any(|word| word.contains(sign) || word.contains(' ')) {
                fields.wrong(row.property, "are words without white space");
            }
            if words.is_empty() { Vec::new() } else { vec![words.join(sign)] }
        }
        How::Flag => {
            fields.flag(row.property).map(|flag| if flag { "yes" } else { "no" }.to_owned()).into_iter().collect()
        }
        How::Number => fields.integer(row.property).map(|number| number.to_string()).into_iter().collect(),
    }
}

fn render(rows: &[Row], style: Style, fixed: &[(&str, &str)], values: &[Vec<String>]) -> String {
    let mut text = String::new();
    let mut sections: Vec<&str> = Vec::new();
    for section in rows.iter().map(|row| row.section).chain(fixed.iter().map(|(section, _)| *section)) {
        if !sections.contains(&section) {
            sections.push(section);
        }
    }
    for section in sections {
        let mut lines = String::new();
        for (row, values) in rows.iter().zip(values).filter(|(row, _)| row.section == section) {
            let sign = if style == Style::Unit { "=" } else { ": " };
            for value in values {
                let _ = writeln!(lines, "{}{sign}{value}", row.key);
            }
        }
        for (_, line) in fixed.iter().filter(|(of, _)| *of == section) {
            let _ = writeln!(lines, "{line}");
        }
        if lines.is_empty() {
            continue;
        }
        if style == Style::Unit {
            let gap = if text.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}[{section}]");
        }
        text.push_str(&lines);
    }
    text
}

fn found(row: &Row, style: Style, content: &str) -> Vec<String> {
    let mut section = if style == Style::Unit { "" } else { row.section };
    let mut found = Vec::new();
    for line in content.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
            continue;
        }
        let sign = if style == Style::Unit { '=' } else { ':' };
        let Some((key, value)) = line.split_once(sign) else { continue };
        if section == row.section && key == row.key {
            found.push(value.trim().to_owned());
        }
    }
    found
}

fn value(row: &Row, found: &[String]) -> Option<(String, Value)> {
    let first = found.first()?;
    let list = |texts: Vec<&str>| Value::List(texts.into_iter().map(Value::from).collect());
    let value = match row.how {
        How::Required | How::Text => Value::from(first.as_str()),
        How::Lines => list(found.iter().map(String::as_str).collect()),
        How::Words(sign) => list(first.split(sign).collect()),
        How::Flag => Value::Bool(first == "yes"),
        How::Number => Value::Int(first.parse().ok()?),
    };
    Some((row.property.to_owned(), value))
}
