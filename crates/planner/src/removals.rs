//! What is removed for good, where stacks only waited for one another.

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
