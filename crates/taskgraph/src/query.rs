//! The query language: sets of stacks from names, functions and operators.
//!
//! ```text
//! set      = both (("|" | "-") both)*        in either; in the first and not in the second
//! both     = item ("&" item)*                in both
//! item     = "(" set ")" | word | function
//! function = deps(set)                       these, and all that they need, directly or not
//!          | rdeps(set)                      these, and all that need one of them, directly or not
//!          | reads(set) | reads(STACK:OUTPUT)  whoever reads one of these itself, or this output
//!          | env(NAME) | provider(FAMILY)    of an environment; with resources of a family of types
//!          | changed(REF)                    not as in another version of the sources
//!          | failed() | drifted() | all()    left undone by their last run; not as recorded; the default selection
//! word     = a full name, an ending, a project, a pattern; a minus stands between spaces
//! ```

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::CharIndices;

use diag::Diagnostic;
use resource::StackName;
use value::Path;

use crate::Links;

/// A set of stacks, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// What a word means by itself.
    Word(String),
    /// What is in either.
    Either(Box<Query>, Box<Query>),
    /// What is in both.
    Both(Box<Query>, Box<Query>),
    /// What is in the first and not in the second.
    Without(Box<Query>, Box<Query>),
    /// These, and all that they need.
    Deps(Box<Query>),
    /// These, and all that need one of them.
    Rdeps(Box<Query>),
    /// Whoever reads one of these itself.
    Reads(Box<Query>),
    /// Whoever reads this output of this stack, a part of it, or something that it is a part of.
    ReadsOutput(String, Path),
    /// The stacks of an environment.
    Env(String),
    /// The stacks with resources of a family of types.
    Provider(String),
    /// The stacks whose last run left something undone.
    Failed,
    /// The stacks that are not as they were in another version of the sources.
    Changed(String),
    /// The stacks with an object that is not as it was recorded to be wanted.
    Drifted,
    /// The default selection.
    All,
}

/// The functions, as one writes them.
const FUNCTIONS: &[(&str, &str)] = &[
    ("all", "all()"),
    ("changed", "changed(REF)"),
    ("deps", "deps(STACKS)"),
    ("drifted", "drifted()"),
    ("env", "env(NAME)"),
    ("failed", "failed()"),
    ("provider", "provider(FAMILY)"),
    ("rdeps", "rdeps(STACKS)"),
    ("reads", "reads(STACKS) or reads(STACK:OUTPUT)"),
];

/// Whether a selector is more than one word.
pub(crate) fn is_query(selector: &str) -> bool {
    selector.contains(['(', ')', '&', '|']) || selector.contains(char::is_whitespace)
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// The first thing that does not fit, with its column.
    pub fn parse(text: &str) -> Result<Self, Diagnostic> {
        let tokens = Tokens { text, chars: text.char_indices().peekable() }.peekable();
        let mut reader = Reader { text, tokens, parts: 0, depth: 0 };
        let query = reader.set()?;
        match reader.tokens.next() {
            None => Ok(query),
            Some(token) => Err(reader.unexpected(Some(token), "the end, or `&`, `|` or ` - `")),
        }
    }
}

/// How many parts a query may have: what is made of it is as deep as it has parts.
const PARTS: usize = 500;

/// How deep they may nest.
const DEPTH: usize = 40;

/// A piece of a query, with the column that it starts in, from 0.
type Token<'a> = (usize, &'a str);

struct Tokens<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        while self.chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        let (start, first) = self.chars.next()?;
        let mut end = start + first.len_utf8();
        if !is_mark(first) {
            while let Some((at, c)) = self.chars.next_if(|(_, c)| !is_mark(*c) && !c.is_whitespace()) {
                end = at + c.len_utf8();
            }
        }
        Some((start, &self.text[start..end]))
    }
}

fn is_mark(c: char) -> bool {
    matches!(c, '(' | ')' | '&' | '|')
}

