//! Evaluating stacks: in parallel, and only where something that was read has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;

use diag::{Diagnostic, Diagnostics};
use plan::{Evaluation, Inputs, OutputRead, Read, Reads};
use rayon::iter::{Either, IntoParallelRefIterator, ParallelIterator};
use resource::{Evaluated, PLAN_FORMAT, Plan, Sources, StackName};
use taskgraph::EvaluateRecord;
use value::{Digest, Path, Value};

use crate::providers::family;
use crate::{Engine, SEMANTICS_EPOCH, StackEntry, Trace, Traces};

/// What evaluations of stacks gave.
#[derive(Debug, Default)]
pub struct Evaluations<'t> {
    /// Those that were done, by full name.
    pub done: BTreeMap<String, Evaluation>,
    /// Those whose trace holds.
    pub cached: BTreeMap<String, &'t Trace>,
    /// Those whose trace does not, but one that another machine has left.
    pub found: Traces,
}

/// What plain reads of outputs see.
pub(crate) trait OutputSource: Sync {
    /// The output of another stack.
    fn read(&self, stack: &str, path: &Path) -> OutputRead;

    /// The digest of the value that would be read; `None` = it is not known.
    fn digest(&self, stack: &str, path: &Path) -> Option<Digest> {
        match self.read(stack, path) {
            OutputRead::Known { value, .. } => Some(value.digest()),
            OutputRead::NotYet | OutputRead::Missing(_) => None,
        }
    }

    /// Whether a program that recorded this digest of an output would see the same value.
    fn is_as_seen(&self, stack: &str, path: &Path, recorded: Digest) -> bool {
        self.digest(stack, path).is_some_and(|value| plan::saw_output(recorded, value))
    }
}

/// The workspace's inputs with outputs of other stacks.
struct WithOutputs<'a> {
    inputs: &'a dyn Inputs,
    outputs: &'a dyn OutputSource,
}

impl Inputs for WithOutputs<'_> {
    fn config(&self, stack: &StackName) -> Result<config::Node, Diagnostics> {
        self.inputs.config(stack)
    }

    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        self.inputs.file(path)
    }

    fn list(&self, directory: &str) -> Result<Option<Vec<String>>, Diagnostic> {
        self.inputs.list(directory)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.inputs.variable(name)
    }

    fn world(&self, stack: &StackName, query: &str, arguments: &Value) -> Result<Option<Value>, Diagnostics> {
        self.inputs.world(stack, query, arguments)
    }

    fn output(&self, stack: &str, path: &Path) -> OutputRead {
        self.outputs.read(stack, path)
    }
}

/// Evaluations without state: what plans are, and which stacks they read.
#[derive(Debug, Default)]
pub struct Survey {
    /// What was evaluated, by full name.
    pub evaluations: BTreeMap<String, Evaluation>,
    /// For each stack those that it reads or waits for.
    pub needs: BTreeMap<String, BTreeSet<String>>,
}

impl Survey {
    /// The outputs of other stacks that a stack reads.
    pub fn reads(&self, stack: &str) -> BTreeSet<(String, Path)> {
        let Some(evaluation) = self.evaluations.get(stack) else { return BTreeSet::new() };
        let plain = plain_reads(&evaluation.reads).map(|(stack, path, _)| (stack.clone(), path.clone()));
        let waits = match &evaluation.result {
            Ok(Evaluated::Deferred { waits_for, .. }) => waits_for.clone(),
            _ => BTreeSet::new(),
        };
        plain.chain(waits).chain(plan_of(evaluation).map(Plan::reads).unwrap_or_default()).collect()
    }

    /// The families of the types of a stack's resources: `aws` of `AWS::EC2::VPC`.
    pub fn families(&self, stack: &str) -> BTreeSet<String> {
        let plan = self.evaluations.get(stack).and_then(plan_of);
        plan.into_iter().flat_map(|plan| plan.resources.keys()).map(|urn| family(urn.ty())).collect()
    }
}

/// Outputs of foreign stacks are files; those of others are not asked for.
pub(crate) struct FilesOnly<'a>(pub &'a Engine<'a>);

