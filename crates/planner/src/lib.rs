//! Orders the steps of all selected stacks: one graph, at the grain of resources and outputs.
//!
//! Layer: L2, decisions (pure). **Invariant:** an object is deleted only after everything that state says reads it has
//! moved on or is gone; what cannot be ordered so is refused, or left for a later run, before anything starts.

mod holders;

use std::collections::{BTreeMap, BTreeSet};

use diag::{Diagnostic, Diagnostics};
use diff::{Action, ChangeSet, leaf_of};
use graph::Graph;
use resource::{Dependency, StackName, Urn};
use state::{Object, StackState};
use value::Path;

pub use holders::{Holder, Holders};

/// One stack to plan steps for.
#[derive(Debug, Clone, Copy)]
pub struct StackSteps<'a> {
    /// What is to be done.
    pub changes: &'a ChangeSet,
    /// What there is.
    pub state: Option<&'a StackState>,
    /// The stacks whose success it waits for.
    pub after: &'a BTreeSet<StackName>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepNode {
    /// The position of the stack.
    pub stack: usize,
    /// What.
    pub kind: StepKind,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepKind {
    /// Makes, changes, takes over or renames a declared resource; what exactly is decided when it starts.
    Apply(Urn),
    /// Deletes, or forgets, one incarnation of a resource.
    Delete(Urn, u64),
    /// Publishes or withdraws an output.
    Publish(Path),
}

/// The steps and what each needs.
#[derive(Debug, Clone, Default)]
pub struct StepGraph {
    /// The steps.
    pub steps: Vec<StepNode>,
    /// "Needs" edges between positions in `steps`.
    pub graph: Graph,
    /// Old objects that stay until readers in stacks outside the selection have moved on.
    pub held_back: Vec<HeldBack>,
}

/// An old object that stays for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBack {
    /// The position of the stack.
    pub stack: usize,
    /// The resource.
    pub urn: Urn,
    /// The stacks that still read it.
    pub readers: Vec<String>,
}

/// Orders the steps.
///
/// # Errors
/// Deletions that stacks outside the selection stand against, all at once; or a cycle.
pub fn plan(stacks: &[StackSteps<'_>], holders: &Holders) -> Result<StepGraph, Diagnostics> {
    let mut builder = Builder {
        stacks,
        holders,
        names: stacks.iter().enumerate().map(|(i, s)| (s.changes.stack.to_string(), i)).collect(),
        numbers: BTreeMap::new(),
        result: StepGraph::default(),
        found: Diagnostics::new(),
    };
    builder.add_steps();
    builder.add_edges();
    if let Err(cycles) = builder.result.graph.order() {
        for cycle in cycles {
            let names: Vec<String> = cycle.iter().map(|&n| builder.describe(n)).collect();
            builder.found.push(Diagnostic::error("E0410", format!("steps need one another: {}", names.join(", "))));
        }
    }
    builder.found.into_result(builder.result)
}

struct Builder<'a> {
    stacks: &'a [StackSteps<'a>],
    holders: &'a Holders,
    names: BTreeMap<String, usize>,
    numbers: BTreeMap<StepNode, usize>,
    result: StepGraph,
    found: Diagnostics,
}