struct Reader<'a> {
    text: &'a str,
    tokens: Peekable<Tokens<'a>>,
    parts: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn set(&mut self) -> Result<Query, Diagnostic> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(too_much(&format!("it nests more than {DEPTH} deep")));
        }
        let mut left = self.both()?;
        while let Some((_, operator)) = self.tokens.next_if(|(_, token)| matches!(*token, "|" | "-")) {
            let sides = (Box::new(left), Box::new(self.both()?));
            left = if operator == "|" { Query::Either(sides.0, sides.1) } else { Query::Without(sides.0, sides.1) };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn both(&mut self) -> Result<Query, Diagnostic> {
        let mut left = self.item()?;
        while self.tokens.next_if(|(_, token)| *token == "&").is_some() {
            left = Query::Both(Box::new(left), Box::new(self.item()?));
        }
        Ok(left)
    }

    fn item(&mut self) -> Result<Query, Diagnostic> {
        self.parts += 1;
        if self.parts > PARTS {
            return Err(too_much(&format!("it has more than {PARTS} parts")));
        }
        match self.tokens.next() {
            Some((_, "(")) => {
                let inside = self.set()?;
                self.expect(")")?;
                Ok(inside)
            }
            Some((at, word)) if !word.starts_with(is_mark) && word != "-" => {
                match self.tokens.next_if(|(_, token)| *token == "(") {
                    Some(_) => self.function(at, word),
                    None => Ok(Query::Word(word.to_owned())),
                }
            }
            token => Err(self.unexpected(token, "a stack, a function or `(`")),
        }
    }

    fn function(&mut self, at: usize, name: &str) -> Result<Query, Diagnostic> {
        let query = match name {
            "all" => Query::All,
            "failed" => Query::Failed,
            "drifted" => Query::Drifted,
            "deps" => Query::Deps(Box::new(self.set()?)),
            "rdeps" => Query::Rdeps(Box::new(self.set()?)),
            "env" => Query::Env(self.word("the name of an environment")?.1.to_owned()),
            "changed" => Query::Changed(self.word("a version, as git names it")?.1.to_owned()),
            "provider" => Query::Provider(self.word("a family of types, such as `aws`")?.1.to_owned()),
            "reads" => match self.tokens.next_if(|(_, token)| token.contains(':')) {
                Some(token) => self.output(token)?,
                None => Query::Reads(Box::new(self.set()?)),
            },
            _ => {
                let known = FUNCTIONS.iter().map(|(_, shown)| format!("`{shown}`")).collect::<Vec<_>>().join(", ");
                let far = |known: &str| strsim::damerau_levenshtein(known, name);
                let near = FUNCTIONS.iter().filter(|(known, _)| far(known) <= 2).min_by_key(|(known, _)| far(known));
                let problem = self.problem(at, &format!("there is no function `{name}`"));
                return Err(match near {
                    Some((_, shown)) => problem.hint(format!("did you mean `{shown}`?")),
                    None => problem.hint(format!("the functions are {known}")),
                });
            }
        };
        self.expect(")")?;
        Ok(query)
    }

    fn output(&self, (at, text): Token<'_>) -> Result<Query, Diagnostic> {
        let (stack, path) = text.split_once(':').unwrap_or((text, ""));
        match path.parse::<Path>() {
            Ok(path) if !path.is_root() && !stack.is_empty() => Ok(Query::ReadsOutput(stack.to_owned(), path)),
            _ => Err(self.problem(at, &format!("`{text}` is no output")).hint("write it as `STACK:OUTPUT`")),
        }
    }

    fn word(&mut self, wanted: &str) -> Result<Token<'a>, Diagnostic> {
        match self.tokens.next() {
            Some((at, word)) if !word.starts_with(is_mark) => Ok((at, word)),
            token => Err(self.unexpected(token, wanted)),
        }
    }

    fn expect(&mut self, mark: &str) -> Result<(), Diagnostic> {
        match self.tokens.next() {
            Some((_, token)) if token == mark => Ok(()),
            token => Err(self.unexpected(token, &format!("`{mark}`"))),
        }
    }

    fn unexpected(&self, token: Option<Token<'_>>, wanted: &str) -> Diagnostic {
        match token {
            Some((at, token)) => self.problem(at, &format!("`{token}` stands where {wanted} should be")),
            None => self.problem(self.text.len(), &format!("it ends where {wanted} should be")),
        }
    }

    fn problem(&self, at: usize, what: &str) -> Diagnostic {
        let column = self.text[..at].chars().count();
        Diagnostic::error("E0745", format!("the query cannot be read: {what}"))
            .note(self.text)
            .note(format!("{}^", " ".repeat(column)))
    }
}

