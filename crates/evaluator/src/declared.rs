//! Evaluating with nothing but the inputs that a manifest declares.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use config::Node;
use config_load::{Files, Tree, Variables};
use diag::{Diagnostic, Diagnostics};
use plan::{Evaluation, Inputs, OutputRead, Project};
use resource::StackName;
use value::{Digest, Path, Value};

use crate::Manifest;
use crate::manifest::WRITE;

/// Evaluates a stack without other stacks' outputs and without the environment; foreign stacks are files, and are read.
///
/// With a manifest the evaluation may read what it declares, and nothing else; and that must be as it was declared:
/// there, or absent.
pub fn evaluate(
    project: &Project,
    stack: &StackName,
    tree: &Tree,
    manifest: Option<&Manifest>,
    functions: impl Fn(&str) -> Option<Digest>,
) -> Evaluation {
    let variables = Variables::none();
    let files = Files::new(tree, &variables);
    let inputs = files.inputs(|stack, path| foreign_output(tree, stack, path));
    let Some(manifest) = manifest else {
        return project.evaluate(stack.clone(), &inputs).with_functions(functions);
    };
    let declared = Declared { inputs: &inputs, tree, manifest, stack, found: Mutex::new(manifest.differences(tree)) };
    let mut evaluation = project.evaluate(stack.clone(), &declared).with_functions(functions);
    let found = declared.found.into_inner().unwrap_or_else(PoisonError::into_inner);
    if !found.is_empty() {
        evaluation.result = Err(found);
    }
    evaluation
}

/// The output of a foreign stack; that of any other stack is not known without state.
fn foreign_output(tree: &Tree, stack: &str, path: &Path) -> OutputRead {
    match tree.foreign(stack) {
        Ok(None) => OutputRead::NotYet,
        Ok(Some(foreign)) => match foreign.value(path) {
            Some(value) => OutputRead::Known { value, applied: true },
            None => OutputRead::Missing(Diagnostic::error("E0302", format!("stack `{stack}` has no output `{path}`"))),
        },
        Err(found) => match found.into_iter().next() {
            Some(problem) => OutputRead::Missing(problem),
            None => OutputRead::NotYet,
        },
    }
}

impl Manifest {
    /// What is not as the manifest says: files that vanished, or appeared.
    fn differences(&self, tree: &Tree) -> Diagnostics {
        let there = |path: &str| tree.root().join(path).exists();
        let of = |paths: &BTreeSet<String>, wanted: bool, what: &str| {
            let differs = paths.iter().filter(|path| there(path) != wanted);
            let problem = |path: &String| {
                let message = format!("the manifest of inputs is out of date: `{path}` {what}");
                Diagnostic::error("E0331", message).hint(WRITE)
            };
            differs.map(problem).collect::<Vec<_>>()
        };
        let mut found = Diagnostics::new();
        found.extend(of(&self.files, true, "is not there any more"));
        found.extend(of(&self.directories, true, "is not there any more"));
        found.extend(of(&self.absent, false, "is there now"));
        found
    }
}

/// Inputs that answer for what a manifest declares.
struct Declared<'a> {
    inputs: &'a dyn Inputs,
    tree: &'a Tree,
    manifest: &'a Manifest,
    stack: &'a StackName,
    found: Mutex<Diagnostics>,
}

impl Declared<'_> {
    /// Refuses what is not declared, even if the plan function goes on as if nothing had happened.
    fn check(&self, declared: bool, what: &str) -> Result<(), Diagnostic> {
        if declared {
            return Ok(());
        }
        let message = format!("undeclared input: the plan of `{}` reads {what}", self.stack);
        let problem = Diagnostic::error("E0330", message).hint(WRITE);
        self.found.lock().unwrap_or_else(PoisonError::into_inner).push(problem.clone());
        Err(problem)
    }

    fn check_file(&self, path: &str) -> Result<(), Diagnostic> {
        let declared = self.manifest.files.contains(path) || self.manifest.absent.contains(path);
        self.check(declared, &format!("`{path}`"))
    }
}

impl Inputs for Declared<'_> {
    fn config(&self, stack: &StackName) -> Result<Node, Diagnostics> {
        self.check_file(&self.tree.stack_file(stack))?;
        self.inputs.config(stack)
    }

    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        self.check_file(path)?;
        self.inputs.file(path)
    }

    fn list(&self, directory: &str) -> Result<Option<Vec<String>>, Diagnostic> {
        let declared = self.manifest.directories.contains(directory) || self.manifest.absent.contains(directory);
        self.check(declared, &format!("the names in `{directory}`"))?;
        self.inputs.list(directory)
    }

    fn variable(&self, name: &str) -> Option<String> {
        // The problem is kept, and ends the evaluation in the end.
        drop(self.check(self.manifest.variables.contains(name), &format!("the environment variable `{name}`")));
        None
    }

    fn world(&self, stack: &StackName, query: &str, arguments: &Value) -> Result<Option<Value>, Diagnostics> {
        self.check_file(&self.tree.lock_file(stack))?;
        self.inputs.world(stack, query, arguments)
    }

    fn output(&self, stack: &str, path: &Path) -> OutputRead {
        match self.check_file(&self.tree.foreign_file(stack)) {
            Ok(()) => self.inputs.output(stack, path),
            Err(problem) => OutputRead::Missing(problem),
        }
    }
}
