//! What the runner costs: whole processes, a durable journal, the sandbox without latency.
//!
//! Layer: L6, edges. `cargo xtask bench` runs it. All of the workspace's default stacks, and one stack of small
//! resources in chains of ten, which Terraform makes too where its binary is on the PATH. It prints what was measured
//! against what is aimed at and ends well whatever that is: a slow machine is no broken build. Only what does not work
//! fails it.

mod centre;
mod organisation;
mod ours;
mod process;
mod report;
mod scale;
mod terraform;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;

use crate::ours::{Ours, Round};
use crate::process::{Cost, Program};
use crate::report::{Peer, Report, Series};
use crate::terraform::Terraform;

/// How long the chains of the synthetic graph are.
pub(crate) const CHAIN: usize = 10;

/// Where the results are kept.
const PAGE: &str = "docs/benchmarks.md";

/// Measures the runner.
#[derive(Parser)]
#[command(name = "cargo xtask bench", version)]
struct Args {
    /// Few resources, one round, nothing compared: only whether everything still runs
    #[arg(long, conflicts_with_all = ["full", "write"])]
    smoke: bool,
    /// Builds a copy of the workspace, too: from nothing, and after an edit of one project; and a stack of a hundred
    /// thousand resources
    #[arg(long)]
    full: bool,
    /// Only the stack of a hundred thousand resources
    #[arg(long, conflicts_with_all = ["full", "write"])]
    scale: bool,
    /// Only the organisation of 311 stacks, and those of 1,000 and 10,000 of its shape; with the other tools that are
    /// on the PATH (`ci/peers DIR` installs them)
    #[arg(long, conflicts_with_all = ["full", "scale", "write", "smoke"])]
    organisation: bool,
    /// Only the genomics centre of forty datasets
    #[arg(long, conflicts_with_all = ["full", "scale", "organisation", "write", "smoke"])]
    centre: bool,
    /// Writes docs/benchmarks.md
    #[arg(long)]
    write: bool,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<()> {
    let root = root()?;
    let binaries = build(&root)?;
    if args.smoke {
        return smoke(&root, &binaries);
    }
    if cfg!(debug_assertions) {
        say("note: this is a debug build; run `cargo xtask bench` for numbers that mean something");
    }
    if args.scale {
        let report = report::scaled(&scale::measure(&binaries, scale::MANY, scale::SOME)?);
        say(&report);
        return Ok(());
    }
    if args.organisation {
        let measured = organisation::measure(&root, &binaries, &organisation::SIZES, true)?;
        say(&report::of_organisation(&measured));
        return Ok(());
    }
    if args.centre {
        say(&report::of_centre(&centre::measure(&root, &binaries, centre::DATASETS)?));
        return Ok(());
    }
    let report = measure(&root, &binaries, args.full)?;
    let text = report.to_string();
    say(&text);
    if args.write {
        std::fs::write(root.join(PAGE), report.page()).with_context(|| format!("cannot write {PAGE}"))?;
        say(&format!("wrote {PAGE}"));
    }
    Ok(())
}

/// Everything once, small.
fn smoke(root: &Path, binaries: &Path) -> Result<()> {
    const RESOURCES: usize = 50;
    let chains = Ours::chains(RESOURCES, binaries)?.round()?;
    ensure!(chains.resources == RESOURCES, "{} of {RESOURCES} resources were made", chains.resources);
    let stacks = Ours::copy(root, binaries)?.round()?;
    let scale = scale::measure(binaries, 400, 200)?;
    ensure!(scale.entries > 0, "a run that died left no journal");
    let organisation = organisation::measure(root, binaries, &organisation::SIZES[..1], false)?;
    ensure!(organisation.sizes.len() == 1, "the organisation was not measured");
    centre::measure(root, binaries, 2)?;
    say(&format!("bench: {} resources in chains, {} in {} stacks", RESOURCES, stacks.resources, stacks.stacks));
    Ok(())
}

fn measure(root: &Path, binaries: &Path, full: bool) -> Result<Report> {
    const ROUNDS: usize = 3;
    const SMALL: usize = 1000;
    const LARGE: usize = 5000;
    let workspace = Ours::copy(root, binaries)?;
    let small = Ours::chains(SMALL, binaries)?;
    let large = Ours::chains(LARGE, binaries)?;
    let terraform = Terraform::chains(SMALL, binaries)?;
    if terraform.is_none() {
        say("THE PEER IS MISSING: there is no `terraform` on the PATH. Nothing is compared in this run, and the \
             targets that are ratios count as not measured; put its binary on the PATH to have them.");
    }
    let mut rounds: [Vec<Round>; 3] = Default::default();
    let mut peer = Vec::new();
    // Theirs is measured between ours, so that both meet the same weather.
    for number in 1..=ROUNDS {
        say(&format!("round {number} of {ROUNDS}"));
        for (rounds, ours) in rounds.iter_mut().zip([&workspace, &small, &large]) {
            rounds.push(ours.round()?);
        }
        if let Some(terraform) = &terraform {
            peer.push(if number == 1 { terraform.apply()? } else { terraform.plan()? });
        }
    }
    let [workspace, small, large] = rounds.map(|rounds| Series::of(&rounds));
    for (series, resources) in [(&small, SMALL), (&large, LARGE)] {
        ensure!(series.resources == resources, "{} of {resources} resources were made", series.resources);
    }
    let peer = terraform.map(|terraform| Peer {
        version: terraform.version,
        apply: peer[0],
        plan: Cost::median(&peer[1..]),
        plans: peer.len() - 1,
    });
    let builds = if full {
        say("builds of a copy");
        Some(ours::builds(root, binaries)?)
    } else {
        None
    };
    let scale = if full { Some(scale::measure(binaries, scale::MANY, scale::SOME)?) } else { None };
    let organisation =
        if full { Some(organisation::measure(root, binaries, &organisation::SIZES, true)?) } else { None };
    let centre = if full { Some(centre::measure(root, binaries, centre::DATASETS)?) } else { None };
    Ok(Report { rounds: ROUNDS, workspace, small, large, peer, builds, scale, organisation, centre })
}

/// Builds what is measured, in the profile and the directory of this binary, and gives where it is.
fn build(root: &Path) -> Result<PathBuf> {
    let here = std::env::current_exe().context("this binary is nowhere")?;
    let binaries = here.parent().context("this binary is nowhere")?.to_owned();
    let target = binaries.parent().context("no target directory")?.to_string_lossy().into_owned();
    let mut arguments = vec!["build", "--locked", "--package", "runner", "--package", "bench", "--target-dir", &target];
    if !cfg!(debug_assertions) {
        arguments.push("--release");
    }
    Program::new(ours::cargo(), root)?.run(arguments).context("the runners do not build")?;
    Ok(binaries)
}

/// The workspace root: two levels above this crate.
fn root() -> Result<PathBuf> {
    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").context("run it by `cargo xtask bench`")?);
    Ok(here.ancestors().nth(2).context("no workspace root")?.to_owned())
}

/// The one place that prints.
#[expect(clippy::print_stdout, reason = "the result of this program is what it prints")]
fn say(text: &str) {
    println!("{text}");
}
