//! What state says of what was read: renewed where it is out of date, though nothing else is done.

use std::collections::BTreeSet;

use resource::Urn;
use sorted::SortedSet;
use state::{Object, PublishedOutput, ReadOutput};
use value::Path;

use crate::{ReadPin, pass::Pass};

impl Pass<'_> {
    /// Whether what state says of the readings of an object that stays is out of date.
    pub(crate) fn readings_differ(
        &self,
        stack: usize,
        old: &Object,
        dependencies: &SortedSet<Urn>,
        reads: &BTreeSet<(String, Path)>,
    ) -> bool {
        let known: SortedSet<Urn> = old.dependencies.iter().map(|urn| self.current_name(stack, urn)).collect();
        *dependencies != known || !old.holds.is_empty() || self.reads_differ(stack, &old.read, reads)
    }

    /// Whether what state says was read of other stacks is out of date.
    pub(crate) fn reads_differ(
        &self,
        stack: usize,
        known: &SortedSet<ReadOutput>,
        reads: &BTreeSet<(String, Path)>,
    ) -> bool {
        let set = &self.sets[stack];
        // An optional output that is not there was not read.
        let found: Vec<_> = reads.iter().filter_map(|read| Some((read, set.reads.get(read)?))).collect();
        let same = |old: &ReadOutput, read: &(String, Path)| old.stack == read.0 && old.path.covers(&read.1);
        let current = |old: &ReadOutput, pin: &ReadPin| !pin.proposed && pin.digest == old.digest;
        !found.iter().all(|(read, pin)| known.iter().any(|old| same(old, read) && current(old, pin)))
            || !known.iter().all(|old| found.iter().any(|(read, _)| same(old, read)))
    }

    /// Whether what state says of what an output is made of is out of date.
    pub(crate) fn origins_differ(
        &self,
        stack: usize,
        published: &PublishedOutput,
        resources: &SortedSet<Urn>,
        reads: &BTreeSet<(String, Path)>,
    ) -> bool {
        let known: SortedSet<Urn> = published.from.iter().map(|urn| self.current_name(stack, urn)).collect();
        *resources != known || self.reads_differ(stack, &published.reads, reads)
    }
}
