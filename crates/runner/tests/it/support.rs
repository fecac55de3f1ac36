//! Worlds to run the runner in: a copy of the organisation's stack files, with its own state and its own sandbox.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How many resources the organisation has, in how many stacks.
pub(crate) const RESOURCES: usize = 3883;
pub(crate) const STACKS: usize = 61;

pub(crate) const NETWORK: &str = "projects/infrastructure/aws/network/stacks/QA.toml";
pub(crate) const XPRO: &str = "projects/applications/edxapp/stacks/xpro.QA.toml";

/// A workspace of its own; removed when dropped.
pub(crate) struct World {
    dir: TempDir,
}

/// What one call of the runner gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
    what: String,
}

/// A call in the sandbox's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) action: String,
    pub(crate) stack: String,
    pub(crate) urn: String,
    pub(crate) outcome: String,
    pub(crate) id: String,
}

/// A text with the organisation's counts put in for `{resources}`, `{stacks}`, `{one less}` and `{three less}` stacks.
pub(crate) fn counted(text: &str) -> String {
    let thousands = format!("{},{:03}", RESOURCES / 1000, RESOURCES % 1000);
    text.replace("{resources}", &thousands)
        .replace("{stacks}", &STACKS.to_string())
        .replace("{one less}", &(STACKS - 1).to_string())
        .replace("{three less}", &(STACKS - 3).to_string())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl World {
    /// The organisation as it is checked in, with nothing applied and a sandbox that takes no time; none where the
    /// projects were deleted.
    pub(crate) fn fresh() -> Option<Self> {
        let root = root();
        root.join("projects/infrastructure/aws/network").is_dir().then(|| {
            let world = Self { dir: TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory") };
            for name in ["groundplan.toml", "secrets", "foreign", "configuration"] {
                copy(&root.join(name), &world.path(name));
            }
            copy_stacks(&root, "projects", world.dir.path());
            world.knobs("");
            world
        })
    }

    /// The organisation with everything applied: a copy of one that was applied once.
    pub(crate) fn applied() -> Option<Self> {
        Self::of(&APPLIED)
    }

    /// The same for what `up` said when it applied everything.
    pub(crate) fn up_of_everything() -> Option<&'static Ran> {
        APPLIED.get_or_init(apply).as_ref().map(|(_, ran)| ran)
    }

    fn of(base: &OnceLock<Option<(PathBuf, Ran)>>) -> Option<Self> {
        let (base, _) = base.get_or_init(apply).as_ref()?;
        let world = Self { dir: TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory") };
        copy(base, world.dir.path());
        Some(world)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("is there")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("is written");
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).expect("was there");
    }

    /// Runs git in the workspace.
    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) {
        let who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"];
        let output = Command::new("git").arg("-C").arg(self.path("")).args(who).args(args).output().expect("git runs");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// The organisation with everything applied, in a git checkout with one commit.
    pub(crate) fn in_git() -> Option<Self> {
        let world = Self::applied()?;
        world.write(".gitignore", "/.groundplan/\n");
        world.git(&["init", "--quiet"]);
        world.commit();
        Some(world)
    }

    #[track_caller]
    pub(crate) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "edit"]);
    }

    /// Replaces a text that occurs in a file.
    #[track_caller]
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} has no `{from}`");
        self.write(name, &text.replacen(from, to, 1));
    }

    /// Sets the sandbox's knobs; there is no latency but what `text` says.
    pub(crate) fn knobs(&self, text: &str) {
        fs::create_dir_all(self.path(".groundplan/sandbox")).expect("is made");
        let latency = if text.contains("latency") { "" } else { "latency = 0.0\n" };
        self.write(".groundplan/sandbox/knobs.toml", &format!("{latency}{text}"));
    }

    pub(crate) fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runner"));
        command.arg("-C").arg(self.dir.path()).args(args.split_whitespace());
        command.env_remove("GROUNDPLAN_IDENTITY").env_remove("NO_COLOR").stdin(Stdio::null());
        command
    }

    /// Runs the runner with some words.
    pub(crate) fn run(&self, args: &str) -> Ran {
        ran(args, self.command(args))
    }

    /// Starts the runner with its output in files, `NAME.out` and `NAME.err`.
    pub(crate) fn start(&self, name: &str, args: &str) -> Child {
        let file = |end: &str| fs::File::create(self.path(&format!("{name}.{end}"))).expect("is made");
        self.command(args).stdout(file("out")).stderr(file("err")).spawn().expect("starts")
    }

    /// The objects in the sandbox, one a line.
    #[track_caller]
    pub(crate) fn objects(&self) -> Vec<String> {
        self.run("sandbox list").ok().lines()
    }

    /// What the state holds, one resource a line.
    #[track_caller]
    pub(crate) fn resources(&self) -> Vec<String> {
        self.run("state list").ok().lines()
    }

    /// The calls that the sandbox had, oldest first.
    #[track_caller]
    pub(crate) fn calls(&self) -> Vec<Call> {
        let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let records = self.run("sandbox log --json").ok().events();
        let call = |record: &Value| Call {
            action: text(record, "action"),
            stack: text(record, "stack"),
            urn: text(record, "urn"),
            outcome: text(record, "outcome"),
            id: text(record, "id"),
        };
        records.iter().map(call).collect()
    }

    /// The state and the sandbox hold the same, every object once, and nothing is open.
    #[track_caller]
    pub(crate) fn is_whole(&self) {
        let verified = self.run("state verify").ok();
        assert!(!verified.err.contains("interrupted"), "{verified:?}");
        self.run("sandbox check").ok();
        let mut in_state: Vec<String> =
            self.resources().iter().filter_map(|line| Some(line.split_once(' ')?.1.to_owned())).collect();
        let mut in_sandbox: Vec<String> =
            self.objects().iter().filter_map(|line| Some(line.rsplit_once(' ')?.1.to_owned())).collect();
        in_state.sort();
        in_sandbox.sort();
        let only = |these: &[String], those: &[String]| -> Vec<String> {
            these.iter().filter(|urn| !those.contains(urn)).cloned().collect()
        };
        assert_eq!(only(&in_state, &in_sandbox), Vec::<String>::new(), "only in the state");
        assert_eq!(only(&in_sandbox, &in_state), Vec::<String>::new(), "only in the sandbox");
        assert_eq!(in_state.len(), in_sandbox.len(), "an object is there twice");
    }

    /// Every file of the workspace with its size and the time of its last change.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        list(self.dir.path(), &mut found);
        found.sort();
        found
    }

    /// Whether a state was ever begun.
    pub(crate) fn has_state(&self) -> bool {
        self.path(".groundplan/state").exists()
    }
}

