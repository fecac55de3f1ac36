//! The comparison of a binary with the working tree.

use std::collections::BTreeMap;
use std::path::Path;

use crate::{Table, files};

/// The files that are not as they were when the binary was built: changed, new or gone; paths relative to `root`.
///
/// Only files whose size or time differ are read, so a fresh tree costs a `stat` per file. A tree that cannot be read
/// counts as gone: the caller decides what an older binary means. Where none of the sources are there, as on a machine
/// that has only the binary and the stack files, there is nothing that the binary could be older than.
pub fn stale(table: &Table, root: &Path) -> Vec<String> {
    let mut expected: BTreeMap<&str, _> = table.files.iter().map(|file| (file.path, file)).collect();
    let mut differing = Vec::new();
    for directory in table.crates.iter().map(|found| found.directory) {
        for found in files::of_crate(&root.join(directory)).unwrap_or_default() {
            let path = format!("{directory}/{}", found.path);
            let same = expected.remove(path.as_str()).is_some_and(|file| {
                let untouched = file.size == found.size && file.modified == found.modified && file.modified != 0;
                untouched || files::read(&found.at).is_ok_and(|(_, digest)| *digest.as_bytes() == file.digest)
            });
            if !same {
                differing.push(path);
            }
        }
    }
    if differing.is_empty() && expected.len() == table.files.len() {
        return differing;
    }
    differing.extend(expected.into_keys().map(str::to_owned));
    differing.sort();
    differing
}
