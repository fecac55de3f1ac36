//! What was read of files when they were last looked at: spares reading and parsing those that still are as they were.
//!
//! Layer: L4, adapter. A stamp is what the file system says of a file. **Invariant:** it stands for the content only if
//! the file had come to rest before the run that looked at it began: what is changed twice within the grain of a clock
//! may keep its stamp. **Invariant:** a table counts only for the program that wrote it: another one may read the same
//! bytes otherwise; and one that is torn is none.

mod footing;

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fmt, fs};

pub use footing::Footing;
use serde::{Deserialize, Serialize};

/// For how long a file must not have changed to be at rest: longer than the grain of any file system's clock.
const REST: Duration = Duration::from_secs(2);

/// Less news than this is not worth writing: so many files are read in no time, and a run with nothing to do writes
/// nothing.
const LEAST: usize = 250;

const NANOSECONDS: i64 = 1_000_000_000;

/// What the file system says of a file or directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    size: u64,
    inode: u64,
    /// When its content changed, in nanoseconds.
    modified: i64,
    /// When anything of it changed; unlike the other time nobody can set it.
    changed: i64,
}

impl Stamp {
    /// That of a file or directory; `None` if there is none.
    pub fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        Some(Self {
            size: found.len(),
            inode: found.ino(),
            modified: time(found.mtime(), found.mtime_nsec())?,
            changed: time(found.ctime(), found.ctime_nsec())?,
        })
    }

    /// Whether nothing of it changed after an instant.
    fn is_before(self, instant: i64) -> bool {
        self.modified.max(self.changed) < instant
    }
}

/// Nanoseconds since 1970.
fn time(seconds: i64, rest: i64) -> Option<i64> {
    seconds.checked_mul(NANOSECONDS)?.checked_add(rest)
}

/// What changed after this may be read in a run that began then as it was before and as it is after.
fn resting(began: SystemTime) -> i64 {
    let then = began.checked_sub(REST).and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    then.and_then(|time| i64::try_from(time.as_nanos()).ok()).unwrap_or_default()
}

/// What was read of a file that had a stamp, as bytes.
type Known = BTreeMap<String, (Stamp, Vec<u8>)>;

/// By key in order, each with where its value ends among all values.
type Keys = Vec<(String, Stamp, usize)>;

/// What is known of files.
#[derive(Debug)]
pub struct Stamps {
    /// The program that reads them; without it nothing is kept.
    reader: Option<Stamp>,
    /// What an earlier run has found.
    known: Keys,
    values: Vec<u8>,
    learnt: Mutex<Known>,
    /// How much news is worth writing.
    least: usize,
    /// What changed after this may be read in one run as it was before and as it is after. Where nothing is kept nothing
    /// is at rest, and no clock is asked: evaluators have none.
    resting: i64,
}

impl Default for Stamps {
    fn default() -> Self {
        let (known, values) = (Vec::new(), Vec::new());
        Self { reader: None, known, values, learnt: Mutex::default(), least: LEAST, resting: 0 }
    }
}

impl Stamps {
    /// Those that an earlier run of the same program has left; none, if they cannot be read.
    pub fn read(bytes: &[u8], program: &Path) -> Self {
        let reader = Stamp::of(program);
        let (known, values) = decode(bytes, reader).unwrap_or_default();
        Self { reader, known, values, ..Self::default() }.began(SystemTime::now())
    }

    /// Those of a run that began at another time than now.
    #[must_use]
    pub fn began(self, at: SystemTime) -> Self {
        Self { resting: resting(at), ..self }
    }

    /// Leaves something for a later run already if it has learnt so much.
    #[must_use]
    pub fn at_least(self, least: usize) -> Self {
        Self { least, ..self }
    }

    /// What a later run is to find, if this one has learnt enough for that.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let learnt = self.learnt();
        if learnt.len() < self.least {
            return None;
        }
        let known = (0..self.known.len()).map(|number| (self.known[number].0.as_str(), self.known_at(number)));
        let news = learnt.iter().map(|(key, (stamp, value))| (key.as_str(), (*stamp, value.as_slice())));
        let all: BTreeMap<&str, (Stamp, &[u8])> = known.chain(news).collect();
        encode(self.reader?, &all)
    }

    /// What was read by this key when the file had this stamp.
    pub fn find(&self, key: &str, stamp: Stamp) -> Option<&[u8]> {
        let number = self.known.binary_search_by(|(known, ..)| known.as_str().cmp(key)).ok()?;
        let (known, value) = self.known_at(number);
        (known == stamp).then_some(value)
    }

    /// Whether a file had come to rest when this run began.
    pub fn is_at_rest(&self, stamp: Stamp) -> bool {
        stamp.is_before(self.resting)
    }

    /// Keeps what was read of a file since it had this stamp, if it still has, and was at rest.
    pub fn learn(&self, key: &str, path: &Path, stamp: Stamp, value: Vec<u8>) {
        if self.is_at_rest(stamp) && Stamp::of(path) == Some(stamp) {
            self.learnt().insert(key.to_owned(), (stamp, value));
        }
    }

    fn known_at(&self, number: usize) -> (Stamp, &[u8]) {
        let start = number.checked_sub(1).map_or(0, |before| self.known[before].2);
        let (_, stamp, end) = &self.known[number];
        (*stamp, &self.values[start..*end])
    }

    fn learnt(&self) -> MutexGuard<'_, Known> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stamps that are read when somebody first asks for them.
pub struct Found {
    find: Box<dyn Fn() -> Stamps + Send + Sync>,
    stamps: OnceLock<Stamps>,
}

impl Found {
    /// Those that `find` gives.
    pub fn new(find: impl Fn() -> Stamps + Send + Sync + 'static) -> Self {
        Self { find: Box::new(find), stamps: OnceLock::new() }
    }

