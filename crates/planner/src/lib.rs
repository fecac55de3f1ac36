//! Orders the steps of all selected stacks: one graph, at the grain of resources and outputs.
//!
//! Layer: L2, decisions (pure). **Invariant:** an object is deleted only after everything that state says reads it has
//! moved on or is gone; what cannot be ordered so is refused, or left for a later run, before anything starts.

mod along;
mod held;
mod holders;
mod outside;
mod passed_on;
mod readers;
mod removals;

use std::collections::{BTreeMap, BTreeSet};

use diag::{Diagnostic, Diagnostics};
use diff::{Action, ChangeSet, leaf_of};
use graph::Graph;
use resource::{Dependency, StackName, Urn};
use state::{Object, PublishedOutput, ReadOutput, StackState};
use value::Path;

use held::Must;
use readers::ReaderIndex;

pub use held::HeldBack;
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
    /// Objects that go with another one, so that no call deletes them.
    pub along: Vec<Along>,
    /// Deletions that make room although stacks whose programs are evaluated later in the run still read what goes.
    pub under_readers: Vec<UnderReaders>,
}

impl StepGraph {
    /// The graph without some steps and without everything that needs one of them; and what was left out.
    #[must_use]
    pub fn without(self, left_out: impl Fn(&StepNode) -> bool) -> (Self, Vec<StepNode>) {
        // INVARIANT: steps were planned, so there is an order.
        let order = self.graph.order().unwrap_or_default();
        let mut out = vec![false; self.steps.len()];
        for node in order {
            out[node] = left_out(&self.steps[node]) || self.graph.needs(node).iter().any(|&need| out[need]);
        }
        if !out.contains(&true) {
            return (self, Vec::new());
        }
        let (held_back, along, under_readers) = (self.held_back, self.along, self.under_readers);
        let mut result = Self { held_back, along, under_readers, ..Self::default() };
        let mut numbers = vec![0; self.steps.len()];
        let mut left = Vec::new();
        for (node, step) in self.steps.into_iter().enumerate() {
            if out[node] {
                left.push(step);
            } else {
                numbers[node] = result.graph.add_node();
                result.steps.push(step);
            }
        }
        for node in (0..out.len()).filter(|&node| !out[node]) {
            self.graph.needs(node).iter().for_each(|&need| result.graph.add_edge(numbers[node], numbers[need]));
        }
        (result, left)
    }
}

/// An object that goes with another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Along {
    /// The position of the stack.
    pub stack: usize,
    /// The resource, by its name in state.
    pub urn: Urn,
    /// Its incarnation.
    pub incarnation: u64,
    /// What it goes with.
    pub with: Urn,
}

/// A deletion that makes room for what comes in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnderReaders {
    /// The deletion.
    pub step: StepNode,
    /// The stacks that still read what goes.
    pub readers: Vec<String>,
}

/// Orders the steps.
///
/// # Errors
/// Deletions that stacks outside the selection stand against, all at once; or a cycle.
pub fn plan(stacks: &[StackSteps<'_>], holders: &Holders) -> Result<StepGraph, Diagnostics> {
    let index = ReaderIndex::new(stacks, holders);
    let mut alone = BTreeSet::new();
    loop {
        let mut builder = Builder::new(stacks, holders, &index, alone);
        builder.add_steps();
        builder.hold_what_is_read_by_what_stays();
        builder.refuse();
        builder.add_edges();
        if builder.result.graph.order().is_ok() || !builder.part_from_what_comes_too_late() {
            builder.break_cycles();
            return builder.found.into_result(builder.result);
        }
        alone = builder.alone;
    }
}

/// Stacks outside the selection, each with the outputs that it holds.
type Readers = BTreeMap<String, BTreeSet<String>>;

/// What was walked through on the way to the steps that one needs: stacks, each with a resource or an output.
type Seen = BTreeSet<(usize, String)>;

struct Builder<'a> {
    stacks: &'a [StackSteps<'a>],
    holders: &'a Holders,
    index: &'a ReaderIndex<'a>,
    names: BTreeMap<String, usize>,
    numbers: BTreeMap<StepNode, usize>,
    result: StepGraph,
    /// What cannot go, and the readers outside with the outputs that they hold, by stack.
    refused: BTreeMap<usize, (BTreeSet<String>, Readers)>,
    /// What cannot go, and the readers that a restricted run leaves alone, by stack.
    refused_by_left: BTreeMap<usize, (BTreeSet<String>, BTreeSet<String>)>,
    /// Objects that stay for now, by their names in state.
    held: BTreeSet<(usize, Urn, u64)>,
    /// Deletions that are calls although state says that their objects go with others: those come too late.
    alone: BTreeSet<StepNode>,
    /// Edges from deletions to those that they go along with.
    along: BTreeSet<(usize, usize)>,
    /// Edges that are wanted unless they close a cycle: those of cascades (`false`) before others.
    if_free: Vec<(bool, usize, usize)>,
    /// Edges from deletions to readers in other stacks.
    across: BTreeSet<(usize, usize)>,
    found: Diagnostics,
}

