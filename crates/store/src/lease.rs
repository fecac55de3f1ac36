//! Leases: who a run is, and whether it still lives.
//!
//! On one machine the truth is the lock on a stack's `lock` file, which the kernel gives back when the process dies;
//! the lease says who that is. Between machines that share a directory the lease's age counts, by the one clock that
//! they share: that of the directory, which stamps the lease of the holder and that of whoever asks.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use ports::{Lease, Run, StoreError};
use serde::{Deserialize, Serialize};

use crate::layout::{self, io_error};
use crate::{Settings, durable};

/// The content of a lease file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LeaseFile {
    run: String,
    command: String,
    host: String,
    /// The kernel's number for this start of the machine: the same in every container on it.
    boot: String,
    pid: u32,
    /// When the process started, in the kernel's ticks: a process id is used again, this is not.
    started: u64,
    /// RFC 3339, UTC.
    since: String,
    /// For how many seconds it is good from when it was written; the longest call is in it.
    good: u64,
    /// How long the longest call may take that was started under it, in seconds.
    #[serde(default)]
    longest_call: u64,
}

impl LeaseFile {
    fn to_lease(&self) -> Lease {
        Lease {
            run: self.run.clone(),
            command: self.command.clone(),
            host: self.host.clone(),
            pid: self.pid,
            since: self.since.clone(),
        }
    }

    /// Whether the process that wrote it is there. Only a hint: another container's processes are not seen.
    fn runs_here(&self) -> bool {
        // Where the system does not say, both are zero and the lock alone decides.
        self.boot == boot_id() && start_of(&self.pid.to_string()).unwrap_or_default() == self.started
    }

    /// Whether a lock on a file of this machine says nothing of the holder.
    fn is_of_another_machine(&self) -> bool {
        self.boot != boot_id() && self.host != host()
    }

    /// Whether it is to be honoured when it was written so long ago.
    fn outlives(&self, age: Duration, margin: Duration) -> bool {
        // A holder may have been stopped between its last look at the lease and its call.
        age.as_secs() < self.good.saturating_add(margin.as_secs()).saturating_add(self.longest_call)
    }
}

/// A lease, and when it was written by the clock of the directory.
struct Stamped {
    lease: LeaseFile,
    written: SystemTime,
}

impl Stamped {
    /// The lease of a run; one that cannot be read was being written when the machine stopped, so its run is over.
    fn read(path: &Path) -> Option<Self> {
        let written = fs::metadata(path).and_then(|about| about.modified()).ok()?;
        // Looked at first: one that is renewed in between is taken to be older than it is, and looked at again later.
        let lease = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        Some(Self { lease, written })
    }

    /// A clock that was set back since makes it no older.
    fn outlives(&self, now: SystemTime, margin: Duration) -> bool {
        self.lease.outlives(now.duration_since(self.written).unwrap_or_default(), margin)
    }
}

/// What the clock of the directory says, as far as a run knows: when it last wrote its own lease.
fn directory_time(root: &Path, run: &Run) -> Option<SystemTime> {
    fs::metadata(layout::lease(root, &run.id)).and_then(|about| about.modified()).ok()
}

/// A lease that was written.
pub(crate) struct Written {
    /// There was none before.
    pub(crate) first: bool,
    /// For how long it is good, from before it was written.
    pub(crate) good: Duration,
}

/// Writes or renews the lease of a run of this process, so that a call of this length may start.
pub(crate) fn write(root: &Path, run: &Run, settings: &Settings, call: Duration) -> Result<Written, StoreError> {
    let path = layout::lease(root, &run.id);
    let before = read(root, &run.id);
    let now = Timestamp::now();
    let seconds = call.as_secs().saturating_add(u64::from(call.subsec_nanos() > 0));
    let longest_call = before.as_ref().map_or(0, |lease| lease.longest_call).max(seconds);
    let good = settings.lease + Duration::from_secs(longest_call);
    let lease = LeaseFile {
        run: run.id.clone(),
        command: run.command.clone(),
        host: host(),
        boot: boot_id(),
        pid: std::process::id(),
        started: start_of("self").unwrap_or_default(),
        since: before.as_ref().map_or_else(|| text(now), |lease| lease.since.clone()),
        // The seconds that have begun count as whole.
        good: good.as_secs().saturating_add(2),
        longest_call,
    };
    durable::make_dir(&root.join("leases")).map_err(io_error("cannot make", &root.join("leases")))?;
    // Not durable: when the machine stops, the run is over whatever its lease says.
    durable::replace_quickly(&path, &serde_json::to_vec(&lease).unwrap_or_default())
        .map_err(io_error("cannot write", &path))?;
    Ok(Written { first: before.is_none(), good })
}

