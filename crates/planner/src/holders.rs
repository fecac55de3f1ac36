//! Who was applied with which output: readers of stacks, as their states say.

use std::collections::{BTreeMap, BTreeSet};

use state::StackState;
use value::{Digest, Path};

/// A stack that was applied with outputs of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The reader's full name.
    pub stack: String,
    /// The output leaf.
    pub path: Path,
    /// The digest of the value that it was applied with.
    pub digest: Digest,
}

/// Readers by the id of the stack that they read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holders {
    by_upstream: BTreeMap<String, Vec<Holder>>,
    selected: BTreeSet<String>,
    deferred: BTreeSet<String>,
    left: BTreeSet<String>,
}

impl Holders {
    /// Adds what a state says.
    pub fn add(&mut self, state: &StackState) {
        for read in state.reads() {
            let holder = Holder { stack: state.name.to_string(), path: read.path.clone(), digest: read.digest };
            let holders = self.by_upstream.entry(read.stack_id.clone()).or_default();
            if !holders.contains(&holder) {
                holders.push(holder);
            }
        }
    }

    /// Says which stacks are selected by full name: one of them that has no steps is not in the way of others.
    pub fn select(&mut self, stacks: impl IntoIterator<Item = String>) {
        self.selected.extend(stacks);
    }

    /// Says which of the selected stacks have their turn later: until then they hold what they hold.
    pub fn defer(&mut self, stacks: impl IntoIterator<Item = String>) {
        self.deferred.extend(stacks);
    }

    /// Whether a stack has its turn later.
    pub fn is_deferred(&self, stack: &str) -> bool {
        self.deferred.contains(stack)
    }

    /// Says which of the selected stacks a restricted run leaves as they are.
    pub fn leave(&mut self, stacks: impl IntoIterator<Item = String>) {
        self.left.extend(stacks);
    }

    /// Whether a restricted run leaves a stack as it is.
    pub fn is_left(&self, stack: &str) -> bool {
        self.left.contains(stack)
    }

    /// The stacks outside the selection, or not yet in it, that hold an output of a stack.
    pub fn outside<'a>(&'a self, stack_id: &str, path: &'a Path) -> impl Iterator<Item = &'a Holder> {
        let stays = |stack: &String| self.deferred.contains(stack) || self.left.contains(stack);
        let moves = move |stack: &String| self.selected.contains(stack) && !stays(stack);
        let holders = self.of_stack(stack_id).iter();
        holders.filter(move |holder| path.touches(&holder.path) && !moves(&holder.stack))
    }

    /// Who holds any output of a stack.
    pub fn of_stack(&self, stack_id: &str) -> &[Holder] {
        self.by_upstream.get(stack_id).map(Vec::as_slice).unwrap_or_default()
    }
}
