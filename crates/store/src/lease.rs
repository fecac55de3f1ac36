//! Leases: who a run is, and whether it still lives.
//!
//! On one machine the truth is the lock on a stack's `lock` file, which the kernel gives back when the process dies;
//! the lease says who that is. Between machines that share a directory the lease's end counts.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

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
    /// Seconds since 1970; the longest call is in it.
    until: i64,
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

    fn outlives(&self, now: Timestamp, margin: Duration) -> bool {
        // A holder may have been stopped between its last look at the lease and its call.
        let wait = margin.as_secs().saturating_add(self.longest_call);
        now.as_second() < self.until.saturating_add_unsigned(wait)
    }
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
        // The second that has begun counts as whole.
        until: now.as_second().saturating_add_unsigned(good.as_secs().saturating_add(2)),
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
pub(crate) fn sweep<'a>(root: &Path, margin: Duration, dead: impl Iterator<Item = &'a String>) {
    let now = Timestamp::now();
    let dead: Vec<PathBuf> = dead.map(|run| layout::lease(root, run)).collect();
    for name in layout::names(&root.join("leases")).unwrap_or_default() {
        let path = root.join("leases").join(name);
        let lease = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice::<LeaseFile>(&bytes).ok());
        let over = lease.is_some_and(|lease| !lease.outlives(now, margin) && !lease.runs_here());
        if over || dead.contains(&path) {
            // One that stays does no harm.
            let _ = fs::remove_file(path);
        }
    }
}

/// The lease of a run; one that cannot be read was being written when the machine stopped, so its run is over.
fn read(root: &Path, run: &str) -> Option<LeaseFile> {
    serde_json::from_slice(&fs::read(layout::lease(root, run)).ok()?).ok()
}

/// The run that holds a stack, if it lives. `lock` is the stack's lock file. Writes nothing.
pub(crate) fn holder(root: &Path, run: &str, lock: &Path, margin: Duration) -> Option<Lease> {
    let lease = read(root, run)?;
    let alive = match File::open(lock) {
        _ if lease.is_of_another_machine() => lease.outlives(Timestamp::now(), margin),
        // A shared lock, held for a moment: who takes the stack in that moment tries again.
        Ok(file) => matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)),
        Err(_) => false,
    };
    alive.then(|| lease.to_lease())
}

/// The run on another machine that holds a stack, as far as its lease says.
pub(crate) fn remote_holder(root: &Path, run: &str, margin: Duration) -> Option<Lease> {
    let lease = read(root, run)?;
    (lease.is_of_another_machine() && lease.outlives(Timestamp::now(), margin)).then(|| lease.to_lease())
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

    #[test]
    fn leases_of_the_dead_are_swept_and_those_of_the_living_stay() {
        let dir = tempfile::tempdir().expect("a directory");
        let change = |run: &str, change: &dyn Fn(&mut LeaseFile)| {
            let run = Run { id: run.into(), command: "up".into() };
            write(dir.path(), &run, &Settings::default(), Duration::ZERO).expect("written");
            let mut lease = read(dir.path(), &run.id).expect("read");
            change(&mut lease);
            fs::write(layout::lease(dir.path(), &run.id), serde_json::to_vec(&lease).expect("bytes")).expect("written");
        };
        change("alive", &|_| ());
        change("late", &|lease| lease.until = 0);
        change("taken over", &|_| ());
        change("dead", &|lease| (lease.until, lease.started) = (0, 1));
        change("recent", &|lease| lease.boot = "another".into());
        sweep(dir.path(), Duration::ZERO, [&"taken over".to_owned()].into_iter());
        let mut left = layout::names(&dir.path().join("leases")).expect("listed");
        left.sort();
        assert_eq!(left, ["alive.json", "late.json", "recent.json"]);
    }

    #[test]
    fn on_one_machine_a_clock_that_jumps_changes_nothing() {
        let dir = tempfile::tempdir().expect("a directory");
        let (path, run) = (dir.path().join("lock"), Run { id: "r".into(), command: "up".into() });
        let holder = || holder(dir.path(), "r", &path, Duration::ZERO).is_some();
        for hours in [-10, 0, 10] {
            let lock = File::create(&path).expect("made");
            lock.lock().expect("locked");
            write(dir.path(), &run, &Settings::default(), Duration::ZERO).expect("written");
            let mut lease = read(dir.path(), "r").expect("read");
            lease.until += hours * 3600;
            fs::write(layout::lease(dir.path(), "r"), serde_json::to_vec(&lease).expect("bytes")).expect("written");
            assert!(holder(), "it lives: {hours}");
            sweep(dir.path(), Duration::ZERO, [].into_iter());
            assert!(holder(), "its lease is not swept: {hours}");
            drop(lock);
            assert!(!holder(), "it is dead: {hours}");
        }
    }

    #[test]
    fn another_machine_is_believed_until_its_lease_and_the_margin_are_over() {
        let elsewhere = |seconds: i64| {
            lease(|lease| {
                (lease.host, lease.boot) = ("elsewhere".into(), "another".into());
                lease.until = Timestamp::now().as_second() + seconds;
            })
        };
        let margin = Duration::from_mins(1);
        assert!(elsewhere(0).is_of_another_machine() && !lease(|lease| lease.boot.clear()).is_of_another_machine());
        assert!(elsewhere(-30).outlives(Timestamp::now(), margin));
        assert!(!elsewhere(-90).outlives(Timestamp::now(), margin));
        let calling = |seconds: u64| LeaseFile { longest_call: seconds, ..elsewhere(-90) };
        assert!(calling(60).outlives(Timestamp::now(), margin), "a call may be on its way");
        assert!(!calling(20).outlives(Timestamp::now(), margin));
    }
}