/// Removes a lease.
pub(crate) fn remove(root: &Path, run: &str) -> Result<(), StoreError> {
    let path = layout::lease(root, run);
    match fs::remove_file(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(io_error("cannot remove", &path)),
    }
}

/// Removes the leases of runs that were taken over, and of those that ended long ago without giving up theirs.
/// A run that was only stopped finds its stacks taken, or writes its lease anew.
pub(crate) fn sweep<'a>(root: &Path, run: &Run, margin: Duration, dead: impl Iterator<Item = &'a String>) {
    let Some(now) = directory_time(root, run) else { return };
    let dead: Vec<PathBuf> = dead.map(|run| layout::lease(root, run)).collect();
    for name in layout::names(&root.join("leases")).unwrap_or_default() {
        let path = root.join("leases").join(name);
        let over = Stamped::read(&path).is_some_and(|it| !it.outlives(now, margin) && !it.lease.runs_here());
        if over || dead.contains(&path) {
            // One that stays does no harm.
            let _ = fs::remove_file(path);
        }
    }
}

fn read(root: &Path, run: &str) -> Option<LeaseFile> {
    Stamped::read(&layout::lease(root, run)).map(|stamped| stamped.lease)
}

/// The run that holds a stack, if it lives, as far as one can tell who writes nothing. `lock` is the stack's lock file.
pub(crate) fn holder(root: &Path, run: &str, lock: &Path, margin: Duration) -> Option<Lease> {
    let stamped = Stamped::read(&layout::lease(root, run))?;
    let alive = match File::open(lock) {
        // Who does not write does not know the time of the directory.
        _ if stamped.lease.is_of_another_machine() => stamped.outlives(SystemTime::now(), margin),
        // A shared lock, held for a moment: who takes the stack in that moment tries again.
        Ok(file) => matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)),
        Err(_) => false,
    };
    alive.then(|| stamped.lease.to_lease())
}

/// The run on another machine that holds a stack, as far as its lease says. `me` has just written its own.
pub(crate) fn remote_holder(root: &Path, run: &str, me: &Run, margin: Duration) -> Option<Lease> {
    let stamped = Stamped::read(&layout::lease(root, run))?;
    let now = directory_time(root, me).unwrap_or(stamped.written);
    (stamped.lease.is_of_another_machine() && stamped.outlives(now, margin)).then(|| stamped.lease.to_lease())
}

/// The run of this machine that locked a file: its id is in it. `None` if that cannot be told yet.
pub(crate) fn locked_by(root: &Path, lock: &Path) -> Option<Lease> {
    let run = fs::read_to_string(lock).ok()?;
    read(root, &run).filter(LeaseFile::runs_here).map(|lease| lease.to_lease())
}

/// What is said of a holder of which nothing is known but that it holds.
pub(crate) fn unknown_holder() -> Lease {
    let unknown = || "unknown".to_owned();
    Lease { run: unknown(), command: unknown(), host: host(), pid: 0, since: unknown() }
}

/// The present, for people.
pub(crate) fn now() -> String {
    text(Timestamp::now())
}

