//! Who was applied with which output: readers of stacks, as their states say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use resource::Urn;
use state::{Object, StackState};
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
#[derive(Debug, Clone, Default)]
pub struct Holders {
    by_upstream: BTreeMap<String, Vec<Holder>>,
    /// What states say, by the id of the stack.
    states: BTreeMap<String, Arc<StackState>>,
    /// The outputs that are made of a resource, by stack id and name; with the digest, if that is a new one by now.
    made_of: BTreeMap<(String, Urn), BTreeMap<Path, Option<Digest>>>,
    selected: BTreeSet<String>,
    deferred: BTreeSet<String>,
    left: BTreeSet<String>,
}

impl Holders {
    /// Adds what a state says.
    pub fn add(&mut self, state: Arc<StackState>) {
        for read in state.reads() {
            let holder = Holder { stack: state.name.to_string(), path: read.path.clone(), digest: read.digest };
            let holders = self.by_upstream.entry(read.stack_id.clone()).or_default();
            if !holders.contains(&holder) {
                holders.push(holder);
            }
        }
        self.states.insert(state.id.clone(), state);
    }

    /// The state of a stack, by its id.
    pub(crate) fn state(&self, stack_id: &str) -> Option<&StackState> {
        self.states.get(stack_id).map(AsRef::as_ref)
    }

    /// What is known of stacks outside the selection, or not yet in it.
    pub(crate) fn states_outside(&self) -> impl Iterator<Item = &StackState> {
        self.states.values().map(AsRef::as_ref).filter(|state| !self.moves(&state.name.to_string()))
    }

    /// Adds what a stack publishes of resources that have moved away: who reads that goes on holding them.
    pub fn add_outputs(&mut self, state: &StackState) {
        for (path, output) in &state.outputs {
            for urn in &output.from {
                let renewed = (state.objects.contains_key(urn) && !output.stale).then_some(output.digest);
                self.made_of.entry((state.id.clone(), urn.clone())).or_default().insert(path.clone(), renewed);
            }
        }
    }

    /// The outputs of the other stacks that an object was in before, each with the stack's id, that are made of it; with
    /// a digest, if whoever reads that reads what came in its place there.
    pub(crate) fn outputs_of<'a>(
        &'a self,
        stack_id: &'a str,
        object: &'a Object,
    ) -> impl Iterator<Item = (&'a str, &'a Path, Option<Digest>)> {
        let origins = object.origins.iter().filter(move |origin| origin.stack_id != stack_id);
        origins.flat_map(|origin| {
            let paths = self.made_of.get(&(origin.stack_id.clone(), origin.urn.clone()));
            paths.into_iter().flatten().map(|(path, renewed)| (origin.stack_id.as_str(), path, *renewed))
        })
    }

    /// Whether a stack is selected, and has its turn now.
    fn moves(&self, stack: &String) -> bool {
        self.selected.contains(stack) && !self.deferred.contains(stack) && !self.left.contains(stack)
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
        let holders = self.of_stack(stack_id).iter();
        holders.filter(move |holder| path.touches(&holder.path) && !self.moves(&holder.stack))
    }

    /// Who holds any output of a stack.
    pub fn of_stack(&self, stack_id: &str) -> &[Holder] {
        self.by_upstream.get(stack_id).map(Vec::as_slice).unwrap_or_default()
    }
}