impl Ran {
    /// It ended well.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.ends(0)
    }

    /// It ended with this exit code.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Its output, one way or the other, holds these texts.
    #[track_caller]
    pub(crate) fn says<'a>(self, texts: impl IntoIterator<Item = &'a str>) -> Self {
        for text in texts.into_iter().map(counted) {
            assert!(self.out.contains(&text) || self.err.contains(&text), "it does not say `{text}`: {self}");
        }
        self
    }

    #[track_caller]
    pub(crate) fn says_not<'a>(self, texts: impl IntoIterator<Item = &'a str>) -> Self {
        for text in texts.into_iter().map(counted) {
            assert!(!self.out.contains(&text) && !self.err.contains(&text), "it says `{text}`: {self}");
        }
        self
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.out.lines().map(str::to_owned).collect()
    }

    /// The JSON objects on stdout.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, out, err, what } = self;
        write!(f, "`runner {what}` ended with {code:?}\n--- stdout\n{out}\n--- stderr\n{err}")
    }
}

static APPLIED: OnceLock<Option<(PathBuf, Ran)>> = OnceLock::new();

/// Applies everything, in a directory that outlives the tests of this process and is removed by the next.
fn apply() -> Option<(PathBuf, Ran)> {
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for entry in fs::read_dir(tmp).expect("is there").filter_map(Result::ok) {
        let name = entry.file_name().into_string().unwrap_or_default();
        let dead = |pid: &str| !Path::new("/proc").join(pid).exists();
        if name.strip_prefix("applied.").is_some_and(dead) {
            drop(fs::remove_dir_all(entry.path()));
        }
    }
    let world = World::fresh()?;
    let ran = world.run("up --yes");
    let path = tmp.join(format!("applied.{}", std::process::id()));
    fs::rename(world.dir.path(), &path).expect("is moved");
    Some((path, ran))
}

pub(crate) fn ran(what: &str, mut command: Command) -> Ran {
    let output = command.output().expect("runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("is text");
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr), what: what.to_owned() }
}

/// Sends a signal to a process.
pub(crate) fn signal(child: &Child, name: &str) {
    let status = Command::new("sh").arg("-c").arg(format!("kill -{name} {}", child.id())).status().expect("runs");
    assert!(status.success());
}

/// Waits until something holds.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("is made");
        for entry in fs::read_dir(from).expect("is listed") {
            let entry = entry.expect("is listed");
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).expect("is copied");
    }
}

/// Copies every directory named `stacks` below a directory, and nothing else.
fn copy_stacks(root: &Path, below: &str, to: &Path) {
    for entry in fs::read_dir(root.join(below)).expect("is listed").filter_map(Result::ok) {
        let mut name = below.to_owned();
        write!(name, "/{}", entry.file_name().to_string_lossy()).expect("fits");
        if entry.file_name() == "stacks" {
            copy(&entry.path(), &to.join(&name));
        } else if entry.path().is_dir() {
            copy_stacks(root, &name, to);
        }
    }
}

fn list(directory: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).expect("is listed") {
        let path = entry.expect("is listed").path();
        let meta = fs::symlink_metadata(&path).expect("is there");
        found.push(format!("{} {} {:?}", path.display(), meta.len(), meta.modified().expect("is known")));
        if meta.is_dir() {
            list(&path, found);
        }
    }
}
