//! Whole processes: started, waited for, and what they cost.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use wait4::Wait4;

/// What one process cost, with those that it waited for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    /// From its start to its end.
    pub(crate) wall: Duration,
    /// In its own code.
    pub(crate) user: Duration,
    /// In the kernel.
    pub(crate) system: Duration,
    /// The most memory it had at a time, in bytes.
    pub(crate) peak: u64,
}

impl Cost {
    /// The time of all processors.
    pub(crate) fn cpu(self) -> Duration {
        self.user + self.system
    }

    /// What two that ran one after the other cost.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            wall: self.wall + other.wall,
            user: self.user + other.user,
            system: self.system + other.system,
            peak: self.peak.max(other.peak),
        }
    }

    /// The middle of each part: one slow round says nothing.
    pub(crate) fn median(costs: &[Self]) -> Self {
        Self {
            wall: middle(costs.iter().map(|cost| cost.wall)),
            user: middle(costs.iter().map(|cost| cost.user)),
            system: middle(costs.iter().map(|cost| cost.system)),
            peak: middle(costs.iter().map(|cost| cost.peak)),
        }
    }
}

fn middle<T: Ord + Default>(parts: impl Iterator<Item = T>) -> T {
    let mut parts: Vec<T> = parts.collect();
    parts.sort();
    let at = parts.len() / 2;
    parts.into_iter().nth(at).unwrap_or_default()
}

/// A process that ended well.
pub(crate) struct Ran {
    pub(crate) cost: Cost,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A program with what all its calls have in common.
pub(crate) struct Program {
    path: PathBuf,
    directory: PathBuf,
    variables: Vec<(&'static str, String)>,
    output: tempfile::TempDir,
}

impl Program {
    /// A program that is run in a directory.
    pub(crate) fn new(path: impl Into<PathBuf>, directory: &Path) -> Result<Self> {
        let output = tempfile::tempdir().context("no temporary directory")?;
        Ok(Self { path: path.into(), directory: directory.to_owned(), variables: Vec::new(), output })
    }

    /// Sets an environment variable.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Starts it without listening to it.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(crate) fn spawn<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Result<Child> {
        let mut command = Command::new(&self.path);
        command.args(arguments).current_dir(&self.directory).envs(self.variables.iter().map(|(n, v)| (n, v)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().with_context(|| format!("cannot start `{}`", self.path.display()))
    }

    /// Runs it. Its output goes to files, so that nobody waits for a reader.
    ///
    /// # Errors
    /// If it cannot be started, or does not end well; then with what it said.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Result<Ran> {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned();
        let [stdout, stderr] = ["stdout", "stderr"].map(|stream| self.output.path().join(stream));
        let mut command = Command::new(&self.path);
        command.args(arguments).current_dir(&self.directory).envs(self.variables.iter().map(|(n, v)| (n, v)));
        command.stdin(Stdio::null()).stdout(File::create(&stdout)?).stderr(File::create(&stderr)?);
        let begun = Instant::now();
        let child = command.spawn().with_context(|| format!("cannot start `{}`", self.path.display()))?;
        let used = child.wait4().with_context(|| format!("cannot wait for `{name}`"))?;
        let wall = begun.elapsed();
        let read = |path| fs::read_to_string(path).with_context(|| format!("cannot read what `{name}` said"));
        let (stdout, stderr) = (read(&stdout)?, read(&stderr)?);
        if !used.status.success() {
            bail!("`{name}` ended with {}:\n{stdout}{stderr}", used.status);
        }
        let usage = used.rusage;
        let cost = Cost { wall, user: usage.utime, system: usage.stime, peak: usage.maxrss };
        Ok(Ran { cost, stdout, stderr })
    }
}

/// A program on the PATH.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_the_process_said() {
        let shell = Program::new("sh", Path::new(".")).expect("made").with("WORD", "broken");
        let failed = shell.run(["-c", "echo $WORD >&2; exit 3"]).err().expect("it failed").to_string();
        assert!(failed.contains("broken") && failed.contains('3'), "{failed}");
        assert_eq!(shell.run(["-c", "echo $WORD"]).expect("it ran").stdout, "broken\n");
    }

    #[test]
    fn a_process_costs_something() {
        let shell = Program::new("sh", Path::new(".")).expect("made");
        let cost = shell.run(["-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"]).expect("it ran").cost;
        assert!(!cost.cpu().is_zero() && cost.peak > 0 && !cost.wall.is_zero(), "{cost:?}");
    }

    #[test]
    fn the_median_is_not_the_outlier() {
        let of = |seconds| Cost { wall: Duration::from_secs(seconds), peak: 10 - seconds, ..Cost::default() };
        let median = Cost::median(&[of(9), of(1), of(2)]);
        assert_eq!((median.wall, median.peak), (Duration::from_secs(2), 8));
    }
}
