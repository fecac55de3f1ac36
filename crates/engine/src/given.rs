//! Plans that were made elsewhere, by a build system, and that this engine is to go by.

use std::collections::BTreeSet;

use diag::{Diagnostic, Diagnostics};
use plan::{Evaluation, Read};
use resource::{Evaluated, StackName};

use crate::Engine;
use crate::evaluate::{FilesOnly, plan_of};

impl Engine<'_> {
    /// The plan that stands for the evaluation of a stack; one that waits for outputs is evaluated here once they are
    /// known.
    pub(crate) fn given_plan(&self, stack: &StackName) -> Option<&Evaluation> {
        let given = self.given.get(&stack.to_string())?;
        plan_of(&given.evaluation).map(|_| &given.evaluation)
    }

    /// What stands against going by the given plans for these stacks: there is none for one of them, or this runner has
    /// not the code that it needs.
    pub fn check_given(&self, selected: &BTreeSet<String>) -> Diagnostics {
        let mut found = Diagnostics::new();
        for name in selected {
            let Some(given) = self.given.get(name) else {
                let problem = Diagnostic::error("E0335", format!("there is no plan of `{name}` among those given"));
                found.push(problem.hint("build it, too, or name the stacks that are to be gone by"));
                continue;
            };
            let Some(entry) = self.catalog.get(name) else { continue };
            let here = self.code.get(self.projects[entry.project].name()).copied();
            // A whole plan needs none of the project's code: the functions that it calls are known by their digests.
            if matches!(given.evaluation.result, Ok(Evaluated::Deferred { .. }))
                && (here.is_none() || given.code != here)
            {
                let message =
                    format!("the plan of `{name}` waits for outputs, and this runner has other code to make it of");
                let problem = Diagnostic::error("E0335", message);
                found.push(problem.hint("build the runner from the sources that the plans were built of"));
            }
        }
        let plans = selected.iter().filter_map(|name| plan_of(&self.given.get(name)?.evaluation));
        let functions = plans.flat_map(|plan| &plan.functions).map(|(name, digest)| (name.as_str(), *digest));
        found.extend(self.lacking_functions(functions.collect()));
        found
    }

    /// What the given plans of these stacks were made of and is not so here: files, directories, locks, variables.
    pub fn differing_inputs(&self, selected: &BTreeSet<String>) -> Diagnostics {
        let outputs = FilesOnly(self);
        let mut found = Diagnostics::new();
        for name in selected {
            let (Some(given), Some(entry)) = (self.given.get(name), self.catalog.get(name)) else { continue };
            let reads = given.evaluation.reads.iter();
            let differing = reads.filter(|(read, digest)| !self.is_as_read(&entry.name, read, **digest, &outputs));
            let mut notes = differing.map(|(read, _)| format!("it read {}", shown(read))).peekable();
            if notes.peek().is_some() {
                let problem = Diagnostic::error("E0336", format!("the plan of `{name}` was made of other inputs"));
                found.push(notes.fold(problem, Diagnostic::note).hint("build it again from this workspace"));
            }
        }
        found
    }
}

/// What was read, for people.
fn shown(read: &Read) -> String {
    match read {
        Read::Config => "the stack file, which says something else here".to_owned(),
        Read::File(path) => format!("`{path}`, which is another file here"),
        Read::List(directory) => format!("the names in `{directory}`, which are others here"),
        Read::Variable(name) => format!("the environment variable `{name}`, which is set to something else here"),
        Read::World(query) => format!("the world lock's answer to `{query}`, which is another one here"),
        Read::Output(stack, path) => format!("`{path}` of `{stack}`, which is another value here"),
    }
}
