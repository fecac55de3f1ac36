//! What can go wrong while code is digested.

use std::path::{Path, PathBuf};

/// Why the code could not be digested. A build script that returns it stops the build with its text.
#[derive(thiserror::Error)]
pub enum Error {
    /// A file or directory cannot be read or written.
    #[error("cannot read or write `{path}`: {source}", path = path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A tool cannot be run, or fails.
    #[error("`{command}` failed: {reason}")]
    Command {
        /// The command.
        command: String,
        /// Why, or its error output.
        reason: String,
    },
    /// A file or an answer is not what it should be.
    #[error("cannot understand {what}: {reason}")]
    Format {
        /// What was read.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A variable that cargo sets for build scripts is missing.
    #[error("`{0}` is not set: `embed` is for build scripts")]
    NoVariable(&'static str),
}

/// A build script's `main` shows its error by `Debug`.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl Error {
    /// An I/O error at a path.
    pub(crate) fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    /// A format error.
    pub(crate) fn format(what: &str, reason: impl ToString) -> Self {
        Self::Format { what: what.to_owned(), reason: reason.to_string() }
    }
}
