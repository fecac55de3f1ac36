//! What something was found out from: files that have to be as they were for it to be still so.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::SystemTime;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, openat, statat};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::{Stamp, resting, time};

/// As many files as are worth a thread of their own.
const SHARE: usize = if cfg!(test) { 10 } else { 1000 };

/// The files that something was found out from, as they were, and the program that read them. It holds as long as all of
/// them are so, which is seen without reading any.
///
/// **Invariant:** whoever takes one before reading, and finds that it still holds after, has read what it is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Footing {
    reader: Stamp,
    directories: Vec<Directory>,
}

/// Files of one directory: the way to it is gone once for all of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Directory {
    /// From the root.
    path: String,
    /// By name; `None` = there is none.
    files: Vec<(String, Option<Stamp>)>,
}

impl Footing {
    /// The files below a root as they are; `None` if one cannot be looked at, or may change without its stamp.
    pub fn of(root: &Path, program: &Path, files: impl IntoIterator<Item = String>) -> Option<Self> {
        Self::at(SystemTime::now(), root, program, files)
    }

    /// The same in a run that began at another time than now.
    fn at(began: SystemTime, root: &Path, program: &Path, files: impl IntoIterator<Item = String>) -> Option<Self> {
        let (reader, resting) = (Stamp::of(program)?, resting(began));
        let mut directories: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in files {
            let (path, name) = file.rsplit_once('/').unwrap_or(("", &file));
            directories.entry(path.to_owned()).or_default().push(name.to_owned());
        }
        let stamped = directories.into_iter().map(|(path, mut names)| {
            names.sort_unstable();
            names.dedup();
            let place = Place::of(root, &path)?;
            let stamped = names.into_iter().map(|name| {
                let stamp = place.stamp(&name)?;
                stamp.is_none_or(|stamp| stamp.is_before(resting)).then_some((name, stamp))
            });
            Some(Directory { files: stamped.collect::<Option<_>>()?, path })
        });
        Some(Self { reader, directories: stamped.collect::<Option<_>>()? })
    }

    /// Whether all files are as they were, and this program is the one that read them.
    pub fn holds(&self, root: &Path, program: &Path) -> bool {
        if Stamp::of(program) != Some(self.reader) {
            return false;
        }
        let files: usize = self.directories.iter().map(|directory| directory.files.len()).sum();
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(files / SHARE + 1);
        let are_so = |number: usize| {
            // Every so many: neighbours are alike in size.
            let mut share = self.directories.iter().skip(number).step_by(threads);
            share.all(|directory| directory.holds(root))
        };
        thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|number| scope.spawn(move || are_so(number))).collect();
            let own = are_so(0);
            others.into_iter().fold(own, |holds, other| other.join().unwrap_or(false) && holds)
        })
    }
}

impl Directory {
    fn holds(&self, root: &Path) -> bool {
        let Some(place) = Place::of(root, &self.path) else { return false };
        self.files.iter().all(|(name, stamp)| place.stamp(name) == Some(*stamp))
    }
}

/// Where files are looked for.
enum Place {
    Open(rustix::fd::OwnedFd),
    /// There is no such directory.
    Nowhere,
}

impl Place {
    /// `None` if it cannot be looked at.
    fn of(root: &Path, path: &str) -> Option<Self> {
        let path: PathBuf = root.join(path);
        match openat(CWD, &path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()) {
            Ok(directory) => Some(Self::Open(directory)),
            Err(error) => is_absent(error).then_some(Self::Nowhere),
        }
    }

    /// The stamp of a file, or that there is none; `None` if it cannot be looked at.
    fn stamp(&self, name: &str) -> Option<Option<Stamp>> {
        let Self::Open(directory) = self else { return Some(None) };
        match statat(directory, name, AtFlags::empty()) {
            Ok(found) => Some(Some(Stamp {
                size: u64::try_from(found.st_size).ok()?,
                inode: found.st_ino,
                modified: time(found.st_mtime, i64::try_from(found.st_mtime_nsec).ok()?)?,
                changed: time(found.st_ctime, i64::try_from(found.st_ctime_nsec).ok()?)?,
            })),
            Err(error) => is_absent(error).then_some(None),
        }
    }
}

