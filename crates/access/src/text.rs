//! Reviews for people.

use std::fmt::Write as _;

use crate::{Change, Entry};

/// How a change begins, in text and in Markdown.
fn mark(change: Option<&Change>) -> (&'static str, &'static str) {
    match change {
        None => ("", ""),
        Some(Change::Gains) => ("+ ", "gains"),
        Some(Change::Loses) => ("- ", "loses"),
        Some(Change::Otherwise) => ("~ ", "as before, by another way"),
    }
}

/// The ways, from the person to the group that has the access.
fn ways(entry: &Entry) -> String {
    let way = |way: &Vec<String>| match way.as_slice() {
        [] => "by name".to_owned(),
        way => format!("through {}", way.iter().rev().map(String::as_str).collect::<Vec<_>>().join(" in ")),
    };
    entry.through.iter().map(way).collect::<Vec<_>>().join("; ")
}

/// Entries for the terminal: a heading an object, a line for each action and person.
pub fn text<'a>(entries: impl IntoIterator<Item = (Option<&'a Change>, &'a Entry)>) -> String {
    let (mut out, mut on) = (String::new(), None);
    for (change, entry) in entries {
        if on != Some(&entry.on) {
            // Writing to a `String` does not fail.
            let _ = writeln!(out, "{}{}", if on.is_some() { "\n" } else { "" }, entry.on);
            on = Some(&entry.on);
        }
        let _ = writeln!(out, "  {}{}  {}  {}", mark(change).0, entry.can, entry.who, ways(entry));
    }
    out
}

/// Entries as a table in Markdown, which code hosts show and a custodian signs.
pub fn markdown<'a>(entries: impl IntoIterator<Item = (Option<&'a Change>, &'a Entry)>) -> String {
    let cell = |text: &str| text.replace('|', "\\|");
    let mut out = String::new();
    for (change, entry) in entries {
        if out.is_empty() {
            let (head, line) = if change.is_some() { ("| Change ", "|---") } else { ("", "") };
            let _ = writeln!(out, "{head}| On | Can | Who | How |\n{line}|---|---|---|---|");
        }
        let first = change.map_or_else(String::new, |change| format!("| {} ", mark(Some(change)).1));
        let (on, who) = (cell(&entry.on), cell(&entry.who));
        let _ = writeln!(out, "{first}| {on} | {} | {who} | {} |", cell(&entry.can), cell(&ways(entry)));
    }
    out
}
