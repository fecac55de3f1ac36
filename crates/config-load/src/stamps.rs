//! What files were when they were last looked at: spares reading and parsing those that still are.
//!
//! A stamp is what the file system says of a file. It stands for the content only if the file had come to rest before
//! the run that looked at it began: what is changed twice within the grain of a clock may keep its stamp. A table counts
//! only for the program that wrote it: another one may read the same bytes otherwise.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use value::Digest;

/// For how long a file must not have changed to be at rest: longer than the grain of any file system's clock.
const REST: Duration = Duration::from_secs(2);

/// Less news than this is not worth writing: so many files are read in no time, and a run with nothing to do writes
/// nothing.
const NEWS: usize = 250;

const NANOSECONDS: i64 = 1_000_000_000;

/// What the file system says of a file or directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    size: u64,
    inode: u64,
    /// When its content changed, in nanoseconds.
    modified: i64,
    /// When anything of it changed; unlike the other time nobody can set it.
    changed: i64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        let time = |seconds: i64, rest: i64| seconds.checked_mul(NANOSECONDS)?.checked_add(rest);
        Some(Self {
            size: found.len(),
            inode: found.ino(),
            modified: time(found.mtime(), found.mtime_nsec())?,
            changed: time(found.ctime(), found.ctime_nsec())?,
        })
    }
}

/// Digests of what was read of files, each with the stamp that the file had.
type Known = BTreeMap<String, (Stamp, Digest)>;

/// What is known of files.
#[derive(Debug)]
pub struct Stamps {
    /// The program that reads them; without it nothing is kept.
    reader: Option<Stamp>,
    known: Known,
    learnt: Mutex<Known>,
    /// How much news is worth writing.
    news: usize,
    /// What changed after this may be read in one run as it was before and as it is after. Where nothing is kept nothing
    /// is at rest, and no clock is asked: evaluators have none.
    resting: i64,
}

impl Default for Stamps {
    fn default() -> Self {
        Self { reader: None, known: BTreeMap::new(), learnt: Mutex::default(), news: NEWS, resting: 0 }
    }
}

impl Stamps {
    /// Those that an earlier run of the same program has left; none, if they cannot be read.
    pub fn read(bytes: &[u8], program: &Path) -> Self {
        let reader = Stamp::of(program);
        let kept = postcard::from_bytes(bytes).ok().filter(|(by, _): &(Stamp, Known)| Some(*by) == reader);
        let known = kept.map(|(_, known)| known).unwrap_or_default();
        Self { reader, known, resting: resting(), ..Self::default() }
    }

    /// What a later run is to find, if this one has learnt enough for that.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let learnt = self.learnt();
        if learnt.len() < self.news {
            return None;
        }
        let mut all = self.known.clone();
        all.extend(learnt.iter().map(|(key, known)| (key.clone(), *known)));
        postcard::to_extend(&(self.reader?, all), Vec::new()).ok()
    }

    /// The digest of what is read of a file; `part` tells apart what is read of one file, and `make` reads it.
    pub(crate) fn digest(
        &self,
        root: &Path,
        file: &str,
        part: &str,
        make: impl FnOnce() -> Option<Digest>,
    ) -> Option<Digest> {
        let path = root.join(file);
        // What is not there is not read, either.
        let Some(stamp) = Stamp::of(&path) else { return make() };
        let key = if part.is_empty() { file.to_owned() } else { format!("{file}?{part}") };
        match self.known.get(&key) {
            Some((known, digest)) if *known == stamp => Some(*digest),
            _ => {
                let digest = make()?;
                if stamp.modified.max(stamp.changed) < self.resting && Stamp::of(&path) == Some(stamp) {
                    self.learnt().insert(key, (stamp, digest));
                }
                Some(digest)
            }
        }
    }

    fn learnt(&self) -> MutexGuard<'_, Known> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When what rests now must have changed last.
fn resting() -> i64 {
    let then = SystemTime::now().checked_sub(REST).and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    then.and_then(|time| i64::try_from(time.as_nanos()).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    const LONG_AGO: Duration = Duration::from_secs(1_000_000_000);

    fn digest(stamps: &Stamps, root: &Path) -> (Option<Digest>, bool) {
        let mut read = false;
        let digest = stamps.digest(root, "file", "", || {
            read = true;
            fs::read(root.join("file")).ok().map(|bytes| Digest::of("file", &bytes))
        });
        (digest, read)
    }

    /// A run of a program that began long after everything came to rest.
    fn run(kept: &[u8], program: &Path) -> Stamps {
        Stamps { news: 1, resting: i64::MAX, ..Stamps::read(kept, program) }
    }

    #[test]
    fn a_file_at_rest_is_read_once_and_again_when_anything_of_it_changes() {
        let root = tempfile::tempdir().expect("a directory");
        let root = root.path();
        let program = root.join("program");
        fs::write(&program, "").expect("writes");
        fs::write(root.join("file"), "one").expect("writes");
        let first = run(&[], &program);
        let (one, read) = digest(&first, root);
        assert!(one.is_some() && read);
        let kept = first.to_bytes().expect("it has learnt something");
        let second = run(&kept, &program);
        assert_eq!(digest(&second, root), (one, false));
        assert_eq!(second.to_bytes(), None, "nothing new");

        // Another content of the same length, with the old time of change.
        let file = File::options().write(true).truncate(true).open(root.join("file")).expect("opens");
        let modified = file.metadata().and_then(|data| data.modified()).expect("a time");
        std::io::Write::write_all(&mut &file, b"two").expect("writes");
        file.set_modified(modified).expect("sets");
        let third = run(&kept, &program);
        let (two, read) = digest(&third, root);
        assert!(read && two != one);
        let kept = third.to_bytes().expect("it has learnt something");
        assert_eq!(digest(&run(&kept, &program), root), (two, false));

        // One that is put in its place.
        fs::write(root.join("other"), "six").expect("writes");
        fs::rename(root.join("other"), root.join("file")).expect("renames");
        let (six, read) = digest(&run(&kept, &program), root);
        assert!(read && six != two);

        // Another program may read it otherwise.
        fs::write(root.join("another"), "").expect("writes");
        assert!(digest(&run(&kept, &root.join("another")), root).1);

        fs::remove_file(root.join("file")).expect("removes");
        assert_eq!(digest(&run(&kept, &program), root), (None, true));
    }

    #[test]
    fn a_file_that_has_just_changed_is_read_again() {
        let root = tempfile::tempdir().expect("a directory");
        fs::write(root.path().join("file"), "one").expect("writes");
        File::options()
            .write(true)
            .open(root.path().join("file"))
            .and_then(|file| file.set_modified(UNIX_EPOCH + LONG_AGO))
            .expect("sets");
        let stamps = Stamps { news: 1, ..Stamps::read(&[], &root.path().join("file")) };
        assert!(digest(&stamps, root.path()).1);
        assert_eq!(stamps.to_bytes(), None, "when it changed cannot be hidden");
    }

    #[test]
    fn a_torn_table_is_none() {
        let root = tempfile::tempdir().expect("a directory");
        let program = root.path().join("file");
        fs::write(&program, "one").expect("writes");
        let first = run(&[], &program);
        digest(&first, root.path());
        let kept = first.to_bytes().expect("it has learnt something");
        for length in 0..kept.len() {
            assert!(digest(&run(&kept[..length], &program), root.path()).1, "{length}");
        }
    }
}
