//! The organisation of hundreds of stacks, and larger ones of its shape: with everything cached, with one stack edited,
//! and a query over all of them; and the same tree with everything cached in other tools.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use resource::StackName;
use topology::peers::{self, Peer};
use topology::{Organisation, Stack, copies, fill, write};

use crate::ours::{self, Ours};
use crate::process::{Cost, Program, on_path};
use crate::report::Target;

/// How many stacks the organisations have that are measured.
pub(crate) const SIZES: [usize; 3] = [311, 1000, 10_000];

/// How many chained root modules Terraform has.
const MODULES: usize = 100;

/// How often everything cached is measured.
const ROUNDS: usize = 5;

/// What was measured with so many stacks.
pub(crate) struct Size {
    pub(crate) stacks: usize,
    /// From nothing to everything.
    pub(crate) fresh: Cost,
    /// Nothing to do, everything cached.
    pub(crate) nothing: Cost,
    /// A preview after an edit of one stack that nobody reads.
    pub(crate) edited: Cost,
    /// Which stacks read one, directly or not.
    pub(crate) query: Cost,
}

/// Another tool with everything cached.
pub(crate) struct Other {
    name: String,
    /// `None` = it is not on the PATH.
    cost: Option<Cost>,
}

/// All that was measured.
pub(crate) struct Measured {
    pub(crate) sizes: Vec<Size>,
    pub(crate) others: Vec<Other>,
}

/// Measures organisations of these sizes; other tools if they are wanted.
pub(crate) fn measure(root: &Path, binaries: &Path, sizes: &[usize], others: bool) -> Result<Measured> {
    let found = Organisation::found()?;
    let ours = build(root, binaries, &found)?;
    let mut measured = Measured { sizes: Vec::new(), others: Vec::new() };
    for stacks in sizes {
        crate::say(&format!("{stacks} stacks"));
        measured.sizes.push(size(&ours, &copies(&found, *stacks))?);
    }
    if others {
        for peer in [Peer::Turbo, Peer::Moon, Peer::Bazel] {
            measured.others.push(other(peer, &found)?);
        }
        measured.others.push(modules()?);
    }
    Ok(measured)
}

/// Makes the workspace and builds its runner with what this one was built of; that is not measured.
fn build(root: &Path, binaries: &Path, found: &Organisation) -> Result<Ours> {
    let directory = tempfile::tempdir_in(binaries).context("no directory for the organisation")?;
    let mut new = std::process::Command::new(binaries.join("runner"));
    new.args(["new", "workspace", "--organisation", "topology", "--groundplan"]).arg(root);
    write::workspace(directory.path(), found, &fill(found), &mut new)?;
    let target = directory.path().join("target");
    let shared = binaries.parent().context("no target directory")?;
    let cargo = Program::new(ours::cargo(), directory.path())?
        .with("CARGO_TARGET_DIR", target.to_string_lossy())
        .with("CARGO_BUILD_BUILD_DIR", shared.to_string_lossy())
        .with("CARGO_NET_OFFLINE", "true");
    let (profile, arguments): (_, &[&str]) = if cfg!(debug_assertions) {
        ("debug", &["build", "--package", "runner"])
    } else {
        ("release", &["build", "--package", "runner", "--release"])
    };
    cargo.run(arguments).context("the organisation's runner does not build")?;
    Ours::at(directory, &target.join(profile).join("runner"))
}

fn size(ours: &Ours, organisation: &Organisation) -> Result<Size> {
    let mut stacks = fill(organisation);
    write::stacks(ours.root(), &stacks)?;
    ours.start_anew()?;
    let fresh = ours.run(["up", "--yes"])?.cost;
    // What has just changed is not believed to be at rest: the first run after that learns what files are.
    for _ in 0..2 {
        std::thread::sleep(Duration::from_secs(3));
        ours.run(["preview"])?;
    }
    let query = "rdeps(infrastructure.aws.network.QA)";
    let (mut nothing, mut edited, mut asked) = (Vec::new(), Vec::new(), Vec::new());
    ours.run(["stacks", "--names", query])?;
    for _ in 0..ROUNDS {
        let ran = ours.run(["up", "--yes"])?;
        ensure!(ran.stderr.contains("nothing to do"), "there was something to do:\n{}", ran.stderr);
        nothing.push(ran.cost);
        asked.push(ours.run(["stacks", "--names", query])?.cost);
    }
    let leaf = unread(organisation).context("every stack is read")?;
    for _ in 0..ROUNDS {
        edit(ours, &leaf, &mut stacks)?;
        let ran = ours.run(["preview"])?;
        ensure!(ran.stdout.contains("in 1 stack"), "one stack was edited:\n{}", ran.stdout);
        edited.push(ran.cost);
    }
    let [nothing, edited, query] = [nothing, edited, asked].map(|costs| Cost::median(&costs));
    Ok(Size { stacks: organisation.stacks.len(), fresh, nothing, edited, query })
}

