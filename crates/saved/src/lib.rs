//! Saved previews: what was reviewed, as one file that can be approved, kept and applied later.
//!
//! Layer: L2, decisions (pure). **Invariant:** the same preview gives the same bytes, on any machine: no clock, no
//! user, no absolute path, and of secrets only fingerprints. **Invariant:** a file that differs in one byte from what
//! was written is refused, and so is one of another version.

mod file;

use std::collections::{BTreeMap, BTreeSet};

use diff::{Action, ChangeSet, Restricted};
use resource::{Plan, Urn};
use serde::{Deserialize, Serialize};
use value::{Digest, Path};

pub use file::{FORMAT, read, read_signed, signed, text};

/// A preview of any number of stacks, with everything that is needed to apply exactly that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// Where it was made, and where alone it can be applied.
    pub made: Made,
    /// The selected stacks, by full name.
    pub selected: BTreeSet<String>,
    /// The stacks that something is done to, in the order of their names.
    pub stacks: Vec<SavedStack>,
    /// Some resources of these stacks are left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restricted: Option<Restricted>,
    /// Stacks whose program waits for outputs that are not known yet, with what they wait for.
    pub deferred: BTreeMap<String, BTreeSet<(String, Path)>>,
    /// Stacks that may take over what would be deleted: it stays for the next preview.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub takers: BTreeSet<String>,
    /// Every output that was read of a stack that nothing is done to.
    pub pins: BTreeSet<Pin>,
    /// Remarks for people.
    pub notes: Vec<String>,
}

/// The surroundings of a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The organisation's name.
    pub organisation: String,
    /// The profile's name.
    pub profile: String,
    /// The digest of what of the profile counts.
    pub profile_digest: Digest,
    /// The number of the engine's semantics.
    pub semantics: u32,
    /// The digest of all schemas.
    pub schemas: Digest,
}

/// One stack of a saved preview.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedStack {
    /// The digest of the head that it was made from; `None` = there was none.
    pub head: Option<Digest>,
    /// What would be done.
    pub changes: ChangeSet,
    /// What it should be; `None` = everything in it is to be deleted.
    pub plan: Option<Plan>,
    /// The outputs of other stacks that its program read as plain values.
    pub plain: BTreeSet<(String, Path)>,
}

impl SavedStack {
    /// The incarnation of the objects that it makes, if it makes some: they go by names and tags that hold it.
    pub fn made(&self) -> Option<u64> {
        let makes = |action| matches!(action, Action::Create | Action::Adopt | Action::Replace { .. });
        self.changes.resources.values().filter(|change| makes(change.action)).map(|change| change.incarnation).max()
    }

    /// Every output of another stack that it depends on.
    pub fn reads(&self) -> BTreeSet<&(String, Path)> {
        self.changes.reads.keys().chain(&self.plain).collect()
    }
}

/// An output of another stack, as it was when it was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pin {
    /// The stack that has it.
    pub stack: String,
    /// Where in its outputs.
    pub path: Path,
    /// The digest of what is published; that of an absent value, if nothing was there.
    pub digest: Digest,
}

impl Made {
    /// The digest of it.
    pub fn digest(&self) -> Digest {
        // INVARIANT: texts, digests and a number have a JSON form.
        Digest::of("made/1", &serde_json::to_vec(self).unwrap_or_default())
    }
}

impl Saved {
    /// What an approval is bound to, and what state remembers of whoever applied it.
    pub fn digest(&self) -> Digest {
        // INVARIANT: structs of a fixed field order with sorted maps and lists inside: their JSON is canonical and
        // cannot fail.
        Digest::of("saved/1", &serde_json::to_vec(self).unwrap_or_default())
    }

    /// Whether it takes stacks down, instead of bringing them up.
    pub fn destroys(&self) -> bool {
        self.stacks.iter().any(|stack| stack.plan.is_none())
    }

    /// The named pure functions that the plans call, with the digests of the sources that they must have.
    pub fn functions(&self) -> BTreeMap<&str, Digest> {
        let plans = self.stacks.iter().filter_map(|stack| stack.plan.as_ref());
        let functions = plans.flat_map(|plan| &plan.functions);
        functions.map(|(name, digest)| (name.as_str(), *digest)).collect()
    }

    /// Whether there is more to see once it is applied: programs wait for outputs, or what goes for these programs.
    pub fn waits(&self) -> bool {
        !self.deferred.is_empty() || !self.takers.is_empty()
    }

    /// Resources of which only a value that is not known yet decides whether they are replaced, by stack.
    pub fn undecided(&self) -> BTreeSet<(String, Urn)> {
        let resources = self.stacks.iter().flat_map(|stack| {
            let name = stack.changes.stack.to_string();
            stack.changes.resources.iter().map(move |(urn, change)| (name.clone(), urn, change.action))
        });
        let undecided = resources.filter(|(.., action)| matches!(action, Action::Replace { undecided: true, .. }));
        undecided.map(|(stack, urn, _)| (stack, urn.clone())).collect()
    }
}

#[cfg(test)]
mod tests;
