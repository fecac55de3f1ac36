//! Traces that other machines have left, and leaving ours.

use plan::{OutputRead, Read};
use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};
use resource::{Evaluated, PLAN_FORMAT, StackName};
use taskgraph::EvaluateRecord;
use value::Digest;

use crate::evaluate::OutputSource;
use crate::{Engine, Preview, SEMANTICS_EPOCH, StackEntry, Trace, Traces};

/// How many questions are under way at a time: what answers is far away, and most of the time is waiting.
const AT_ONCE: usize = 16;

/// Where traces are that other machines have left. It is asked from many threads, and is never believed: a trace counts
/// only if it holds here.
pub trait TraceSource: Send + Sync {
    /// The trace of an evaluation that read what is there now, whose digest `now` gives; `task` says all but the reads.
    fn find(&self, task: &EvaluateRecord, now: &dyn Fn(&Read) -> Option<Digest>) -> Option<Trace>;

    /// The canonical bytes of the plan of a trace that was found.
    fn plan(&self, trace: &Trace) -> Option<Vec<u8>>;

    /// Whether ours are wanted.
    fn wants(&self) -> bool;

    /// Leaves a trace, with the canonical bytes of its plan.
    fn leave(&self, trace: &Trace, plan: &[u8]);
}

impl Engine<'_> {
    /// Traces that hold of stacks whose own ones do not.
    pub(crate) fn find_elsewhere(&self, stacks: &[&StackEntry], held: &dyn OutputSource) -> Traces {
        let Some(shared) = &self.shared else { return Traces::new() };
        let find = |entry: &&StackEntry| {
            let name = entry.name.to_string();
            if self.given.contains_key(&name) {
                return None;
            }
            let code = *self.code.get(self.projects[entry.project].name())?;
            let (format, epoch, stack) = (PLAN_FORMAT, SEMANTICS_EPOCH, entry.name.clone());
            let task = EvaluateRecord { format, epoch, code, stack, reads: plan::Reads::new() };
            let trace = shared.find(&task, &|read| self.digest_now(&entry.name, read, held))?;
            // What was noted of a state elsewhere says nothing of the one here.
            let trace = Trace { idle: None, ..trace };
            self.holds(entry, &trace.record, held).then_some((name, trace))
        };
        side_by_side(|| stacks.par_iter().filter_map(find).collect())
    }

    /// The digest of what is there now, outputs of other stacks included.
    fn digest_now(&self, stack: &StackName, read: &Read, held: &dyn OutputSource) -> Option<Digest> {
        let Read::Output(other, path) = read else { return self.inputs.digest(stack, read) };
        match held.read(other, path) {
            OutputRead::Known { value, applied } => Some(plan::output_digest(&value, applied)),
            OutputRead::NotYet | OutputRead::Missing(_) => None,
        }
    }

    /// Leaves what a preview has evaluated for other machines.
    pub fn share(&self, preview: &Preview) {
        let Some(shared) = self.shared.as_ref().filter(|shared| shared.wants()) else { return };
        let new: Vec<(&Trace, &str)> = preview
            .traces
            .iter()
            .filter(|(name, _)| !preview.found.contains(*name))
            .map(|(name, trace)| (trace, name.as_str()))
            .collect();
        let leave = |(trace, name): (&Trace, &str)| {
            let Some(plan) = preview.plan(name) else { return };
            shared.leave(trace, &Evaluated::Plan(plan.clone()).canonical_bytes());
        };
        side_by_side(|| new.into_par_iter().for_each(leave));
    }
}

/// Does something with threads that wait most of the time.
fn side_by_side<T: Default + Send>(work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().num_threads(AT_ONCE).build() {
        Ok(pool) => pool.install(work),
        // A machine that gives no threads does without.
        Err(_) => T::default(),
    }
}
