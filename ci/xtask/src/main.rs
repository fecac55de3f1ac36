//! The workspace's own checks and generators: `cargo xtask layers|sync|bazel|bindings|errors|evaluators|bench|crash|fuzz|topology`.
//!
//! Layer: L6, edges.

mod bazel;
mod errors;
mod evaluators;
mod fuzz;
mod layers;
mod metadata;
mod table;

use std::path::{Path, PathBuf};
use std::process::{Command as Process, ExitCode, Stdio};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;

/// Checks and generators of the workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", version)]
enum Command {
    /// Holds the crates to the layer table of ARCHITECTURE.md.
    Layers {
        /// Writes the missing `clippy.toml` of crates above the purity line.
        #[arg(long)]
        fix: bool,
    },
    /// Writes what is generated: the workspace's members, the registry's projects, the manifests of inputs, the plans
    /// that Bazel makes.
    Sync {
        /// Only looks; fails if something is stale.
        #[arg(long)]
        check: bool,
        /// Empties the sections, so that `projects/`, `components/` and the crates that only they use can be deleted.
        #[arg(long)]
        engine_only: bool,
    },
    /// Writes what Bazel has to know of the projects and stacks; a part of `sync`.
    Bazel {
        /// Only looks; fails if it is stale.
        #[arg(long)]
        check: bool,
    },
    /// Writes the typed bindings of the schemas' types.
    Bindings {
        /// Only looks; fails if a file is stale.
        #[arg(long)]
        check: bool,
    },
    /// Writes docs/errors.md; fails if a code has no entry, or two.
    Errors {
        /// Only looks; fails if the page is stale.
        #[arg(long)]
        check: bool,
    },
    /// Builds the programs that evaluate plans in hermetic builds, into nix/evaluators.
    Evaluators,
    /// Measures the runner, built for release; `cargo xtask bench --help` has more.
    #[command(disable_help_flag = true)]
    Bench {
        /// What is handed on.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Makes a workspace of hundreds of stacks, to measure with; `cargo xtask topology --help` has more.
    #[command(disable_help_flag = true)]
    Topology {
        /// What is handed on.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Looks for programs, failures and kills after which the engine's state is not true.
    Fuzz {
        /// For how long, in minutes.
        #[arg(long, default_value_t = 60)]
        minutes: u64,
        /// The first seed; the next ones follow.
        #[arg(long, default_value_t = 2)]
        seed: u64,
    },
    /// Kills runs at every step and at random instants, and looks whether one more run puts all right.
    Crash {
        /// How many random instants; each is of one run, or of up to three one after the other.
        #[arg(long, default_value_t = 500)]
        rounds: u64,
        /// Which instants; a failure names its round and its seed.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

fn main() -> ExitCode {
    match run(Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let root = root()?;
    match command {
        Command::Layers { fix } => layers::run(&root, fix),
        Command::Sync { check, engine_only } => sync(&root, check, engine_only),
        Command::Bazel { check } => for_bazel(&root, check, false),
        Command::Bindings { check } => bindings(&root, check),
        Command::Errors { check } => errors::run(&root, check),
        Command::Evaluators => evaluators::run(&root),
        Command::Bench { arguments } => bench(&root, &arguments),
        Command::Topology { arguments } => topology(&root, &arguments),
        Command::Fuzz { minutes, seed } => fuzz::run(&root, minutes, seed),
        Command::Crash { rounds, seed } => crash(&root, rounds, seed),
    }
}

fn sync(root: &Path, check: bool, engine_only: bool) -> Result<()> {
    let workspace = sections::Workspace::at(root);
    let crates = if engine_only { Vec::new() } else { workspace.crates()? };
    let differing = workspace.sync(&crates, check)?;
    if check && !differing.is_empty() {
        bail!("stale generated sections in {}; run `cargo xtask sync`", differing.join(", "));
    }
    for file in differing {
        say(&format!("wrote {file}"));
    }
    if !engine_only {
        manifests(root, check)?;
    }
    for_bazel(root, check, engine_only)
}

fn for_bazel(root: &Path, check: bool, engine_only: bool) -> Result<()> {
    let differing = bazel::run(root, check, engine_only)?;
    if check && !differing.is_empty() {
        bail!("stale: {}; run `cargo xtask bazel`", differing.join(", "));
    }
    for file in differing {
        say(&format!("wrote {file}"));
    }
    Ok(())
}

/// What hermetic builds are handed is what the plans read: only their evaluation tells.
fn manifests(root: &Path, check: bool) -> Result<()> {
    let mut command = cargo_at(root);
    command.args(["run", "--quiet", "--package", "runner", "--", "evaluate", "--manifests"]);
    command.arg(if check { "check" } else { "write" }).stdout(Stdio::null());
    well(command, "the manifests of inputs are not current")
}

fn bindings(root: &Path, check: bool) -> Result<()> {
    let changed = bindings::generate(root, check).map_err(anyhow::Error::msg)?;
    if check && !changed.is_empty() {
        let files: Vec<_> = changed.iter().map(|path| path.display().to_string()).collect();
        bail!("stale bindings: {}; run `cargo xtask bindings`", files.join(", "));
    }
    for path in changed {
        say(&format!("wrote {}", path.display()));
    }
    Ok(())
}

fn bench(root: &Path, arguments: &[String]) -> Result<()> {
    let mut command = cargo_at(root);
    command.args(["run", "--quiet", "--release", "--package", "bench", "--"]).args(arguments);
    well(command, "the benchmark failed")
}

fn topology(root: &Path, arguments: &[String]) -> Result<()> {
    // It writes to a directory that is named from where one stands.
    let mut command = Process::new(cargo());
    command.args(["run", "--quiet", "--package", "topology", "--manifest-path"]).arg(root.join("Cargo.toml"));
    command.arg("--").args(arguments);
    well(command, "no workspace was made")
}

fn crash(root: &Path, rounds: u64, seed: u64) -> Result<()> {
    let mut command = cargo_at(root);
    command.args(["test", "--quiet", "--package", "crash", "--locked", "--", "--ignored"]);
    command.env("CRASH_ROUNDS", rounds.to_string()).env("CRASH_SEED", seed.to_string());
    well(command, "a crash was not put right")
}

/// Cargo, in the workspace.
fn cargo_at(root: &Path) -> Process {
    let mut command = Process::new(cargo());
    command.current_dir(root);
    command
}

/// Runs a command, which has to end well.
fn well(mut command: Process, otherwise: &'static str) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    ensure!(command.status().with_context(|| format!("cannot run `{program}`"))?.success(), otherwise);
    Ok(())
}

/// The cargo that runs this.
fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The workspace root: two levels above this crate.
fn root() -> Result<PathBuf> {
    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").context("run it by `cargo xtask`")?);
    Ok(here.ancestors().nth(2).context("no workspace root")?.to_owned())
}

/// The one place that prints.
#[expect(clippy::print_stderr, reason = "a tool for the terminal, without data on stdout")]
fn say(text: &str) {
    eprintln!("{text}");
}
