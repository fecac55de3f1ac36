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

/// The crate of the program, which each evaluator is built of beside its project.
const PROGRAM: &str = "crates/evaluator";
const NO_PROGRAM: &str = "there is no crate `crates/evaluator`";

/// The code of all projects, and of the program.
pub(crate) fn look(root: &Path) -> Result<Found> {
    let rustc = std::env::var_os("RUSTC").map_or_else(|| PathBuf::from("rustc"), PathBuf::from);
    Ok(code_digest::look(Path::new(&cargo()), &rustc, &root.join("crates/evaluators"))?)
}

/// The crates that the evaluator of the project in a directory is built of.
pub(crate) fn built_of<'a>(found: &'a Found, project: &str) -> Result<Vec<&'a Digested>> {
    let project = found.at(project).with_context(|| format!("there is no crate `{project}`"))?;
    let program = found.at(PROGRAM).context(NO_PROGRAM)?;
    let positions: BTreeSet<usize> = [project, program].iter().flat_map(|of| &of.closure).copied().collect();
    Ok(positions.into_iter().map(|position| &found.crates[position]).collect())
}

/// The system as Nix names it.
fn system() -> String {
    format!("{}-linux", std::env::consts::ARCH)
}

/// Builds what is missing in `nix/evaluators/<system>`, takes away what is of no use any more, and writes the table.
pub(crate) fn run(root: &Path) -> Result<()> {
    let found = look(root)?;
    let program = found.at(PROGRAM).context(NO_PROGRAM)?;
    let directory = root.join("nix/evaluators").join(system());
    fs::create_dir_all(&directory)?;

    let mut table = Table { projects: BTreeMap::new(), crates: BTreeMap::new() };
    let mut wanted = BTreeSet::new();
    for (name, place) in &found.projects {
        let project = found.at(place).with_context(|| format!("there is no crate `{place}`"))?;
        let code = Digest::of_parts("evaluator", [project.code.as_bytes().as_slice(), program.code.as_bytes()]);
        let file = format!("{name}-{}", code.short(16));
        if !directory.join(&file).is_file() {
            say(&format!("building the evaluator of {name}"));
            build(root, &found, project, &directory.join(&file))?;
        }
        let built_of = built_of(&found, place)?;
        for part in &built_of {
            table.crates.insert(part.directory.clone(), files(root, part)?);
        }
        let evaluator = Evaluator {
            directory: place.clone(),
            program: file,
            crates: built_of.iter().map(|part| part.directory.clone()).collect(),
            locked: built_of.iter().flat_map(|part| part.locked.clone()).collect(),
        };
        let current = [(".files", sums(&table, &evaluator)), (".packages", checksums(&evaluator))];
        for (ending, lines) in current {
            let beside = format!("{}{ending}", evaluator.program);
            fs::write(directory.join(&beside), lines.into_iter().map(|line| line + "\n").collect::<String>())?;
            wanted.insert(beside);
        }
        wanted.insert(evaluator.program.clone());
        table.projects.insert(name.clone(), evaluator);
    }
    for entry in fs::read_dir(&directory)? {
        let entry = entry?;
        if !wanted.contains(&*entry.file_name().to_string_lossy()) {
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

/// The files that an evaluator is built of as `sha256sum` lists them, sorted: what Bazel compares.
fn sums(table: &Table, evaluator: &Evaluator) -> BTreeSet<String> {
    let of_crate = |directory: &String| {
        let directory = directory.clone();
        table.crates.get(&directory).into_iter().flatten().map(move |(path, sum)| format!("{sum}  {directory}/{path}"))
    };
    evaluator.crates.iter().flat_map(of_crate).collect()
}

/// The checksums of its registry packages, sorted.
fn checksums(evaluator: &Evaluator) -> BTreeSet<String> {
    evaluator.locked.iter().filter_map(|package| package.rsplit(' ').next()).map(str::to_owned).collect()
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
