//! Our side: workspaces on the disk, and the runners on them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Child;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::CHAIN;
use crate::process::{Cost, Program, Ran};

/// What the sandbox is told: vendors' waiting is not what is measured.
const KNOBS: &str = "latency = 0\n";

/// A runner on a workspace of its own.
pub(crate) struct Ours {
    runner: Program,
    directory: TempDir,
}

/// What one round gave.
pub(crate) struct Round {
    pub(crate) fresh: Cost,
    pub(crate) nothing: Cost,
    pub(crate) resources: usize,
    pub(crate) stacks: usize,
}

impl Ours {
    /// The runner of this workspace on a copy of its files. The copy is made where builds go: on a real disk.
    pub(crate) fn copy(root: &Path, binaries: &Path) -> Result<Self> {
        let directory = tempfile::tempdir_in(binaries).context("no directory for the copy")?;
        copy(root, directory.path())?;
        Ok(Self { runner: Program::new(binaries.join("runner"), directory.path())?, directory })
    }

    /// A stack of so many resources in chains; see `bench-runner`.
    pub(crate) fn chains(resources: usize, binaries: &Path) -> Result<Self> {
        let directory = tempfile::tempdir_in(binaries).context("no directory for the workspace")?;
        let stacks = directory.path().join("projects/bench/chains/stacks");
        fs::create_dir_all(&stacks)?;
        fs::write(
            directory.path().join("groundplan.toml"),
            "organisation = \"bench\"\nenvironments = [\"QA\"]\n\n[profiles.sandbox]\nprovider = \"sandbox\"\n",
        )?;
        let ours = Self { runner: Program::new(binaries.join("bench-runner"), directory.path())?, directory };
        ours.configure(resources, 0)?;
        Ok(ours)
    }

    /// A runner on the workspace of a directory.
    pub(crate) fn at(directory: TempDir, runner: &Path) -> Result<Self> {
        Ok(Self { runner: Program::new(runner, directory.path())?, directory })
    }

    /// The workspace's root.
    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    /// Says how many resources the stack in chains has, and how many of them are other than before.
    pub(crate) fn configure(&self, resources: usize, changed: usize) -> Result<()> {
        let text = format!("resources = {resources}\nchain = {CHAIN}\nchanged = {changed}\n");
        let file = self.directory.path().join("projects/bench/chains/stacks/QA.toml");
        fs::write(file, text).context("cannot write the stack file")
    }

    /// From nothing to everything, and then nothing to do.
    pub(crate) fn round(&self) -> Result<Round> {
        self.start_anew()?;
        let fresh = self.runner.run(["up", "--yes"])?;
        let again = self.runner.run(["up", "--yes"])?;
        ensure!(again.stderr.contains("nothing to do"), "the second `up` did something:\n{}", again.stderr);
        let listed = self.runner.run(["state", "list"])?.stdout;
        let mut stacks: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
        let resources = stacks.len();
        stacks.dedup();
        Ok(Round { fresh: fresh.cost, nothing: again.cost, resources, stacks: stacks.len() })
    }

    /// Runs a command.
    pub(crate) fn run<const N: usize>(&self, arguments: [&str; N]) -> Result<Ran> {
        self.runner.run(arguments)
    }

    /// Starts a command, and does not wait for it.
    pub(crate) fn spawn<const N: usize>(&self, arguments: [&str; N]) -> Result<Child> {
        self.runner.spawn(arguments)
    }

    /// Where state and cloud are.
    pub(crate) fn state(&self) -> PathBuf {
        self.directory.path().join(".groundplan")
    }

    /// Forgets what there is, and gives a sandbox without latency.
    pub(crate) fn start_anew(&self) -> Result<()> {
        let state = self.state();
        if state.exists() {
            // Moved away, not deleted: ext4 is slow to make files where it has just deleted many.
            let aside = tempfile::tempdir_in(self.directory.path())?.keep();
            fs::rename(&state, aside.join("groundplan")).context("cannot start anew")?;
        }
        let sandbox = state.join("sandbox");
        fs::create_dir_all(&sandbox)?;
        fs::write(sandbox.join("knobs.toml"), KNOBS).context("cannot write the sandbox's knobs")
    }
}

/// Copies a workspace with the times of its files, which the runner compares with those that it was built of.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("cannot read `{}`", from.display()))? {
        let (name, path) = entry.map(|entry| (entry.file_name(), entry.path()))?;
        let made = ["target", ".git", ".groundplan"].iter().any(|other| name == *other);
        if made || name.to_string_lossy().starts_with("bazel-") {
            continue;
        }
        let target = to.join(&name);
        if path.is_dir() {
            fs::create_dir_all(&target)?;
            copy(&path, &target)?;
        } else if path.is_file() {
            fs::copy(&path, &target).with_context(|| format!("cannot copy `{}`", path.display()))?;
            let modified = fs::metadata(&path)?.modified()?;
            File::options().write(true).open(&target)?.set_modified(modified)?;
        }
    }
    Ok(())
}

/// What building the runner costs.
pub(crate) struct Builds {
    /// From nothing, with the registry's crates downloaded.
    pub(crate) first: Cost,
    /// How many crates that compiled.
    pub(crate) crates: usize,
    /// The project that is edited.
    pub(crate) project: String,
    /// After an edit of its source.
    pub(crate) edit: Cost,
}

/// Builds a copy of the workspace in a directory of its own, and again after an edit of one project.
pub(crate) fn builds(root: &Path, binaries: &Path) -> Result<Builds> {
    let directory = tempfile::tempdir_in(binaries).context("no directory for the copy")?;
    copy(root, directory.path())?;
    let target = directory.path().join("target");
    let cargo = Program::new(cargo(), directory.path())?.with("CARGO_TARGET_DIR", target.to_string_lossy());
    let build = ["build", "--package", "runner", "--locked", "--offline"];
    let first = cargo.run(build)?;
    let crates = first.stderr.lines().filter(|line| line.trim_start().starts_with("Compiling ")).count();
    let source = largest_project(&directory.path().join("projects"))?.context("there is no project to edit")?;
    let mut text = fs::read_to_string(&source)?;
    text.push_str("\n/// Added by the benchmark.\npub fn added_by_the_benchmark() -> u32 {\n    1\n}\n");
    fs::write(&source, text)?;
    let edit = cargo.run(build)?;
    let project = source.strip_prefix(directory.path()).unwrap_or(&source).display().to_string();
    ensure!(edit.stderr.contains("Compiling "), "the edit of `{project}` built nothing:\n{}", edit.stderr);
    Ok(Builds { first: first.cost, crates, project, edit: edit.cost })
}

/// The `src/lib.rs` of the project with the most source, outputs aside: the slowest to build.
fn largest_project(directory: &Path) -> Result<Option<PathBuf>> {
    let mut largest = (0, None);
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        let library = directory.join("src/lib.rs");
        if library.is_file() && directory.file_name().is_none_or(|name| name != "outputs") {
            let mut size = 0;
            for file in fs::read_dir(directory.join("src"))? {
                size += file?.metadata()?.len();
            }
            if size > largest.0 {
                largest = (size, Some(library));
            }
        }
        if let Ok(entries) = fs::read_dir(&directory) {
            let below = entries.flatten().map(|entry| entry.path());
            open.extend(below.filter(|path| path.is_dir() && !path.ends_with("src") && !path.ends_with("stacks")));
        }
    }
    Ok(largest.1)
}

/// The cargo that runs us.
pub(crate) fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}
