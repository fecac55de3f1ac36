//! Programs that branch on outputs of other stacks: what they saw must still be so when their plans are used.

use std::collections::BTreeMap;

use diag::Diagnostic;
use plan::Evaluation;
use resource::Evaluated;
use taskgraph::OutputSet;
use value::{Digest, Path};

use crate::evaluate::{OutputSource, plain_reads};
use crate::preview::PreviewError;
use crate::work::Work;
use crate::{StackEntry, Traces};

/// How often the program of a stack may be asked in one preview because what it branches on became another.
const MOST: usize = 20;

/// The outputs that the programs of stacks with a plan branched on, by full name, with what they saw.
#[derive(Debug, Default)]
pub(crate) struct Branches {
    seen: BTreeMap<String, BTreeMap<(String, Path), Digest>>,
    asked: BTreeMap<String, usize>,
}

impl Branches {
    /// Keeps what the program of a stack saw; gives which outputs that were.
    pub(crate) fn keep(&mut self, stack: &str, reads: &plan::Reads) -> OutputSet {
        let seen: BTreeMap<_, _> =
            plain_reads(reads).map(|(stack, path, digest)| ((stack.clone(), path.clone()), digest)).collect();
        let outputs = seen.keys().cloned().collect();
        self.seen.insert(stack.to_owned(), seen);
        outputs
    }
}

impl Work<'_> {
    /// Loads what traces are judged by and heads do not tell.
    pub(crate) async fn load_plain(&mut self, traces: &Traces) -> Result<(), PreviewError> {
        let traces = self.options.selected.iter().filter_map(|name| traces.get(name));
        let reads = traces.flat_map(|trace| plain_reads(&trace.record.reads));
        let untold = reads.filter(|(stack, path, _)| self.world.at_head(stack, path).is_none());
        let stacks: Vec<String> = untold.map(|(stack, ..)| stack.clone()).collect();
        Ok(self.load(stacks).await?)
    }

    /// Asks the programs again that branched on outputs which the last comparison makes others.
    pub(crate) fn ask_again(&mut self) -> Result<(), PreviewError> {
        let moving = self.moving();
        let source = self.plain_outputs(&moving);
        let is_outdated = |((stack, path), digest): (&(String, Path), &Digest)| {
            self.proposed.contains_key(stack) && moving.contains(stack) && !source.is_as_seen(stack, path, *digest)
        };
        let compared = self.preview.changes.iter().map(|set| set.stack.to_string());
        let outdated: Vec<String> = compared
            .filter(|name| self.branches.seen.get(name).is_some_and(|seen| seen.iter().any(is_outdated)))
            .collect();
        for name in outdated {
            let asked = self.branches.asked.entry(name.clone()).or_default();
            *asked += 1;
            if *asked > MOST {
                let message = format!("the program of `{name}` branches on an output that changes with what it says");
                let problem = Diagnostic::error("E0312", message)
                    .hint("let it, or one of the stacks between, use the output symbolically instead of its value");
                return Err(problem.into());
            }
            self.rounds.outdated(&name);
        }
        Ok(())
    }

    /// Evaluates a stack that is not selected, with what is published of those that it branches on.
    pub(crate) async fn evaluate_outside(&mut self, entry: &StackEntry) -> Result<Evaluation, PreviewError> {
        loop {
            let moving = self.moving();
            let evaluation = self.engine.evaluate_now(entry, &self.plain_outputs(&moving));
            let Ok(Evaluated::Deferred { waits_for, .. }) = &evaluation.result else { return Ok(evaluation) };
            let more = waits_for.iter().map(|(stack, _)| stack).filter(|stack| self.world.is_to_load(stack));
            let more: Vec<String> = more.cloned().collect();
            if more.is_empty() {
                return Ok(evaluation);
            }
            self.load(more).await?;
        }
    }
}