impl OutputSource for FilesOnly<'_> {
    fn read(&self, stack: &str, path: &Path) -> OutputRead {
        let Some(foreign) = self.0.catalog.foreign(stack) else { return OutputRead::NotYet };
        let found = diff::leaf_of(&foreign.outputs, path).and_then(|(leaf, value)| {
            value.at(&Path::from(path.segments()[leaf.segments().len()..].to_vec())).cloned()
        });
        match found {
            Some(value) => OutputRead::Known { value, applied: true },
            None => OutputRead::Missing(Diagnostic::error("E0302", format!("stack `{stack}` has no output `{path}`"))),
        }
    }
}

impl Engine<'_> {
    /// Evaluates stacks without reading state; one that branches on outputs of others gives its deferred plan.
    pub fn survey<'b>(&self, stacks: impl IntoIterator<Item = &'b StackEntry>) -> Survey {
        let stacks: Vec<&StackEntry> = stacks.into_iter().collect();
        let mut survey = Survey::default();
        let none = Traces::new();
        for (name, evaluation) in self.evaluate(&stacks, &none, &FilesOnly(self), &FilesOnly(self)).done {
            let mut needs: BTreeSet<String> = evaluation.sources.references.keys().cloned().collect();
            if let Some(plan) = plan_of(&evaluation) {
                needs.extend(plan.reads().into_iter().map(|(stack, _)| stack));
                needs.extend(plan.after.iter().map(ToString::to_string));
            }
            survey.needs.insert(name.clone(), needs);
            survey.evaluations.insert(name, evaluation);
        }
        survey
    }

    /// Evaluates stacks whose trace does not hold. Traces are judged by the outputs as `held` has them; programs see
    /// them as `outputs` has them.
    pub(crate) fn evaluate<'t>(
        &self,
        stacks: &[&StackEntry],
        traces: &'t Traces,
        held: &dyn OutputSource,
        outputs: &dyn OutputSource,
    ) -> Evaluations<'t> {
        let (cached, open) = self.look_up(stacks, traces, held);
        Evaluations { done: self.evaluate_all(&open, outputs), cached, found: Traces::new() }
    }

    /// The same, unless another machine has left a trace that holds.
    pub(crate) fn find_or_evaluate<'t>(
        &self,
        stacks: &[&StackEntry],
        traces: &'t Traces,
        held: &dyn OutputSource,
        outputs: &dyn OutputSource,
    ) -> Evaluations<'t> {
        let (cached, mut open) = self.look_up(stacks, traces, held);
        let found = self.find_elsewhere(&open, held);
        open.retain(|entry| !found.contains_key(&entry.name.to_string()));
        Evaluations { done: self.evaluate_all(&open, outputs), cached, found }
    }

    /// The traces that hold, and the stacks without one.
    fn look_up<'b, 't>(
        &self,
        stacks: &[&'b StackEntry],
        traces: &'t Traces,
        held: &dyn OutputSource,
    ) -> (BTreeMap<String, &'t Trace>, Vec<&'b StackEntry>) {
        let look = |entry: &&'b StackEntry| {
            let name = entry.name.to_string();
            match traces.get(&name).filter(|trace| self.holds(entry, &trace.record, held)) {
                Some(trace) => Either::Left((name, trace)),
                None => Either::Right(*entry),
            }
        };
        let (cached, open): (Vec<_>, Vec<_>) = stacks.par_iter().partition_map(look);
        (cached.into_iter().collect(), open)
    }

    fn evaluate_all(&self, stacks: &[&StackEntry], outputs: &dyn OutputSource) -> BTreeMap<String, Evaluation> {
        stacks.par_iter().map(|entry| (entry.name.to_string(), self.evaluate_now(entry, outputs))).collect()
    }

    /// The trace of a stack, if it holds.
    pub(crate) fn trace_that_holds<'t>(
        &self,
        entry: &StackEntry,
        traces: &'t Traces,
        outputs: &dyn OutputSource,
    ) -> Option<&'t Trace> {
        traces.get(&entry.name.to_string()).filter(|trace| self.holds(entry, &trace.record, outputs))
    }

    /// Evaluates one stack, whatever its trace says.
    pub(crate) fn evaluate_now(&self, entry: &StackEntry, outputs: &dyn OutputSource) -> Evaluation {
        self.evaluate_with(entry, &WithOutputs { inputs: self.inputs, outputs })
    }

    /// Evaluates one stack and writes into its plan which functions it needs, with the digest of their source.
    fn evaluate_with(&self, entry: &StackEntry, inputs: &dyn Inputs) -> Evaluation {
        if let Some(given) = self.given_plan(&entry.name) {
            return given.clone();
        }
        let evaluate = || self.projects[entry.project].evaluate(entry.name.clone(), inputs);
        let evaluation = std::panic::catch_unwind(AssertUnwindSafe(evaluate)).unwrap_or_else(|_| {
            let problem = Diagnostic::error("E0590", format!("the program of `{}` panicked", entry.name));
            let hint = "mend what it says above; a plan function gives problems back as `Err`, and does not panic";
            Evaluation { result: Err(problem.hint(hint).into()), sources: Sources::default(), reads: BTreeMap::new() }
        });
        evaluation.with_functions(|name| self.functions.get(name).copied())
    }

    /// Whether everything that an evaluation depended on is as it was.
    pub(crate) fn holds(&self, entry: &StackEntry, record: &EvaluateRecord, outputs: &dyn OutputSource) -> bool {
        let is_same = |(read, digest): (&Read, &Digest)| self.is_as_read(&entry.name, read, *digest, outputs);
        self.is_by(entry, record.code)
            && (record.format, record.epoch) == (PLAN_FORMAT, SEMANTICS_EPOCH)
            && record.reads.iter().all(is_same)
    }

    /// Whether it is this code that a stack goes by.
    pub(crate) fn is_by(&self, entry: &StackEntry, code: Digest) -> bool {
        let given = !self.given.is_empty() && self.given.contains_key(&entry.name.to_string());
        !given && self.code.get(self.projects[entry.project].name()) == Some(&code)
    }

    /// Whether what an evaluation has recorded of something that it read is so now.
    pub(crate) fn is_as_read(
        &self,
        stack: &StackName,
        read: &Read,
        recorded: Digest,
        outputs: &dyn OutputSource,
    ) -> bool {
        match read {
            Read::Output(other, path) => outputs.is_as_seen(other, path, recorded),
            read => self.inputs.digest(stack, read) == Some(recorded),
        }
    }

    /// The trace of an evaluation that gave a whole plan.
    pub(crate) fn trace_of(&self, entry: &StackEntry, evaluation: &Evaluation) -> Option<Trace> {
        if self.given_plan(&entry.name).is_some() {
            return None;
        }
        let code = *self.code.get(self.projects[entry.project].name())?;
        let Ok(evaluated @ Evaluated::Plan(plan)) = &evaluation.result else { return None };
        Some(Trace {
            record: EvaluateRecord {
                format: PLAN_FORMAT,
                epoch: SEMANTICS_EPOCH,
                code,
                stack: entry.name.clone(),
                reads: evaluation.reads.clone(),
            },
            config: self.inputs.config(&entry.name).map(|node| (&node.to_value()).into()).unwrap_or_default(),
            plan: evaluated.digest(),
            outputs: plan.reads(),
            after: plan.waits_for().iter().map(ToString::to_string).collect(),
            exports: crate::footprint::exports(plan),
            idle: None,
            secrets: plan.secrets(),
            takes: crate::moves::takes(plan),
        })
    }
}

/// The outputs of other stacks that a program branched on, with the digests of what it saw.
pub(crate) fn plain_reads(reads: &Reads) -> impl Iterator<Item = (&String, &Path, Digest)> {
    reads.iter().filter_map(|(read, digest)| match read {
        Read::Output(stack, path) => Some((stack, path, *digest)),
        _ => None,
    })
}

/// The plan of an evaluation, if it gave one.
pub(crate) fn plan_of(evaluation: &Evaluation) -> Option<&Plan> {
    match &evaluation.result {
        Ok(Evaluated::Plan(plan)) => Some(plan),
        _ => None,
    }
}
