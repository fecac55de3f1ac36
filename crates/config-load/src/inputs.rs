//! The inputs of evaluations, from the files of a workspace.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use config::Node;
use diag::{Diagnostic, Diagnostics};
use plan::{Inputs, OutputRead, Read};
use resource::StackName;
use stamps::{Found, Stamp, Stamps};
use value::{Digest, Path, Value};
use world::Lock;

use crate::{Tree, Variables};

/// Answers for outputs of other stacks.
type Outputs<'a> = dyn Fn(&str, &Path) -> OutputRead + Sync + 'a;

type Cache<T> = Mutex<BTreeMap<StackName, Arc<Result<T, Diagnostics>>>>;

/// The files of a workspace as one run sees them: each stack's file and lock is parsed once.
pub struct Files<'a> {
    tree: &'a Tree,
    variables: &'a Variables,
    configs: Cache<Node>,
    locks: Cache<Lock>,
    stamps: Found,
}

impl<'a> Files<'a> {
    /// The files of a workspace, with the environment variables that count.
    pub fn new(tree: &'a Tree, variables: &'a Variables) -> Self {
        Self::with_stamps(tree, variables, Found::default())
    }

    /// The same, with what an earlier run has learnt of them.
    pub fn with_stamps(tree: &'a Tree, variables: &'a Variables, stamps: Found) -> Self {
        Self { tree, variables, configs: Cache::default(), locks: Cache::default(), stamps }
    }

    /// What is known of them, if anybody has asked.
    pub fn stamps(&self) -> Option<&Stamps> {
        self.stamps.if_asked()
    }

    /// The configuration of a stack.
    ///
    /// # Errors
    /// If the stack is not there, or what is wrong with its file.
    pub fn config(&self, stack: &StackName) -> Result<Node, Diagnostics> {
        (*cached(&self.configs, stack, || self.tree.stack_config(stack))).clone()
    }

    /// The digest of what is read of a file; `part` tells apart what is read of one file, and `make` reads it.
    fn stamped(&self, file: &str, part: &str, make: impl FnOnce() -> Option<Digest>) -> Option<Digest> {
        let path = self.tree.root().join(file);
        // What is not there is not read, either.
        let Some(stamp) = Stamp::of(&path) else { return make() };
        let key = format!("{file}?{part}");
        let known = self.stamps.get().find(&key, stamp).and_then(|bytes| bytes.try_into().ok());
        if let Some(bytes) = known {
            return Some(Digest::from_bytes(bytes));
        }
        let digest = make()?;
        self.stamps.get().learn(&key, &path, stamp, digest.as_bytes().to_vec());
        Some(digest)
    }

    /// The inputs of evaluations; `outputs` answers for outputs of other stacks.
    pub fn inputs<'b>(&'b self, outputs: impl Fn(&str, &Path) -> OutputRead + Sync + 'b) -> FileInputs<'b> {
        FileInputs { files: self, outputs: Box::new(outputs) }
    }
}

/// The inputs of evaluations, from files.
pub struct FileInputs<'a> {
    files: &'a Files<'a>,
    outputs: Box<Outputs<'a>>,
}

impl Inputs for FileInputs<'_> {
    fn config(&self, stack: &StackName) -> Result<Node, Diagnostics> {
        self.files.config(stack)
    }

    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        self.files.tree.read(path)
    }

    fn list(&self, directory: &str) -> Result<Option<Vec<String>>, Diagnostic> {
        self.files.tree.list(directory)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.files.variables.get(name).map(str::to_owned)
    }

    fn world(&self, stack: &StackName, query: &str, arguments: &Value) -> Result<Option<Value>, Diagnostics> {
        let lock = cached(&self.files.locks, stack, || self.files.tree.lock(stack));
        match &*lock {
            Ok(lock) => Ok(lock.find(query, arguments).map(|entry| entry.answer().clone())),
            Err(found) => Err(found.clone()),
        }
    }

    fn output(&self, stack: &str, path: &Path) -> OutputRead {
        (self.outputs)(stack, path)
    }

    fn digest(&self, stack: &StackName, read: &Read) -> Option<Digest> {
        let make = || plan::read_digest(self, stack, read);
        let Some(file) = self.files.tree.holder(stack, read) else { return make() };
        let part = match read {
            Read::World(query) => query,
            Read::List(_) => "list",
            Read::Config => "config",
            _ => "file",
        };
        self.files.stamped(&file, part, make)
    }
}

/// What the cache holds for a stack, or else what `make` gives. Two threads may make it both; the first one counts.
fn cached<T>(
    cache: &Cache<T>,
    stack: &StackName,
    make: impl FnOnce() -> Result<T, Diagnostics>,
) -> Arc<Result<T, Diagnostics>> {
    let lock = || cache.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = lock().get(stack) {
        return Arc::clone(known);
    }
    let made = Arc::new(make());
    Arc::clone(lock().entry(stack.clone()).or_insert(made))
}