/// The text is too long to be shown.
fn too_much(what: &str) -> Diagnostic {
    Diagnostic::error("E0745", format!("the query cannot be read: {what}"))
        .hint("name the stacks one by one instead, or use a glob")
}

impl Query {
    /// Whether it asks how the state of stacks is.
    pub fn asks_for_state(&self) -> bool {
        self.any(&|part| matches!(part, Self::Failed | Self::Drifted))
    }

    /// Whether it asks how the objects of stacks are, for which their states have to be read whole.
    pub fn asks_for_drift(&self) -> bool {
        self.any(&|part| *part == Self::Drifted)
    }

    /// Whether it asks who needs whom.
    pub fn asks_for_links(&self) -> bool {
        self.any(&|part| matches!(part, Self::Deps(_) | Self::Rdeps(_) | Self::Reads(_)))
    }

    /// The versions of the sources that it compares with.
    pub fn versions(&self) -> BTreeSet<&str> {
        match self {
            Self::Changed(version) => BTreeSet::from([version.as_str()]),
            Self::Either(a, b) | Self::Both(a, b) | Self::Without(a, b) => &a.versions() | &b.versions(),
            Self::Deps(of) | Self::Rdeps(of) | Self::Reads(of) => of.versions(),
            _ => BTreeSet::new(),
        }
    }

    fn any(&self, holds: &dyn Fn(&Self) -> bool) -> bool {
        let inside = match self {
            Self::Either(a, b) | Self::Both(a, b) | Self::Without(a, b) => a.any(holds) || b.any(holds),
            Self::Deps(of) | Self::Rdeps(of) | Self::Reads(of) => of.any(holds),
            _ => false,
        };
        inside || holds(self)
    }
}

/// What queries ask of the outside.
pub trait Facts {
    /// Who reads or waits for whom; cycles are fine, and so are names that are no candidates.
    fn links(&self) -> Cow<'_, Links>;
    /// The outputs of other stacks that it reads, by full name and path.
    fn reads(&self, stack: &StackName) -> BTreeSet<(String, Path)>;
    /// The families of the types of its resources: `aws` of `AWS::EC2::VPC`.
    fn families(&self, stack: &StackName) -> BTreeSet<String>;
    /// Whether its last run left something undone.
    fn failed(&self, stack: &StackName) -> bool;
    /// Whether one of its objects is not as it is recorded to be wanted.
    fn drifted(&self, stack: &StackName) -> bool;
    /// Whether it is not as it was in another version of the sources.
    fn changed(&self, stack: &StackName, version: &str) -> bool;
}

/// Nothing is known: for words, which need nothing.
impl Facts for () {
    fn links(&self) -> Cow<'_, Links> {
        Cow::default()
    }

    fn reads(&self, _: &StackName) -> BTreeSet<(String, Path)> {
        BTreeSet::new()
    }

    fn families(&self, _: &StackName) -> BTreeSet<String> {
        BTreeSet::new()
    }

    fn failed(&self, _: &StackName) -> bool {
        false
    }

    fn drifted(&self, _: &StackName) -> bool {
        false
    }

    fn changed(&self, _: &StackName, _: &str) -> bool {
        false
    }
}
