//! Where values come from: the objects that outputs are made of, whatever stacks they were passed on through.

use std::collections::BTreeSet;

use resource::Urn;
use value::Path;

use crate::{Hold, ReadOutput, StackState};

/// Where an object stands or stood: the id of a stack, its name and its incarnation there.
pub type Spot<'a> = (&'a str, &'a Urn, u64);

/// What is known of the stacks that values come from.
pub trait KnownStates<'a> {
    /// The state of a stack, by its id, where it is at hand.
    fn state(&self, stack_id: &str) -> Option<&'a StackState>;

    /// What a published output is sure to be made of: live objects, by their names in state, and what it reads. `None` =
    /// of what state says, and perhaps of what was set aside since.
    fn makings(&self, state: &'a StackState, path: &Path) -> Option<Makings<'a>>;
}

/// Resources by their names in state, and outputs of other stacks.
pub type Makings<'a> = (Vec<&'a Urn>, Vec<&'a ReadOutput>);

/// What was walked through: outputs by the ids of their stacks.
type Seen<'a> = BTreeSet<(&'a str, &'a Path)>;

impl ReadOutput {
    /// The objects that the value is made of: as state has them now, if it is still what is published, else as they were
    /// when it was read.
    pub fn made_of<'a>(&'a self, states: &dyn KnownStates<'a>) -> BTreeSet<Spot<'a>> {
        let mut found = BTreeSet::new();
        self.follow(states, &mut found, &mut Seen::new());
        found
    }

    fn follow<'a>(&'a self, states: &dyn KnownStates<'a>, found: &mut BTreeSet<Spot<'a>>, seen: &mut Seen<'a>) {
        let state = states.state(&self.stack_id);
        let published = state.and_then(|state| Some((state, state.outputs.get(&self.path)?)));
        match published.filter(|(_, output)| output.digest == self.digest) {
            Some((state, output)) => {
                // What has moved away since is known by where it stood.
                if output.stale || !output.from.iter().all(|urn| state.objects.contains_key(urn)) {
                    found.extend(self.of.iter().map(Hold::place));
                }
                state.follow(&self.path, states, found, seen);
            }
            None => found.extend(self.of.iter().map(Hold::place)),
        }
    }
}

impl StackState {
    /// The objects that a published output is made of.
    pub fn made_of<'a>(&'a self, path: &'a Path, states: &dyn KnownStates<'a>) -> BTreeSet<Spot<'a>> {
        let mut found = BTreeSet::new();
        self.follow(path, states, &mut found, &mut Seen::new());
        found
    }

    fn follow<'a>(
        &'a self,
        path: &'a Path,
        states: &dyn KnownStates<'a>,
        found: &mut BTreeSet<Spot<'a>>,
        seen: &mut Seen<'a>,
    ) {
        let Some(output) = self.outputs.get(path).filter(|_| seen.insert((&self.id, path))) else { return };
        let known = states.makings(self, path).filter(|_| !output.stale);
        let live_only = known.is_some();
        let (from, reads) = known.unwrap_or_else(|| (output.from.iter().collect(), output.reads.iter().collect()));
        for urn in from {
            let aside = self.replaced.of(urn).filter(|_| !live_only);
            let copies = self.objects.get(urn).into_iter().chain(aside);
            found.extend(copies.map(|object| (self.id.as_str(), &object.urn, object.incarnation)));
        }
        reads.into_iter().for_each(|read| read.follow(states, found, seen));
    }
}
