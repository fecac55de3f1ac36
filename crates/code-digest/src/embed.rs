//! What a registry's build script does.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use value::Digest;

use crate::digest::{Conditions, Digested, crates};
use crate::error::Error;
use crate::files;
use crate::lock::Lock;
use crate::metadata::{Workspace, toolchain};

/// Digests the code that the building crate links and writes `$OUT_DIR/code_digests.rs`, an expression of type
/// [`Table`](crate::Table). For build scripts.
///
/// The projects are those direct dependencies of the building crate that lie under `projects/` of the workspace; a
/// project's name is its path there, with dots.
///
/// # Errors
/// If the workspace cannot be read.
pub fn embed() -> Result<(), Error> {
    let variable = |name| env::var_os(name).map(PathBuf::from).ok_or(Error::NoVariable(name));
    let directory = variable("CARGO_MANIFEST_DIR")?;
    let conditions = Conditions { toolchain: toolchain(&variable("RUSTC")?)?, features: features() };
    let found = digest(&variable("CARGO")?, &directory, &conditions)?;
    let out = variable("OUT_DIR")?.join("code_digests.rs");
    fs::write(&out, found.table(&conditions.toolchain)).map_err(Error::at(&out))?;
    let mut stdout = io::stdout().lock();
    for path in &found.watched {
        writeln!(stdout, "cargo::rerun-if-changed={}", path.display())
            .map_err(Error::at(Path::new("the build's output")))?;
    }
    Ok(())
}

/// Digests the code that the crate in `directory` would link, as [`embed`] does for the crate that is being built.
///
/// # Errors
/// If the workspace cannot be read, or the compiler does not say its version.
pub fn look(cargo: &Path, rustc: &Path, directory: &Path) -> Result<Found, Error> {
    digest(cargo, directory, &Conditions { toolchain: toolchain(rustc)?, features: BTreeSet::new() })
}

/// The features of the building crate, which a command line can turn on.
fn features() -> BTreeSet<String> {
    env::vars_os().filter_map(|(name, _)| Some(name.to_str()?.strip_prefix("CARGO_FEATURE_")?.to_owned())).collect()
}

/// The code that a crate links.
#[derive(Debug)]
pub struct Found {
    /// The projects among it: dotted name and directory, by name.
    pub projects: Vec<(String, String)>,
    /// Its workspace crates.
    pub crates: Vec<Digested>,
    watched: Vec<PathBuf>,
}

/// Digests the code around the registry in `directory`.
pub(crate) fn digest(cargo: &Path, directory: &Path, conditions: &Conditions) -> Result<Found, Error> {
    let workspace = Workspace::load(cargo, &directory.join("Cargo.toml"))?;
    let lock_file = workspace.root.join("Cargo.lock");
    let lock = Lock::parse(&fs::read_to_string(&lock_file).map_err(Error::at(&lock_file))?)?;
    let directories = workspace.around(directory);
    let dependencies = workspace.packages.get(directory).map_or(&[][..], |package| &package.dependencies);
    let mut projects = Vec::new();
    for path in dependencies.iter().filter_map(|dependency| dependency.path.as_deref()) {
        let relative = workspace.relative(path);
        if let Some(name) = relative.strip_prefix("projects/") {
            projects.push((name.replace('/', "."), relative));
        }
    }
    projects.sort();
    let mut watched = vec![lock_file, workspace.root.join("Cargo.toml")];
    for directory in &directories {
        watched.extend(files::watched(directory)?);
    }
    let crates = crates(&workspace, &lock, &directories, conditions)?;
    Ok(Found { projects, crates, watched })
}

impl Found {
    /// The crate of a directory, relative to the workspace's root.
    pub fn at(&self, directory: &str) -> Option<&Digested> {
        self.crates.iter().find(|found| found.directory == directory)
    }

    /// The table as a Rust expression.
    fn table(&self, toolchain: &str) -> String {
        let mut out = format!("::code_digest::Table {{\n    toolchain: {toolchain:?},\n    projects: &[\n");
        // Writing to a `String` does not fail.
        for (name, directory) in &self.projects {
            let _ = writeln!(out, "        ::code_digest::Project {{ name: {name:?}, directory: {directory:?} }},");
        }
        out.push_str("    ],\n    crates: &[\n");
        for found in &self.crates {
            let Digested { name, directory, own, code, source, closure, .. } = found;
            let (own, code, source) = (bytes(*own), bytes(*code), bytes(*source));
            let _ = writeln!(
                out,
                "        ::code_digest::Crate {{ name: {name:?}, directory: {directory:?}, own: {own}, code: {code}, \
                 source: {source}, closure: &{closure:?} }},"
            );
        }
        out.push_str("    ],\n    files: &[\n");
        for file in self.crates.iter().flat_map(|found| &found.files) {
            let (path, size, modified, digest) =
                (&file.path, grouped(file.size), grouped(file.modified), bytes(file.digest));
            let _ = writeln!(
                out,
                "        ::code_digest::File {{ path: {path:?}, size: {size}, modified: {modified}, digest: {digest} }},"
            );
        }
        out.push_str("    ],\n}\n");
        out
    }
}

/// A digest as a literal, which costs the compiler one token.
fn bytes(digest: Digest) -> String {
    let mut literal = String::from("*b\"");
    for byte in digest.as_bytes() {
        let _ = write!(literal, "\\x{byte:02x}");
    }
    literal + "\""
}

/// A number as a literal that lints accept: its digits in threes.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut literal = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            literal.push('_');
        }
        literal.push(digit);
    }
    literal
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
