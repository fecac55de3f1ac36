//! Digests of the code that a runner is built of: part of the key of every evaluation.
//!
//! The build script of a registry, the one crate that links all projects, calls [`embed`]; the registry's library
//! includes the table that it writes:
//!
//! ```text
//! // build.rs
//! fn main() -> Result<(), code_digest::Error> { code_digest::embed() }
//! // src/lib.rs
//! static DIGESTS: code_digest::Table = include!(concat!(env!("OUT_DIR"), "/code_digests.rs"));
//! ```
//!
//! A **code** digest covers the exact text of a crate and of all that it depends on, the versions and checksums of its
//! registry crates, features and toolchain; it stands in evaluation keys. A **source** digest leaves out features and
//! toolchain and does not see comments or layout; it stands in plans, beside the named pure functions that they call.
//!
//! Layer: L4, adapters (it reads files and calls cargo; only build scripts and the edge use it).
//! **Invariant:** no digest depends on absolute paths, times, users or line endings.
//! **Invariant:** stack files, tests, benches and notes beside a crate are no part of its code.

mod digest;
mod elsewhere;
mod embed;
mod error;
mod files;
mod lock;
mod metadata;
mod stale;
mod tokens;

use value::Digest;

pub use digest::{Digested, DigestedFile};
pub use elsewhere::{Elsewhere, elsewhere};
pub use embed::{Found, embed, look};
pub use error::Error;
pub use stale::stale;

/// What a registry's build script found out: made by [`embed`], a constant in the binary.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// The compiler: `rustc -V`.
    pub toolchain: &'static str,
    /// The projects, by name.
    pub projects: &'static [Project],
    /// The workspace crates that the binary is built of, by name and directory.
    pub crates: &'static [Crate],
    /// Their files, by path, as they were when the binary was built.
    pub files: &'static [File],
}

/// A project and its crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Project {
    /// The dotted name.
    pub name: &'static str,
    /// The crate's directory.
    pub directory: &'static str,
}

/// A workspace crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crate {
    /// The package's name.
    pub name: &'static str,
    /// The directory, relative to the workspace root, with forward slashes.
    pub directory: &'static str,
    /// Digest of the crate by itself: exact text, manifest, its part of the lock file.
    pub own: [u8; 32],
    /// Digest of the crate and all that it depends on, for evaluation keys.
    pub code: [u8; 32],
    /// The same without layout, features and toolchain, for named functions.
    pub source: [u8; 32],
    /// The workspace crates that `code` and `source` cover, as positions in [`Table::crates`].
    pub closure: &'static [usize],
}

/// A file of a workspace crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// Path relative to the workspace root, with forward slashes.
    pub path: &'static str,
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change, in nanoseconds since 1970; 0 if unknown.
    pub modified: u64,
    /// Digest of the content, line endings aside.
    pub digest: [u8; 32],
}

impl Crate {
    /// Digest of the crate by itself.
    pub fn own_digest(&self) -> Digest {
        Digest::from_bytes(self.own)
    }

    /// The code digest of the crate and all that it depends on.
    pub fn code_digest(&self) -> Digest {
        Digest::from_bytes(self.code)
    }

    /// The source digest of the crate and all that it depends on.
    pub fn source_digest(&self) -> Digest {
        Digest::from_bytes(self.source)
    }
}

impl Table {
    /// A table without any code, for tests and for runners without projects.
    pub const EMPTY: Self = Self { toolchain: "", projects: &[], crates: &[], files: &[] };

    /// The crate of a project, by the project's dotted name.
    pub fn project(&self, name: &str) -> Option<&'static Crate> {
        let index = self.projects.binary_search_by_key(&name, |project| project.name).ok()?;
        let directory = self.projects[index].directory;
        self.crates.iter().find(|found| found.directory == directory)
    }

    /// A crate by its name as code writes it: `infrastructure_aws_network`, the start of a named function's path.
    pub fn library(&self, name: &str) -> Option<&'static Crate> {
        self.crates.iter().find(|found| found.name.replace('-', "_") == name)
    }

    /// The name and own digest of each crate that a crate's digests cover, for explanations.
    pub fn closure(&self, of: &Crate) -> impl Iterator<Item = (&'static str, Digest)> {
        of.closure.iter().filter_map(|index| self.crates.get(*index)).map(|found| (found.name, found.own_digest()))
    }
}