fn is_absent(error: Errno) -> bool {
    matches!(error, Errno::NOENT | Errno::NOTDIR)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::Duration;

    use super::*;

    /// What is done to the files of a tree.
    type Change = fn(&Path);

    fn write(root: &Path, file: &str, text: &str) {
        let path = root.join(file);
        fs::create_dir_all(path.parent().expect("a directory")).expect("makes");
        fs::write(path, text).expect("writes");
    }

    /// A tree of a few files and more than one thread's share of others, with its footing.
    fn tree() -> (tempfile::TempDir, Footing) {
        let root = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a directory");
        let many: Vec<String> = (0..2 * SHARE).map(|number| format!("many/{}/{number}", number % 3)).collect();
        for file in many.iter().map(String::as_str).chain(["top", "a/one", "a/list/entry", "program"]) {
            write(root.path(), file, "one");
        }
        let more = ["top", "a/one", "a/list", "a/absent", "nowhere/absent", "a/one/below"].map(str::to_owned);
        let later = SystemTime::now() + Duration::from_secs(1_000_000_000);
        let footing = Footing::at(later, root.path(), &root.path().join("program"), many.into_iter().chain(more));
        (root, footing.expect("all can be looked at"))
    }

    fn holds(footing: &Footing, root: &Path) -> bool {
        footing.holds(root, &root.join("program"))
    }

    #[test]
    fn it_holds_while_nothing_of_its_files_changes() {
        let (root, footing) = tree();
        assert!(holds(&footing, root.path()));
        let bytes = postcard::to_extend(&footing, Vec::new()).expect("is written");
        assert_eq!(postcard::from_bytes::<Footing>(&bytes).expect("is read"), footing);
        // What it is not of.
        write(root.path(), "a/other", "new");
        write(root.path(), "b/one", "new");
        assert!(holds(&footing, root.path()));
    }

    #[test]
    fn whatever_happens_to_one_of_its_files_is_seen() {
        let changes: [(&str, Change); 12] = [
            ("edited", |root| write(root, "a/one", "two")),
            ("edited, with the old time", |root| {
                let modified = fs::metadata(root.join("a/one")).and_then(|data| data.modified()).expect("a time");
                write(root, "a/one", "two");
                let file = File::options().write(true).open(root.join("a/one")).expect("opens");
                file.set_modified(modified).expect("sets");
            }),
            ("another in its place", |root| {
                write(root, "new", "one");
                fs::rename(root.join("new"), root.join("a/one")).expect("renames");
            }),
            ("removed", |root| fs::remove_file(root.join("top")).expect("removes")),
            ("added", |root| write(root, "a/absent", "")),
            ("added with its directory", |root| write(root, "nowhere/absent", "")),
            ("added to a list", |root| write(root, "a/list/new", "")),
            ("removed from a list", |root| fs::remove_file(root.join("a/list/entry")).expect("removes")),
            ("another directory in its place", |root| {
                fs::rename(root.join("a"), root.join("old")).expect("renames");
                write(root, "a/one", "one");
                write(root, "a/list/entry", "one");
            }),
            ("the last of many", |root| write(root, "many/2/17", "two")),
            ("one of many", |root| fs::remove_file(root.join("many/1/1")).expect("removes")),
            ("another program", |root| write(root, "program", "two")),
        ];
        for (what, change) in changes {
            let (root, footing) = tree();
            change(root.path());
            assert!(!holds(&footing, root.path()), "{what}");
        }
    }

    #[test]
    fn what_has_just_changed_is_no_footing() {
        let root = tempfile::tempdir().expect("a directory");
        write(root.path(), "file", "one");
        let of = |file: &str| Footing::of(root.path(), &root.path().join("file"), [file.to_owned()]);
        assert_eq!(of("file"), None);
        assert!(of("absent").is_some());
    }
}
