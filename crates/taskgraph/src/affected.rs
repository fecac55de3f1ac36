//! Which stacks a change of the workspace reaches: what evaluations came to then, compared with what they come to now.
//!
//! A stack is reached if its plan is another, or an output that it reads is touched. An output is touched if what it is
//! made of is another, unless its value is known to be the same.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use value::{Digest, Path};

use crate::OutputSet;

/// What the evaluation of one stack came to, as far as it tells it from another one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footprint {
    /// The digest of the plan; `None` = the program waits for outputs.
    pub plan: Option<Digest>,
    /// The outputs of other stacks that the plan reads, or that the program waits for.
    #[serde(default)]
    pub reads: OutputSet,
    /// The outputs of other stacks that the program read as plain values.
    #[serde(default)]
    pub plain: OutputSet,
    /// The stacks that it waits for without reading them: what becomes of them does not reach it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<String>,
    /// What it exports.
    #[serde(default)]
    pub exports: BTreeMap<Path, Export>,
    /// What the outputs are, or were going to be; nothing of those of which it is not known.
    #[serde(default)]
    pub values: BTreeMap<Path, Seen>,
    /// Somebody else manages it: its outputs are a file.
    #[serde(default)]
    pub foreign: bool,
}

/// What an output is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// The digest of its expression and of every resource that lies behind it.
    pub made_of: Digest,
    /// The outputs of other stacks that lie behind it.
    #[serde(default)]
    pub reads: OutputSet,
}

/// What an output is, or is going to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The digest of its value.
    pub digest: Digest,
    /// Nothing of it has to be waited for.
    pub known: bool,
}

/// What holds for every stack of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    /// The digest of the schemas of the resource types.
    pub schemas: Digest,
    /// The digest of the profile, as far as it has a say.
    pub profile: Digest,
    /// The digest of the states that the run saw.
    pub state: Digest,
}

/// What is known of a stack that was there then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Before {
    /// What its evaluation came to.
    Known(Footprint),
    /// What its program reads now it would have found then, but for outputs of other stacks.
    AsNow,
    /// Not even that.
    Other,
}

/// What became of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added,
    /// It is no longer there.
    Deleted,
    /// It is another, for these reasons.
    Changed(BTreeSet<Cause>),
}

/// Why a stack is another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Its plan has other bytes.
    Plan,
    /// What its program reads has changed; whether the plan is another is not known.
    Inputs,
    /// Its program waits, or waited, for outputs, so that nothing can be told.
    Waits,
    /// The schemas of resource types are others.
    Schemas,
    /// The profile is another.
    Profile,
    /// It reads this output, which is touched.
    Output(String, Path),
}

/// What a change reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Affected {
    /// The stacks that it reaches, by full name.
    pub stacks: BTreeMap<String, Change>,
    /// The outputs that it touches, of stacks of which that can be told.
    outputs: OutputSet,
    /// The stacks of which any output may be touched.
    whole: BTreeSet<String>,
}

impl Footprint {
    /// Whether its program waits for outputs.
    fn waits(&self) -> bool {
        self.plan.is_none() && !self.foreign
    }
}

impl Affected {
    /// Whether an output is touched.
    pub fn touches(&self, stack: &str, path: &Path) -> bool {
        self.whole.contains(stack) || of(&self.outputs, stack).any(|other| other.touches(path))
    }

    /// The outputs of a stack that are touched; none of one of which any may be.
    pub fn outputs<'a>(&'a self, stack: &'a str) -> impl Iterator<Item = &'a Path> {
        of(&self.outputs, stack)
    }
}

/// The paths of a stack within a set.
fn of<'a>(outputs: &'a OutputSet, stack: &str) -> impl Iterator<Item = &'a Path> {
    let stack = stack.to_owned();
    outputs.range((stack.clone(), Path::root())..).take_while(move |(other, _)| *other == stack).map(|(_, path)| path)
}

