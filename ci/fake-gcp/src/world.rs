//! What is there, and what is to go wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map as Object, Value as Json, json};

use crate::credentials::Credentials;
pub use crate::fault::Fault;

/// A call that was served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The method: `storage.buckets.get`.
    pub method: String,
    /// The address below the host.
    pub path: String,
    /// How it was answered; 0 = not at all.
    pub status: u16,
}

/// All that is there.
#[derive(Debug, Default)]
pub struct World {
    /// Objects, by interface and name: `secretmanager/projects/p/secrets/s`.
    pub objects: BTreeMap<String, Json>,
    /// Policies, by interface and what has them.
    pub policies: BTreeMap<String, Json>,
    /// What objects hold.
    pub contents: BTreeMap<String, Vec<u8>>,
    /// What no document allows, as it was asked for.
    pub violations: Vec<String>,
    /// The calls.
    pub served: Vec<Served>,
    /// How many requests, of anybody for anything, an operation takes.
    pub polls: u32,
    /// How often what was made is looked for before it is seen.
    pub late: u32,
    /// Principals whom policies do not take, for so many times each.
    pub unknown: BTreeMap<String, u32>,
    /// What is not there was made by others, as far as it has a policy or settings.
    pub strangers: bool,
    /// Who may call.
    pub credentials: Credentials,
    /// The methods of calls that wait for an answer that never comes.
    pub hung: Vec<String>,
    pub(crate) operations: BTreeMap<String, Running>,
    unseen: BTreeMap<String, u32>,
    faults: Vec<(String, u32, Fault)>,
    counter: u64,
}

/// An operation that runs.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) polls: u32,
    /// What is so once it has ended; `None` = the object is gone.
    pub(crate) then: Vec<(String, Option<Json>)>,
    pub(crate) response: Json,
}

impl World {
    /// Makes the next calls of a method fail, so many of them; a part of the method's name will do.
    pub fn fail(&mut self, method: &str, times: u32, fault: Fault) {
        self.faults.push((method.to_owned(), times, fault));
    }

    /// Lets all calls pass from now on.
    pub fn forgive(&mut self) {
        self.faults.clear();
    }

    /// How often a method was served.
    pub fn count(&self, method: &str) -> usize {
        self.served.iter().filter(|served| served.method.contains(method)).count()
    }

    /// The names of the objects of an interface.
    pub fn names(&self, api: &str) -> BTreeSet<String> {
        let prefix = format!("{api}/");
        self.objects.keys().filter_map(|key| key.strip_prefix(&prefix)).map(str::to_owned).collect()
    }

    /// The members of a role, in a policy without conditions.
    pub fn members(&self, policy: &str, role: &str) -> Vec<String> {
        let bindings = self.policies.get(policy).and_then(|policy| policy["bindings"].as_array()).into_iter().flatten();
        let of_role = bindings.filter(|binding| binding["role"] == role && binding["condition"].is_null());
        let members = of_role.filter_map(|binding| binding["members"].as_array()).flatten();
        members.filter_map(Json::as_str).map(str::to_owned).collect()
    }

    /// Changes fields of an object, as somebody would by hand.
    ///
    /// # Panics
    /// If it is not there.
    pub fn tamper(&mut self, key: &str, fields: &[(&str, Json)]) {
        let there = self.objects.get_mut(key).and_then(Json::as_object_mut);
        let object: &mut Object<String, Json> = there.unwrap_or_else(|| panic!("there is no {key}"));
        object.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    }

    /// What is to go wrong with a call.
    pub(crate) fn fault(&mut self, method: &str) -> Option<Fault> {
        let position = self.faults.iter().position(|(part, times, _)| *times > 0 && method.contains(part.as_str()))?;
        let (_, times, fault) = &mut self.faults[position];
        *times -= 1;
        Some(*fault)
    }

    /// Puts a new object there, which takes a while to be seen.
    pub(crate) fn put(&mut self, key: String, object: Json) {
        if self.late > 0 {
            self.unseen.insert(key.clone(), self.late);
        }
        self.objects.insert(key, object);
    }

    /// Looks for an object.
    pub(crate) fn look(&mut self, key: &str) -> Option<Json> {
        if let Some(times) = self.unseen.get_mut(key).filter(|times| **times > 0) {
            *times -= 1;
            return None;
        }
        self.objects.get(key).cloned()
    }

    /// Whether an object is there and has got about.
    pub(crate) fn is_seen(&mut self, key: &str) -> bool {
        self.look(key).is_some()
    }

    /// Takes an object away, with all that belongs to it.
    pub(crate) fn remove(&mut self, key: &str) {
        let below = format!("{key}/");
        self.objects.retain(|other, _| other != key && !other.starts_with(&below));
        self.policies.retain(|other, _| other != key && !other.starts_with(&below));
    }

    /// A number that no other has.
    pub(crate) fn number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// A new version of something.
    pub(crate) fn etag(&mut self) -> String {
        STANDARD.encode(format!("version {}", self.number()))
    }

    /// The policy of something; one that nobody has set is empty.
    pub(crate) fn policy(&mut self, key: &str) -> Json {
        if let Some(policy) = self.policies.get(key) {
            return policy.clone();
        }
        let policy = json!({ "version": 1, "etag": self.etag() });
        self.policies.insert(key.to_owned(), policy.clone());
        policy
    }

    /// Begins an operation; what it does is so when it has ended.
    pub(crate) fn begin(&mut self, parent: &str, then: Vec<(String, Option<Json>)>, response: Json) -> Json {
        let name = format!("{parent}operations/op.{}", self.number());
        // The request that begins it does not count.
        let polls = if self.polls > 0 { self.polls + 1 } else { 0 };
        self.operations.insert(name.clone(), Running { polls, then, response });
        if polls == 0 {
            self.end(&name);
        }
        self.poll(&name)
    }

    /// Time passes: operations go on whether anybody asks for them or not.
    pub(crate) fn tick(&mut self) {
        let mut ended = Vec::new();
        for (name, running) in self.operations.iter_mut().filter(|(_, running)| running.polls > 0) {
            running.polls -= 1;
            if running.polls == 0 {
                ended.push(name.clone());
            }
        }
        ended.iter().for_each(|name| self.end(name));
    }

    /// What an operation does is so from now on.
    fn end(&mut self, name: &str) {
        let then = self.operations.get_mut(name).map(|running| std::mem::take(&mut running.then)).unwrap_or_default();
        for (key, object) in then {
            match object {
                Some(object) if self.objects.contains_key(&key) => drop(self.objects.insert(key, object)),
                Some(object) => self.put(key, object),
                None => self.remove(&key),
            }
        }
    }

    /// Looks at an operation.
    pub(crate) fn poll(&self, name: &str) -> Json {
        match self.operations.get(name) {
            None => Json::Null,
            Some(running) if running.polls > 0 => json!({ "name": name }),
            Some(running) => json!({ "name": name, "done": true, "response": running.response }),
        }
    }
}

/// What time it is, as the vendor writes it.
pub(crate) fn now() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let (days, seconds) = (since / 86400, since % 86400);
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The date of a day since 1970.
fn date(mut days: u64) -> (u64, u64, u64) {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let months = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in months {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}
