//! The evaluators: for each project one small static program, named by the digest of the code that it is built of.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use code_digest::{Digested, Found};
use serde::Serialize;
use value::Digest;

use crate::{cargo, say};

/// What a build system has to know of the evaluators: which there are, and whether they are current.
#[derive(Serialize)]
struct Table {
    projects: BTreeMap<String, Evaluator>,
    /// The files of each crate that evaluators are built of, by its directory: path from there, and SHA-256.
    crates: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Serialize)]
struct Evaluator {
    /// Where the project is.
    directory: String,
    /// The program, beside the table.
    program: String,
    /// Directories of the crates that it is built of.
    crates: BTreeSet<String>,
    /// Name, version and checksum of the registry packages that it is built of.
    locked: BTreeSet<String>,
}

/// The system as Nix names it.
fn system() -> String {
    format!("{}-linux", std::env::consts::ARCH)
}

/// Builds what is missing in `nix/evaluators/<system>`, takes away what is of no use any more, and writes the table.
pub(crate) fn run(root: &Path) -> Result<()> {
    let rustc = std::env::var_os("RUSTC").map_or_else(|| PathBuf::from("rustc"), PathBuf::from);
    let found = code_digest::look(Path::new(&cargo()), &rustc, &root.join("crates/evaluators"))?;
    let program = found.at("crates/evaluator").context("there is no crate `crates/evaluator`")?;
    let directory = root.join("nix/evaluators").join(system());
    fs::create_dir_all(&directory)?;

    let mut table = Table { projects: BTreeMap::new(), crates: BTreeMap::new() };
    for (name, place) in &found.projects {
        let project = found.at(place).with_context(|| format!("there is no crate `{place}`"))?;
        let code = Digest::of_parts("evaluator", [project.code.as_bytes().as_slice(), program.code.as_bytes()]);
        let file = format!("{name}-{}", code.short(16));
        if !directory.join(&file).is_file() {
            say(&format!("building the evaluator of {name}"));
            build(root, &found, project, &directory.join(&file))?;
        }
        let built_of: Vec<&Digested> =
            [project, program].iter().flat_map(|of| &of.closure).map(|index| &found.crates[*index]).collect();
        for part in &built_of {
            table.crates.insert(part.directory.clone(), files(root, part)?);
        }
        let evaluator = Evaluator {
            directory: place.clone(),
            program: file,
            crates: built_of.iter().map(|part| part.directory.clone()).collect(),
            locked: built_of.iter().flat_map(|part| part.locked.clone()).collect(),
        };
        table.projects.insert(name.clone(), evaluator);
    }
    let wanted: BTreeSet<&str> = table.projects.values().map(|evaluator| evaluator.program.as_str()).collect();
    for entry in fs::read_dir(&directory)? {
        let entry = entry?;
        if !wanted.contains(entry.file_name().to_string_lossy().as_ref()) {
            fs::remove_file(entry.path())?;
        }
    }
    fs::write(directory.join("table.json"), serde_json::to_string_pretty(&table)? + "\n")?;
    show_to_git(root)
}

/// Builds the evaluator of one project.
fn build(root: &Path, found: &Found, project: &Digested, to: &Path) -> Result<()> {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let directory = root.join("target/evaluators");
    let sources = project.closure.iter().map(|index| &found.crates[*index]);
    let sources: Vec<String> = sources.map(|part| format!("{}={}", part.name.replace('-', "_"), part.source)).collect();
    // Where registry crates lie is nobody's business; the workspace's own are named relative to its root.
    let home = home::cargo_home()?;
    let flags = format!("-C target-feature=+crt-static --remap-path-prefix={}=/cargo", home.display());
    let mut command = Command::new(cargo());
    command.current_dir(root).args([
        "build",
        "--quiet",
        "--locked",
        "--package",
        "evaluators",
        "--profile",
        "evaluator",
    ]);
    command.args(["--no-default-features", "--features", &project.name, "--target", &target, "--target-dir"]);
    command
        .arg(&directory)
        .env("RUSTFLAGS", flags)
        .env("GROUNDPLAN_CODE", project.code.to_string())
        .env("GROUNDPLAN_SOURCES", sources.join(","));
    ensure!(
        command.status().context("cannot run cargo")?.success(),
        "the evaluator of {} does not build",
        project.name
    );
    let new = to.with_extension("new");
    fs::copy(directory.join(target).join("evaluator/evaluator"), &new)?;
    fs::rename(new, to)?;
    Ok(())
}

/// The files of a crate by path from its directory, with their SHA-256: what Nix can work out for itself.
fn files(root: &Path, part: &Digested) -> Result<BTreeMap<String, String>> {
    let below = format!("{}/", part.directory);
    let paths = part.files.iter().map(|file| file.path.trim_start_matches(&below)).chain(["Cargo.toml"]);
    paths
        .map(|path| {
            let bytes =
                fs::read(root.join(&part.directory).join(path)).with_context(|| format!("cannot read {path}"))?;
            Ok((path.to_owned(), cache::Address::of(&bytes).to_string()))
        })
        .collect()
}

/// A flake in a git checkout sees only what is in the index: the evaluators are shown there, and never committed.
fn show_to_git(root: &Path) -> Result<()> {
    if !root.join(".git").exists() {
        return Ok(());
    }
    let mut command = Command::new("git");
    command.current_dir(root).args(["add", "--intent-to-add", "--force", "nix/evaluators"]);
    ensure!(command.status().context("cannot run git")?.success(), "git does not take the evaluators into its index");
    Ok(())
}
