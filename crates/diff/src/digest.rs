//! What of a change set an approval is bound to: all that would be done, and nothing that only tells people more.

use std::collections::{BTreeMap, BTreeSet};

use resource::{Dependency, Options, StackName, Urn};
use serde::{Serialize, Serializer};
use sorted::SortedSet;
use value::{Digest, Map, Path};

use crate::{Action, ChangeSet, Difference, ReadPin, ResourceChange};

impl ChangeSet {
    /// The digest of what would be done. The lines that declare it, constructs and remarks do not count.
    pub fn digest(&self) -> Digest {
        // INVARIANT: it has a JSON form: everything in it is plain data with texts as keys.
        Digest::of_json("change set/2", &Done(self)).unwrap_or_else(|| Digest::of("no change set", b""))
    }
}

struct Done<'a>(&'a ChangeSet);

impl Serialize for Done<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ChangeSet { stack, stack_id, base, resources, leftovers, leaving, outputs, constructs: _, reads } = self.0;
        let parts = (stack, stack_id, base, Resources(resources), leftovers, leaving, outputs, Reads(reads));
        parts.serialize(serializer)
    }
}

/// One after the other, so that a large stack is not there twice.
struct Resources<'a>(&'a BTreeMap<Urn, ResourceChange>);

impl Serialize for Resources<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(urn, change)| (urn, Resource::of(change))))
    }
}

struct Reads<'a>(&'a BTreeMap<(String, Path), ReadPin>);

impl Serialize for Reads<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0)
    }
}

#[derive(Serialize)]
struct Resource<'a> {
    action: Action,
    differences: &'a [Difference],
    goal: &'a Map,
    incarnation: u64,
    dependencies: &'a SortedSet<Urn>,
    reads: &'a BTreeSet<(String, Path)>,
    waits_for: &'a [Dependency],
    options: &'a Options,
    parent: Option<&'a str>,
    id: Option<&'a str>,
    protection_ignored: bool,
    renamed_from: Option<&'a Urn>,
    moved_from: Option<&'a (StackName, Urn)>,
    record: bool,
    forced: bool,
    left: bool,
    vanished: Option<&'a str>,
}

impl<'a> Resource<'a> {
    fn of(change: &'a ResourceChange) -> Self {
        let ResourceChange { action, differences, goal, incarnation, dependencies, reads, waits_for, options, .. } =
            change;
        let ResourceChange { protection_ignored, record, forced, left, .. } = *change;
        Self {
            action: *action,
            differences,
            goal,
            incarnation: *incarnation,
            dependencies,
            reads,
            waits_for,
            options,
            parent: change.parent.as_deref(),
            id: change.id.as_deref(),
            protection_ignored,
            renamed_from: change.renamed_from.as_ref(),
            moved_from: change.moved_from.as_deref(),
            record,
            forced,
            left,
            vanished: change.vanished.as_deref(),
        }
    }
}
