//! A workspace in a directory, with its own state and its own sandbox, and the processes that run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The workspace; its environments and no secrets.
const GROUNDPLAN: &str = "organisation = \"crash\"\nenvironments = [\"QA\"]\n";

pub(crate) const BASE: &str = "projects/crash/base/stacks/QA.toml";
pub(crate) const READER: &str = "projects/crash/reader/stacks/QA.toml";

/// A workspace; removed when dropped.
pub(crate) struct World {
    dir: TempDir,
}

/// What a process said and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl World {
    /// A workspace in which nothing was applied yet.
    pub(crate) fn fresh() -> Self {
        let world = Self { dir: TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory") };
        world.write("groundplan.toml", GROUNDPLAN);
        world.write(
            BASE,
            "cidr = \"10.1.0.0/16\"\nowner = \"one\"\npath = \"/one/\"\nbucket = \"crash-bucket\"\nkey = \"key\"\n\
             lock = \"reader\"\n",
        );
        world.write(READER, "owner = \"one\"\nlock = \"reader\"\nwaits = false\n");
        world.write(".groundplan/sandbox/knobs.toml", "latency = 0.0\n");
        world
    }

    /// The same once more, with its state and its sandbox.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self { dir: TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory") };
        copy_dir(self.dir.path(), copy.dir.path());
        copy
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn sandbox(&self) -> PathBuf {
        self.path(".groundplan/sandbox")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.path(".groundplan/state/sandbox")
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("has one")).expect("is made");
        fs::write(path, text).expect("is written");
    }

    /// Replaces a text in the stack files.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let mut found = false;
        for name in [BASE, READER] {
            let text = fs::read_to_string(self.path(name)).expect("is there");
            found |= text.contains(from);
            self.write(name, &text.replace(from, to));
        }
        assert!(found, "no stack file has `{from}`");
    }

    pub(crate) fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crash-runner"));
        command.arg("-C").arg(self.dir.path()).args(args.split_whitespace());
        command.env_remove("GROUNDPLAN_IDENTITY").env_remove("NO_COLOR").stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &str) -> Ran {
        let output = self.command(args).output().expect("runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("is text");
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs it where it has to succeed.
    #[track_caller]
    pub(crate) fn ok(&self, args: &str) -> Ran {
        let ran = self.run(args);
        assert_eq!(ran.code, Some(0), "`{args}`: {ran}");
        ran
    }

    /// Every file below a directory of the workspace.
    pub(crate) fn files(&self, below: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        list(&self.path(below), &mut found);
        found.sort();
        found
    }

    /// Keeps the directory, for somebody to look at.
    pub(crate) fn keep(self) -> PathBuf {
        self.dir.keep()
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.out, self.err)
    }
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("is made");
    for entry in fs::read_dir(from).expect("is listed") {
        let (path, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).expect("is listed");
        if path.is_dir() {
            copy_dir(&path, &to);
        } else {
            fs::copy(&path, &to).expect("is copied");
        }
    }
}

fn list(dir: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for path in entries.map(|entry| entry.expect("is listed").path()) {
        if path.is_dir() {
            list(&path, found);
        } else {
            found.push(path);
        }
    }
}