/// To the second, which is enough for people.
fn text(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

fn host() -> String {
    kernel("sys/kernel/hostname").or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_else(|| "unknown".into())
}

fn boot_id() -> String {
    kernel("sys/kernel/random/boot_id").unwrap_or_default()
}

/// When a process started, in ticks since the machine did; `None` if it is not there.
fn start_of(pid: &str) -> Option<u64> {
    let stat = kernel(&format!("{pid}/stat"))?;
    // The second field is the command in parentheses and may hold anything; the 22nd is the start.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

/// A line of `/proc`; `None` on systems that have none.
fn kernel(name: &str) -> Option<String> {
    Some(fs::read_to_string(Path::new("/proc").join(name)).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(change: impl FnOnce(&mut LeaseFile)) -> LeaseFile {
        let dir = tempfile::tempdir().expect("a directory");
        let run = Run { id: "r/1".into(), command: "up".into() };
        let write = |seconds| write(dir.path(), &run, &Settings::default(), Duration::from_secs(seconds));
        assert!(write(0).expect("written").first);
        let renewed = write(0).expect("renewed");
        assert_eq!((renewed.first, renewed.good), (false, Settings::default().lease));
        let mut lease = read(dir.path(), "r/1").expect("read");
        change(&mut lease);
        lease
    }

    #[test]
    fn a_process_is_known_by_boot_id_and_start() {
        assert!(lease(|_| ()).runs_here());
        assert!(!lease(|lease| lease.started += 1).runs_here(), "the process id was used again");
        assert!(!lease(|lease| lease.boot = "another".into()).runs_here(), "the machine was started again");
    }

    /// Writes the lease of a run with something else in it, and as if it had been written at another time.
    fn written(root: &Path, run: &str, hours: i64, change: impl FnOnce(&mut LeaseFile)) -> Run {
        let run = Run { id: run.into(), command: "up".into() };
        write(root, &run, &Settings::default(), Duration::ZERO).expect("written");
        let mut lease = read(root, &run.id).expect("read");
        change(&mut lease);
        let path = layout::lease(root, &run.id);
        fs::write(&path, serde_json::to_vec(&lease).expect("bytes")).expect("written");
        let by = Duration::from_hours(hours.unsigned_abs());
        let now = SystemTime::now();
        let file = File::options().write(true).open(&path).expect("opens");
        file.set_modified(if hours < 0 { now - by } else { now + by }).expect("set");
        run
    }

    fn elsewhere(lease: &mut LeaseFile) {
        (lease.host, lease.boot) = ("elsewhere".into(), "another".into());
    }

    #[test]
    fn leases_of_the_dead_are_swept_and_those_of_the_living_stay() {
        let dir = tempfile::tempdir().expect("a directory");
        let me = written(dir.path(), "alive", 0, |_| ());
        written(dir.path(), "late", -10, |_| ());
        written(dir.path(), "taken over", 0, |_| ());
        written(dir.path(), "dead", -10, |lease| lease.started = 1);
        written(dir.path(), "recent", 0, |lease| lease.boot = "another".into());
        sweep(dir.path(), &me, Duration::ZERO, [&"taken over".to_owned()].into_iter());
        let mut left = layout::names(&dir.path().join("leases")).expect("listed");
        left.sort();
        assert_eq!(left, ["alive.json", "late.json", "recent.json"]);
    }

    #[test]
    fn on_one_machine_a_clock_that_jumps_changes_nothing() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("lock");
        let holder = || holder(dir.path(), "r", &path, Duration::ZERO).is_some();
        for hours in [-10, 0, 10] {
            let lock = File::create(&path).expect("made");
            lock.lock().expect("locked");
            written(dir.path(), "r", hours, |_| ());
            let me = written(dir.path(), "me", 0, |_| ());
            assert!(holder(), "it lives: {hours}");
            sweep(dir.path(), &me, Duration::ZERO, [].into_iter());
            assert!(holder(), "its lease is not swept: {hours}");
            drop(lock);
            assert!(!holder(), "it is dead: {hours}");
        }
    }

    #[test]
    fn another_machine_is_believed_until_its_lease_and_the_margin_are_over() {
        let age = Duration::from_secs;
        let lease = |longest_call| lease(|lease| (lease.good, lease.longest_call) = (900, longest_call));
        assert!(lease(0).outlives(age(930), age(60)));
        assert!(!lease(0).outlives(age(990), age(60)));
        assert!(lease(60).outlives(age(990), age(60)), "a call may be on its way");
        assert!(!lease(20).outlives(age(990), age(60)));
    }

    /// The clocks of the two machines say what they like: who wrote first and how long ago says the directory.
    #[test]
    fn between_machines_only_the_clock_of_the_directory_counts() {
        let dir = tempfile::tempdir().expect("a directory");
        let held = |me: &Run| remote_holder(dir.path(), "holder", me, Duration::from_mins(1)).is_some();
        for off in [-48, 0, 48] {
            // The directory's clock is hours off from the one of this machine.
            let holder = |hours| written(dir.path(), "holder", off + hours, elsewhere);
            let me = written(dir.path(), "me", off, |_| ());
            holder(0);
            assert!(held(&me), "it has just been written: {off}");
            holder(-1);
            assert!(!held(&me), "it was written an hour ago: {off}");
            holder(1);
            assert!(held(&me), "the directory's clock was set back: that hastens nothing: {off}");
        }
        let me = written(dir.path(), "me", 0, |_| ());
        written(dir.path(), "holder", -1, |lease| lease.host = "elsewhere".into());
        assert!(!held(&me), "it is of this machine: its lock says whether it lives");
        remove(dir.path(), &me.id).expect("removed");
        written(dir.path(), "holder", -1, elsewhere);
        assert!(held(&me), "who does not know the time takes over nothing");
    }
}
