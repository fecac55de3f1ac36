//! The one way by which an evaluation reads.

use config::Node;
use diag::{Diagnostic, Diagnostics};
use resource::StackName;
use value::{Path, Value};

/// What another stack's output is, read as a plain value.
#[derive(Debug, Clone, PartialEq)]
pub enum OutputRead {
    /// Known: the value, and whether it is an applied one or a proposed one.
    Known {
        /// The value.
        value: Value,
        /// Applied, not proposed.
        applied: bool,
    },
    /// It will be known after that stack's apply.
    NotYet,
    /// There is no such stack or no such output.
    Missing(Diagnostic),
}

/// Everything that an evaluation may read. Synchronous and object-safe; implementations record nothing, because
/// [`Stack`](crate::Stack) does.
pub trait Inputs: Sync {
    /// The stack's configuration.
    ///
    /// # Errors
    /// What is wrong with the file.
    fn config(&self, stack: &StackName) -> Result<Node, Diagnostics>;
    /// The bytes of a file, by path from the workspace root; `None` if there is none.
    ///
    /// # Errors
    /// If it is there but cannot be read.
    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, Diagnostic>;
    /// The sorted names in a directory, by path from the workspace root; `None` if there is none.
    ///
    /// # Errors
    /// If it is there but cannot be read.
    fn list(&self, directory: &str) -> Result<Option<Vec<String>>, Diagnostic>;
    /// An environment variable; `None` if it is unset.
    fn variable(&self, name: &str) -> Option<String>;
    /// The answer that the stack's world lock holds to a query; `None` if it holds none.
    ///
    /// # Errors
    /// What is wrong with the file.
    fn world(&self, stack: &StackName, query: &str, arguments: &Value) -> Result<Option<Value>, Diagnostics>;
    /// Another stack's output as a plain value.
    fn output(&self, stack: &str, path: &Path) -> OutputRead;
}
