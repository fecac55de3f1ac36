//! One script that does any number of things on a host, one after the other, and says of each how it ended.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Item, Key, Kind};

/// Gives the SHA-256 of bytes, in hexadecimal digits.
pub type Sum = fn(&[u8]) -> String;

const PRELUDE: &str = include_str!("prelude.sh");

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

/// What a thing may be before something is done to it. Only what has a path is compared.
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
    let mut text = format!("N={}\nR={}\n{PRELUDE}\nall() {{\n", quoted(nonce), quoted(root));
    text.push_str("say begin\n");
    if tasks.iter().any(|task| !task.looks()) {
        text.push_str("lock || { say locked; exit 1; }\n");
    }
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    order.sort_by_key(|position| tasks[*position].key().kind);
    packages(&mut text, tasks);
    let (services, rest): (Vec<usize>, Vec<usize>) =
        order.into_iter().partition(|position| tasks[*position].key().kind == Kind::Service);
    let mut units = String::new();
    for position in rest {
        let task = &tasks[position];
        let of_unit = task.key().kind == Kind::Unit && !task.looks();
        if of_unit {
            let path = quoted(&task.key().path().unwrap_or_default());
            let _ = writeln!(units, "[ \"$unit_{position}\" != 1 ] || {{ I={position}; after_reload $read {path}; }}");
        }
        let then = if of_unit { format!(" && unit_{position}=1") } else { String::new() };
        one(&mut text, position, task, &then, sum);
    }
    if tasks.iter().any(|task| matches!(task.key().kind, Kind::Unit | Kind::Service) && !task.looks()) {
        text.push_str("if reload; then read=1; else read=0; fi\n");
        text.push_str(&units);
    }
    for position in services {
        one(&mut text, position, &tasks[position], "", sum);
    }
    text.push_str("}\nall\nexit 0\n");
    text
}

/// What is missing is installed at once, after it was written down what was there before.
fn packages(text: &mut String, tasks: &[Task]) {
    let mut wanted = String::new();
    for task in tasks {
        let Task::Make { item, before } = task else { continue };
        let Item::Package(package) = item.as_ref() else { continue };
        if *before == Before::Anything {
            let _ = writeln!(text, "remember_package {}", quoted(&package.name));
        }
        let version = package.version.as_ref().map(|version| format!("={version}")).unwrap_or_default();
        let _ = write!(wanted, " {}", quoted(&format!("{}{version}", package.name)));
    }
    if !wanted.is_empty() {
        let _ = writeln!(text, "I=- install_all{wanted}");
    }
}

fn one(text: &mut String, position: usize, task: &Task, then: &str, sum: Sum) {
    let word = task.key().kind.word();
    match task {
        Task::Look(key) => {
            let _ = writeln!(text, "each {position} look_{word}{}", arguments(&subject(key)));
        }
        Task::Drop { key, before } => {
            let mut words = subject(key);
            words.push(before.words(sum));
            let _ = writeln!(text, "each {position} drop_{word}{}{then}", arguments(&words));
        }
        Task::Make { item, before } => {
            let words = arguments(&making(item, before, sum));
            match item.file() {
                None => {
                    let _ = writeln!(text, "each {position} make_{word}{words}{then}");
                }
                Some(file) => {
                    let _ = writeln!(text, "each {position} make_{word}{words} <<'END'{then}");
                    body(text, file.content.as_bytes());
                }
            }
        }
    }
}

/// The words that a thing is called by.
fn subject(key: &Key) -> Vec<String> {
    match (key.path(), key.kind) {
        (Some(path), _) => vec![path],
        (None, Kind::Member) => key.id.split(':').map(str::to_owned).collect(),
        (None, _) => vec![key.id.clone()],
    }
}

fn making(item: &Item, before: &Before, sum: Sum) -> Vec<String> {
    let flag = |flag: bool| if flag { "1" } else { "0" }.to_owned();
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let first = flag(*before == Before::Anything);
    if let Some(file) = item.file() {
        let mut words = match item {
            Item::Sysctl(sysctl) => vec![sysctl.name.clone(), sysctl.value.clone()],
            _ => Vec::new(),
        };
        let own = sum(file.content.as_bytes());
        words.extend([file.path, file.mode, file.owner, file.group, own, before.words(sum)]);
        words.extend(file.validate);
        return words;
    }
    match item.clone() {
        Item::Package(package) => vec![package.name, or_dash(package.version), flag(package.hold), first],
        Item::Group(group) => {
            vec![group.name, or_dash(group.gid.map(|gid| gid.to_string())), flag(group.system), first]
        }
        Item::User(user) => vec![
            user.name,
            or_dash(user.uid.map(|uid| uid.to_string())),
            or_dash(user.group),
            or_dash(user.home),
            user.shell,
            flag(user.system),
            first,
        ],
        Item::Member(member) => vec![member.user, member.group, first],
        Item::Directory(directory) => {
            vec![directory.path, directory.mode, directory.owner, directory.group, before.words(sum)]
        }
        Item::Link(link) => vec![link.path, link.target, before.words(sum)],
        Item::Service(service) => {
            // Who declares a unit that runs already has perhaps just written what it was started without.
            let (restart, reload) = match before {
                Before::Made(made) => match made.as_ref() {
                    Item::Service(old) => (old.restart_on != service.restart_on, old.reload_on != service.reload_on),
                    _ => (false, false),
                },
                _ => (!service.restart_on.is_empty(), !service.reload_on.is_empty()),
            };
            vec![service.unit, flag(service.enabled), or_dash(service.running.map(flag)), flag(restart), flag(reload)]
        }
        Item::File(_) | Item::Unit(_) | Item::Sysctl(_) => Vec::new(),
    }
}

impl Before {
    /// The words with which the script compares.
    fn words(&self, sum: Sum) -> String {
        match self {
            Self::Anything => "any".to_owned(),
            Self::Seen(words) => format!("seen {words}"),
            Self::Made(item) => match (item.file(), item.as_ref()) {
                (Some(file), _) => {
                    let sum = sum(file.content.as_bytes());
                    format!("file {} {} {} {sum}", file.mode, file.owner, file.group)
                }
                (None, Item::Directory(made)) => format!("directory {} {} {}", made.mode, made.owner, made.group),
                (None, Item::Link(made)) => format!("link {}.", STANDARD.encode(&made.target)),
                _ => "any".to_owned(),
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
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:=-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
