//! Why a stack would be evaluated again, and why it would move.

use plan::{Inputs, Read, Reads};
use resource::PLAN_FORMAT;
use taskgraph::{Difference, EvaluateRecord};

use crate::{Engine, Preview, Recorded, SEMANTICS_EPOCH, Trace};

impl Engine<'_> {
    /// What of that which a trace's evaluation read is no longer as it was; empty = the trace holds.
    pub fn why_evaluated(&self, stack: &str, trace: &Trace) -> Vec<Difference> {
        let Some(entry) = self.catalog.get(stack) else {
            return vec![Difference::new("stack", stack, "it is not in the workspace")];
        };
        let code = self.code.get(self.projects[entry.project].name()).copied();
        let old = without_outputs(&trace.record);
        let new = EvaluateRecord {
            format: PLAN_FORMAT,
            epoch: SEMANTICS_EPOCH,
            code: code.unwrap_or(trace.record.code),
            stack: entry.name.clone(),
            reads: found(&old, self.inputs),
        };
        let config = self.inputs.config(&entry.name).map(|node| node.to_value()).unwrap_or_default();
        taskgraph::differences_of_evaluate(&old, &new, Some((&trace.config.value(), &config)))
    }

    /// What of that which an evaluation reads now is another in other sources; its code and outputs of other stacks are
    /// not looked at. Where nothing is, an evaluation of the same code would have read the same there, and no more.
    pub fn why_other_than(&self, recorded: &Recorded, then: &dyn Inputs) -> Vec<Difference> {
        let Some(record) = &recorded.record else { return Vec::new() };
        let new = without_outputs(record);
        let old = EvaluateRecord { reads: found(&new, then), ..new.clone() };
        let config = then.config(&record.stack).map(|node| node.to_value()).unwrap_or_default();
        taskgraph::differences_of_evaluate(&old, &new, Some((&config, &recorded.config)))
    }

    /// The digest of the plan that a stack's program gives now, without state.
    pub fn plan_digest(&self, stack: &str) -> Option<value::Digest> {
        let survey = self.survey(self.catalog.get(stack));
        let evaluation = survey.evaluations.into_values().next()?;
        evaluation.result.ok().map(|evaluated| evaluated.digest())
    }

    /// Why a preview does something to a stack, or does nothing: what it reads of others, and what differs.
    pub fn why_changed(&self, stack: &str, preview: &Preview) -> Vec<Difference> {
        let state = |text: String| Difference::new("state", stack, text);
        let Some(set) = preview.changes.iter().find(|set| set.stack.to_string() == stack) else {
            let head = preview.world.heads.get(stack);
            let objects = head.map(|head| head.objects);
            let text =
                |objects| format!("its {objects} resources are as its plan says, with the outputs that it reads");
            return objects.map(|objects| state(text(objects))).into_iter().collect();
        };
        let mut reasons = Vec::new();
        if set.base.is_none() {
            reasons.push(state("it was never applied".to_owned()));
        }
        for ((other, path), pin) in &set.reads {
            if pin.proposed {
                let name = format!("{other}:{path}");
                reasons.push(Difference::new("output", name.clone(), format!("output {name} changes")));
            }
        }
        let counts = set.counts();
        if counts.changes() > 0 {
            let adopt = if counts.adopt > 0 { format!(", {} to take over", counts.adopt) } else { String::new() };
            reasons.push(state(format!(
                "its plan differs from its state: {} to create{adopt}, {} to update, {} to replace, {} to delete",
                counts.create, counts.update, counts.replace, counts.delete
            )));
        }
        let outputs = set.outputs.values().filter(|output| output.changes()).count();
        if outputs > 0 && counts.changes() == 0 {
            reasons.push(state(format!("{outputs} of its outputs change")));
        }
        reasons
    }
}

/// Another stack's output is judged by whoever knows what is proposed.
fn without_outputs(record: &EvaluateRecord) -> EvaluateRecord {
    let reads = record.reads.iter().filter(|(read, _)| !matches!(read, Read::Output(..)));
    EvaluateRecord { reads: reads.map(|(read, digest)| (read.clone(), *digest)).collect(), ..record.clone() }
}

/// What is there of that which a record read.
fn found(record: &EvaluateRecord, inputs: &dyn Inputs) -> Reads {
    let digest = |read: &Read| inputs.digest(&record.stack, read).unwrap_or_else(plan::absent);
    record.reads.keys().map(|read| (read.clone(), digest(read))).collect()
}
