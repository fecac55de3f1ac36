//! What is removed for good, where stacks only waited for one another.

use std::collections::BTreeSet;

use diff::Action;

use crate::{Builder, StepKind, StepNode};

impl Builder<'_> {
    /// What waited for a whole stack to be made goes before what is removed of that.
    pub(crate) fn removal_edges(&mut self) {
        let mut pairs = Vec::new();
        for (stack, input) in self.stacks.iter().enumerate() {
            let upstream = input.state.into_iter().flat_map(|state| &state.waits_for);
            for other in upstream.filter_map(|name| self.names.get(&name.to_string())).filter(|other| **other != stack)
            {
                let last = self.removals(stack, |step| self.result.graph.needed_by(step));
                let first = self.removals(*other, |step| self.result.graph.needs(step));
                pairs.extend(first.iter().flat_map(|&from| last.iter().map(move |&to| (from, to))));
            }
        }
        for (from, to) in pairs {
            self.across.insert((from, to));
            self.edge(from, Some(to));
        }
    }

    /// Who read an object in the stack that it comes from is not recorded where it is now: it goes after everything that
    /// is done there and does not wait for that.
    pub(crate) fn after_what_stays_behind(&mut self) {
        for (number, from) in std::mem::take(&mut self.came) {
            let (mut waiting, mut next) = (BTreeSet::from([number]), vec![number]);
            while let Some(step) = next.pop() {
                let new = self.result.graph.needed_by(step).iter().filter(|step| waiting.insert(**step));
                next.extend(new);
            }
            let steps = self.result.steps.iter().enumerate();
            let there = steps.filter(|(step, node)| node.stack == from && !waiting.contains(step));
            let there: Vec<usize> = there.map(|(step, _)| step).collect();
            there.into_iter().for_each(|step| self.edge(number, Some(step)));
        }
    }

    /// The deletions of what a stack no longer has, without those that have another one of it among `others`.
    fn removals<'b>(&'b self, stack: usize, others: impl Fn(usize) -> &'b [usize]) -> Vec<usize> {
        let is_removal = |step: &usize| {
            let StepNode { stack: of, kind: StepKind::Delete(urn, _) } = &self.result.steps[*step] else {
                return false;
            };
            let action = self.stacks[*of].changes.resources.get(urn).map(|change| change.action);
            *of == stack && action == Some(Action::Delete)
        };
        let steps = (0..self.result.steps.len()).filter(is_removal);
        steps.filter(|step| !others(*step).iter().any(&is_removal)).collect()
    }
}