/// A stack that nobody reads and that is selected by itself.
fn unread(organisation: &Organisation) -> Option<StackName> {
    let read = |name: &StackName| organisation.edges.iter().any(|edge| edge.source == *name);
    organisation.stacks.iter().find(|name| name.environment() == "CI" && !read(name)).cloned()
}

fn edit(ours: &Ours, leaf: &StackName, stacks: &mut BTreeMap<StackName, Stack>) -> Result<()> {
    let stack = stacks.get_mut(leaf).context("no such stack")?;
    stack.resources += 1;
    fs::write(ours.root().join(write::stack_file(leaf)), toml::to_string(stack)?).context("cannot edit a stack")
}

/// Another tool on the same stacks, outside of this repository: what git ignores some of them do not see.
fn other(peer: Peer, organisation: &Organisation) -> Result<Other> {
    let (tool, what) = match peer {
        Peer::Turbo => ("turbo", "Turborepo"),
        Peer::Moon => ("moon", "moon"),
        Peer::Bazel => ("bazel", "Bazel, its server warm"),
    };
    let name = format!("{what}, {} stacks", organisation.stacks.len());
    let Some(path) = on_path(tool) else { return Ok(Other { name, cost: None }) };
    let directory = tempfile::tempdir().context("no directory for another tool")?;
    let tree = directory.path().join("tree");
    peers::tree(&tree, peer, organisation)?;
    let program = Program::new(path, &tree)?.with("DO_NOT_TRACK", "1").with("TURBO_TELEMETRY_DISABLED", "1");
    let root = format!("--output_user_root={}", directory.path().join("bazel").display());
    let arguments: Vec<&str> = match peer {
        Peer::Turbo => vec!["run", "plan", "--output-logs=none", "--no-update-notifier"],
        Peer::Moon => vec!["run", ":plan", "--log", "off"],
        Peer::Bazel => vec![&root, "build", "--noshow_progress", "//:all"],
    };
    if peer == Peer::Moon {
        commit(&tree)?;
    }
    crate::say(&format!("{name}: everything once"));
    program.run(&arguments)?;
    let costs: Result<Vec<Cost>> = (0..ROUNDS).map(|_| Ok(program.run(&arguments)?.cost)).collect();
    if peer == Peer::Bazel {
        program.run([&root, "shutdown"])?;
    }
    Ok(Other { name, cost: Some(Cost::median(&costs?)) })
}

/// moon looks at nothing that is not in a repository.
fn commit(tree: &Path) -> Result<()> {
    let git = Program::new(on_path("git").context("moon needs git")?, tree)?
        .with("GIT_AUTHOR_NAME", "bench")
        .with("GIT_AUTHOR_EMAIL", "bench@localhost")
        .with("GIT_COMMITTER_NAME", "bench")
        .with("GIT_COMMITTER_EMAIL", "bench@localhost");
    for arguments in [&["init", "--quiet"][..], &["add", "."], &["commit", "--quiet", "--message", "stacks"]] {
        git.run(arguments)?;
    }
    Ok(())
}

/// Terraform on root modules that each read the one before, planned one after the other as a script would.
fn modules() -> Result<Other> {
    let name = format!("Terraform, {MODULES} chained root modules, `plan` in each");
    let Some(path) = on_path("terraform") else { return Ok(Other { name, cost: None }) };
    let directory = tempfile::tempdir().context("no directory for Terraform")?;
    let settings = directory.path().join("empty.rc");
    fs::write(&settings, "")?;
    let mut modules = Vec::new();
    crate::say(&format!("{name}: everything once"));
    for number in 0..MODULES {
        let module = directory.path().join(format!("{number:03}"));
        fs::create_dir_all(&module)?;
        fs::write(module.join("main.tf"), root_module(number))?;
        let program = Program::new(&path, &module)?
            .with("CHECKPOINT_DISABLE", "1")
            .with("TF_IN_AUTOMATION", "1")
            .with("TF_CLI_CONFIG_FILE", settings.to_string_lossy());
        program.run(["init", "-input=false", "-no-color"])?;
        program.run(["apply", "-auto-approve", "-input=false", "-no-color"])?;
        modules.push(program);
    }
    let mut sum = Cost::default();
    for module in &modules {
        let ran = module.run(["plan", "-input=false", "-no-color"])?;
        ensure!(ran.stdout.contains("No changes"), "terraform found something to do:\n{}", ran.stdout);
        sum = sum.plus(ran.cost);
    }
    Ok(Other { name, cost: Some(sum) })
}

