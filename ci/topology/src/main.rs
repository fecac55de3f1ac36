//! `cargo xtask topology DIR`: makes the workspace.
//!
//! Layer: L6, edges.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use topology::peers::{self, Peer};
use topology::{Organisation, copies, fill, write};

/// Makes a workspace with the stacks and references of a real organisation: 86 projects, 311 stacks, 1,074 references;
/// or a larger one of the same shape.
#[derive(Parser)]
#[command(name = "cargo xtask topology")]
struct Arguments {
    /// Where: a directory that is empty or not there.
    directory: PathBuf,
    /// How many stacks; the projects stay 86.
    #[arg(long, default_value_t = 311)]
    stacks: usize,
    /// The same tree for another tool instead.
    #[arg(long, value_enum)]
    peer: Option<Peer>,
}

#[expect(clippy::print_stderr, reason = "a tool for the terminal")]
fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(made) => {
            eprintln!("{made}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<String> {
    let found = Organisation::found()?;
    let least = found.stacks.len();
    ensure!(arguments.stacks >= least, "there are {least} stacks at least");
    let organisation = copies(&found, arguments.stacks);
    // Cargo runs this in the directory where it was called.
    let directory = std::path::absolute(&arguments.directory)?;
    match arguments.peer {
        Some(peer) => peers::tree(&directory, peer, &organisation)?,
        None => write::workspace(&directory, &organisation, &fill(&organisation), &mut new_workspace()?)?,
    }
    let (stacks, edges) = (organisation.stacks.len(), organisation.edges.len());
    Ok(format!("made {stacks} stacks with {edges} references in {}", arguments.directory.display()))
}

/// The command that makes an empty workspace.
fn new_workspace() -> Result<Command> {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").context("run it by `cargo xtask topology`")?;
    let root = Path::new(&here).ancestors().nth(2).context("no workspace root")?.to_owned();
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["run", "--quiet", "--package", "runner", "--manifest-path"]).arg(root.join("Cargo.toml"));
    command.args(["--", "new", "workspace", "--organisation", "topology", "--groundplan"]).arg(root);
    Ok(command)
}
