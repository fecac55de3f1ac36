//! What stays for now, since somebody still reads it whom this run does not move.

use std::collections::{BTreeMap, BTreeSet};

use diff::Action;
use graph::Graph;
use resource::Urn;
use state::Object;
use value::Path;

use crate::{Builder, Readers, StepKind, StepNode, UnderReaders};

/// Something that stays for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBack {
    /// The position of the stack.
    pub stack: usize,
    /// What, for people: an old object, one that is no longer declared, or an output.
    pub what: String,
    /// The stacks that still read it.
    pub readers: Vec<String>,
}

/// How much a deletion matters to the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Must {
    /// It can be left to a later one.
    No,
    /// It was asked for.
    Go,
    /// What comes in its place waits for it.
    MakeRoom,
}

impl Builder<'_> {
    /// Adds a deletion, unless readers stand against it that this run does not move.
    pub(crate) fn add_delete(&mut self, stack: usize, urn: &Urn, incarnation: u64, must: Must) {
        let (mut readers, mut left) = (Readers::new(), BTreeSet::new());
        if self.is_called(stack, urn, incarnation) {
            for (urn, incarnation) in self.gone_with(stack, urn, incarnation) {
                left.extend(self.left_readers(stack, &urn, incarnation));
                left.extend(self.readers_that_stay(stack, &urn, incarnation));
                for (reader, outputs) in self.readers_of(stack, &urn, incarnation) {
                    readers.entry(reader).or_default().extend(outputs);
                }
            }
        }
        let later = self.have_their_turn_later(&readers, &left);
        if readers.is_empty() && left.is_empty() || later && must == Must::MakeRoom {
            let kind = StepKind::Delete(urn.clone(), incarnation);
            if !readers.is_empty() {
                let (step, readers) = (StepNode { stack, kind: kind.clone() }, readers.into_keys().collect());
                self.result.under_readers.push(UnderReaders { step, readers });
            }
            self.add(stack, kind);
        } else if must == Must::No || later {
            self.hold_object(stack, urn, incarnation, readers.into_keys().chain(left));
        } else {
            self.refuse_later(stack, format!("`{}`", urn.name()), readers, left);
        }
    }

    /// Whether nobody stands against a deletion but stacks whose programs are evaluated later in the run. What has to
    /// make room is planned all the same: they may wait for what comes in its place.
    pub(crate) fn have_their_turn_later(&self, readers: &Readers, left: &BTreeSet<String>) -> bool {
        left.is_empty() && !readers.is_empty() && readers.keys().all(|stack| self.holders.is_deferred(stack))
    }

    /// Leaves something to a later run.
    pub(crate) fn hold(&mut self, stack: usize, what: String, readers: impl Iterator<Item = String>) {
        self.result.held_back.push(HeldBack { stack, what, readers: readers.collect() });
    }

    fn hold_object(&mut self, stack: usize, urn: &Urn, incarnation: u64, readers: impl Iterator<Item = String>) {
        let action = self.stacks[stack].changes.resources.get(urn).map(|change| change.action);
        let old = if matches!(action, Some(Action::Delete)) { "" } else { "the old " };
        self.hold(stack, format!("{old}`{}`", urn.name()), readers);
        if let Some(object) = self.object(stack, urn, incarnation) {
            self.held.insert((stack, object.urn.clone(), incarnation));
        }
    }

    /// What an object reads that stays for now stays, too, unless it has to make room.
    pub(crate) fn hold_what_is_read_by_what_stays(&mut self) {
        while !self.held.is_empty() {
            let reader = |step: &StepNode| {
                let StepKind::Delete(urn, incarnation) = &step.kind else { return None };
                Some((step.clone(), self.held_reader(step.stack, urn, *incarnation)?))
            };
            let stay: BTreeMap<StepNode, String> = self.result.steps.iter().filter_map(reader).collect();
            if stay.is_empty() {
                break;
            }
            self.result.steps.retain(|step| !stay.contains_key(step));
            // Nothing is ordered yet.
            self.result.graph = Graph::new(self.result.steps.len());
            self.numbers = self.result.steps.iter().cloned().enumerate().map(|(number, step)| (step, number)).collect();
            for (StepNode { stack, kind }, reader) in stay {
                if let StepKind::Delete(urn, incarnation) = kind {
                    self.hold_object(stack, &urn, incarnation, std::iter::once(reader));
                }
            }
        }
        let stays =
            |step: &StepNode| matches!(&step.kind, StepKind::Publish(path) if self.says_who_holds(step.stack, path));
        let stay: BTreeSet<StepNode> = self.result.steps.iter().filter(|step| stays(step)).cloned().collect();
        self.result.steps.retain(|step| !stay.contains(step));
        self.result.graph = Graph::new(self.result.steps.len());
        self.numbers = self.result.steps.iter().cloned().enumerate().map(|(number, step)| (step, number)).collect();
    }

    /// Whether an output that is withdrawn says who holds an object that stays for now.
    fn says_who_holds(&self, stack: usize, path: &Path) -> bool {
        let output = self.stacks[stack].changes.outputs.get(path).filter(|output| output.value.is_none());
        let held = |urn: &Urn| {
            let object = self.live(stack, urn);
            object.is_some_and(|object| self.held.contains(&(stack, object.urn.clone(), object.incarnation)))
        };
        output.is_some_and(|output| output.from.iter().any(held))
    }

    /// An object that stays for now and reads one that would go.
    fn held_reader(&self, stack: usize, urn: &Urn, incarnation: u64) -> Option<String> {
        let number = self.number(stack, StepKind::Delete(urn.clone(), incarnation))?;
        if self.makes_room(number) || !self.is_called(stack, urn, incarnation) {
            return None;
        }
        let is_held =
            |stack: usize, reader: &Object| self.held.contains(&(stack, reader.urn.clone(), reader.incarnation));
        let mut inside = self.index.inside(stack, self.earlier_name(stack, urn)).iter();
        let inside = inside.find(|reader| is_held(stack, reader)).map(|reader| (stack, *reader));
        let id = &self.stacks[stack].changes.stack_id;
        let paths: BTreeSet<_> = self.outputs_of(stack, urn).into_iter().map(|(path, _)| path).collect();
        let reads = |reader: &Object| {
            reader.read.iter().any(|read| read.stack_id == *id && paths.iter().any(|path| path.touches(&read.path)))
        };
        let mut across = self.index.across(id).iter();
        let holders = self.object(stack, urn, incarnation).map(|object| self.holders_of(stack, object));
        let mut holders = holders.into_iter().flatten();
        let found = inside
            .or_else(|| across.find(|(stack, reader)| is_held(*stack, reader) && reads(reader)).copied())
            .or_else(|| holders.find(|(stack, reader)| is_held(*stack, reader)));
        found.map(|(stack, reader)| self.reader(stack, reader))
    }
}
