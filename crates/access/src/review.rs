//! The review: who may do what, with the way through groups; and the difference between two.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::Model;

/// That somebody may do something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    /// With what: `bucket alpha-main`.
    pub on: String,
    /// What: `read`.
    pub can: String,
    /// Who: a person or an account.
    pub who: String,
    /// The groups on the way, from that which has the access to that which they are in; empty if it is their own. The
    /// shortest way of each group that has the access.
    pub through: BTreeSet<Vec<String>>,
}

/// Which entries are wanted; an absent part wants all.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// With what: a part of its name.
    pub on: Option<String>,
    /// What.
    pub can: Option<String>,
    /// Who, or through which group: a part of the name.
    pub who: Option<String>,
}

/// Who may do what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    /// By object, action and person.
    pub entries: Vec<Entry>,
}

/// How access changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Somebody could not, and can.
    Gains,
    /// Somebody could, and can no more.
    Loses,
    /// They can as before, and by other ways.
    Otherwise,
}

impl Review {
    /// The review of a model.
    pub fn of(model: &Model) -> Self {
        let mut found: BTreeMap<(&str, &str, String), BTreeSet<Vec<String>>> = BTreeMap::new();
        let mut reached: BTreeMap<&str, Vec<(String, Vec<String>)>> = BTreeMap::new();
        for (on, can, who) in &model.grants {
            if !model.groups.contains_key(who) {
                found.entry((on, can, who.clone())).or_default().insert(Vec::new());
                continue;
            }
            for (person, way) in reached.entry(who).or_insert_with(|| people(model, who)) {
                found.entry((on, can, person.clone())).or_default().insert(way.clone());
            }
        }
        let entry = |((on, can, who), through): ((&str, &str, String), _)| Entry {
            on: on.to_owned(),
            can: can.to_owned(),
            who,
            through,
        };
        Self { entries: found.into_iter().map(entry).collect() }
    }

    /// The entries that are wanted.
    #[must_use]
    pub fn wanted(&self, wanted: &Wanted) -> Self {
        let part = |wanted: &Option<String>, text: &str| wanted.as_ref().is_none_or(|wanted| text.contains(wanted));
        let group = |entry: &Entry| entry.through.iter().flatten().any(|group| part(&wanted.who, group));
        let holds = |entry: &&Entry| {
            part(&wanted.on, &entry.on)
                && wanted.can.as_ref().is_none_or(|can| *can == entry.can)
                && (part(&wanted.who, &entry.who) || group(entry))
        };
        Self { entries: self.entries.iter().filter(holds).cloned().collect() }
    }

    /// What is other than in an earlier one, by object, action and person; what is lost is as it was.
    pub fn since(&self, earlier: &Self) -> Vec<(Change, Entry)> {
        let key = |entry: &Entry| (entry.on.clone(), entry.can.clone(), entry.who.clone());
        let before: BTreeMap<_, &Entry> = earlier.entries.iter().map(|entry| (key(entry), entry)).collect();
        let now: BTreeMap<_, &Entry> = self.entries.iter().map(|entry| (key(entry), entry)).collect();
        let keys: BTreeSet<_> = before.keys().chain(now.keys()).collect();
        let change = |key| match (before.get(key), now.get(key)) {
            (None, Some(entry)) => Some((Change::Gains, (*entry).clone())),
            (Some(entry), None) => Some((Change::Loses, (*entry).clone())),
            (Some(old), Some(new)) if old != new => Some((Change::Otherwise, (*new).clone())),
            _ => None,
        };
        keys.into_iter().filter_map(change).collect()
    }
}

/// Everybody in a group who is no group, each with the shortest way; of equally short ones the first by name.
fn people(model: &Model, group: &str) -> Vec<(String, Vec<String>)> {
    let mut seen: BTreeSet<&str> = BTreeSet::from([group]);
    let mut people: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut next = VecDeque::from([(group, vec![group.to_owned()])]);
    while let Some((group, way)) = next.pop_front() {
        for member in model.groups.get(group).into_iter().flatten() {
            if !model.groups.contains_key(member) {
                people.entry(member.clone()).or_insert_with(|| way.clone());
            } else if seen.insert(member) {
                next.push_back((member, way.iter().cloned().chain([member.clone()]).collect()));
            }
        }
    }
    people.into_iter().collect()
}
