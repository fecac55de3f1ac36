//! What there is to be on a host.

use value::Map;

use crate::claim::above;
use crate::fields::Fields;
use crate::kinds::spec;
use crate::{Claim, Key, Kind};

/// Something that there is to be on a host, as its kind read it out of properties. What is in it may be a secret, so it has
/// no `Debug`.
#[derive(Clone, PartialEq)]
pub struct Item {
    pub(crate) key: Key,
    /// The words that the script's function gets.
    pub(crate) words: Vec<String>,
    /// What of it is a file that is written whole.
    pub(crate) file: Option<File>,
    /// What else goes to the function, by its standard input: no shell makes anything of it.
    pub(crate) body: Option<String>,
    /// What it is when it is made.
    pub(crate) state: State,
    pub(crate) claims: Vec<Claim>,
    pub(crate) needs: Vec<Claim>,
    /// What it is done again for, and what it is done again for in a lighter way.
    pub(crate) again: Option<[Map; 2]>,
}

/// A file that is written whole.
#[derive(Clone, PartialEq)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) content: Content,
    /// As `stat` gives it.
    pub(crate) mode: String,
    pub(crate) owner: String,
    pub(crate) group: String,
    /// The command that looks at it before it is put in place.
    pub(crate) validate: Vec<String>,
}

/// What is in a file.
#[derive(Clone, PartialEq)]
pub(crate) enum Content {
    /// This.
    Text(String),
    /// Whatever has this SHA-256; the host brings it from elsewhere.
    Sum(String),
}

/// What something is when it is made, as the script compares it with what is there.
#[derive(Clone, PartialEq)]
pub(crate) enum State {
    /// Nobody compares.
    None,
    /// Its file.
    File,
    /// These words.
    Words(String),
    /// A word, and the SHA-256 of a text.
    Sum(&'static str, String),
}

impl Item {
    /// Reads the properties of a resource; secrets are open.
    ///
    /// # Errors
    /// All that is wrong with them, as sentences.
    pub fn read(kind: Kind, properties: &Map) -> Result<Self, Vec<String>> {
        let mut fields = Fields::of(properties);
        let item = Self::of(kind, &mut fields);
        if fields.problems.is_empty() { Ok(item) } else { Err(fields.problems) }
    }

    /// Reads those properties of a resource that are known so far: what is missing is no problem.
    pub fn known(kind: Kind, properties: &Map) -> (Self, Vec<String>) {
        let mut fields = Fields::of(properties);
        fields.lenient = true;
        let item = Self::of(kind, &mut fields);
        (item, fields.problems)
    }

    fn of(kind: Kind, fields: &mut Fields<'_>) -> Self {
        let key = Key::within(kind, &fields.open()).unwrap_or(Key { kind, id: String::new() });
        let mut item = Self {
            key,
            words: Vec::new(),
            file: None,
            body: None,
            state: State::None,
            claims: Vec::new(),
            needs: Vec::new(),
            again: None,
        };
        if let Some(path) = item.key.path() {
            item.claims.push(Claim::Path(path));
        }
        (spec(kind).read)(fields, &mut item);
        let paths: Vec<Claim> = item.claims.iter().flat_map(claimed_above).collect();
        item.needs.extend(paths);
        item.needs.sort();
        item.needs.dedup();
        item
    }

    /// What it is called.
    pub fn key(&self) -> Key {
        self.key.clone()
    }

    /// What it alone may write.
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// What it needs to be there, if anything declares it: directories above it, owners, the unit of a service.
    pub fn needs(&self) -> &[Claim] {
        &self.needs
    }

    /// Whether it counts what it was declared as before, and not what was seen of it.
    pub fn is_done_again(&self) -> bool {
        self.again.is_some()
    }

    /// Makes it a file that is root's, and that everybody may read.
    pub(crate) fn text(&mut self, content: String) {
        self.file = Some(File {
            path: self.key.path().unwrap_or_default(),
            content: Content::Text(content),
            mode: "644".to_owned(),
            owner: "root".to_owned(),
            group: "root".to_owned(),
            validate: Vec::new(),
        });
        self.state = State::File;
    }
}

fn claimed_above(claim: &Claim) -> Vec<Claim> {
    match claim {
        Claim::Path(path) | Claim::Part(path, _) => above(path),
        _ => Vec::new(),
    }
}
