//! Digests of crates and of what they are built of.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use value::Digest;

use crate::error::Error;
use crate::files;
use crate::lock::Lock;
use crate::metadata::{Package, Workspace};

/// What does not stand in any one crate but goes into every code digest.
pub(crate) struct Conditions {
    pub(crate) toolchain: String,
    pub(crate) features: BTreeSet<String>,
}

/// A workspace crate with its digests.
#[derive(Debug)]
pub struct Digested {
    /// The package's name.
    pub name: String,
    /// The directory, relative to the workspace's root, with forward slashes.
    pub directory: String,
    /// Digest of the crate by itself.
    pub own: Digest,
    /// Digest of it and all that it depends on, for evaluation keys.
    pub code: Digest,
    /// The same without layout, features and toolchain, for named functions.
    pub source: Digest,
    /// The crates that `code` and `source` cover, as positions.
    pub closure: Vec<usize>,
    /// Its files.
    pub files: Vec<DigestedFile>,
    /// Name, version and checksum of each registry package below it, a line each.
    pub locked: BTreeSet<String>,
}

/// A file of a workspace crate.
#[derive(Debug)]
pub struct DigestedFile {
    /// Path relative to the workspace's root, with forward slashes.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change, in nanoseconds since 1970; 0 if unknown.
    pub modified: u64,
    /// Digest of the content, line endings aside.
    pub digest: Digest,
}

struct Own {
    exact: Digest,
    source: Digest,
    files: Vec<DigestedFile>,
    locked: BTreeSet<String>,
}

/// Digests the crates in `directories`, which holds the closure of each of them.
pub(crate) fn crates(
    workspace: &Workspace,
    lock: &Lock,
    directories: &BTreeSet<PathBuf>,
    conditions: &Conditions,
) -> Result<Vec<Digested>, Error> {
    let mut own = BTreeMap::new();
    for directory in directories {
        if let Some(package) = workspace.packages.get(directory) {
            own.insert(directory.clone(), one(workspace, lock, directory, package)?);
        }
    }
    let position: BTreeMap<&PathBuf, usize> =
        directories.iter().enumerate().map(|(index, path)| (path, index)).collect();
    let mut digested = Vec::new();
    for directory in directories {
        let Some(package) = workspace.packages.get(directory) else { continue };
        let closure = workspace.closure(directory);
        let mut named: Vec<(&str, &Own)> = closure
            .iter()
            .filter_map(|path| Some((workspace.packages.get(path)?.name.as_str(), own.get(path)?)))
            .collect();
        named.sort_by_key(|(name, _)| *name);
        let mut code: Vec<&[u8]> = vec![conditions.toolchain.as_bytes()];
        code.extend(conditions.features.iter().map(String::as_bytes));
        let mut source: Vec<&[u8]> = Vec::new();
        for (name, own) in &named {
            code.extend([name.as_bytes(), own.exact.as_bytes()]);
            source.extend([name.as_bytes(), own.source.as_bytes()]);
        }
        digested.push(Digested {
            name: package.name.clone(),
            directory: workspace.relative(directory),
            own: own.get(directory).map_or_else(|| Digest::of("", b""), |own| own.exact),
            code: Digest::of_parts("code/closure", code),
            source: Digest::of_parts("source/closure", source),
            closure: closure.iter().filter_map(|path| position.get(path).copied()).collect(),
            files: Vec::new(),
            locked: BTreeSet::new(),
        });
    }
    for (crate_, own) in digested.iter_mut().zip(own.into_values()) {
        crate_.files = own.files;
        crate_.locked = own.locked;
    }
    Ok(digested)
}

fn one(workspace: &Workspace, lock: &Lock, directory: &Path, package: &Package) -> Result<Own, Error> {
    let manifest = serde_json::to_string(package).map_err(|e| Error::format("a manifest", e))?;
    let wanted = package.dependencies.iter().map(|dependency| dependency.name.as_str()).collect();
    let locked = lock.part_of(&package.name, &wanted);
    let lines = locked.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
    let mut exact: Vec<Vec<u8>> = vec![manifest.into_bytes(), lines.into_bytes()];
    let mut source = exact.clone();
    let mut files = Vec::new();
    for found in files::of_crate(directory)? {
        let (bytes, digest) = files::read(&found.at)?;
        exact.extend([found.path.clone().into_bytes(), digest.as_bytes().to_vec()]);
        let without_layout = files::source_digest(&found.path, &bytes, digest);
        source.extend([found.path.into_bytes(), without_layout.as_bytes().to_vec()]);
        let path = workspace.relative(&found.at);
        files.push(DigestedFile { path, size: found.size, modified: found.modified, digest });
    }
    let of = |domain, parts: &[Vec<u8>]| Digest::of_parts(domain, parts.iter().map(Vec::as_slice));
    Ok(Own { exact: of("code/crate", &exact), source: of("source/crate", &source), files, locked })
}
