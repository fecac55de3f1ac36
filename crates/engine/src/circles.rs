//! Cycles that run through stacks which are not compared: no pass sees them, since it reads what these have published.

use std::collections::{BTreeMap, BTreeSet};

use diff::{ChangeSet, StackInput, cycles};
use plan::Evaluation;
use resource::StackName;
use taskgraph::OutputSet;
use value::Path;

use crate::PreviewError;
use crate::evaluate::plan_of;
use crate::work::Work;

impl Work<'_> {
    /// Reads by which resting stacks close a circle with a stack that newly reads one of them: these are compared too,
    /// although nothing changes for them, so that a cycle of resources is seen.
    pub(crate) fn closing_reads(&self, sets: &[ChangeSet]) -> OutputSet {
        let clean: BTreeMap<&String, &OutputSet> = self.rounds.clean().collect();
        let mut closing = OutputSet::new();
        for set in sets {
            let name = set.stack.to_string();
            let mut seen: BTreeSet<&String> = BTreeSet::new();
            let mut next = self.newly_read(set);
            while let Some(stack) = next.pop() {
                if let Some(reads) = clean.get(stack).filter(|_| seen.insert(stack)) {
                    next.extend(reads.iter().map(|(upstream, _)| upstream));
                }
            }
            let reads = || seen.iter().flat_map(|stack| clean[*stack]);
            if reads().any(|(upstream, _)| *upstream == name) {
                closing.extend(reads().filter(|(upstream, _)| *upstream == name || seen.contains(upstream)).cloned());
            }
        }
        closing
    }

    /// Reports the cycles that run through stacks outside the selection. Only where such stacks read, directly or not,
    /// one that they are read by are their programs asked.
    pub(crate) async fn circles_outside(&mut self) -> Result<(), PreviewError> {
        let mut through = BTreeSet::new();
        let is_outside = |stack: &&String| !self.options.selected.contains(*stack);
        let outside = |set: &ChangeSet| set.reads.keys().map(|(stack, _)| stack).filter(is_outside).cloned().collect();
        let sets = self.preview.changes.iter();
        let reading: Vec<(String, Vec<String>)> = sets.map(|set| (set.stack.to_string(), outside(set))).collect();
        for (name, outside) in reading {
            let reached = self.reached(outside).await?;
            if reached.contains(&name) {
                through.extend(reached);
            }
        }
        through.retain(|stack| self.planned.get(stack).is_none_or(|planned| planned.plan.is_none()));
        if through.is_empty() {
            return Ok(());
        }
        let source = self.plain_outputs(&self.options.selected);
        let entries = through.iter().filter_map(|stack| self.engine.catalog.get(stack));
        let outside: Vec<(&StackName, Evaluation)> =
            entries.map(|entry| (&entry.name, self.engine.evaluate_now(entry, &source))).collect();
        let outside = outside.iter().map(|(name, evaluation)| (*name, plan_of(evaluation), &evaluation.sources));
        let inside = self.preview.changes.iter().filter_map(|set| {
            let planned = self.planned.get(&set.stack.to_string())?;
            Some((&set.stack, planned.plan.as_deref(), &*planned.sources))
        });
        let input = |(name, plan, sources)| StackInput {
            name,
            id: "",
            base: None,
            plan,
            sources: Some(sources),
            state: None,
            approved: None,
        };
        let inputs: Vec<StackInput<'_>> = inside.chain(outside).map(input).collect();
        cycles(&inputs).into_result(()).map_err(PreviewError::Problems)
    }

    /// The stacks that some read, directly or not, as states say; with them.
    async fn reached(&mut self, from: Vec<String>) -> Result<BTreeSet<String>, PreviewError> {
        let mut reached = BTreeSet::new();
        let mut next = from;
        while let Some(stack) = next.pop() {
            if !reached.insert(stack.clone()) {
                continue;
            }
            self.load([stack.clone()]).await?;
            let reads = self.world.states.get(&stack).map(|state| state.reads()).unwrap_or_default();
            next.extend(reads.into_iter().map(|read| read.stack.clone()));
        }
        Ok(reached)
    }

    /// The stacks that a stack reads and did not read when it was last applied.
    fn newly_read<'b>(&self, set: &'b ChangeSet) -> Vec<&'b String> {
        let known = self.world.states.get(&set.stack.to_string()).map(|state| state.reads()).unwrap_or_default();
        let is_new =
            |read: &&(String, Path)| !known.iter().any(|known| known.stack == read.0 && known.path.covers(&read.1));
        set.reads.keys().filter(is_new).map(|(stack, _)| stack).collect()
    }
}
