//! Tables, outputs and lists.

use std::collections::BTreeMap;

use resource::{StackName, Urn};
use value::{Path, Value};

use crate::style::{Line, Paint, Style, show_all};
use crate::value::value_text;

/// Rows in aligned columns under their titles; no titles = none.
pub fn table(titles: &[&str], rows: &[Vec<String>], style: Style) -> String {
    let columns = rows.iter().map(Vec::len).chain([titles.len()]).max().unwrap_or(0);
    let mut widths = vec![0; columns];
    let title_row: Vec<String> = titles.iter().map(ToString::to_string).collect();
    for row in rows.iter().chain([&title_row]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |paint: Paint, row: &Vec<String>| {
        let mut end = 0;
        row.iter().zip(&widths).fold(Line::default(), |line, (cell, width)| {
            let line = line.pad_to(end).paint(paint, cell);
            end += width + 2;
            line
        })
    };
    let title = (!titles.is_empty()).then(|| line(Paint::Strong, &title_row));
    let lines: Vec<Line> = title.into_iter().chain(rows.iter().map(|row| line(Paint::Plain, row))).collect();
    show_all(&lines, style)
}

/// The outputs of one stack, `name = value` with the names aligned; long values are cut unless the style has no width.
pub fn outputs(outputs: &BTreeMap<Path, Value>, style: Style) -> String {
    let names: Vec<String> = outputs.keys().map(ToString::to_string).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let room = style.width.saturating_sub(width + 3);
    let lines: Vec<Line> = names
        .iter()
        .zip(outputs.values())
        .map(|(name, value)| {
            let line = Line::default().paint(Paint::Strong, name).pad_to(width).text(" = ");
            line.text(value_text(value, "", room))
        })
        .collect();
    show_all(&lines, style)
}

/// One resource a line, `<stack> <urn>`: data for other programs, so without colour and never cut.
pub fn state_list<'a>(resources: impl IntoIterator<Item = (&'a StackName, &'a Urn)>) -> String {
    let lines: Vec<Line> = resources.into_iter().map(|(stack, urn)| Line::of(format!("{stack} {urn}"))).collect();
    show_all(&lines, Style::PLAIN)
}
