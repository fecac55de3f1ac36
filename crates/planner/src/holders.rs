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

    /// The stacks outside the selection that hold an output of a stack.
    pub fn outside<'a>(&'a self, stack_id: &str, path: &'a Path) -> impl Iterator<Item = &'a Holder> {
        let holders = self.of_stack(stack_id).iter();
        holders.filter(move |holder| path.touches(&holder.path) && !self.selected.contains(&holder.stack))
    }

    /// Who holds any output of a stack.
    pub fn of_stack(&self, stack_id: &str) -> &[Holder] {
        self.by_upstream.get(stack_id).map(Vec::as_slice).unwrap_or_default()
    }
}
