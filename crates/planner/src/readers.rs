//! Who reads what, as states say: looked up many times, so made once.

use std::collections::{BTreeMap, BTreeSet};

use diff::OutputChange;
use resource::{StackName, Urn};
use state::{Hold, KnownStates, Makings, Object, ReadOutput, Spot, StackState};
use value::Path;

use crate::{Holders, StackSteps};

/// The objects of all stacks by what they read.
#[derive(Debug, Default)]
pub(crate) struct ReaderIndex<'a> {
    /// For each stack by the name in state.
    inside: Vec<BTreeMap<&'a Urn, Vec<&'a Object>>>,
    /// For each stack by the name in state of what they go with.
    with: Vec<BTreeMap<&'a Urn, Vec<&'a Object>>>,
    /// By the id of the stack that they read, with the position of their own.
    across: BTreeMap<&'a str, Vec<(usize, &'a Object)>>,
    /// The outputs that are made of outputs of other stacks, by the ids of these, with the position of their own.
    passing_on: BTreeMap<&'a str, Vec<(usize, &'a Path, &'a ReadOutput)>>,
    /// By the places of the objects that they hold, with the position of their own.
    holding: BTreeMap<Spot<'a>, Vec<(usize, &'a Object)>>,
    /// The stacks outside the selection, or not yet in it, that hold objects, by the places of these.
    holding_outside: BTreeMap<Spot<'a>, BTreeSet<&'a StackName>>,
    restricted: bool,
    /// For each stack what the objects with earlier names are called now.
    renamed: Vec<BTreeMap<&'a Urn, &'a Urn>>,
}

