//! Outputs that are made of outputs of other stacks: what is published is there for whoever reads it next, so an object
//! goes when no output names it any more.

use value::Path;

use crate::{Builder, StepKind};

impl<'a> Builder<'a> {
    /// A deletion comes after the outputs of other stacks that are published anew and were made of what goes.
    pub(crate) fn after_outputs_elsewhere(&mut self, number: usize, stack: usize, paths: &[Path]) {
        let paths: Vec<&Path> = paths.iter().collect();
        for (other, path) in self.outputs_elsewhere(stack, &paths) {
            let stays = |output: &diff::OutputChange| output.value.is_some();
            if !self.stacks[other].changes.outputs.get(path).is_some_and(stays) {
                // Nobody reads any more what is withdrawn, and who did is waited for.
                continue;
            }
            if let Some(publish) = self.number(other, StepKind::Publish(path.clone())) {
                self.across.insert((number, publish));
                self.edge(number, Some(publish));
            }
        }
    }

    /// The outputs of other stacks that are made of some, and that a restricted run leaves as they are.
    pub(crate) fn left_outputs_elsewhere(&self, stack: usize, paths: &[&Path]) -> Vec<String> {
        let left = |(other, path): &(usize, &Path)| {
            self.stacks[*other].changes.outputs.get(*path).is_some_and(|output| output.left)
        };
        let found = self.outputs_elsewhere(stack, paths).into_iter().filter(left);
        found.map(|(other, path)| format!("output `{path}` of {}", self.stacks[other].changes.stack)).collect()
    }

    fn outputs_elsewhere(&self, stack: usize, paths: &[&Path]) -> Vec<(usize, &'a Path)> {
        let reading = self.index.passing_on(&self.stacks[stack].changes.stack_id).iter();
        let reading = reading.filter(|(_, _, read)| paths.iter().any(|path| path.touches(&read.path)));
        reading.map(|(other, path, _)| (*other, *path)).collect()
    }
}
