//! A runner with one project, `bench.chains`: as many small objects as its stack says, in chains.

use std::process::ExitCode;

use cli::Registry;
use code_digest::{Crate, Table};
use plan::prelude::*;
use plan::{Declaration, ResourceRef};
use provider_sandbox::FRAGMENT_ITEM;

/// Stands for what a registry's build script writes, so that evaluations are kept as everywhere else.
static DIGESTS: Table = Table {
    toolchain: "",
    projects: &[code_digest::Project { name: "bench.chains", directory: "projects/bench/chains" }],
    crates: &[Crate {
        name: "bench-chains",
        directory: "projects/bench/chains",
        own: [1; 32],
        code: [1; 32],
        source: [1; 32],
        closure: &[],
    }],
    files: &[],
};

#[derive(Config)]
struct Settings {
    /// How many resources.
    resources: u64,
    /// How long a chain is.
    chain: u64,
    /// How many are other than they were.
    #[config(default = 0)]
    changed: u64,
}

fn main() -> ExitCode {
    cli::main(Registry {
        projects: vec![Project::new("bench.chains", chains)],
        policies: Vec::new(),
        digests: &DIGESTS,
    })
}

/// Each object but the first of its chain names the one before it by the id that the sandbox gives it.
fn chains(stack: &Stack, settings: Settings) -> Result<Plan<()>> {
    let mut plan = stack.plan();
    let mut before: Option<ResourceRef> = None;
    for number in 0..settings.resources {
        let name = format!("item-{number:05}");
        let mut item = Declaration::new(FRAGMENT_ITEM, name.as_str());
        item.set("Name", name.as_str().into());
        if number < settings.changed {
            item.set("Value", "changed".into());
        }
        if let Some(before) = before.filter(|_| !number.is_multiple_of(settings.chain)) {
            item.set("After", before.attribute::<String>("Id").expr().clone());
        }
        before = Some(plan.declare(item, Place::caller()));
    }
    plan.finish(())
}
