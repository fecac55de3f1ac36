//! The comparison of a binary with another checkout of its sources.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use value::Digest;

use crate::Table;
use crate::digest::{Conditions, crates};
use crate::error::Error;
use crate::lock::Lock;
use crate::metadata::Workspace;

/// The crates that are others in the checkout at `root` than those that a binary was built of: changed, new or gone
/// there, by name. Features and compiler are not compared. Calls `cargo`, without the network.
///
/// # Errors
/// If the checkout is no workspace that `cargo` can read.
pub fn elsewhere(table: &Table, root: &Path) -> Result<Elsewhere, Error> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let workspace = Workspace::load(Path::new(&cargo), &root.join("Cargo.toml"))?;
    let lock_file = root.join("Cargo.lock");
    let lock = Lock::parse(&fs::read_to_string(&lock_file).map_err(Error::at(&lock_file))?)?;
    let directories: BTreeSet<PathBuf> = workspace.packages.keys().cloned().collect();
    let conditions = Conditions { toolchain: String::new(), features: BTreeSet::new() };
    let there = crates(&workspace, &lock, &directories, &conditions)?;
    let own: BTreeMap<&str, Digest> = there.iter().map(|found| (found.name.as_str(), found.own)).collect();
    let closure = |directory: &str| {
        let found = there.iter().find(|found| found.directory == directory);
        found.into_iter().flat_map(|found| &found.closure).map(|index| there[*index].name.clone()).collect()
    };
    let closures = table.projects.iter().map(|project| (project.name, closure(project.directory)));
    let here = table.crates.iter().filter(|found| own.get(found.name) != Some(&found.own_digest()));
    Ok(Elsewhere { closures: closures.collect(), other: here.map(|found| found.name).collect() })
}

/// What is another elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// For each project of the binary the crates that it is built of there; none, if it is not there.
    closures: BTreeMap<&'static str, BTreeSet<String>>,
    /// The crates of the binary that are others there, or not there.
    pub other: BTreeSet<&'static str>,
}

impl Elsewhere {
    /// The crates in which the code of a project differs.
    pub fn differing(&self, table: &Table, project: &str) -> BTreeSet<String> {
        let Some(found) = table.project(project) else { return BTreeSet::from([project.to_owned()]) };
        let here: BTreeSet<&str> = table.closure(found).map(|(name, _)| name).collect();
        let empty = BTreeSet::new();
        let there = self.closures.get(project).unwrap_or(&empty);
        let changed = here.iter().filter(|name| self.other.contains(**name) || !there.contains(**name));
        let gone = there.iter().filter(|name| !here.contains(name.as_str()));
        changed.map(|name| (*name).to_owned()).chain(gone.cloned()).collect()
    }
}
