//! Why a stack would be evaluated again, and why it would move.

use plan::Read;
use resource::PLAN_FORMAT;
use taskgraph::EvaluateRecord;

use crate::evaluate::digest_of;
use crate::{Engine, Preview, SEMANTICS_EPOCH, Trace};

impl Engine<'_> {
    /// What of that which a trace's evaluation read is no longer as it was; empty = the trace holds.
    pub fn why_evaluated(&self, stack: &str, trace: &Trace) -> Vec<String> {
        let Some(entry) = self.catalog.get(stack) else { return vec!["it is not in the workspace".to_owned()] };
        let code = self.code.get(self.projects[entry.project].name()).copied();
        // Another stack's output is judged by the preview, which knows what is proposed.
        let reads = trace.record.reads.iter().filter(|(read, _)| !matches!(read, Read::Output(..)));
        let now = reads
            .clone()
            .map(|(read, _)| (read.clone(), digest_of(read, &entry.name, self.inputs).unwrap_or_else(plan::absent)));
        let new = EvaluateRecord {
            format: PLAN_FORMAT,
            epoch: SEMANTICS_EPOCH,
            code: code.unwrap_or(trace.record.code),
            stack: entry.name.clone(),
            reads: now.collect(),
        };
        let old = EvaluateRecord {
            reads: reads.map(|(read, digest)| (read.clone(), *digest)).collect(),
            ..trace.record.clone()
        };
        let config = self.inputs.config(&entry.name).map(|node| node.to_value()).unwrap_or_default();
        taskgraph::differences_of_evaluate(&old, &new, Some((&trace.config, &config)))
    }

    /// The digest of the plan that a stack's program gives now, without state.
    pub fn plan_digest(&self, stack: &str) -> Option<value::Digest> {
        let survey = self.survey(self.catalog.get(stack));
        let evaluation = survey.evaluations.into_values().next()?;
        evaluation.result.ok().map(|evaluated| evaluated.digest())
    }

    /// Why a preview does something to a stack, or does nothing: what it reads of others, and what differs.
    pub fn why_changed(&self, stack: &str, preview: &Preview) -> Vec<String> {
        let mut reasons = Vec::new();
        let Some(set) = preview.changes.iter().find(|set| set.stack.to_string() == stack) else {
            if let Some(head) = preview.world.heads.get(stack) {
                reasons.push(format!(
                    "its {} resources are as its plan says, with the outputs that it reads",
                    head.objects
                ));
            }
            return reasons;
        };
        if set.base.is_none() {
            reasons.push("it was never applied".to_owned());
        }
        for ((other, path), pin) in &set.reads {
            if pin.proposed {
                reasons.push(format!("output {other}:{path} changes"));
            }
        }
        let counts = set.counts();
        if counts.changes() > 0 {
            let adopt = if counts.adopt > 0 { format!(", {} to take over", counts.adopt) } else { String::new() };
            reasons.push(format!(
                "its plan differs from its state: {} to create{adopt}, {} to update, {} to replace, {} to delete",
                counts.create, counts.update, counts.replace, counts.delete
            ));
        }
        let outputs = set.outputs.values().filter(|output| output.changes()).count();
        if outputs > 0 && counts.changes() == 0 {
            reasons.push(format!("{outputs} of its outputs change"));
        }
        reasons
    }
}
