//! Keeping a cache within its bound.

use std::fs::{self, DirEntry};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use crate::{Address, Cache, entries, is_record};

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

/// What looking at every entry has found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many entries are what was put.
    pub good: u64,
    /// How many were not, and are gone.
    pub bad: u64,
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

    /// The most that it is to hold, in bytes.
    pub fn bound_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// Removes the oldest entries until no more than this is left, and what writers that died have left; gives what
    /// was removed.
    pub fn collect(&self, max_bytes: u64) -> Usage {
        self.shrink(max_bytes, max_bytes, None)
    }

    /// Looks at every entry, and removes those that are not what was put.
    pub fn verify(&self) -> Verified {
        let mut verified = Verified::default();
        for entry in self.entries() {
            let name = entry.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let bytes = match fs::read(&entry.path) {
                Ok(bytes) => bytes,
                // It was collected since it was listed.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(_) => Vec::new(),
            };
            let good = match entry.path.strip_prefix(&self.dir).ok().and_then(|path| path.iter().next()) {
                Some(kind) if kind == "ac" => name.parse().is_ok_and(|key| is_record(key, &bytes)),
                _ => name.parse().is_ok_and(|address| Address::of(&bytes) == address),
            };
            if good {
                verified.good += 1;
            } else {
                entries::remove(&entry.path);
                verified.bad += 1;
            }
        }
        verified
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
            // Some room, so that the next runs need not do this again.
            self.shrink(self.max_bytes, self.max_bytes - self.max_bytes / 4, Some(put));
        }
    }

    /// If there is more than `most` bytes, removes the oldest entries but one until `goal` is left; gives what went.
    fn shrink(&self, most: u64, goal: u64, keep: Option<&Path>) -> Usage {
        let mut entries = self.entries();
        let mut bytes: u64 = entries.iter().map(|entry| entry.bytes).sum();
        let mut gone = Usage::default();
        if bytes > most {
            entries.sort_by_key(|entry| entry.modified);
            for entry in entries.iter().filter(|entry| Some(entry.path.as_path()) != keep) {
                if bytes <= goal {
                    break;
                }
                entries::remove(&entry.path);
                bytes -= entry.bytes;
                // Who may only read removes nothing.
                if !entry.path.exists() {
                    gone.entries += 1;
                    gone.bytes += entry.bytes;
                }
            }
        }
        let abandoned = SystemTime::now().checked_sub(ABANDONED);
        let left = list(&self.dir.join(entries::TEMPORARY));
        left.iter().filter(|entry| Some(entry.modified) < abandoned).for_each(|entry| entries::remove(&entry.path));
        gone
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
