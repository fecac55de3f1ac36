//! What a run did to a stack, in numbers.

use std::collections::BTreeSet;

use resource::Urn;
use serde::Serialize;

use crate::{Action, Entry, StackState};

/// How many resources a run made, changed and deleted. A resource counts once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Made, where there was none.
    pub created: usize,
    /// Changed in place.
    pub updated: usize,
    /// Made anew.
    pub replaced: usize,
    /// Deleted.
    pub deleted: usize,
    /// Taken over: objects that existed, or that another stack had.
    pub taken_over: usize,
    /// Steps that failed.
    pub failed: usize,
    /// Records that changed without a step: what was read anew, or changed by hand.
    pub recorded: usize,
}

impl Tally {
    /// Counts what the entries of a run did to a state.
    pub fn of(before: &StackState, entries: &[Entry]) -> Self {
        let mut state = before.clone();
        let mut counted = Counted::default();
        for entry in entries {
            counted.count(&state, entry);
            state.apply(entry);
        }
        counted.tally()
    }
}

#[derive(Default)]
struct Counted {
    made: BTreeSet<Urn>,
    /// What was there before it was made, or deleted.
    had: BTreeSet<Urn>,
    updated: BTreeSet<Urn>,
    deleted: BTreeSet<Urn>,
    taken_over: usize,
    failed: usize,
    recorded: usize,
}

impl Counted {
    /// Counts an entry; `state` is that before it.
    fn count(&mut self, state: &StackState, entry: &Entry) {
        match entry {
            Entry::Done { intent, object } => match state.dangling.get(intent).map(|intent| intent.action) {
                Some(Action::Create) => {
                    if state.objects.contains_key(&object.urn) {
                        self.had.insert(object.urn.clone());
                    }
                    self.made.insert(object.urn.clone());
                }
                Some(Action::Update) => drop(self.updated.insert(object.urn.clone())),
                Some(Action::Adopt) => self.taken_over += 1,
                Some(Action::Delete) | None => {}
            },
            Entry::Deleted { intent } => {
                if let Some(intent) = state.dangling.get(intent) {
                    self.had.insert(intent.urn.clone());
                    self.deleted.insert(intent.urn.clone());
                }
            }
            Entry::Failed { .. } => self.failed += 1,
            Entry::Arrived { .. } => self.taken_over += 1,
            Entry::Observed { .. }
            | Entry::Recorded { .. }
            | Entry::Dropped { .. }
            | Entry::Left { .. }
            | Entry::Renamed { .. }
            | Entry::Imported { .. }
            | Entry::NamedAs { .. } => self.recorded += 1,
            Entry::Seal { .. }
            | Entry::Intent(_)
            | Entry::Leaving { .. }
            | Entry::Stayed { .. }
            | Entry::Published { .. }
            | Entry::Stale { .. }
            | Entry::Withdrawn { .. }
            | Entry::WaitsFor { .. } => {}
        }
    }

    fn tally(&self) -> Tally {
        let replaced = self.made.intersection(&self.had).count();
        let untouched = |urn: &&Urn| !self.made.contains(*urn) && !self.deleted.contains(*urn);
        Tally {
            created: self.made.len() - replaced,
            updated: self.updated.iter().filter(untouched).count(),
            replaced,
            deleted: self.deleted.difference(&self.made).count(),
            taken_over: self.taken_over,
            failed: self.failed,
            recorded: self.recorded,
        }
    }
}
