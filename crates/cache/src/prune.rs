//! Keeping a cache within its bound.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use crate::{Cache, entries};

/// How many directories the entries of one kind are spread over.
const FAN_OUT: u64 = 256;

/// How old a file is that nobody can still be writing.
const ABANDONED: Duration = Duration::from_hours(1);

/// What is in a cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many records and blobs.
    pub entries: u64,
    /// How many bytes they have together.
    pub bytes: u64,
}

struct Entry {
    modified: SystemTime,
    bytes: u64,
    path: PathBuf,
}

impl Cache {
    /// What is in it.
    pub fn usage(&self) -> Usage {
        let entries = self.entries();
        Usage { entries: entries.len() as u64, bytes: entries.iter().map(|entry| entry.bytes).sum() }
    }

    /// Removes every entry.
    pub fn clear(&self) {
        self.entries().iter().for_each(|entry| entries::remove(&entry.path));
    }

    /// Removes the oldest entries if there is too much. Called after an entry was put.
    ///
    /// Names are digests, so entries spread evenly: as long as the directory of the new one has no more than its share
    /// of the bound there is no need to look at the others, which would cost more than most puts are worth.
    pub(crate) fn bound(&self, put: &Path) {
        let share = self.max_bytes / FAN_OUT;
        let siblings = put.parent().map(list).unwrap_or_default();
        if siblings.iter().map(|entry| entry.bytes).sum::<u64>() > share && !self.pruned.swap(true, Ordering::Relaxed) {
            self.prune(put);
        }
    }

    fn prune(&self, keep: &Path) {
        let mut entries = self.entries();
        let mut bytes: u64 = entries.iter().map(|entry| entry.bytes).sum();
        if bytes > self.max_bytes {
            entries.sort_by_key(|entry| entry.modified);
            // Some room, so that the next runs need not do this again.
            let goal = self.max_bytes - self.max_bytes / 4;
            for entry in entries.iter().filter(|entry| entry.path != keep) {
                if bytes <= goal {
                    break;
                }
                entries::remove(&entry.path);
                bytes -= entry.bytes;
            }
        }
        let abandoned = SystemTime::now().checked_sub(ABANDONED);
        let left = list(&self.dir.join(entries::TEMPORARY));
        left.iter().filter(|entry| Some(entry.modified) < abandoned).for_each(|entry| entries::remove(&entry.path));
    }

    fn entries(&self) -> Vec<Entry> {
        let kinds = ["ac", "cas"].map(|kind| self.dir.join(kind));
        let fan_out = kinds.iter().filter_map(|kind| fs::read_dir(kind).ok()).flatten().flatten();
        fan_out.flat_map(|dir| list(&dir.path())).collect()
    }
}

/// The files of a directory; none if it cannot be read.
fn list(dir: &Path) -> Vec<Entry> {
    let entry = |entry: DirEntry| {
        let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        Some(Entry { modified: metadata.modified().ok()?, bytes: metadata.len(), path: entry.path() })
    };
    fs::read_dir(dir).into_iter().flatten().flatten().filter_map(entry).collect()
}
