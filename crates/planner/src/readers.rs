//! Who reads what, as states say: looked up many times, so made once.

use std::collections::BTreeMap;

use resource::Urn;
use state::{Object, StackState};

use crate::StackSteps;

/// Where an object stands or stood: the id of a stack, its name and its incarnation there.
type Place<'a> = (&'a str, &'a Urn, u64);

/// The objects of all stacks by what they read.
#[derive(Debug, Default)]
pub(crate) struct ReaderIndex<'a> {
    /// For each stack by the name in state.
    inside: Vec<BTreeMap<&'a Urn, Vec<&'a Object>>>,
    /// For each stack by the name in state of what they go with.
    with: Vec<BTreeMap<&'a Urn, Vec<&'a Object>>>,
    /// By the id of the stack that they read, with the position of their own.
    across: BTreeMap<&'a str, Vec<(usize, &'a Object)>>,
    /// By the places of the objects that they hold, with the position of their own.
    holding: BTreeMap<Place<'a>, Vec<(usize, &'a Object)>>,
    restricted: bool,
    /// For each stack what the objects with earlier names are called now.
    renamed: Vec<BTreeMap<&'a Urn, &'a Urn>>,
}

impl<'a> ReaderIndex<'a> {
    pub(crate) fn new(stacks: &[StackSteps<'a>]) -> Self {
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
                for hold in &object.holds {
                    index.holding.entry(hold.place()).or_default().push((stack, object));
                }
                let mut last = None;
                for read in object.read.iter().filter(|read| last.replace(&read.stack_id) != Some(&read.stack_id)) {
                    index.across.entry(&read.stack_id).or_default().push((stack, object));
                }
            }
            index.inside.push(inside);
            index.with.push(with);
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

    /// What an object of state is called now.
    pub(crate) fn current_name<'b>(&'b self, stack: usize, urn: &'b Urn) -> &'b Urn {
        self.renamed[stack].get(urn).copied().unwrap_or(urn)
    }
}
