//! Lines of text with colours that can be left out.

use std::fmt::Write;

/// How text is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// With ANSI colours.
    pub color: bool,
    /// How many characters fit on a line.
    pub width: usize,
}

impl Style {
    /// Without colours, lines as long as they are.
    pub const PLAIN: Self = Self { color: false, width: usize::MAX };
}

impl Default for Style {
    fn default() -> Self {
        Self::PLAIN
    }
}

/// What a part of a line is, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// As it comes.
    Plain,
    /// Stands out: names, titles.
    Strong,
    /// Stands back: what was folded.
    Faint,
    /// Something is made, or went well.
    Good,
    /// Something changes, or a warning.
    Change,
    /// Something is replaced.
    Replace,
    /// Something goes, or went wrong.
    Bad,
    /// A remark.
    Note,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "1",
            Self::Faint => "2",
            Self::Good => "32",
            Self::Change => "33",
            Self::Replace => "35",
            Self::Bad => "31",
            Self::Note => "36",
        }
    }
}

/// One line of text, made of painted parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(Vec<(Paint, String)>);

impl Line {
    /// A line that starts with `spaces` spaces.
    pub fn indented(spaces: usize) -> Self {
        Self(vec![(Paint::Plain, " ".repeat(spaces))])
    }

    /// A line of plain text.
    pub fn of(text: impl Into<String>) -> Self {
        Self::default().text(text)
    }

    /// Adds plain text.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.paint(Paint::Plain, text)
    }

    /// Adds painted text.
    #[must_use]
    pub fn paint(mut self, paint: Paint, text: impl Into<String>) -> Self {
        let text = text.into();
        if text.chars().any(steers) {
            self.0.push((paint, text.chars().map(tame).collect()));
        } else if !text.is_empty() {
            self.0.push((paint, text));
        }
        self
    }

    /// Adds two spaces and painted text, if there is any.
    #[must_use]
    pub fn apart(self, paint: Paint, text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { self } else { self.text("  ").paint(paint, text) }
    }

    /// Adds spaces up to a column.
    #[must_use]
    pub fn pad_to(self, column: usize) -> Self {
        let missing = column.saturating_sub(self.width());
        self.text(" ".repeat(missing))
    }

    /// How many characters it has.
    pub fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text.chars().count()).sum()
    }

    /// The line as it is printed, without its end; what does not fit is cut and ends with `…`.
    pub fn show(&self, style: Style) -> String {
        let cut = self.width() > style.width;
        let mut left = if cut { style.width.saturating_sub(1) } else { 0 };
        let mut out = String::new();
        for (paint, text) in &self.0 {
            let end = if cut { text.char_indices().nth(left).map_or(text.len(), |(end, _)| end) } else { text.len() };
            let part = &text[..end];
            left -= part.chars().count().min(left);
            if style.color && *paint != Paint::Plain && !part.is_empty() {
                let _ = write!(out, "\u{1b}[{}m{part}\u{1b}[0m", paint.code());
            } else {
                out.push_str(part);
            }
        }
        if cut {
            out.push('…');
        }
        out.truncate(out.trim_end_matches(' ').len());
        out
    }
}

/// Lines as text, each with its end.
pub(crate) fn show_all(lines: &[Line], style: Style) -> String {
    lines.iter().map(|line| line.show(style) + "\n").collect()
}

/// Whether a character could steer a terminal or turn the direction of text.
pub(crate) fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn tame(c: char) -> char {
    if steers(c) { '\u{fffd}' } else { c }
}

/// A number with a comma between thousands.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number and a noun: `1 stack`, `2 stacks`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{} {noun}s", thousands(number)) }
}