fn root_module(number: usize) -> String {
    let (read, input) = match number.checked_sub(1) {
        Some(before) => (
            format!(
                "data \"terraform_remote_state\" \"before\" {{\n  backend = \"local\"\n  config = {{\n    path = \
                 \"../{before:03}/terraform.tfstate\"\n  }}\n}}\n"
            ),
            "data.terraform_remote_state.before.outputs.value",
        ),
        None => (String::new(), "\"first\""),
    };
    format!(
        "{read}resource \"terraform_data\" \"item\" {{\n  input = {input}\n}}\noutput \"value\" {{\n  value = \
         terraform_data.item.output\n}}\n"
    )
}

impl Measured {
    pub(crate) fn costs(&self) -> Vec<(String, Cost)> {
        let mut costs = Vec::new();
        for Size { stacks, fresh, nothing, edited, query } in &self.sizes {
            costs.push((format!("organisation of {stacks} stacks: fresh `up`"), *fresh));
            costs.push(("the same: `up` with nothing to do".to_owned(), *nothing));
            costs.push(("the same: `preview` after an edit of one stack".to_owned(), *edited));
            costs.push(("the same: `stacks --names 'rdeps(…)'`".to_owned(), *query));
        }
        let others = self.others.iter().filter_map(|other| Some((format!("{}, all cached", other.name), other.cost?)));
        costs.extend(others);
        costs
    }

    pub(crate) fn targets(&self) -> Vec<Target> {
        let of = |stacks: usize| self.sizes.iter().find(|size| size.stacks == stacks);
        let at_most = |what: String, milliseconds: u64, cost: Option<Cost>| {
            Target::at_most(what, Duration::from_millis(milliseconds), cost)
        };
        let nothing =
            |stacks, aim| at_most(format!("nothing to do, {stacks} stacks"), aim, of(stacks).map(|size| size.nothing));
        vec![
            nothing(311, 60),
            nothing(1000, 150),
            Target::memory("memory of that".to_owned(), 100, of(1000).map(|size| size.nothing)),
            nothing(10_000, 1000),
            at_most("one stack edited among 1000".to_owned(), 200, of(1000).map(|size| size.edited)),
            at_most("`rdeps` over 10000 stacks".to_owned(), 50, of(10_000).map(|size| size.query)),
        ]
    }

    /// How many times as long others take, and as much processor time and memory; of a server only the time tells.
    pub(crate) fn ratios(&self) -> Vec<String> {
        let Some(ours) = self.sizes.first().map(|size| size.nothing) else { return Vec::new() };
        let line = |other: &Other| match other.cost {
            Some(cost) => {
                let wall = cost.wall.as_secs_f64() / ours.wall.as_secs_f64().max(1e-6);
                let cpu = cost.cpu().as_secs_f64() / ours.cpu().as_secs_f64().max(1e-6);
                format!("| {} | {wall:.0} | {cpu:.0} |", other.name)
            }
            None => format!("| {} | not on the PATH | |", other.name),
        };
        self.others.iter().map(line).collect()
    }
}

#[cfg(test)]
impl Measured {
    /// Of two sizes, with a tool that is there and one that is not.
    pub(crate) fn example() -> Self {
        let cost = |milliseconds| Cost { wall: Duration::from_millis(milliseconds), ..Cost::default() };
        let size =
            |stacks, nothing| Size { stacks, fresh: cost(1), nothing: cost(nothing), edited: cost(1), query: cost(1) };
        let others = vec![
            Other { name: "slow".to_owned(), cost: Some(cost(500)) },
            Other { name: "gone".to_owned(), cost: None },
        ];
        Self { sizes: vec![size(311, 50), size(1000, 151)], others }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_modules_are_chained() {
        assert!(!root_module(0).contains("remote_state") && root_module(0).contains("\"first\""));
        assert!(root_module(7).contains("../006/terraform.tfstate"));
    }

    #[test]
    fn what_is_missing_is_said_and_compared_with_nothing() {
        let measured = Measured::example();
        assert_eq!(measured.ratios(), ["| slow | 10 | 0 |", "| gone | not on the PATH | |"]);
        let verdicts: Vec<Option<bool>> = measured.targets().iter().map(Target::verdict).collect();
        assert_eq!(verdicts, [Some(true), Some(false), Some(true), None, Some(true), None]);
    }
}
