//! The files of a crate.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use std::{fs, iter};

use value::Digest;

use crate::error::Error;
use crate::tokens::without_layout;

/// What lies beside a crate's code and is no part of it.
const BESIDE: &[&str] = &["stacks", "tests", "benches", "examples", "target"];

/// A file as it lies on the disk.
pub(crate) struct Found {
    /// Relative to the crate, with forward slashes.
    pub(crate) path: String,
    pub(crate) at: PathBuf,
    pub(crate) size: u64,
    pub(crate) modified: u64,
}

/// The files of the crate in `directory`, sorted by path.
pub(crate) fn of_crate(directory: &Path) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    walk(directory, "", &mut found)?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// The entries at the top of a crate whose change means that its code may have changed.
pub(crate) fn watched(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(directory).map_err(Error::at(directory))? {
        let entry = entry.map_err(Error::at(directory))?;
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        if belongs(&name, "") && !path.join("Cargo.toml").exists() {
            entries.push(path);
        }
    }
    entries.sort();
    Ok(entries)
}

fn walk(directory: &Path, prefix: &str, found: &mut Vec<Found>) -> Result<(), Error> {
    for entry in fs::read_dir(directory).map_err(Error::at(directory))? {
        let entry = entry.map_err(Error::at(directory))?;
        let (name, at) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        if !belongs(&name, prefix) {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type().map_err(Error::at(&at))?.is_dir() {
            // A directory with a manifest is a crate of its own.
            if !at.join("Cargo.toml").exists() {
                walk(&at, &format!("{path}/"), found)?;
            }
        } else if path != "Cargo.toml" && path != "clippy.toml" {
            let metadata = fs::metadata(&at).map_err(Error::at(&at))?;
            let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let modified = modified.and_then(|age| u64::try_from(age.as_nanos()).ok()).unwrap_or(0);
            found.push(Found { path, at, size: metadata.len(), modified });
        }
    }
    Ok(())
}

fn belongs(name: &str, prefix: &str) -> bool {
    let is_note = Path::new(name).extension().is_some_and(|extension| extension == "md");
    !name.starts_with('.') && !(prefix.is_empty() && (BESIDE.contains(&name) || is_note))
}

/// The content of a file and its digest, line endings aside.
pub(crate) fn read(path: &Path) -> Result<(Vec<u8>, Digest), Error> {
    let mut bytes = fs::read(path).map_err(Error::at(path))?;
    if bytes.contains(&b'\r') && !bytes.contains(&0) {
        let next = bytes.iter().copied().skip(1).chain(iter::once(0)).collect::<Vec<_>>();
        let mut next = next.into_iter();
        bytes.retain(|byte| next.next() != Some(b'\n') || *byte != b'\r');
    }
    let digest = Digest::of("code/file", &bytes);
    Ok((bytes, digest))
}

/// The digest of a file for source digests: Rust source without its layout, anything else as it is.
pub(crate) fn source_digest(path: &str, bytes: &[u8], exact: Digest) -> Digest {
    let is_rust = Path::new(path).extension().is_some_and(|extension| extension == "rs");
    match std::str::from_utf8(bytes) {
        Ok(text) if is_rust => Digest::of("source/file", without_layout(text).as_bytes()),
        _ => exact,
    }
}