    /// What is known.
    pub fn get(&self) -> &Stamps {
        self.stamps.get_or_init(&self.find)
    }

    /// What is known, if anybody has asked.
    pub fn if_asked(&self) -> Option<&Stamps> {
        self.stamps.get()
    }
}

impl Default for Found {
    fn default() -> Self {
        Self::new(Stamps::default)
    }
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Found").field(&self.stamps).finish()
    }
}

/// First who wrote it and what is known, each with where its value ends; then all values.
fn encode(reader: Stamp, all: &BTreeMap<&str, (Stamp, &[u8])>) -> Option<Vec<u8>> {
    let mut end = 0;
    let ends = all.iter().map(|(key, (stamp, value))| {
        end += value.len();
        (*key, *stamp, end)
    });
    let bytes = postcard::to_extend(&(reader, ends.collect::<Vec<_>>()), Vec::new()).ok()?;
    let values = all.values().flat_map(|(_, value)| value.iter().copied());
    Some(bytes.into_iter().chain(values).collect())
}

fn decode(bytes: &[u8], reader: Option<Stamp>) -> Option<(Keys, Vec<u8>)> {
    let ((by, known), values): ((Stamp, Keys), &[u8]) = postcard::take_from_bytes(bytes).ok()?;
    // Whoever looks up goes by the order, and each value has its place among all.
    let is_sorted = known.is_sorted_by(|(a, _, from), (b, _, to)| a < b && from <= to);
    let is_whole = known.last().is_none_or(|(.., end)| *end == values.len());
    (Some(by) == reader && is_sorted && is_whole).then(|| (known, values.to_vec()))
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    const LONG_AGO: Duration = Duration::from_secs(1_000_000_000);

    /// What is read of the file, and whether it was.
    fn read(stamps: &Stamps, root: &Path) -> (Option<Vec<u8>>, bool) {
        let path = root.join("file");
        let Some(stamp) = Stamp::of(&path) else { return (None, true) };
        if let Some(known) = stamps.find("file", stamp) {
            return (Some(known.to_vec()), false);
        }
        let bytes = fs::read(&path).expect("reads");
        stamps.learn("file", &path, stamp, bytes.clone());
        (Some(bytes), true)
    }

    /// A run of a program that began long after everything came to rest.
    fn run(kept: &[u8], program: &Path) -> Stamps {
        Stamps::read(kept, program).began(SystemTime::now() + LONG_AGO).at_least(1)
    }

    #[test]
    fn a_file_at_rest_is_read_once_and_again_when_anything_of_it_changes() {
        let root = tempfile::tempdir().expect("a directory");
        let root = root.path();
        let program = root.join("program");
        fs::write(&program, "").expect("writes");
        fs::write(root.join("file"), "one").expect("writes");
        let first = run(&[], &program);
        for key in ["after", "before", "z"] {
            first.learn(key, &program, Stamp::of(&program).expect("is there"), key.into());
        }
        let (one, is_read) = read(&first, root);
        assert!(one.is_some() && is_read);
        let kept = first.to_bytes().expect("it has learnt something");
        let second = run(&kept, &program);
        assert_eq!(read(&second, root), (one, false));
        assert_eq!(second.to_bytes(), None, "nothing new");
        for key in ["after", "before", "z"] {
            assert_eq!(second.find(key, Stamp::of(&program).expect("is there")), Some(key.as_bytes()));
        }

        // Another content of the same length, with the old time of change.
        let file = File::options().write(true).truncate(true).open(root.join("file")).expect("opens");
        let modified = file.metadata().and_then(|data| data.modified()).expect("a time");
        std::io::Write::write_all(&mut &file, b"two").expect("writes");
        file.set_modified(modified).expect("sets");
        let third = run(&kept, &program);
        assert_eq!(read(&third, root), (Some(b"two".to_vec()), true));
        let kept = third.to_bytes().expect("it has learnt something");
        assert_eq!(read(&run(&kept, &program), root), (Some(b"two".to_vec()), false));

        // One that is put in its place.
        fs::write(root.join("other"), "six").expect("writes");
        fs::rename(root.join("other"), root.join("file")).expect("renames");
        assert_eq!(read(&run(&kept, &program), root), (Some(b"six".to_vec()), true));

        // Another program may read it otherwise.
        fs::write(root.join("another"), "").expect("writes");
        assert!(read(&run(&kept, &root.join("another")), root).1);

        fs::remove_file(root.join("file")).expect("removes");
        assert_eq!(read(&run(&kept, &program), root), (None, true));
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
        let stamps = Stamps::read(&[], &root.path().join("file")).at_least(1);
        assert!(read(&stamps, root.path()).1);
        assert_eq!(stamps.to_bytes(), None, "when it changed cannot be hidden");
    }

    #[test]
    fn a_torn_or_damaged_table_is_none() {
        let root = tempfile::tempdir().expect("a directory");
        let program = root.path().join("file");
        fs::write(&program, "one").expect("writes");
        let first = run(&[], &program);
        read(&first, root.path());
        let stamp = Stamp::of(&program).expect("is there");
        first.learn("more", &program, stamp, b"more".to_vec());
        let kept = first.to_bytes().expect("it has learnt something");
        for length in 0..kept.len() {
            assert!(read(&run(&kept[..length], &program), root.path()).1, "{length}");
        }
        for at in 0..kept.len() {
            let mut damaged = kept.clone();
            damaged[at] ^= 0x80;
            // Whoever keeps a table sees to it that it is as it was put; here nothing may go beyond it.
            let stamps = run(&damaged, &program);
            let _ = (stamps.find("file", stamp), stamps.find("more", stamp), stamps.to_bytes());
        }
    }
}