/// Which stacks are not as they were. Without conditions of then, those are taken to have been as they are.
pub fn affected(
    (conditions_then, then): (Option<Conditions>, &BTreeMap<String, Before>),
    (conditions, now): (Conditions, &BTreeMap<String, Footprint>),
) -> Affected {
    let same_state = conditions_then.is_some_and(|then| then.state == conditions.state);
    let comparison = Comparison { then, now, same_state };
    let mut found = Affected { whole: comparison.strangers(), ..Affected::default() };
    while comparison.spread(&mut found) {}
    let other = |part: fn(&Conditions) -> Digest| conditions_then.is_some_and(|then| part(&then) != part(&conditions));
    let everywhere = [
        (Cause::Schemas, other(|conditions| conditions.schemas)),
        (Cause::Profile, other(|conditions| conditions.profile)),
    ];
    let everywhere: BTreeSet<Cause> = everywhere.into_iter().filter(|(_, holds)| *holds).map(|(why, _)| why).collect();
    for (stack, footprint) in now.iter().filter(|(_, footprint)| !footprint.foreign) {
        let Some(before) = then.get(stack) else {
            found.stacks.insert(stack.clone(), Change::Added);
            continue;
        };
        let mut causes = everywhere.clone();
        causes.extend(own(before, footprint));
        let read = footprint.reads.iter().chain(footprint.plain.iter().filter(|_| *before == Before::AsNow));
        let read = read.filter(|(other, path)| found.touches(other, path));
        causes.extend(read.map(|(other, path)| Cause::Output(other.clone(), path.clone())));
        if !causes.is_empty() {
            found.stacks.insert(stack.clone(), Change::Changed(causes));
        }
    }
    let is_foreign = |before: &Before| matches!(before, Before::Known(footprint) if footprint.foreign);
    let gone = then.iter().filter(|(stack, before)| !now.contains_key(*stack) && !is_foreign(before));
    found.stacks.extend(gone.map(|(stack, _)| (stack.clone(), Change::Deleted)));
    found
}

struct Comparison<'a> {
    then: &'a BTreeMap<String, Before>,
    now: &'a BTreeMap<String, Footprint>,
    same_state: bool,
}

impl Comparison<'_> {
    /// Stacks of whose outputs nothing is known on one of the two sides.
    fn strangers(&self) -> BTreeSet<String> {
        let added = self.now.keys().filter(|stack| !self.then.contains_key(*stack));
        let gone = self.then.keys().filter(|stack| !self.now.contains_key(*stack));
        let other = self.then.iter().filter(|(stack, before)| match (before, self.now.get(*stack)) {
            (Before::Known(before), Some(now)) => before.waits() || now.waits(),
            (Before::Other, _) => true,
            (Before::AsNow, now) => now.is_none_or(Footprint::waits),
            (Before::Known(_), None) => false,
        });
        added.chain(gone).chain(other.map(|(stack, _)| stack)).cloned().collect()
    }

    /// Goes one step from outputs that are touched to those that are made of them; whether there was one to go.
    fn spread(&self, found: &mut Affected) -> bool {
        let (mut outputs, mut whole) = (Vec::new(), Vec::new());
        for (stack, now) in self.now.iter().filter(|(stack, _)| !found.whole.contains(*stack)) {
            let touched = |(other, path): &(String, Path)| found.touches(other, path);
            let (exports, values) = match self.then.get(stack) {
                Some(Before::Known(before)) => (&before.exports, Some(&before.values)),
                _ => (&now.exports, None),
            };
            // What its program branched on may have led to another plan.
            if values.is_none() && now.plain.iter().any(touched) {
                whole.push(stack.clone());
                continue;
            }
            let paths: BTreeSet<&Path> = exports.keys().chain(now.exports.keys()).collect();
            for path in paths {
                let (old, new) = (exports.get(path), now.exports.get(path));
                let other = old.map(|export| export.made_of) != new.map(|export| export.made_of);
                let moved = other || new.is_some_and(|export| export.reads.iter().any(touched));
                let seen = || (values.and_then(|values| values.get(path)), now.values.get(path));
                let key = (stack.clone(), path.clone());
                if moved && !self.is_same(seen()) && !found.outputs.contains(&key) {
                    outputs.push(key);
                }
            }
        }
        let more = !outputs.is_empty() || !whole.is_empty();
        found.outputs.extend(outputs);
        found.whole.extend(whole);
        more
    }

    /// Whether a value is certain to be the one that it was: what is not known yet is so only where the states are the
    /// same, as something may have become of it in between.
    fn is_same(&self, (then, now): (Option<&Seen>, Option<&Seen>)) -> bool {
        let (Some(then), Some(now)) = (then, now) else { return false };
        then == now && (now.known || self.same_state)
    }
}

/// Why a stack is another by itself.
fn own(before: &Before, now: &Footprint) -> Option<Cause> {
    match before {
        Before::Other => Some(Cause::Inputs),
        Before::AsNow => now.waits().then_some(Cause::Waits),
        Before::Known(before) if before.waits() || now.waits() => Some(Cause::Waits),
        Before::Known(before) => (before.plan != now.plan).then_some(Cause::Plan),
    }
}

#[cfg(test)]
#[path = "affected/tests.rs"]
mod tests;
