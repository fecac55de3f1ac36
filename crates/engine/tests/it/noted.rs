//! What the states of a text leave out and a run notes: what the values that were read are made of.

use std::sync::Arc;

use sorted::SortedSet;
use state::{Hold, KnownStates, Makings, ReadOutput, StackState};
use value::Path;

struct Before<'a>(&'a [StackState]);

impl<'a> KnownStates<'a> for Before<'a> {
    fn state(&self, stack_id: &str) -> Option<&'a StackState> {
        self.0.iter().find(|state| state.id == stack_id)
    }

    fn makings(&self, state: &'a StackState, path: &Path) -> Option<Makings<'a>> {
        let output = state.outputs.get(path)?;
        Some((output.from.iter().collect(), output.reads.iter().collect()))
    }
}

/// The states with what every value that was read, and is still published, is made of.
pub(crate) fn noted(mut states: Vec<StackState>) -> Vec<StackState> {
    // What is passed on is noted first where it is passed on.
    for _ in 0..states.len() {
        let before = states.clone();
        let read = |read: &ReadOutput| ReadOutput { of: of(read, &before), ..read.clone() };
        for state in &mut states {
            let objects = state.objects.values_mut().chain(state.replaced.values_mut());
            let outputs = state.outputs.values_mut().map(|output| &mut output.reads);
            for reads in objects.map(|object| &mut Arc::make_mut(object).read).chain(outputs) {
                *reads = reads.iter().map(read).collect();
            }
        }
    }
    states
}

fn of(read: &ReadOutput, states: &[StackState]) -> SortedSet<Hold> {
    let known = Before(states);
    let hold = |(stack_id, urn, incarnation): state::Spot<'_>| {
        let stack = known.state(stack_id).map_or(stack_id.to_owned(), |state| state.name.to_string());
        Hold { stack, stack_id: stack_id.to_owned(), urn: urn.clone(), incarnation }
    };
    read.made_of(&known).into_iter().map(hold).collect()
}
