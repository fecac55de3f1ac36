//! Who was applied with which output: readers of stacks, as their states say.

use std::collections::BTreeMap;

use state::StackState;
use value::Path;

/// A stack that was applied with outputs of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The reader's full name.
    pub stack: String,
    /// The output leaf.
    pub path: Path,
}

/// Readers by the id of the stack that they read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holders {
    by_upstream: BTreeMap<String, Vec<Holder>>,
}

impl Holders {
    /// Adds what a state says.
    pub fn add(&mut self, state: &StackState) {
        for read in state.reads() {
            let holder = Holder { stack: state.name.to_string(), path: read.path.clone() };
            let holders = self.by_upstream.entry(read.stack_id.clone()).or_default();
            if !holders.contains(&holder) {
                holders.push(holder);
            }
        }
    }

    /// Who holds one of the outputs of a stack.
    pub fn of<'a>(&'a self, stack_id: &str, paths: &'a [Path]) -> impl Iterator<Item = &'a Holder> {
        let holders = self.by_upstream.get(stack_id).map(Vec::as_slice).unwrap_or_default();
        holders.iter().filter(|holder| paths.iter().any(|path| path.touches(&holder.path)))
    }

    /// Who holds any output of a stack.
    pub fn of_stack(&self, stack_id: &str) -> &[Holder] {
        self.by_upstream.get(stack_id).map(Vec::as_slice).unwrap_or_default()
    }
}
