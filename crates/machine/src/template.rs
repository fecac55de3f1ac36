//! Files out of templates of Jinja: strict, and byte for byte what Jinja makes of them.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value as Known};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use plan::diag::{Diagnostic, Place};
use plan::expr::{Expr, Op};
use plan::{IntoExpr, Output};
use serde::Serialize;

use crate::Machine;

/// A sign that stands in no text: between two of them is the number of a value that is known later.
const MARK: char = '\u{f8ff}';

/// A template: a name that is not given is an error, the end of the last line stays, and so does a line with a tag alone.
///
/// What is only known when a resource is there is put in by `later`; it may stand as `{{ name }}` and in no other way, since
/// nobody can branch on it yet.
#[derive(Debug)]
pub struct Template {
    name: String,
    source: String,
    known: BTreeMap<String, Known>,
    later: Vec<(String, Expr)>,
}

impl Template {
    /// A template by its name, for messages, and what stands in it: `include_str!("Caddyfile.j2")`.
    pub fn new(name: &str, source: &str) -> Self {
        Self { name: name.to_owned(), source: source.to_owned(), known: BTreeMap::new(), later: Vec::new() }
    }

    /// Gives a value: anything that serde can write, such as a text, a list or a struct.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.known.insert(name.to_owned(), Known::from(Serde(value)));
        self
    }

    /// Gives a value that is known later, or a secret.
    #[must_use]
    pub fn later(mut self, name: &str, value: impl IntoExpr) -> Self {
        self.later.push((name.to_owned(), value.into_expr()));
        self
    }

    /// The text; what is wrong with the template is a problem of the machine.
    #[track_caller]
    pub fn text(self, machine: &mut Machine<'_>) -> Output<String> {
        let place = Place::caller();
        let problems = self.misplaced();
        for problem in &problems {
            let hint = "a value that is known later stands as `{{ name }}` alone; what is known goes in by `with`";
            machine.report(Diagnostic::error("E0857", problem).at(place.clone()).hint(hint));
        }
        if !problems.is_empty() {
            return Output::from_expr(Expr::from(""));
        }
        match self.rendered() {
            Ok(text) => Output::from_expr(self.filled(&text)),
            Err(problem) => {
                let hint = "correct the template, or give what it asks for by `with`";
                machine.report(Diagnostic::error("E0856", problem).at(place).hint(hint));
                Output::from_expr(Expr::from(""))
            }
        }
    }

    /// The text with marks where something is known later.
    fn rendered(&self) -> Result<String, String> {
        let told = |error: &minijinja::Error| {
            let line = error.line().map(|line| format!(":{line}")).unwrap_or_default();
            let why = error.detail().map_or_else(|| error.kind().to_string(), |why| format!("{}: {why}", error.kind()));
            format!("the template `{}{line}` cannot be filled in: {why}", self.name)
        };
        let mut values = self.known.clone();
        for (at, (name, _)) in self.later.iter().enumerate() {
            values.insert(name.clone(), Known::from(format!("{MARK}{at}{MARK}")));
        }
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build().map_err(|error| told(&error))?;
        environment.set_syntax(syntax);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_template(&self.name, &self.source).map_err(|error| told(&error))?;
        let template = environment.get_template(&self.name).map_err(|error| told(&error))?;
        template.render(values).map_err(|error| told(&error))
    }

    /// The text with what is known later in the place of the marks.
    fn filled(&self, text: &str) -> Expr {
        if self.later.is_empty() {
            return Expr::from(text);
        }
        let mut parts = Vec::new();
        for (at, piece) in text.split(MARK).enumerate() {
            let value = piece.parse().ok().and_then(|number: usize| self.later.get(number));
            match value {
                Some((_, value)) if at % 2 == 1 => parts.push(value.clone()),
                _ if piece.is_empty() => {}
                _ => parts.push(Expr::from(piece)),
            }
        }
        Expr::Call { op: Op::Concat, args: parts }
    }

    /// Where something that is known later stands in another way than by itself.
    fn misplaced(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.later.is_empty() {
            return problems;
        }
        let mut wrong = |tag: &str, why: &str| {
            problems.push(format!("`{tag}` in the template `{}`: {why}", self.name));
        };
        if self.source.contains(MARK) {
            wrong("\u{f8ff}", "the sign is kept for values that are known later");
        }
        for tag in tags(&self.source) {
            let inner = tag[2..tag.len() - 2].trim_matches(['-', '+']).trim();
            let mut words = inner.split(|c: char| !c.is_alphanumeric() && c != '_');
            let named = self.later.iter().find(|(name, _)| words.clone().any(|word| word == name));
            // What is between these tags is not put out as it is.
            let first = words.next().unwrap_or_default();
            let captures = matches!(first, "filter" | "macro" | "call") || first == "set" && !inner.contains('=');
            if tag.starts_with("{%") && captures {
                wrong(tag, "it does something with what stands in it, which is not known yet");
            } else if let Some((name, _)) = named.filter(|(name, _)| !(tag.starts_with("{{") && inner == name)) {
                wrong(tag, &format!("`{name}` is not known yet"));
            }
        }
        problems
    }
}

/// The tags of a template, from `{{` or `{%` to their ends.
fn tags(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(start) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        let end = if rest[start..].starts_with("{{") { "}}" } else { "%}" };
        let Some(length) = rest[start..].find(end) else { break };
        found.push(&rest[start..start + length + 2]);
        rest = &rest[start + length + 2..];
    }
    found
}
