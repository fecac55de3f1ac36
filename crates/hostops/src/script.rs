//! One script that does any number of things on a host, one after the other, and says of each how it ended.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::item::{Content, File, State};
use crate::kinds::spec;
use crate::{Item, Key, Kind};

/// Gives the SHA-256 of bytes, in hexadecimal digits.
pub type Sum = fn(&[u8]) -> String;

const CORE: &str = include_str!("sh/core.sh");
const EACH: &str = include_str!("sh/each.sh");

/// One thing to do on a host.
#[derive(Clone, PartialEq)]
pub enum Task {
    /// Looks at a thing.
    Look(Key),
    /// Makes a thing what it is to be.
    Make {
        /// What it is to be.
        item: Box<Item>,
        /// What it may be made of.
        before: Before,
    },
    /// Removes a thing, or puts back what was there before it.
    Drop {
        /// The thing.
        key: Key,
        /// What it may be.
        before: Before,
    },
}

/// What a thing may be before something is done to it, where it is compared.
#[derive(Clone, PartialEq)]
pub enum Before {
    /// Anything: it is declared for the first time.
    Anything,
    /// What was seen of it, in the words of [`crate::There`].
    Seen(String),
    /// What it was last made.
    Made(Box<Item>),
}

impl Task {
    /// What it is about.
    pub fn key(&self) -> Key {
        match self {
            Self::Look(key) | Self::Drop { key, .. } => key.clone(),
            Self::Make { item, .. } => item.key(),
        }
    }

    /// Whether it only looks.
    pub fn looks(&self) -> bool {
        matches!(self, Self::Look(_))
    }
}

/// The script of some tasks; `nonce` is a word that stands in no other output, `root` where the host's files are, empty
/// for its own. The answer to each is told under its position.
///
/// Nothing of it is done before all of it has arrived. `sum` gives the SHA-256 of bytes, in hexadecimal digits.
pub fn script(nonce: &str, root: &str, tasks: &[Task], sum: Sum) -> String {
    let mut text = format!("N={}\nR={}\n{CORE}", quoted(nonce), quoted(root));
    let mut order: Vec<(Kind, usize)> = tasks.iter().enumerate().map(|(at, task)| (task.key().kind, at)).collect();
    order.sort();
    functions(&mut text, &order);
    text.push_str("all() {\nsay begin\n");
    if tasks.iter().any(|task| !task.looks()) {
        text.push_str("lock || { say locked; exit 1; }\n");
    }
    let mut units = String::new();
    let mut made = order.iter().peekable();
    let first = |kind: Kind| order.iter().find(|(other, _)| *other == kind).map(|(_, at)| *at);
    while let Some((kind, position)) = made.next_if(|(kind, _)| !kind.is_after_units()) {
        let task = &tasks[*position];
        if first(Kind::Package) == Some(*position) {
            packages(&mut text, tasks);
        }
        let of_unit = kind.is_unit() && !task.looks();
        if of_unit {
            let (word, path) = (kind.word(), quoted(&task.key().path().unwrap_or_default()));
            let _ = writeln!(
                units,
                "[ \"$unit_{position}\" != 1 ] || {{ I={position}; after_reload $read {word} {path}; }}"
            );
        }
        let then = if of_unit { format!(" && unit_{position}=1") } else { String::new() };
        one(&mut text, *position, task, &then, sum);
    }
    if order.iter().any(|(kind, at)| (kind.is_unit() || *kind == Kind::Service) && !tasks[*at].looks()) {
        text.push_str("if reload; then read=1; else read=0; fi\n");
        text.push_str(&units);
    }
    for (_, position) in made {
        one(&mut text, *position, &tasks[*position], "", sum);
    }
    text.push_str("}\nall\nexit 0\n");
    text
}

/// What the kinds of the tasks do, each once.
fn functions(text: &mut String, order: &[(Kind, usize)]) {
    let mut parts: Vec<&str> = Vec::new();
    for part in order.iter().flat_map(|(kind, _)| spec(*kind).shell) {
        if !parts.contains(part) {
            parts.push(part);
        }
    }
    parts.into_iter().chain([EACH]).for_each(|part| text.push_str(part));
}

