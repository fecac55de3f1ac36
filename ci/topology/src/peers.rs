//! The same stacks and references for other tools: a folder per stack and a task that does nothing.
//!
//! None of them takes a cycle, so of two stacks that read each other only the later by name depends on the other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use clap::ValueEnum;
use resource::StackName;

use crate::Organisation;
use crate::write::write;

/// A tool that is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    /// Turborepo.
    Turbo,
    /// moon.
    Moon,
    /// Bazel.
    Bazel,
}

/// Writes a tree for a tool into a directory.
///
/// # Errors
/// If something cannot be written.
pub fn tree(directory: &Path, peer: Peer, organisation: &Organisation) -> Result<()> {
    let needs = needs(organisation);
    match peer {
        Peer::Turbo => turbo(directory, &needs),
        Peer::Moon => moon(directory, &needs),
        Peer::Bazel => bazel(directory, &needs),
    }
}

/// What each stack depends on, without cycles.
pub fn needs(organisation: &Organisation) -> BTreeMap<String, BTreeSet<String>> {
    let pairs = organisation.pairs();
    let mut needs: BTreeMap<String, BTreeSet<String>> =
        organisation.stacks.iter().map(|stack| (folder(stack), BTreeSet::new())).collect();
    for edge in organisation.edges_within() {
        if !pairs.contains(&(edge.reader.clone(), edge.source.clone())) {
            needs.entry(folder(&edge.reader)).or_default().insert(folder(&edge.source));
        }
    }
    needs
}

/// What a stack is called where dots and underscores have a meaning.
pub fn folder(stack: &StackName) -> String {
    stack.to_string().replace(['.', '_'], "-").to_lowercase()
}

type Needs = BTreeMap<String, BTreeSet<String>>;

fn turbo(directory: &Path, needs: &Needs) -> Result<()> {
    write(
        directory,
        "package.json",
        "{\n  \"name\": \"topology\",\n  \"private\": true,\n  \"packageManager\": \"npm@10.0.0\",\n  \
         \"workspaces\": [\"stacks/*\"]\n}\n",
    )?;
    let task = "{\n  \"tasks\": { \"plan\": { \"dependsOn\": [\"^plan\"], \"inputs\": [\"input.txt\"], \"outputs\": [\"plan.json\"] } }\n}\n";
    write(directory, "turbo.json", task)?;
    let mut lock = String::from("{\n  \"name\": \"topology\",\n  \"lockfileVersion\": 3,\n  \"packages\": {\n");
    lock.push_str("    \"\": { \"name\": \"topology\", \"workspaces\": [\"stacks/*\"] }");
    for (stack, sources) in needs {
        let dependencies: Vec<String> = sources.iter().map(|source| format!("\"{source}\": \"*\"")).collect();
        let dependencies = dependencies.join(", ");
        let package = format!(
            "{{\n  \"name\": \"{stack}\",\n  \"version\": \"1.0.0\",\n  \"scripts\": {{ \"plan\": \"cp input.txt \
             plan.json\" }},\n  \"dependencies\": {{ {dependencies} }}\n}}\n"
        );
        write(directory, &format!("stacks/{stack}/package.json"), &package)?;
        write(directory, &format!("stacks/{stack}/input.txt"), &format!("{stack}\n"))?;
        write!(lock, ",\n    \"node_modules/{stack}\": {{ \"resolved\": \"stacks/{stack}\", \"link\": true }}")?;
        write!(
            lock,
            ",\n    \"stacks/{stack}\": {{ \"version\": \"1.0.0\", \"dependencies\": {{ {dependencies} }} }}"
        )?;
    }
    lock.push_str("\n  }\n}\n");
    write(directory, "package-lock.json", &lock)
}

fn moon(directory: &Path, needs: &Needs) -> Result<()> {
    write(directory, ".moon/workspace.yml", "projects:\n  - 'stacks/*'\n")?;
    write(directory, ".moon/toolchain.yml", "{}\n")?;
    for (stack, sources) in needs {
        let mut project = String::from("language: 'unknown'\n");
        if !sources.is_empty() {
            project.push_str("dependsOn:\n");
            for source in sources {
                writeln!(project, "  - '{source}'")?;
            }
        }
        project.push_str(
            "tasks:\n  plan:\n    command: 'cp input.txt plan.json'\n    inputs: ['input.txt']\n    \
             outputs: ['plan.json']\n    deps: ['^:plan']\n",
        );
        write(directory, &format!("stacks/{stack}/moon.yml"), &project)?;
        write(directory, &format!("stacks/{stack}/input.txt"), &format!("{stack}\n"))?;
    }
    Ok(())
}

fn bazel(directory: &Path, needs: &Needs) -> Result<()> {
    write(directory, "WORKSPACE", "workspace(name = \"topology\")\n")?;
    for (stack, sources) in needs {
        let mut build = String::from("genrule(\n    name = \"plan\",\n    srcs = [\n        \"input.txt\",\n");
        for source in sources {
            writeln!(build, "        \"//stacks/{source}:plan\",")?;
        }
        build.push_str(
            "    ],\n    outs = [\"plan.json\"],\n    cmd = \"cp $(location input.txt) $@\",\n    \
             visibility = [\"//visibility:public\"],\n)\n",
        );
        write(directory, &format!("stacks/{stack}/BUILD"), &build)?;
        write(directory, &format!("stacks/{stack}/input.txt"), &format!("{stack}\n"))?;
    }
    write(directory, "BUILD", &all(needs))
}

/// One target that needs all.
fn all(needs: &Needs) -> String {
    let lines: String =
        needs.keys().fold(String::new(), |lines, stack| lines + "        \"//stacks/" + stack + ":plan\",\n");
    format!("filegroup(\n    name = \"all\",\n    srcs = [\n{lines}    ],\n)\n")
}