impl<'a> Builder<'a> {
    fn new(
        stacks: &'a [StackSteps<'a>],
        holders: &'a Holders,
        index: &'a ReaderIndex<'a>,
        alone: BTreeSet<StepNode>,
    ) -> Self {
        Self {
            stacks,
            holders,
            index,
            names: stacks.iter().enumerate().map(|(i, s)| (s.changes.stack.to_string(), i)).collect(),
            numbers: BTreeMap::new(),
            result: StepGraph::default(),
            refused: BTreeMap::new(),
            refused_by_left: BTreeMap::new(),
            held: BTreeSet::new(),
            alone,
            along: BTreeSet::new(),
            if_free: Vec::new(),
            across: BTreeSet::new(),
            found: Diagnostics::new(),
        }
    }

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
                    // What is forgotten stays where it is, so nobody who reads it is harmed.
                    Action::Forget => self.add(stack, StepKind::Delete(urn.clone(), change.incarnation)),
                    Action::Delete => self.add_delete(stack, urn, change.incarnation, Must::Go),
                    Action::Replace { delete_first, .. } => {
                        self.add(stack, StepKind::Apply(urn.clone()));
                        if let Some(old) = self.live(stack, urn) {
                            let incarnation = old.incarnation;
                            let must = if delete_first { Must::MakeRoom } else { Must::No };
                            self.add_delete(stack, urn, incarnation, must);
                        }
                    }
                    Action::Keep if change.is_nothing() => {}
                    Action::Keep | Action::Create | Action::Update | Action::Adopt | Action::Read => {
                        self.add(stack, StepKind::Apply(urn.clone()));
                    }
                }
            }
            for (urn, incarnation) in &input.changes.leftovers {
                self.add_delete(stack, urn, *incarnation, Must::No);
            }
            for (path, output) in input.changes.outputs.iter().filter(|(_, output)| !output.is_nothing()) {
                let readers = match output.value {
                    Some(_) => Readers::new(),
                    None => self.readers(std::iter::once((input.changes.stack_id.as_str(), path, None))),
                };
                let left = match output.value {
                    Some(_) => BTreeSet::new(),
                    None => self.left_readers_elsewhere(stack, &[path]),
                };
                if readers.is_empty() && left.is_empty() {
                    self.add(stack, StepKind::Publish(path.clone()));
                } else if self.have_their_turn_later(&readers, &left) {
                    self.hold(stack, format!("output `{path}`"), readers.into_keys());
                } else {
                    self.refuse_later(stack, format!("output `{path}`"), readers, left);
                }
            }
        }
    }

    /// The objects that a restricted run leaves alone and that read a resource, or would go with it.
    fn left_readers(&self, stack: usize, urn: &Urn, incarnation: u64) -> BTreeSet<String> {
        if !self.index.is_restricted() {
            return BTreeSet::new();
        }
        let name = self.earlier_name(stack, urn);
        let inside = self.index.inside(stack, name).iter().chain(self.index.going_with(stack, name));
        let left = inside.filter(|reader| self.is_left(stack, reader)).map(|reader| self.reader(stack, reader));
        let paths: Vec<&Path> = self.outputs_of(stack, urn).into_iter().map(|(path, _)| path).collect();
        let holders = self.object(stack, urn, incarnation).map(|object| self.holders_of(stack, object));
        let holders = holders.into_iter().flatten().filter(|(other, holder)| self.is_left(*other, holder));
        let holders = holders.map(|(other, holder)| self.reader(other, holder));
        left.chain(self.left_readers_elsewhere(stack, &paths)).chain(holders).collect()
    }

    /// The objects in other stacks that read outputs, and that a restricted run leaves alone, or whose reading it does.
    fn left_readers_elsewhere(&self, stack: usize, paths: &[&Path]) -> BTreeSet<String> {
        let changes = self.stacks[stack].changes;
        let stays = |path: &Path| changes.outputs.get(path).is_some_and(|output| output.left);
        let holds = |other: usize, reader: &Object| {
            let mut read = reader.read.iter().filter(|read| read.stack_id == changes.stack_id);
            read.any(|read| {
                paths.iter().any(|path| path.touches(&read.path) && (stays(path) || self.is_left(other, reader)))
            })
        };
        let readers = self.index.across(&changes.stack_id).iter();
        let readers = readers.filter(|(other, reader)| holds(*other, reader));
        let passed_on = self.left_outputs_elsewhere(stack, paths);
        readers.map(|(other, reader)| self.reader(*other, reader)).chain(passed_on).collect()
    }

    /// Whether a restricted run leaves an object alone.
    fn is_left(&self, stack: usize, object: &Object) -> bool {
        let now = self.index.current_name(stack, &object.urn);
        self.stacks[stack].changes.resources.get(now).is_some_and(|change| change.left)
    }

    fn reader(&self, stack: usize, object: &Object) -> String {
        format!("`{}` of {}", object.urn.name(), self.stacks[stack].changes.stack)
    }

    fn refuse_later(&mut self, stack: usize, what: String, readers: Readers, mut left: BTreeSet<String>) {
        let (alone, readers): (Readers, Readers) =
            readers.into_iter().partition(|(reader, _)| self.holders.is_left(reader));
        left.extend(alone.into_keys().map(|reader| format!("`{reader}`")));
        if !left.is_empty() {
            let (refused, by_left) = self.refused_by_left.entry(stack).or_default();
            refused.insert(what.clone());
            by_left.extend(left);
        }
        if !readers.is_empty() {
            let (refused, by_reader) = self.refused.entry(stack).or_default();
            refused.insert(what);
            for (reader, outputs) in readers {
                by_reader.entry(reader).or_default().extend(outputs);
            }
        }
    }

    /// One problem for each stack that readers outside stand against.
    fn refuse(&mut self) {
        for (stack, (refused, readers)) in std::mem::take(&mut self.refused) {
            let name = &self.stacks[stack].changes.stack;
            let message = format!("{} of `{name}` cannot go: other stacks still read it", few(&refused));
            let mut problem = Diagnostic::error("E0402", message);
            for (reader, outputs) in readers {
                problem = problem.note(format!("`{reader}` was applied with {}", few(&outputs)));
            }
            self.found.push(problem.hint("select the readers too: `--with-downstream`"));
        }
        for (stack, (refused, readers)) in std::mem::take(&mut self.refused_by_left) {
            let name = &self.stacks[stack].changes.stack;
            let message = format!("{} of `{name}` cannot go: what is not to be touched still reads it", few(&refused));
            let problem = readers.into_iter().fold(Diagnostic::error("E0432", message), |problem, reader| {
                problem.note(format!("{reader} was applied with it"))
            });
            self.found
                .push(problem.hint("touch its readers too: `--target-dependents`").hint("or leave it: `--exclude`"));
        }
    }

    /// The published outputs that are made of a resource, as state or the plan says.
    fn outputs_of(&self, stack: usize, urn: &Urn) -> Vec<(&Path, &PublishedOutput)> {
        let input = &self.stacks[stack];
        let name = self.earlier_name(stack, urn);
        let planned = |path: &Path| input.changes.outputs.get(path).is_some_and(|change| change.from.contains(urn));
        let outputs = input.state.into_iter().flat_map(|state| &state.outputs);
        outputs.filter(|(path, output)| output.from.contains(name) || planned(path)).collect()
    }

    /// The name that a resource has in state.
    fn earlier_name<'b>(&'b self, stack: usize, urn: &'b Urn) -> &'b Urn {
        let change = self.stacks[stack].changes.resources.get(urn);
        change.and_then(|change| change.renamed_from.as_ref()).unwrap_or(urn)
    }

    fn live(&self, stack: usize, urn: &Urn) -> Option<&'a Object> {
        let state = self.stacks[stack].state?;
        state.objects.get(self.earlier_name(stack, urn)).map(AsRef::as_ref)
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
        self.removal_edges();
        let mut if_free = std::mem::take(&mut self.if_free);
        if_free.sort_unstable();
        for (_, number, to) in if_free {
            if self.result.graph.dependencies([to]).binary_search(&number).is_err() {
                self.result.graph.add_edge(number, to);
            }
        }
    }

    fn apply_edges(&mut self, number: usize, stack: usize, urn: &Urn) {
        let input = self.stacks[stack];
        let Some(change) = input.changes.resources.get(urn) else { return };
        let seen = &mut Seen::new();
        let needs = change.dependencies.iter().chain(&change.options.deleted_with);
        needs.for_each(|need| self.after_resource(number, stack, need, seen));
        self.after_reads(number, &change.reads, seen);
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

    /// A step comes after that of a resource; one without a step stands for what it needs itself.
    fn after_resource(&mut self, number: usize, stack: usize, urn: &Urn, seen: &mut Seen) {
        if let Some(apply) = self.number(stack, StepKind::Apply(urn.clone())) {
            self.edge(number, Some(apply));
        } else if seen.insert((stack, urn.to_string())) {
            let stacks = self.stacks;
            let Some(change) = stacks[stack].changes.resources.get(urn) else { return };
            change.dependencies.iter().for_each(|need| self.after_resource(number, stack, need, seen));
            self.after_reads(number, &change.reads, seen);
        }
    }

    /// A step comes after the outputs that it reads; one that stays stands for what it is made of.
    fn after_reads(&mut self, number: usize, reads: &BTreeSet<(String, Path)>, seen: &mut Seen) {
        let stacks = self.stacks;
        for (name, path) in reads {
            let Some(&upstream) = self.names.get(name) else { continue };
            let Some((leaf, output)) = leaf_of(&stacks[upstream].changes.outputs, path) else { continue };
            if output.value.is_none() {
                // One that is withdrawn waits for its readers, not the other way round.
                continue;
            }
            if let Some(publish) = self.number(upstream, StepKind::Publish(leaf.clone())) {
                self.edge(number, Some(publish));
            } else if seen.insert((upstream, leaf.to_string())) {
                output.from.iter().for_each(|urn| self.after_resource(number, upstream, urn, seen));
                self.after_reads(number, &output.reads, seen);
            }
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
        let seen = &mut Seen::new();
        output.from.iter().for_each(|urn| self.after_resource(number, stack, urn, seen));
        self.after_reads(number, &output.reads, seen);
        if output.value.is_none() {
            // As long as its objects are there it says who holds them.
            for urn in &output.from {
                let incarnation = self.live(stack, urn).map(|object| object.incarnation);
                self.edge(number, incarnation.and_then(|i| self.number(stack, StepKind::Delete(urn.clone(), i))));
            }
            self.after_readers_elsewhere(number, stack, std::slice::from_ref(path), false);
        }
    }

    fn delete_edges(&mut self, number: usize, stack: usize, urn: &Urn, incarnation: u64) {
        let change = self.stacks[stack].changes.resources.get(urn);
        let first = change.is_some_and(|c| {
            matches!(c.action, Action::Replace { delete_first: true, .. }) && c.incarnation != incarnation
        });
        if !first {
            // The new object is there before the old one goes.
            self.edge(number, self.number(stack, StepKind::Apply(urn.clone())));
        }
        let Some(object) = self.object(stack, urn, incarnation) else { return };
        if let Some(other) = self.goes_with(stack, object) {
            self.edge(number, Some(other));
            self.along.insert((number, other));
            let with = self.index.current_name(stack, object.kept.deleted_with.as_ref().unwrap_or(urn)).clone();
            self.result.along.push(Along { stack, urn: object.urn.clone(), incarnation, with });
            return;
        }
        self.along_edges(number, stack, object, first);
        self.after_readers_of_outputs(number, stack, urn, first);
    }

    fn after_readers_of_outputs(&mut self, number: usize, stack: usize, urn: &Urn, first: bool) {
        let paths: Vec<Path> = self.outputs_of(stack, urn).into_iter().map(|(path, _)| path.clone()).collect();
        self.after_readers_elsewhere(number, stack, &paths, first);
    }

    /// Readers in other stacks: those that were applied with one of the outputs.
    fn after_readers_elsewhere(&mut self, number: usize, stack: usize, paths: &[Path], first: bool) {
        let id = &self.stacks[stack].changes.stack_id;
        for (other, reader) in self.index.across(id).to_vec() {
            let reads = |read: &ReadOutput| read.stack_id == *id && paths.iter().any(|path| path.touches(&read.path));
            if other != stack && reader.read.iter().any(reads) {
                self.after_reader(number, other, reader, first);
            }
        }
        if !first {
            self.after_outputs_elsewhere(number, stack, paths);
        }
    }

    /// A deletion waits until a reader has moved on or is gone.
    fn after_reader(&mut self, number: usize, stack: usize, reader: &Object, first: bool) {
        let urn = self.index.current_name(stack, &reader.urn).clone();
        // What was set aside before its resource was renamed still goes by the earlier name.
        let under = |name: &Urn| self.number(stack, StepKind::Delete(name.clone(), reader.incarnation));
        let delete = under(&urn).or_else(|| under(&reader.urn));
        // What was set aside does not move on; what is live does.
        let is_live = self.live(stack, &urn).is_some_and(|live| live.incarnation == reader.incarnation);
        let apply = self.number(stack, StepKind::Apply(urn)).filter(|_| is_live);
        if first {
            // With the old object going first, a reader that goes over to the new one cannot be waited for, nor one
            // whose going waits for that.
            let cascade = delete.filter(|&delete| self.goes_first(delete));
            self.if_free.extend(cascade.map(|to| (false, number, to)));
            self.if_free.extend([delete, apply].into_iter().flatten().map(|to| (true, number, to)));
        } else {
            if self.result.steps[number].stack != stack {
                self.across.extend([delete, apply].into_iter().flatten().map(|to| (number, to)));
            }
            self.edge(number, delete);
            self.edge(number, apply);
        }
    }

    /// Objects of several stacks that were made one by one may have come to read one another in a circle, which no plan
    /// allows: they have to go all the same.
    fn break_cycles(&mut self) {
        while let Err(cycles) = self.result.graph.order() {
            let mut broken = BTreeSet::new();
            for cycle in cycles {
                let next = cycle.iter().cycle().skip(1);
                let edge =
                    cycle.iter().zip(next).map(|(&from, &to)| (from, to)).find(|edge| self.across.contains(edge));
                if edge.is_none() {
                    let names: Vec<String> = cycle.iter().map(|&n| self.describe(n)).collect();
                    let message = format!("steps need one another: {}", names.join(", "));
                    let hint = "take away one of the dependencies on whole stacks that are among the causes";
                    self.found.push(Diagnostic::error("E0410", message).hint(hint));
                }
                broken.extend(edge);
            }
            if self.found.has_errors() {
                return;
            }
            let mut graph = Graph::new(self.result.graph.len());
            for from in 0..graph.len() {
                let needs = self.result.graph.needs(from).iter().filter(|&&to| !broken.contains(&(from, to)));
                needs.for_each(|&to| graph.add_edge(from, to));
            }
            self.result.graph = graph;
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

/// The first few of a list, and how many more there are.
fn few(names: &BTreeSet<String>) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests;
