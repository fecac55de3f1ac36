//! How far a run with targets reaches: which resources it leaves alone, and which it replaces.

use std::collections::{BTreeMap, BTreeSet};

use resource::{Options, Urn};
use sorted::SortedSet;
use state::{Object, ReadOutput, StackState};
use value::Path;

use crate::nodes::{Node, References, leaf_of, references, resource_references};
use crate::targets::Exactly;
use crate::{StackInput, Targets};

/// A resource: the position of its stack, and its name by the program, or else by state.
type Key = (usize, Urn);

/// What a run with targets leaves alone, and what it replaces.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Some targets were named, so that what belongs to no resource is left alone too.
    only: bool,
    left: BTreeSet<Key>,
    replaced: BTreeSet<Key>,
    /// What the objects that stand under earlier names in state are called now.
    renamed: BTreeMap<Key, Urn>,
}

impl Reach {
    /// Finds out what targets mean in some stacks.
    pub fn of(targets: &Targets, stacks: &[StackInput<'_>]) -> Self {
        Self::meaning(targets, stacks, true)
    }

    /// Finds out what targets mean among the objects of some states, for a run that only looks at them.
    pub fn of_states(targets: &Targets, states: &[&StackState]) -> Self {
        let inputs: Vec<StackInput<'_>> = states.iter().map(|state| StackInput::of_state(state)).collect();
        Self::meaning(targets, &inputs, false)
    }

    fn meaning(targets: &Targets, stacks: &[StackInput<'_>], deletes: bool) -> Self {
        if targets.is_empty() {
            return Self::default();
        }
        let names = Names::of(stacks);
        if let Some(exactly) = &targets.exactly {
            return Self::exactly(exactly, stacks, names);
        }
        let fitting = |patterns: &[crate::Pattern]| -> BTreeSet<Key> {
            let fits = |(key, urn): &(&Key, &Urn)| patterns.iter().any(|p| p.fits(stacks[key.0].name, urn));
            names
                .all
                .iter()
                .flat_map(|(key, urns)| urns.iter().map(move |urn| (key, urn)))
                .filter(fits)
                .map(|(key, _)| key.clone())
                .collect()
        };
        let mut replaced = fitting(&targets.replace);
        replaced.retain(|(stack, urn)| stacks[*stack].plan.is_some_and(|plan| plan.resources.contains_key(urn)));
        let (mut taken, mut except) = (fitting(&targets.only), fitting(&targets.except));
        if targets.dependents || targets.except_dependents {
            let readers = readers(stacks, &names);
            let with = |found: &mut BTreeSet<Key>| *found = with_readers(std::mem::take(found), &readers);
            if targets.dependents {
                with(&mut taken);
            }
            if targets.except_dependents {
                with(&mut except);
            }
        }
        if deletes {
            with_needs(&mut except, stacks, &names);
        }
        let only = !targets.only.is_empty();
        let left = names.all.into_keys().filter(|key| except.contains(key) || only && !taken.contains(key)).collect();
        Self { only, left, replaced, renamed: names.renamed }
    }

    fn exactly(exactly: &Exactly, stacks: &[StackInput<'_>], names: Names) -> Self {
        let named = |key: &Key| (stacks[key.0].name.clone(), key.1.clone());
        let replaced = names.all.keys().filter(|key| {
            let object = stacks[key.0].state.and_then(|state| state.objects.get(&key.1));
            // What was begun earlier may have made the new object already.
            let made = |incarnation| object.is_some_and(|object| object.incarnation >= incarnation);
            exactly.replaced.get(&named(key)).is_some_and(|incarnation| !made(*incarnation))
        });
        let replaced = replaced.cloned().collect();
        let left = names
            .all
            .into_keys()
            .filter(|key| exactly.touched.as_ref().is_some_and(|touched| !touched.contains(&named(key))));
        Self { only: exactly.touched.is_some(), left: left.collect(), replaced, renamed: names.renamed }
    }

    /// Whether a resource is left alone; its name is that of the program, or the one that its object has in state.
    pub fn leaves(&self, stack: usize, urn: &Urn) -> bool {
        if self.left.is_empty() {
            return false;
        }
        let key = (stack, urn.clone());
        self.left.contains(&key) || self.renamed.get(&key).is_some_and(|now| self.left.contains(&(stack, now.clone())))
    }

    /// Whether some resource is left alone.
    pub(crate) fn leaves_any(&self) -> bool {
        !self.left.is_empty()
    }

    /// Whether an output is left as it is published: none of the resources that it is made of may be touched.
    pub(crate) fn leaves_output<'a>(&self, stack: usize, mut from: impl Iterator<Item = &'a Urn>) -> bool {
        let Some(first) = from.next() else { return self.only };
        self.leaves(stack, first) && from.all(|urn| self.leaves(stack, urn))
    }

    /// Whether a resource is to be replaced whatever differs.
    pub(crate) fn replaces(&self, stack: usize, urn: &Urn) -> bool {
        !self.replaced.is_empty() && self.replaced.contains(&(stack, urn.clone()))
    }

    /// What is to be replaced and must not be touched.
    pub(crate) fn contradictions(&self) -> impl Iterator<Item = &(usize, Urn)> {
        self.replaced.intersection(&self.left)
    }
}

/// Every resource of some stacks with the names that it has.
struct Names {
    all: BTreeMap<Key, BTreeSet<Urn>>,
    renamed: BTreeMap<Key, Urn>,
}

impl Names {
    fn of(stacks: &[StackInput<'_>]) -> Self {
        let mut names = Self { all: BTreeMap::new(), renamed: BTreeMap::new() };
        for (stack, input) in stacks.iter().enumerate() {
            for (urn, resource) in input.plan.iter().flat_map(|plan| &plan.resources) {
                let known = names.all.entry((stack, urn.clone())).or_default();
                known.insert(urn.clone());
                if let (_, Some(earlier)) = input.object(urn, &resource.options) {
                    known.insert(earlier.clone());
                    names.renamed.insert((stack, earlier), urn.clone());
                }
            }
            for urn in input.objects().map(|object| &object.urn) {
                let key = names.key(stack, urn);
                names.all.entry(key).or_default().insert(urn.clone());
            }
        }
        names
    }

    fn key(&self, stack: usize, urn: &Urn) -> Key {
        let key = (stack, urn.clone());
        match self.renamed.get(&key) {
            Some(now) => (stack, now.clone()),
            None => key,
        }
    }
}

impl<'a> StackInput<'a> {
    /// A stack of which nothing but its state is known.
    fn of_state(state: &'a StackState) -> Self {
        let (name, id) = (&state.name, state.id.as_str());
        Self { name, id, base: None, plan: None, sources: None, state: Some(state), approved: None }
    }

    /// The object that a declared resource has in state, and the earlier name that it stands under, if it does.
    pub(crate) fn object(&self, urn: &Urn, options: &Options) -> (Option<&'a Object>, Option<Urn>) {
        let Some(state) = self.state else { return (None, None) };
        if let Some(object) = state.objects.get(urn) {
            return (Some(object), None);
        }
        let declared = |urn: &Urn| self.plan.is_some_and(|plan| plan.resources.contains_key(urn));
        let here = options.aliases.iter().filter(|alias| alias.stack.as_ref().is_none_or(|stack| stack == self.name));
        let mut earlier = here.map(|alias| &alias.urn).filter(|alias| !declared(alias));
        match earlier.find_map(|alias| state.objects.get(alias)) {
            Some(object) => (Some(object), Some(object.urn.clone())),
            None => (None, None),
        }
    }

    /// Every object of the state, also those that were replaced and are still to go.
    fn objects(&self) -> impl Iterator<Item = &'a Object> {
        self.state.into_iter().flat_map(StackState::copies).map(AsRef::as_ref)
    }
}

/// Who reads what, as programs and states say.
type Readers = BTreeMap<Node, BTreeSet<Node>>;

fn readers(stacks: &[StackInput<'_>], names: &Names) -> Readers {
    let by_name: BTreeMap<String, usize> =
        stacks.iter().enumerate().map(|(stack, input)| (input.name.to_string(), stack)).collect();
    let mut readers = Readers::new();
    let mut add = |stack: usize, found: &References, reader: &Node| {
        for urn in &found.resources {
            let (stack, urn) = names.key(stack, urn);
            readers.entry(Node::Resource(stack, urn)).or_default().insert(reader.clone());
        }
        for (name, path) in &found.outputs {
            let Some(&upstream) = by_name.get(name) else { continue };
            let leaf = stacks[upstream].plan.and_then(|plan| Some(leaf_of(&plan.outputs, path)?.0.clone()));
            let leaf = leaf.unwrap_or_else(|| path.clone());
            readers.entry(Node::Output(upstream, leaf)).or_default().insert(reader.clone());
        }
    };
    for (stack, input) in stacks.iter().enumerate() {
        for (urn, resource) in input.plan.iter().flat_map(|plan| &plan.resources) {
            let mut found = resource_references(urn, resource);
            found.resources.extend(resource.options.deleted_with.clone());
            add(stack, &found, &Node::Resource(stack, urn.clone()));
        }
        for (path, expr) in input.plan.iter().flat_map(|plan| &plan.outputs) {
            add(stack, &references([expr]), &Node::Output(stack, path.clone()));
        }
        for object in input.objects() {
            let (_, urn) = names.key(stack, &object.urn);
            let resources = object.dependencies.iter().chain(&object.kept.deleted_with).cloned().collect();
            let reader = Node::Resource(stack, urn);
            add(stack, &References { resources, outputs: as_read(&object.read) }, &reader);
            for hold in &object.holds {
                if let Some(there) = stacks.iter().position(|input| input.id == hold.stack_id) {
                    add(there, &References { resources: [hold.urn.clone()].into(), ..References::default() }, &reader);
                }
            }
        }
        for (path, output) in input.state.iter().flat_map(|state| &state.outputs) {
            let found = References { resources: output.from.clone(), outputs: as_read(&output.reads) };
            add(stack, &found, &Node::Output(stack, path.clone()));
        }
    }
    readers
}

/// What was read of other stacks, as an expression says it.
pub(crate) fn as_read(reads: &SortedSet<ReadOutput>) -> BTreeSet<(String, Path)> {
    reads.iter().map(|read| (read.stack.clone(), read.path.clone())).collect()
}

/// The resources and all that read them, directly or not.
fn with_readers(start: BTreeSet<Key>, readers: &Readers) -> BTreeSet<Key> {
    let mut next: Vec<Node> = start.into_iter().map(|(stack, urn)| Node::Resource(stack, urn)).collect();
    let mut seen: BTreeSet<Node> = next.iter().cloned().collect();
    while let Some(node) = next.pop() {
        let more = readers.get(&node).into_iter().flatten();
        next.extend(more.filter(|reader| seen.insert((*reader).clone())).cloned());
    }
    let resource = |node| match node {
        Node::Resource(stack, urn) => Some((stack, urn)),
        Node::Output(..) => None,
    };
    seen.into_iter().filter_map(resource).collect()
}

/// Adds what would be deleted although an object that is left alone needs it: who keeps the one keeps the other.
fn with_needs(left: &mut BTreeSet<Key>, stacks: &[StackInput<'_>], names: &Names) {
    let mut next: Vec<Key> = left.iter().cloned().collect();
    let mut objects: BTreeMap<Key, Vec<&Object>> = BTreeMap::new();
    for (stack, input) in stacks.iter().enumerate().filter(|_| !left.is_empty()) {
        input.objects().for_each(|object| objects.entry(names.key(stack, &object.urn)).or_default().push(object));
    }
    while let Some(key) = next.pop() {
        let stack = key.0;
        for object in objects.get(&key).into_iter().flatten() {
            let inside = object.dependencies.iter().chain(&object.kept.deleted_with).map(|need| (stack, need.clone()));
            let across = object.read.iter().flat_map(|read| made_of(read, stacks));
            for (stack, need) in inside.chain(across) {
                let key = names.key(stack, &need);
                let declared = stacks[stack].plan.is_some_and(|plan| plan.resources.contains_key(&key.1));
                if !declared && names.all.contains_key(&key) && left.insert(key.clone()) {
                    next.push(key);
                }
            }
        }
    }
}

/// The resources that an output is made of, or was when it was read.
fn made_of(read: &ReadOutput, stacks: &[StackInput<'_>]) -> Vec<(usize, Urn)> {
    let position = |id: &str| stacks.iter().position(|input| input.id == id);
    let upstream = position(&read.stack_id);
    let outputs = upstream.and_then(|upstream| stacks[upstream].state).into_iter().flat_map(|state| &state.outputs);
    let touched = outputs.filter(|(path, _): &(&Path, _)| path.touches(&read.path));
    let now = touched.flat_map(|(_, output)| &output.from).filter_map(|urn| Some((upstream?, urn.clone())));
    let then = read.of.iter().filter_map(|hold| Some((position(&hold.stack_id)?, hold.urn.clone())));
    now.chain(then).collect()
}