/// What is missing is installed at once, after it was written down what was there before.
fn packages(text: &mut String, tasks: &[Task]) {
    let mut wanted = String::new();
    for task in tasks {
        let Task::Make { item, before } = task else { continue };
        if item.key.kind != Kind::Package {
            continue;
        }
        let name = &item.key.id;
        if *before == Before::Anything {
            let _ = writeln!(text, "remember_package {}", quoted(name));
        }
        let version = item.words.get(1).filter(|version| *version != "-");
        let version = version.map(|version| format!("={version}")).unwrap_or_default();
        let _ = write!(wanted, " {}", quoted(&format!("{name}{version}")));
    }
    if !wanted.is_empty() {
        let _ = writeln!(text, "I=- install_all{wanted}");
    }
}

fn one(text: &mut String, position: usize, task: &Task, then: &str, sum: Sum) {
    let word = task.key().kind.word();
    match task {
        Task::Look(key) => {
            let _ = writeln!(text, "each {position} look_{word}{}", arguments(&key.words()));
        }
        Task::Drop { key, before } => {
            let mut words = key.words();
            words.push(before.words(sum));
            let _ = writeln!(text, "each {position} drop_{word}{}{then}", arguments(&words));
        }
        Task::Make { item, before } => {
            let words = arguments(&making(item, before, sum));
            let content = match &item.file {
                Some(File { content: Content::Text(content), .. }) => Some(content),
                _ => item.body.as_ref(),
            };
            match content {
                None => {
                    let _ = writeln!(text, "each {position} make_{word}{words}{then}");
                }
                Some(content) => {
                    let _ = writeln!(text, "each {position} make_{word}{words} <<'END'{then}");
                    body(text, content.as_bytes());
                }
            }
        }
    }
}

/// The words of a thing that is to be: its own, those of its file, what it may be made of.
fn making(item: &Item, before: &Before, sum: Sum) -> Vec<String> {
    let mut words = item.words.clone();
    if let Some(file) = &item.file {
        words.extend([file.path.clone(), file.mode.clone(), file.owner.clone(), file.group.clone()]);
        words.push(file.content.sum(sum));
    }
    if let Some(again) = &item.again {
        // Who declares something for the first time has perhaps just written what it ran without.
        let made = match before {
            Before::Made(made) => made.again.as_ref(),
            _ => None,
        };
        words.extend(again.iter().enumerate().map(|(at, now)| {
            let changed = made.map_or(!now.is_empty(), |made| made[at] != *now);
            if changed { "1" } else { "0" }.to_owned()
        }));
    }
    words.push(before.words(sum));
    words.extend(item.file.iter().flat_map(|file| file.validate.clone()));
    words
}

impl Content {
    fn sum(&self, sum: Sum) -> String {
        match self {
            Self::Text(text) => sum(text.as_bytes()),
            Self::Sum(own) => own.clone(),
        }
    }
}

impl Before {
    /// The words with which the script compares; `-` = it does not.
    fn words(&self, sum: Sum) -> String {
        match self {
            Self::Anything => "any".to_owned(),
            Self::Seen(words) => format!("seen {words}"),
            Self::Made(item) => match (&item.state, &item.file) {
                (State::File, Some(file)) => {
                    format!("file {} {} {} {}", file.mode, file.owner, file.group, file.content.sum(sum))
                }
                (State::Words(words), _) => words.clone(),
                (State::Sum(word, text), _) => format!("{word}{}", sum(text.as_bytes())),
                _ => "-".to_owned(),
            },
        }
    }
}

/// What is in a file, as the body of a command: no shell makes anything of it.
fn body(text: &mut String, content: &[u8]) {
    let encoded = STANDARD.encode(content);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(76));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str("END\n");
}

fn arguments(words: &[String]) -> String {
    words.iter().fold(String::new(), |text, word| text + " " + &quoted(word))
}

/// A word that no shell makes anything of.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:=-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
