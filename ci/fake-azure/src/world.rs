//! What is there, and what is to go wrong.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map as Object, Value as Json};

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Too many requests; with how many seconds to wait, if that is said.
    Throttled(Option<u64>),
    /// The service is not to be had, and has done nothing.
    Unavailable,
    /// The connection breaks before anything is done.
    BreaksBefore,
    /// It is done, and the connection breaks before the answer.
    BreaksAfter,
    /// Something else is at work on it.
    Conflict,
    /// Somebody else changes what it is about right before it.
    Overtaken,
    /// What it begins ends badly.
    Fails,
}

/// A call that was served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The method: `storage.storageAccountsCreate`.
    pub method: String,
    /// The address below the host.
    pub path: String,
    /// How it was answered; 0 = not at all.
    pub status: u16,
}

/// An object of the resource manager.
#[derive(Debug, Clone, PartialEq)]
pub struct Thing {
    /// The id, in the letters that it was made with.
    pub id: String,
    /// What it says of itself.
    pub body: Json,
}

/// A blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// What is in it.
    pub content: Vec<u8>,
    /// The type of that.
    pub kind: String,
    /// Remarks on it.
    pub remarks: BTreeMap<String, String>,
    /// Its version.
    pub etag: String,
}

/// All that is there.
#[derive(Debug, Default)]
pub struct World {
    /// Objects of the resource manager, by their ids in small letters.
    pub things: BTreeMap<String, Thing>,
    /// Blobs, by account, container and path.
    pub blobs: BTreeMap<String, Blob>,
    /// Groups, by their ids.
    pub groups: BTreeMap<String, Json>,
    /// Members, by the ids of groups.
    pub members: BTreeMap<String, BTreeSet<String>>,
    /// Vaults that were deleted and are kept, by their ids in small letters, with what is in them.
    pub deleted_vaults: BTreeMap<String, (Thing, Vec<Thing>)>,
    /// Secrets that were deleted and are kept, by the vault's name and theirs.
    pub deleted_secrets: BTreeMap<String, Thing>,
    /// What no document allows, as it was asked for.
    pub violations: Vec<String>,
    /// The calls.
    pub served: Vec<Served>,
    /// How often an operation is asked for before it has ended.
    pub polls: u32,
    /// Principals that are not known yet, for so many times each.
    pub unknown: BTreeMap<String, u32>,
    /// The secret of applications, and the tenant that tokens are asked of; none = nobody asks for tokens.
    pub secret: Option<String>,
    /// The tokens that were given: what each is good for.
    pub tokens: BTreeMap<String, String>,
    /// For how many looks a new group cannot be seen.
    pub unseen: u32,
    pub(crate) hidden: BTreeMap<String, u32>,
    pub(crate) coming: BTreeMap<String, Thing>,
    pub(crate) operations: BTreeMap<String, Running>,
    faults: Vec<(String, u32, Fault)>,
    counter: u64,
}

/// An operation that runs.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    pub(crate) polls: u32,
    /// What is so once it has ended: the key, and the object or its end.
    pub(crate) then: Option<(String, Option<Thing>)>,
    pub(crate) fails: bool,
}

impl World {
    /// Makes the next calls of a method fail, so many of them; a part of the method's name will do.
    pub fn fail(&mut self, method: &str, times: u32, fault: Fault) {
        self.faults.push((method.to_owned(), times, fault));
    }

    /// How often a method was served.
    pub fn count(&self, method: &str) -> usize {
        self.served.iter().filter(|served| served.method.contains(method)).count()
    }

    /// The objects whose ids hold a part.
    pub fn of(&self, part: &str) -> Vec<&Thing> {
        self.things.values().filter(|thing| thing.id.contains(part)).collect()
    }

    /// An object, by its id.
    pub fn thing(&self, id: &str) -> Option<&Thing> {
        self.things.get(&id.to_lowercase())
    }

    /// What is to go wrong with a call.
    pub(crate) fn fault(&mut self, method: &str) -> Option<Fault> {
        let position = self.faults.iter().position(|(part, times, _)| *times > 0 && method.contains(part.as_str()))?;
        let (_, times, fault) = &mut self.faults[position];
        *times -= 1;
        Some(*fault)
    }

    /// A number that no other has.
    pub(crate) fn number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// A name in the form of a UUID that no other has.
    pub(crate) fn guid(&mut self) -> String {
        format!("00000000-0000-4000-8000-{:012x}", self.number())
    }

    /// A new version of something.
    pub(crate) fn etag(&mut self) -> String {
        format!("\"0x8{:015X}\"", self.number())
    }

    /// Whether a principal is not known yet; asking brings that nearer.
    pub(crate) fn is_unknown(&mut self, principal: &str) -> bool {
        let Some(left) = self.unknown.get_mut(principal).filter(|left| **left > 0) else { return false };
        *left -= 1;
        true
    }

    /// Hides what was just made, for so many looks.
    pub(crate) fn hide(&mut self, id: &str) {
        self.hidden.insert(id.to_owned(), self.unseen);
    }

    /// Whether something cannot be seen yet.
    pub(crate) fn is_hidden(&mut self, id: &str) -> bool {
        let Some(left) = self.hidden.get_mut(id).filter(|left| **left > 0) else { return false };
        *left -= 1;
        true
    }

    /// Lets something come back at the second look.
    pub(crate) fn come_back(&mut self, key: String, thing: Thing) {
        self.coming.insert(key, thing);
    }

    /// Somebody looks for something that may be coming back.
    pub(crate) fn wait_for(&mut self, key: &str) {
        if let Some(thing) = self.coming.remove(key) {
            self.things.insert(key.to_owned(), thing);
        }
    }

    /// Changes fields of an object, as somebody would by hand; those of the envelope are found in it.
    ///
    /// # Panics
    /// If it is not there.
    pub fn tamper(&mut self, id: &str, fields: &[(&str, Json)]) {
        let thing = self.things.get_mut(&id.to_lowercase());
        let body = &mut thing.unwrap_or_else(|| panic!("there is no {id}")).body;
        for (name, value) in fields {
            let inner = body.get_mut("properties").and_then(Json::as_object_mut);
            let within = inner.filter(|inner| inner.contains_key(*name));
            let empty: &mut Object<String, Json> = match within {
                Some(inner) => inner,
                None => body.as_object_mut().unwrap_or_else(|| panic!("{id} is no object")),
            };
            empty.insert((*name).to_owned(), value.clone());
        }
    }
}
