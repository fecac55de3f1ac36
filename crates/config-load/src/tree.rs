//! The files below a workspace's root, and where things are among them.

use std::path::{Path, PathBuf};

use config::Node;
use diag::{Diagnostic, Diagnostics};
use plan::Read;
use resource::StackName;
use world::Lock;

use crate::files;

/// The files below a root: all that evaluations read, without the settings of a workspace.
#[derive(Debug, Clone)]
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    /// The files below a directory.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The root directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory of a project: `projects/infrastructure/aws/network`.
    pub fn project_directory(&self, project: &str) -> String {
        format!("projects/{}", project.replace('.', "/"))
    }

    /// The file of a stack.
    pub fn stack_file(&self, stack: &StackName) -> String {
        format!("{}/stacks/{}.toml", self.project_directory(stack.project()), stack.short())
    }

    /// The world lock of a stack.
    pub fn lock_file(&self, stack: &StackName) -> String {
        format!("{}/stacks/{}.lock.toml", self.project_directory(stack.project()), stack.short())
    }

    /// The file of a foreign stack, by its full name.
    pub fn foreign_file(&self, name: &str) -> String {
        format!("foreign/{name}.toml")
    }

    /// The file or directory that holds what the evaluation of a stack reads; `None` if that is in none of this tree.
    pub fn holder(&self, stack: &StackName, read: &Read) -> Option<String> {
        match read {
            Read::Config => Some(self.stack_file(stack)),
            Read::World(_) => Some(self.lock_file(stack)),
            Read::File(path) | Read::List(path) => files::below(&self.root, path).is_ok().then(|| path.clone()),
            Read::Variable(_) | Read::Output(..) => None,
        }
    }

    /// The bytes of a file; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read, or the path leads out of the workspace.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        files::read(&self.root, path)
    }

    /// The text of a file; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read or is not UTF-8, or the path leads out of the workspace.
    pub fn read_text(&self, path: &str) -> Result<Option<String>, Diagnostic> {
        self.read(path)?.map(|bytes| files::text(bytes, path)).transpose()
    }

    /// The sorted names in a directory; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read, or the path leads out of the workspace.
    pub fn list(&self, directory: &str) -> Result<Option<Vec<String>>, Diagnostic> {
        files::list(&self.root, directory)
    }

    /// Replaces a file as a whole, with its directory if that is missing.
    ///
    /// # Errors
    /// If it cannot be written, or the path leads out of the workspace.
    pub fn write(&self, path: &str, text: &str) -> Result<(), Diagnostic> {
        files::write(&self.root, path, text)
    }

    /// Removes a file; one that is not there is no error.
    ///
    /// # Errors
    /// If it cannot be removed, or the path leads out of the workspace.
    pub fn remove(&self, path: &str) -> Result<(), Diagnostic> {
        files::remove(&self.root, path)
    }

    /// The configuration of a stack.
    ///
    /// # Errors
    /// If the stack is not there, with those that are; or what is wrong with its file.
    pub fn stack_config(&self, stack: &StackName) -> Result<Node, Diagnostics> {
        let file = self.stack_file(stack);
        match self.read_text(&file)? {
            Some(text) => config::parse(&file, &text),
            None => Err(self.no_stack(stack).into()),
        }
    }

    /// The world lock of a stack; an empty one if there is no file.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn lock(&self, stack: &StackName) -> Result<Lock, Diagnostics> {
        let file = self.lock_file(stack);
        self.read_text(&file)?.map_or_else(|| Ok(Lock::new()), |text| Lock::parse(&file, &text))
    }
}