impl Builder<'_> {
    fn add(&mut self, stack: usize, kind: StepKind) {
        let node = StepNode { stack, kind };
        let number = self.result.graph.add_node();
        self.result.steps.push(node.clone());
        self.numbers.insert(node, number);
    }

    fn number(&self, stack: usize, kind: StepKind) -> Option<usize> {
        self.numbers.get(&StepNode { stack, kind }).copied()
    }

    fn edge(&mut self, from: usize, to: Option<usize>) {
        if let Some(to) = to.filter(|&to| to != from) {
            self.result.graph.add_edge(from, to);
        }
    }

    fn add_steps(&mut self) {
        for (stack, input) in self.stacks.iter().enumerate() {
            for (urn, change) in &input.changes.resources {
                match change.action {
                    Action::Delete | Action::Forget => self.add_delete(stack, urn, change.incarnation, true),
                    Action::Replace { delete_first, .. } => {
                        self.add(stack, StepKind::Apply(urn.clone()));
                        if let Some(old) = self.live(stack, urn) {
                            let incarnation = old.incarnation;
                            self.add_delete(stack, urn, incarnation, delete_first);
                        }
                    }
                    Action::Keep if change.renamed_from.is_none() => {}
                    Action::Keep | Action::Create | Action::Update | Action::Adopt => {
                        self.add(stack, StepKind::Apply(urn.clone()))
                    }
                }
            }
            for (urn, incarnation) in &input.changes.leftovers {
                self.add_delete(stack, urn, *incarnation, false);
            }
            for (path, output) in &input.changes.outputs {
                if output.changes() {
                    self.add(stack, StepKind::Publish(path.clone()));
                }
            }
        }
    }

    /// Adds a deletion, unless readers outside the selection stand against it.
    fn add_delete(&mut self, stack: usize, urn: &Urn, incarnation: u64, must: bool) {
        let input = &self.stacks[stack];
        let paths = input.state.map(|state| outputs_of(state, urn)).unwrap_or_default();
        let readers: BTreeSet<String> = self
            .holders
            .of(&input.changes.stack_id, &paths)
            .filter(|holder| !self.names.contains_key(&holder.stack))
            .map(|holder| holder.stack.clone())
            .collect();
        if readers.is_empty() {
            self.add(stack, StepKind::Delete(urn.clone(), incarnation));
            return;
        }
        let readers: Vec<String> = readers.into_iter().collect();
        if must {
            let name = &input.changes.stack;
            let change = input.changes.resources.get(urn);
            let message = format!("`{}` of `{name}` cannot be deleted: other stacks still read it", urn.name());
            let mut problem = Diagnostic::error("E0402", message).at_opt(change.and_then(|c| c.source.clone()));
            for reader in &readers {
                problem = problem.note(format!("`{reader}` was applied with an output that is made of it"));
            }
            self.found.push(problem.hint("select the readers too: `--with-downstream`"));
        } else {
            self.result.held_back.push(HeldBack { stack, urn: urn.clone(), readers });
        }
    }

    fn live(&self, stack: usize, urn: &Urn) -> Option<&Object> {
        let input = &self.stacks[stack];
        let state = input.state?;
        let name = input.changes.resources.get(urn).and_then(|change| change.renamed_from.as_ref()).unwrap_or(urn);
        state.objects.get(name)
    }

    fn add_edges(&mut self) {
        for number in 0..self.result.steps.len() {
            let StepNode { stack, kind } = self.result.steps[number].clone();
            match kind {
                StepKind::Apply(urn) => self.apply_edges(number, stack, &urn),
                StepKind::Delete(urn, incarnation) => self.delete_edges(number, stack, &urn, incarnation),
                StepKind::Publish(path) => self.publish_edges(number, stack, &path),
            }
        }
    }

    fn apply_edges(&mut self, number: usize, stack: usize, urn: &Urn) {
        let input = self.stacks[stack];
        let Some(change) = input.changes.resources.get(urn) else { return };
        for need in &change.dependencies {
            self.edge(number, self.number(stack, StepKind::Apply(need.clone())));
        }
        self.read_edges(number, &change.reads);
        for other in
            change.waits_for.iter().filter_map(|w| if let Dependency::Stack(name) = w { Some(name) } else { None })
        {
            self.whole_stack_edges(number, other);
        }
        for other in input.after {
            self.whole_stack_edges(number, other);
        }
        if let Action::Replace { delete_first: true, .. } = change.action {
            let old = self.live(stack, urn).map(|old| StepKind::Delete(urn.clone(), old.incarnation));
            self.edge(number, old.and_then(|kind| self.number(stack, kind)));
        }
    }

    fn read_edges(&mut self, number: usize, reads: &BTreeSet<(String, Path)>) {
        for (name, path) in reads {
            let Some(&upstream) = self.names.get(name) else { continue };
            let leaf = leaf_of(&self.stacks[upstream].changes.outputs, path).map(|(leaf, _)| leaf.clone());
            self.edge(number, leaf.and_then(|leaf| self.number(upstream, StepKind::Publish(leaf))));
        }
    }

    fn whole_stack_edges(&mut self, number: usize, name: &StackName) {
        let Some(&other) = self.names.get(&name.to_string()) else { return };
        let steps: Vec<usize> = (0..self.result.steps.len())
            .filter(|&n| {
                let step = &self.result.steps[n];
                step.stack == other && !matches!(step.kind, StepKind::Delete(..))
            })
            .collect();
        steps.into_iter().for_each(|step| self.edge(number, Some(step)));
    }

    fn publish_edges(&mut self, number: usize, stack: usize, path: &Path) {
        let Some(output) = self.stacks[stack].changes.outputs.get(path) else { return };
        for urn in &output.from {
            self.edge(number, self.number(stack, StepKind::Apply(urn.clone())));
        }
        self.read_edges(number, &output.reads);
    }

    fn delete_edges(&mut self, number: usize, stack: usize, urn: &Urn, incarnation: u64) {
        let input = self.stacks[stack];
        let Some(state) = input.state else { return };
        let change = input.changes.resources.get(urn);
        let first = change.is_some_and(|c| {
            matches!(c.action, Action::Replace { delete_first: true, .. }) && c.incarnation != incarnation
        });
        if !first {
            // The new object is there before the old one goes.
            self.edge(number, self.number(stack, StepKind::Apply(urn.clone())));
        }
        let name = change.and_then(|change| change.renamed_from.as_ref()).unwrap_or(urn);
        for reader in state.objects.values().chain(&state.replaced).filter(|reader| reader.dependencies.contains(name))
        {
            self.after_reader(number, stack, reader, first);
        }
        // Readers in other stacks: those that were applied with an output that is made of the object.
        let paths = outputs_of(state, name);
        for (other, other_input) in self.stacks.iter().enumerate().filter(|(other, _)| *other != stack) {
            let Some(other_state) = other_input.state else { continue };
            for reader in other_state.objects.values().chain(&other_state.replaced) {
                if reader
                    .read
                    .iter()
                    .any(|read| read.stack_id == input.changes.stack_id && paths.iter().any(|p| p.touches(&read.path)))
                {
                    self.after_reader(number, other, reader, first);
                }
            }
        }
    }

    /// A deletion waits until a reader has moved on or is gone.
    fn after_reader(&mut self, number: usize, stack: usize, reader: &Object, first: bool) {
        let urn = self.current_name(stack, &reader.urn);
        self.edge(
            number,
            self.number(stack, StepKind::Delete(urn.clone(), reader.incarnation)).filter(|&delete| {
                // With the old object going first, a reader that is replaced the other way round would wait for itself.
                !first || self.goes_first(delete)
            }),
        );
        if !first {
            self.edge(number, self.number(stack, StepKind::Apply(urn)));
        }
    }

    /// Whether a deletion comes before, or without, a create of the same resource.
    fn goes_first(&self, delete: usize) -> bool {
        let StepNode { stack, kind: StepKind::Delete(urn, _) } = &self.result.steps[delete] else { return false };
        match self.stacks[*stack].changes.resources.get(urn).map(|change| change.action) {
            Some(Action::Replace { delete_first, .. }) => delete_first,
            _ => true,
        }
    }

    fn current_name(&self, stack: usize, urn: &Urn) -> Urn {
        let renamed =
            self.stacks[stack].changes.resources.iter().find(|(_, change)| change.renamed_from.as_ref() == Some(urn));
        renamed.map_or_else(|| urn.clone(), |(to, _)| to.clone())
    }

    fn describe(&self, number: usize) -> String {
        let StepNode { stack, kind } = &self.result.steps[number];
        let name = &self.stacks[*stack].changes.stack;
        match kind {
            StepKind::Apply(urn) => format!("apply `{}` of `{name}`", urn.name()),
            StepKind::Delete(urn, _) => format!("delete `{}` of `{name}`", urn.name()),
            StepKind::Publish(path) => format!("publish `{path}` of `{name}`"),
        }
    }
}

/// The published outputs that are made of a resource.
fn outputs_of(state: &StackState, urn: &Urn) -> Vec<Path> {
    state.outputs.iter().filter(|(_, output)| output.from.contains(urn)).map(|(path, _)| path.clone()).collect()
}

#[cfg(test)]
mod tests;
