//! A preview by somebody who may read the workspace, its state and its sandbox, and write nothing, and has no key.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::{Ran, World, copy, ran, until};

/// A copy of a workspace that belongs to somebody else, with the runner beside it.
struct Elsewhere {
    dir: TempDir,
}

impl Elsewhere {
    fn of(world: &World) -> Self {
        // Not in the target directory, which others may not be allowed to enter.
        let dir = TempDir::new().expect("a directory");
        copy(&world.path(""), &dir.path().join("workspace"));
        std::fs::copy(env!("CARGO_BIN_EXE_runner"), dir.path().join("runner")).expect("is copied");
        // The demo key opens nothing for whoever does not have it.
        let settings = dir.path().join("workspace/groundplan.toml");
        let text = std::fs::read_to_string(&settings).expect("is there");
        let text: Vec<&str> = text.lines().filter(|line| !line.starts_with("identity = ")).collect();
        std::fs::write(&settings, text.join("\n")).expect("is written");
        Self { dir }
    }

    fn workspace(&self) -> PathBuf {
        self.dir.path().join("workspace")
    }

    fn command(&self, args: &str) -> Command {
        let mut command = Command::new(self.dir.path().join("runner"));
        command.arg("-C").arg(self.workspace()).args(args.split_whitespace()).stdin(Stdio::null());
        command
    }

    /// Takes away the right to write.
    fn protect(&self) {
        allow(self.dir.path(), false);
    }

    /// Runs it as somebody who is not the superuser, whom no mode stops.
    fn run(&self, args: &str) -> Ran {
        let command = self.command(args);
        let mut other = Command::new("setpriv");
        other.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(command.get_program());
        other.args(command.get_args()).env("HOME", "/nonexistent").env_remove("GROUNDPLAN_IDENTITY");
        other.stdin(Stdio::null());
        ran(args, other)
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        allow(self.dir.path(), true);
    }
}

/// Sets whether everything below a directory may be written.
fn allow(path: &Path, write: bool) {
    let Ok(meta) = std::fs::symlink_metadata(path) else { return };
    let mode = if meta.is_dir() || meta.permissions().mode() & 0o111 != 0 { 0o555 } else { 0o444 };
    let mode = if write { mode | 0o200 } else { mode };
    drop(std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)));
    if meta.is_dir() {
        for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
            allow(&entry.path(), write);
        }
    }
}

/// Only the superuser can become somebody else.
fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("runs");
    id.stdout.starts_with(b"0\n") && Command::new("setpriv").arg("--version").output().is_ok()
}

#[test]
fn a_preview_needs_no_right_to_write_and_no_key() {
    if !is_root() {
        return;
    }
    let Some(world) = World::fresh() else { return };
    world.run("up infrastructure.aws.kms.CI --yes").ok();
    let elsewhere = Elsewhere::of(&world);
    elsewhere.protect();
    elsewhere.run("preview infrastructure.aws.kms.CI").ok().says(["nothing to do"]);
    elsewhere.run("preview").ok().says(["to create in {one less} stacks"]);
    elsewhere.run("preview --detailed-exitcode").ends(2);
    let up = elsewhere.run("up infrastructure.aws.kms.QA --yes").ends(40);
    let up = up.says(["cannot write", ".groundplan/state/sandbox/", "Permission denied"]);
    drop(up.says_not(["created"]));
    elsewhere.run("preview infrastructure.aws.kms.CI").ok().says(["nothing to do"]);
}

#[test]
fn a_preview_names_the_run_that_is_at_work() {
    if !is_root() {
        return;
    }
    let Some(world) = World::fresh() else { return };
    world.knobs("latency = 1000.0\n");
    let elsewhere = Elsewhere::of(&world);
    let out = elsewhere.workspace().join("first.out");
    let file = std::fs::File::create(&out).expect("is made");
    let said = || std::fs::read_to_string(&out).unwrap_or_default();
    let mut first = elsewhere.command("up infrastructure.aws.dns.default --yes --json");
    let mut child = first.stdout(file).stderr(Stdio::null()).spawn().expect("starts");
    until("the first step", || said().contains("step_started"));
    let run = said().lines().find_map(|line| Some(line.split_once("\"run\":\"")?.1.split('"').next()?.to_owned()));
    elsewhere.protect();
    let preview = elsewhere.run("preview infrastructure.aws.dns.default");
    child.kill().expect("is killed");
    child.wait().expect("ends");
    let preview = preview.ok().says([run.expect("is said").as_str(), "infrastructure.aws.dns.default"]);
    drop(preview);
    elsewhere.run("preview infrastructure.aws.dns.default").ok().says(["interrupted"]);
}