impl<'a> ReaderIndex<'a> {
    pub(crate) fn new(stacks: &[StackSteps<'a>], holders: &'a Holders) -> Self {
        let by_id = stacks.iter().map(|stack| (stack.changes.stack_id.as_str(), stack)).collect();
        let mut origins = Known { by_id, holders, made_of: BTreeMap::new() };
        let restricted = stacks.iter().any(|stack| stack.changes.resources.values().any(|change| change.left));
        let mut index = Self { restricted, ..Self::default() };
        for (stack, input) in stacks.iter().enumerate() {
            let renamed = input.changes.resources.iter();
            index
                .renamed
                .push(renamed.filter_map(|(urn, change)| Some((change.renamed_from.as_ref()?, urn))).collect());
            let mut inside: BTreeMap<&Urn, Vec<&Object>> = BTreeMap::new();
            let mut with: BTreeMap<&Urn, Vec<&Object>> = BTreeMap::new();
            for object in input.state.into_iter().flat_map(StackState::copies) {
                object.dependencies.iter().for_each(|urn| inside.entry(urn).or_default().push(object));
                object.kept.deleted_with.iter().for_each(|urn| with.entry(urn).or_default().push(object));
                let read = object.read.iter().flat_map(|read| origins.of(read));
                for place in object.holds.iter().map(Hold::place).chain(read).collect::<BTreeSet<_>>() {
                    index.holding.entry(place).or_default().push((stack, object));
                }
                let mut last = None;
                for read in object.read.iter().filter(|read| last.replace(&read.stack_id) != Some(&read.stack_id)) {
                    index.across.entry(&read.stack_id).or_default().push((stack, object));
                }
            }
            for (path, output) in input.state.into_iter().flat_map(|state| &state.outputs) {
                for read in &output.reads {
                    index.passing_on.entry(&read.stack_id).or_default().push((stack, path, read));
                }
            }
            index.inside.push(inside);
            index.with.push(with);
        }
        for state in holders.states_outside() {
            let read = state.reads().into_iter().flat_map(|read| origins.of(read));
            for place in state.holds().into_iter().map(Hold::place).chain(read) {
                index.holding_outside.entry(place).or_default().insert(&state.name);
            }
        }
        index
    }

    /// The objects of a stack that depend on one, by its name in state.
    pub(crate) fn inside(&self, stack: usize, urn: &Urn) -> &[&'a Object] {
        self.inside[stack].get(urn).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether some objects are left alone.
    pub(crate) fn is_restricted(&self) -> bool {
        self.restricted
    }

    /// The objects of a stack that go with some incarnation of a resource, by its name in state.
    pub(crate) fn going_with(&self, stack: usize, urn: &Urn) -> &[&'a Object] {
        self.with[stack].get(urn).map(Vec::as_slice).unwrap_or_default()
    }

    /// The objects of a stack that go with an object.
    pub(crate) fn with<'b>(&'b self, stack: usize, other: &'b Object) -> impl Iterator<Item = &'a Object> + 'b {
        let with = self.going_with(stack, &other.urn).iter().copied();
        with.filter(|object| object.kept.goes_with(&other.urn, other.incarnation))
    }

    /// The objects that read outputs of a stack, with the positions of their stacks.
    pub(crate) fn across(&self, stack_id: &str) -> &[(usize, &'a Object)] {
        self.across.get(stack_id).map(Vec::as_slice).unwrap_or_default()
    }

    /// The outputs that are made of those of a stack, with the positions of their stacks.
    pub(crate) fn passing_on(&self, stack_id: &str) -> &[(usize, &'a Path, &'a ReadOutput)] {
        self.passing_on.get(stack_id).map(Vec::as_slice).unwrap_or_default()
    }

    /// The objects that hold one of a stack, with the positions of their stacks: their names do not say so.
    pub(crate) fn holding<'b>(
        &'b self,
        stack_id: &'b str,
        object: &'b Object,
    ) -> impl Iterator<Item = (usize, &'a Object)> + 'b {
        let any = !self.holding.is_empty();
        let places = object.places(stack_id).filter(move |_| any);
        places.filter_map(|place| self.holding.get(&place)).flatten().copied()
    }

    /// The stacks outside the selection, or not yet in it, that hold one of a stack.
    pub(crate) fn holding_outside<'b>(
        &'b self,
        stack_id: &'b str,
        object: &'b Object,
    ) -> impl Iterator<Item = &'a StackName> + 'b {
        let any = !self.holding_outside.is_empty();
        let places = object.places(stack_id).filter(move |_| any);
        places.filter_map(|place| self.holding_outside.get(&place)).flatten().copied()
    }

    /// What an object of state is called now.
    pub(crate) fn current_name<'b>(&'b self, stack: usize, urn: &'b Urn) -> &'b Urn {
        self.renamed[stack].get(urn).copied().unwrap_or(urn)
    }
}

/// What the values that were read are made of. Many objects read the same.
struct Known<'a, 'b> {
    by_id: BTreeMap<&'a str, &'b StackSteps<'a>>,
    holders: &'a Holders,
    made_of: BTreeMap<&'a ReadOutput, BTreeSet<Spot<'a>>>,
}

impl<'a> Known<'a, '_> {
    fn of(&mut self, read: &'a ReadOutput) -> BTreeSet<Spot<'a>> {
        if let Some(known) = self.made_of.get(read) {
            return known.clone();
        }
        let found = read.made_of(self);
        self.made_of.insert(read, found.clone());
        found
    }

    fn stack(&self, stack_id: &str) -> Option<&StackSteps<'a>> {
        self.by_id.get(stack_id).copied()
    }

    fn output(&self, stack_id: &str, path: &Path) -> Option<&'a OutputChange> {
        self.stack(stack_id).and_then(|stack| stack.changes.outputs.get(path))
    }
}

impl<'a> KnownStates<'a> for Known<'a, '_> {
    fn state(&self, stack_id: &str) -> Option<&'a StackState> {
        self.stack(stack_id).and_then(|stack| stack.state).or_else(|| self.holders.state(stack_id))
    }

    fn makings(&self, state: &'a StackState, path: &Path) -> Option<Makings<'a>> {
        let resources = &self.stack(&state.id)?.changes.resources;
        // What is to be published anew may be made of what was set aside since it was published.
        let output = self.output(&state.id, path).filter(|output| !output.changes() && !output.left)?;
        let earlier = |urn| resources.get(urn).and_then(|change| change.renamed_from.as_ref()).unwrap_or(urn);
        let is_read = |known: &ReadOutput| {
            output.reads.iter().any(|(stack, path)| *stack == known.stack && known.path.covers(path))
        };
        // What stays the same although what it reads does not is made of nothing of that.
        let stays = |known: &ReadOutput| {
            is_read(known) && !self.output(&known.stack_id, &known.path).is_some_and(OutputChange::changes)
        };
        let known = state.outputs.get(path).into_iter().flat_map(|output| &output.reads);
        Some((output.from.iter().map(earlier).collect(), known.filter(|known| stays(known)).collect()))
    }
}
