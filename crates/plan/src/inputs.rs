//! The one way by which an evaluation reads.

use config::Node;
use diag::{Diagnostic, Diagnostics};
use resource::StackName;
use value::{Digest, Path, Value};

use crate::{Read, absent};

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
    /// The digest of what is there now, as an evaluation that reads it would record it; `None` = it cannot be read, or
    /// is what another stack exports. An implementation may know it without reading.
    fn digest(&self, stack: &StackName, read: &Read) -> Option<Digest> {
        read_digest(self, stack, read)
    }
}

/// The digest of what inputs hold, found by reading it; of another stack's output `None`.
pub fn read_digest<I: Inputs + ?Sized>(inputs: &I, stack: &StackName, read: &Read) -> Option<Digest> {
    Some(match read {
        Read::Config => inputs.config(stack).ok()?.to_value().digest(),
        Read::File(path) => inputs.file(path).ok()?.map_or_else(absent, |bytes| Digest::of("file", &bytes)),
        Read::List(directory) => {
            let names = inputs.list(directory).ok()?;
            names.map_or_else(absent, |names| Digest::of_parts("list", names.iter().map(String::as_bytes)))
        }
        Read::Variable(name) => {
            inputs.variable(name).map_or_else(absent, |value| Digest::of("variable", value.as_bytes()))
        }
        Read::World(text) => {
            let key: Value = serde_json::from_str(text).ok()?;
            let query = key.get("query")?.as_str()?;
            let answer = inputs.world(stack, query, key.get("arguments")?).ok()?;
            answer.as_ref().map_or_else(absent, Value::digest)
        }
        Read::Output(..) => return None,
    })
}
