//! The workspace: its files and its settings.

use std::ops::Deref;
use std::path::Path;

use diag::{Diagnostic, Diagnostics};
use resource::StackName;
use world::Lock;

use crate::{Settings, Tree, files};

/// The file that marks the root.
const FILE: &str = "groundplan.toml";

/// A workspace on disk: its files, and what `groundplan.toml` says. What can be done with the files can be done with it.
#[derive(Debug, Clone)]
pub struct Workspace {
    tree: Tree,
    settings: Settings,
}

impl Deref for Workspace {
    type Target = Tree;

    fn deref(&self) -> &Tree {
        &self.tree
    }
}

impl Workspace {
    /// Finds the workspace that a directory lies in.
    ///
    /// # Errors
    /// If there is no `groundplan.toml` in it or above it, or something is wrong with that file.
    pub fn find(from: &Path) -> Result<Self, Diagnostics> {
        let start = from.canonicalize().map_err(|error| {
            let message = format!("there is no directory `{}`: {error}", from.display());
            Diagnostic::error("E0204", message).hint("give an existing directory with `-C DIR`")
        })?;
        match start.ancestors().find(|directory| directory.join(FILE).is_file()) {
            Some(root) => Self::open(root),
            None => Err(Diagnostic::error("E0204", format!("there is no {FILE} in `{}` or above it", start.display()))
                .hint("go into a workspace, name one with `-C DIR`, or make one with `runner new workspace DIR`")
                .into()),
        }
    }

    /// Opens the workspace of a root.
    ///
    /// # Errors
    /// If there is no `groundplan.toml`, or something is wrong with it.
    pub fn open(root: &Path) -> Result<Self, Diagnostics> {
        let bytes = files::read(root, FILE)?.ok_or_else(|| {
            Diagnostic::error("E0204", format!("there is no {FILE} in `{}`", root.display()))
                .hint("make a workspace with `runner new workspace DIR`")
        })?;
        let settings = Settings::parse(FILE, &files::text(bytes, FILE)?)?;
        Ok(Self { tree: Tree::at(root), settings })
    }

    /// What `groundplan.toml` says.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The dotted path below `projects/` that a directory lies at: a project's name, or one with more behind it.
    pub fn dotted_path_of(&self, directory: &Path) -> Option<String> {
        let directory = directory.canonicalize().ok()?;
        let root = self.root().canonicalize().ok()?;
        let below = directory.strip_prefix(root.join("projects")).ok()?;
        let parts: Option<Vec<&str>> = below.components().map(|part| part.as_os_str().to_str()).collect();
        Some(parts?.join(".")).filter(|path| !path.is_empty())
    }

    /// Replaces the file of a stack by what `edit` makes of its path and text.
    ///
    /// # Errors
    /// If the stack is not there, or its file cannot be read, edited or written.
    pub fn edit_stack(
        &self,
        stack: &StackName,
        edit: impl FnOnce(&str, &str) -> Result<String, Diagnostics>,
    ) -> Result<(), Diagnostics> {
        let file = self.stack_file(stack);
        let text = self.read_text(&file)?.ok_or_else(|| self.no_stack(stack))?;
        Ok(self.write(&file, &edit(&file, &text)?)?)
    }

    /// Writes the world lock of a stack, if that changes the file; an empty one has none. Whether it did.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_lock(&self, stack: &StackName, lock: &Lock) -> Result<bool, Diagnostic> {
        let file = self.lock_file(stack);
        let old = self.read_text(&file)?;
        let new = if lock.is_empty() { None } else { Some(lock.to_string()) };
        if old == new {
            return Ok(false);
        }
        new.map_or_else(|| self.remove(&file), |text| self.write(&file, &text))?;
        Ok(true)
    }

    /// Refuses the answers that the sandbox made up: what a live run asks first.
    ///
    /// # Errors
    /// Each such answer, and what is wrong with the file.
    pub fn refuse_made_up(&self, stack: &StackName) -> Result<(), Diagnostics> {
        let file = self.lock_file(stack);
        let problem = |entry: &world::Entry| {
            let message = format!("the sandbox made up the answer of `{stack}` to `{}`", entry.query());
            Diagnostic::error("E0215", message)
                .at(diag::Place::start_of(&*file))
                .hint(format!("run `runner lock update {stack} --profile live` to ask the live world"))
        };
        self.lock(stack)?.made_up().map(problem).collect::<Diagnostics>().into_result(())
    }
}
