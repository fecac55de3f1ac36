//! Diagnostics as text: what, where with the source line, why, and what to type.

use std::collections::BTreeMap;
use std::sync::Arc;

use diag::{Diagnostic, Diagnostics, Place, Severity};

use crate::style::{Line, Paint, Style, count, show_all};

/// All problems, one after the other, and how many there are. `lookup` gives the text of a file, if it is at hand.
pub fn diagnostics(found: &Diagnostics, lookup: &dyn Fn(&str) -> Option<String>, style: Style) -> String {
    let mut sources = Sources { lookup, texts: BTreeMap::new() };
    let mut lines = Vec::new();
    for diagnostic in found {
        sources.show(diagnostic, &mut lines);
        lines.push(Line::default());
    }
    let errors = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    match (errors, found.len() - errors) {
        (0 | 1, 0 | 1) if found.len() <= 1 => drop(lines.pop()),
        (0, warnings) => lines.push(Line::of(count(warnings, "warning"))),
        (errors, 0) => lines.push(Line::of(count(errors, "error"))),
        (errors, warnings) => {
            lines.push(Line::of(format!("{}, {}", count(errors, "error"), count(warnings, "warning"))));
        }
    }
    // A message is read in whole: it is never cut to the screen's width.
    show_all(&lines, Style { width: usize::MAX, ..style })
}

struct Sources<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    texts: BTreeMap<Arc<str>, Option<String>>,
}

impl Sources<'_> {
    fn show(&mut self, diagnostic: &Diagnostic, lines: &mut Vec<Line>) {
        let (word, paint) = match diagnostic.severity {
            Severity::Error => ("error", Paint::Bad),
            Severity::Warning => ("warning", Paint::Change),
        };
        let line = Line::default().paint(paint, format!("{word}: ")).paint(Paint::Strong, &diagnostic.message);
        lines.push(line.text(format!(" [{}]", diagnostic.code)));
        let places = diagnostic.place.iter().chain(diagnostic.related.iter().map(|(place, _)| place));
        let gutter = places.map(|place| place.line.to_string().len()).max().unwrap_or(1);
        if let Some(place) = &diagnostic.place {
            self.place(place, None, paint, gutter, lines);
        }
        for note in &diagnostic.notes {
            lines.push(Line::indented(gutter).paint(Paint::Note, " = note: ").text(note));
        }
        for (place, what) in &diagnostic.related {
            self.place(place, Some(what), Paint::Note, gutter, lines);
        }
        if !diagnostic.hints.is_empty() {
            lines.push(Line::default());
        }
        for hint in &diagnostic.hints {
            lines.push(Line::default().paint(Paint::Good, "hint: ").text(hint));
        }
    }

    /// The place, and its line with the word there underlined.
    fn place(&mut self, place: &Place, what: Option<&String>, paint: Paint, gutter: usize, lines: &mut Vec<Line>) {
        let arrow = Line::indented(gutter).paint(Paint::Note, "--> ").text(place.to_string());
        let Some(source) = self.line(place) else {
            lines.push(match what {
                Some(what) => arrow.text(format!(": {what}")),
                None => arrow,
            });
            return;
        };
        lines.push(arrow);
        let start = usize::try_from(place.column).unwrap_or(usize::MAX).saturating_sub(1).min(source.chars().count());
        let bar = |text: &str| Line::default().paint(Paint::Note, format!("{text:>gutter$} |"));
        // A tab is as wide as the terminal likes; a space keeps the carets below their word.
        lines.push(bar(&place.line.to_string()).text(format!(" {}", source.replace('\t', " "))));
        let carets = "^".repeat(word_length(&source, start));
        let under = bar("").text(format!(" {}", " ".repeat(start))).paint(paint, carets);
        lines.push(match what {
            Some(what) => under.paint(paint, format!(" {what}")),
            None => under,
        });
    }

    /// The text of a place's line; nothing if it is too long to help.
    fn line(&mut self, place: &Place) -> Option<String> {
        let text = self.texts.entry(place.file.clone()).or_insert_with(|| (self.lookup)(&place.file)).as_deref()?;
        let index = usize::try_from(place.line).ok()?.checked_sub(1)?;
        let line = text.lines().nth(index)?;
        (line.chars().count() <= 200 && !line.trim().is_empty()).then(|| line.to_owned())
    }
}

/// How many characters the word, the quoted text or the sign at a column has; at least one.
fn word_length(line: &str, start: usize) -> usize {
    let mut rest = line.chars().skip(start);
    let Some(first) = rest.next() else { return 1 };
    let more = match first {
        '"' | '\'' => rest.position(|c| c == first).map_or(0, |position| position + 1),
        c if is_word(c) => rest.take_while(|c| is_word(*c)).count(),
        _ => 0,
    };
    1 + more
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}
