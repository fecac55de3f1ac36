//! Diagnostics: what is wrong, where, why, and what to type to mend it.
//!
//! Layer: L0, kit. **Invariant:** a diagnostic is plain data; nothing here prints.
//! Input that can be wrong in many ways is checked to the end and gives [`Diagnostics`], all problems at once.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A place in a source file: a stack file, a lock file or the Rust line that declares a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Path relative to the workspace root, with forward slashes.
    pub file: Arc<str>,
    /// One-based line.
    pub line: u32,
    /// One-based column, in characters.
    pub column: u32,
}

impl Place {
    /// A place from its parts.
    pub fn new(file: impl Into<Arc<str>>, line: u32, column: u32) -> Self {
        Self { file: file.into(), line, column }
    }

    /// The start of a file.
    pub fn start_of(file: impl Into<Arc<str>>) -> Self {
        Self::new(file, 1, 1)
    }

    /// The place of a byte offset in `text`.
    pub fn at_offset(file: impl Into<Arc<str>>, text: &str, offset: usize) -> Self {
        let before = &text[..text.floor_char_boundary(offset.min(text.len()))];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self::new(file, u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    /// Keeps the same copy of the file's name as another place of that file.
    pub fn share(&mut self, other: &Self) {
        if self.file == other.file {
            self.file = Arc::clone(&other.file);
        }
    }

    /// The line of the caller's caller, where that caller is marked `#[track_caller]`.
    #[track_caller]
    pub fn caller() -> Self {
        let location = Location::caller();
        Self::new(location.file(), location.line(), location.column())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The command cannot go on.
    Error,
    /// The command goes on; somebody should look.
    Warning,
}

/// One problem: a stable code, what, where, why, and hints that one can type.
///
/// ```
/// use diag::{Diagnostic, Place};
/// let problem = Diagnostic::error("E0101", "unknown key `cidr_blok`")
///     .at(Place::new("projects/net/stacks/QA.toml", 3, 1))
///     .hint("did you mean `cidr_block`?");
/// assert_eq!(problem.code, "E0101");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Stable code, `E` and four digits; `docs/errors.md` has a section for each.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: a lower-case fragment, names in backticks, no period.
    pub message: String,
    /// The main place.
    pub place: Option<Place>,
    /// Further places, each with what is there.
    pub related: Vec<(Place, String)>,
    /// Why, in short sentences.
    pub notes: Vec<String>,
    /// What to do, in the imperative.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            severity: Severity::Error,
            message: message.into(),
            place: None,
            related: Vec::new(),
            notes: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// A warning.
    pub fn warning(code: &str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Sets the main place.
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Sets the main place, if there is one.
    pub fn at_opt(mut self, place: Option<Place>) -> Self {
        self.place = place.or(self.place);
        self
    }

    /// Adds a further place and what is there.
    pub fn related(mut self, place: Place, what: impl Into<String>) -> Self {
        self.related.push((place, what.into()));
        self
    }

    /// Adds a reason.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// All problems found in one go, in the order of their finding.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// No problems.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all of `others`.
    pub fn extend(&mut self, others: impl IntoIterator<Item = Diagnostic>) {
        self.0.extend(others);
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// Looks at them in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// `Err(self)` if one is an error, else `Ok(value)`; warnings are dropped then.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.has_errors() { Err(self) } else { Ok(value) }
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_become_lines_and_columns_in_characters() {
        let text = "a = 1\nä = 2\n";
        assert_eq!(Place::at_offset("f", text, 0).to_string(), "f:1:1");
        assert_eq!(Place::at_offset("f", text, 6).to_string(), "f:2:1");
        assert_eq!(Place::at_offset("f", text, 8).to_string(), "f:2:2");
        assert_eq!(Place::at_offset("f", text, 999).to_string(), "f:3:1");
    }

    #[test]
    fn warnings_alone_are_not_a_failure() {
        let mut found = Diagnostics::from(Diagnostic::warning("E0001", "old"));
        assert!(found.clone().into_result(()).is_ok());
        found.push(Diagnostic::error("E0002", "bad"));
        assert_eq!(found.into_result(()).map_err(|d| d.len()), Err(2));
    }
}
