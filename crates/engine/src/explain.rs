//! Why a stack would be evaluated again, and why it would move.

use plan::Read;

use crate::evaluate::digest_of;
use crate::{Engine, Preview, Trace};

impl Engine<'_> {
    /// What of that which a trace's evaluation read is no longer as it was; empty = the trace holds.
    pub fn why_evaluated(&self, stack: &str, trace: &Trace) -> Vec<String> {
        let Some(entry) = self.catalog.get(stack) else { return vec!["it is not in the workspace".to_owned()] };
        let project = self.projects[entry.project].name();
        let mut reasons = Vec::new();
        if self.code.get(project) != Some(&trace.code) {
            reasons.push(format!("the code of `{project}`, or of a crate that it is built of, has changed"));
        }
        for (read, digest) in &trace.reads {
            // Another stack's output is judged by the preview, which knows what is proposed.
            if matches!(read, Read::Output(..)) || digest_of(read, &entry.name, self.inputs) == Some(*digest) {
                continue;
            }
            reasons.push(match read {
                Read::Config => "its configuration has changed".to_owned(),
                Read::File(path) => format!("file `{path}` has changed, appeared or vanished"),
                Read::List(directory) => format!("the names in `{directory}` have changed"),
                Read::Variable(name) => format!("environment variable `{name}` has changed"),
                Read::World(query) => format!("the world lock's answer to {query} has changed"),
                Read::Output(..) => continue,
            });
        }
        reasons
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
            reasons.push(format!(
                "its plan differs from its state: {} to create, {} to update, {} to replace, {} to delete",
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
