//! What evaluating a stack reads of a workspace, by path: what a build system has to hand to it.

use std::collections::{BTreeMap, BTreeSet};

use config_load::Tree;
use diag::{Diagnostic, Diagnostics};
use plan::{Evaluation, Read};
use resource::{Evaluated, StackName};
use serde::{Deserialize, Serialize};

/// Everything that an evaluation reads, by path from the workspace's root. Contents do not count: an edit of a file
/// changes no manifest, unless the plan function then reads something else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Files.
    pub files: BTreeSet<String>,
    /// Files and directories that were looked for and are not there.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub absent: BTreeSet<String>,
    /// Directories whose names were listed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub directories: BTreeSet<String>,
    /// Environment variables, which are unset in a hermetic build.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub variables: BTreeSet<String>,
}

/// The manifests of a project's stacks, by short name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Manifests(pub BTreeMap<String, Manifest>);

/// Where the manifests of a project are, from the workspace's root.
pub fn manifest_file(tree: &Tree, project: &str) -> String {
    format!("{}/stacks/inputs.lock.json", tree.project_directory(project))
}

impl Manifest {
    /// What an evaluation read, in the files that it read from.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn of(stack: &StackName, evaluation: &Evaluation, tree: &Tree) -> Result<Self, Diagnostic> {
        let mut manifest = Self::default();
        for (read, digest) in &evaluation.reads {
            let there = *digest != plan::absent();
            match read {
                Read::Config => manifest.add(tree.stack_file(stack), true),
                Read::File(path) => manifest.add(path.clone(), there),
                Read::List(path) if there => drop(manifest.directories.insert(path.clone())),
                Read::List(path) => manifest.add(path.clone(), false),
                Read::Variable(name) => drop(manifest.variables.insert(name.clone())),
                Read::World(_) => manifest.look(tree, tree.lock_file(stack))?,
                Read::Output(other, _) => manifest.look(tree, tree.foreign_file(other))?,
            }
        }
        // What is waited for was looked for among the foreign stacks.
        if let Ok(Evaluated::Deferred { waits_for, .. }) = &evaluation.result {
            for (other, _) in waits_for {
                manifest.look(tree, tree.foreign_file(other))?;
            }
        }
        Ok(manifest)
    }

    fn look(&mut self, tree: &Tree, path: String) -> Result<(), Diagnostic> {
        let there = tree.read(&path)?.is_some();
        self.add(path, there);
        Ok(())
    }

    fn add(&mut self, path: String, there: bool) {
        let list = if there { &mut self.files } else { &mut self.absent };
        list.insert(path);
    }
}

impl Manifests {
    /// Reads a manifest file; `file` is what messages name.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(file: &str, text: &str) -> Result<Self, Diagnostics> {
        serde_json::from_str(text).map_err(|error| {
            let place = diag::Place::new(
                file,
                u32::try_from(error.line()).unwrap_or(1).max(1),
                u32::try_from(error.column()).unwrap_or(1).max(1),
            );
            let problem = Diagnostic::error("E0332", format!("this is no manifest of inputs: {error}"));
            problem.at(place).hint(WRITE).into()
        })
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The manifest of a stack.
    ///
    /// # Errors
    /// If there is none.
    pub fn of_stack(&self, stack: &StackName, file: &str) -> Result<&Manifest, Diagnostics> {
        self.0.get(stack.short()).ok_or_else(|| {
            let problem = Diagnostic::error("E0332", format!("`{file}` has no manifest of inputs for `{stack}`"));
            problem.hint(WRITE).into()
        })
    }
}

/// What writes manifests.
pub(crate) const WRITE: &str = "run `runner evaluate --manifests write`, and commit what it writes";
