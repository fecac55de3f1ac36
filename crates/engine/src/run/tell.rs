//! What is said of steps: their names, their beginnings and ends, and how many there were.

use diff::Action as Change;
use planner::StepKind;

use super::Runner;
use crate::{Event, StepOutcome, Target};

impl Runner<'_> {
    /// Counts a resource whose step was really done; the two halves of a replacement count once.
    pub(super) fn count(&mut self, node: usize) {
        let step = &self.graph.steps[node];
        let (StepKind::Apply(urn) | StepKind::Delete(urn, _)) = &step.kind else { return };
        let action = self.lives[step.stack].set.resources.get(urn).map(|change| change.action);
        let counts = &mut self.report.counts;
        match (&step.kind, action) {
            (StepKind::Delete(..), Some(Change::Replace { .. })) => {}
            (StepKind::Delete(..), _) => counts.delete += 1,
            (_, Some(Change::Replace { .. })) => counts.replace += 1,
            (_, Some(Change::Update)) => counts.update += 1,
            (_, Some(Change::Adopt)) => counts.adopt += 1,
            _ => counts.create += 1,
        }
    }

    /// What a step is about, and what it does.
    pub(super) fn describe(&self, node: usize) -> (Target, &'static str) {
        let step = &self.graph.steps[node];
        match &step.kind {
            StepKind::Apply(urn) => {
                let change = self.lives[step.stack].set.resources.get(urn);
                let word = match change.map(|change| change.action) {
                    Some(Change::Update) => "update",
                    Some(Change::Replace { .. }) => "replace",
                    Some(Change::Adopt) => "adopt",
                    Some(Change::Read) => "read",
                    Some(Change::Keep) if change.is_some_and(|change| change.moved_from.is_some()) => "move",
                    Some(Change::Keep) if change.is_some_and(|change| change.renamed_from.is_some()) => "rename",
                    Some(Change::Keep) => "record",
                    _ => "create",
                };
                (Target::Resource(urn.clone()), word)
            }
            StepKind::Delete(urn, _) => (Target::Resource(urn.clone()), "delete"),
            StepKind::Publish(path) => (Target::Output(path.clone()), "publish"),
        }
    }

    pub(super) fn announce_start(&self, node: usize) {
        let (target, action) = self.describe(node);
        let stack = self.lives[self.graph.steps[node].stack].set.stack.clone();
        self.events.send(Event::StepStarted { stack, target, action });
    }

    pub(super) fn announce_call(&self, node: usize) {
        let (target, action) = self.describe(node);
        let stack = self.lives[self.graph.steps[node].stack].set.stack.clone();
        self.events.send(Event::CallStarted { stack, target, action });
    }

    pub(super) fn announce_end(&mut self, node: usize, outcome: StepOutcome) {
        let (target, action) = self.describe(node);
        let stack = self.lives[self.graph.steps[node].stack].set.stack.clone();
        let seconds = self.started.remove(&node).map_or(0.0, |start| start.elapsed().as_secs_f64());
        self.events.send(Event::StepEnded { stack, target, action, outcome, seconds });
    }
}
