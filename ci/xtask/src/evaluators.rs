//! The evaluators: for each project one small static program, named by the digest of the code that it is built of; and
//! the checker, one with all policies.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use code_digest::{Digested, Found};
use serde::Serialize;
use value::Digest;

use crate::{cargo, say};

/// What a build system has to know of the programs: which there are, and whether they are current.
#[derive(Default, Serialize)]
struct Table {
    projects: BTreeMap<String, Evaluator>,
    /// The program with all policies; a workspace may have none.
    checker: Option<Program>,
    /// The files of each crate that programs are built of, by its directory: path from there, and SHA-256.
    crates: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Serialize)]
struct Evaluator {
    /// Where the project is.
    directory: String,
    #[serde(flatten)]
    program: Program,
}

#[derive(Serialize)]
struct Program {
    /// The file, beside the table.
    #[serde(rename = "program")]
    file: String,
    /// Directories of the crates that it is built of.
    crates: BTreeSet<String>,
    /// Name, version and checksum of the registry packages that it is built of.
    locked: BTreeSet<String>,
}

/// The crate of the program that evaluates, which each evaluator is built of beside its project.
const EVALUATOR: &str = "crates/evaluator";
/// The crate of the program with all policies.
const CHECKER: &str = "crates/checker";

/// Where the programs are, below a directory for each system.
const DIRECTORY: &str = "nix/evaluators";

const STATIC: &str = "-C target-feature=+crt-static";
/// Programs are linked without a clock, which no sandbox takes away: what asks for the time is aborted.
const NO_CLOCK: &str = "link-arg=-Wl,--defsym=clock_gettime=abort";

/// The code of all projects, and of the program that evaluates.
pub(crate) fn look(root: &Path) -> Result<Found> {
    look_at(root, "crates/evaluators")
}

/// The code of the checker; a workspace may have none.
pub(crate) fn look_at_checker(root: &Path) -> Result<Option<Found>> {
    root.join(CHECKER).is_dir().then(|| look_at(root, CHECKER)).transpose()
}

/// The crates that the evaluator of the project in a directory is built of.
pub(crate) fn evaluator_of<'a>(found: &'a Found, project: &str) -> Result<Vec<&'a Digested>> {
    Ok(closure(found, &[at(found, project)?, at(found, EVALUATOR)?]))
}

/// The crates that the checker is built of.
pub(crate) fn checker_of(found: &Found) -> Result<Vec<&Digested>> {
    Ok(closure(found, &[at(found, CHECKER)?]))
}

fn look_at(root: &Path, directory: &str) -> Result<Found> {
    let rustc = std::env::var_os("RUSTC").map_or_else(|| PathBuf::from("rustc"), PathBuf::from);
    Ok(code_digest::look(Path::new(&cargo()), &rustc, &root.join(directory))?)
}

fn at<'a>(found: &'a Found, directory: &str) -> Result<&'a Digested> {
    found.at(directory).with_context(|| format!("there is no crate `{directory}`"))
}

fn closure<'a>(found: &'a Found, crates: &[&Digested]) -> Vec<&'a Digested> {
    let positions: BTreeSet<usize> = crates.iter().flat_map(|of| &of.closure).copied().collect();
    positions.into_iter().map(|position| &found.crates[position]).collect()
}

/// The system as Nix names it.
fn system() -> String {
    format!("{}-linux", std::env::consts::ARCH)
}

/// Builds what is missing in `nix/evaluators/<system>`, takes away what is of no use any more, and writes the table.
pub(crate) fn run(root: &Path) -> Result<()> {
    none_is_committed(root)?;
    let directory = root.join(DIRECTORY).join(system());
    fs::create_dir_all(&directory)?;
    let mut shelf = Shelf { root, directory, table: Table::default(), wanted: BTreeSet::new() };
    let found = look(root)?;
    for (name, directory) in &found.projects {
        let crates = [at(&found, directory)?, at(&found, EVALUATOR)?];
        let package = ["--package", "evaluators", "--no-default-features", "--features", &crates[0].name];
        let recipe = Recipe { name, package: &package, binary: "evaluator", crates: &crates, found: &found };
        let program = shelf.make(&recipe)?;
        shelf.table.projects.insert(name.clone(), Evaluator { directory: directory.clone(), program });
    }
    if let Some(found) = look_at_checker(root)? {
        let (package, crates) = (["--package", "checker"], [at(&found, CHECKER)?]);
        let recipe = Recipe { name: "checker", package: &package, binary: "checker", crates: &crates, found: &found };
        shelf.table.checker = Some(shelf.make(&recipe)?);
    }
    shelf.close()?;
    show_to_git(root)
}

/// How a program is built.
struct Recipe<'a> {
    /// What it is called, before the digest.
    name: &'a str,
    /// Which package, and with which features: arguments of cargo.
    package: &'a [&'a str],
    /// What the package calls it.
    binary: &'a str,
    /// The crates that make it what it is; the code of the first one is what it stands for.
    crates: &'a [&'a Digested],
    found: &'a Found,
}

impl Recipe<'_> {
    fn file(&self) -> String {
        let code = self.crates.iter().map(|part| part.code.as_bytes().as_slice());
        let linked = [STATIC.as_bytes(), NO_CLOCK.as_bytes()];
        format!("{}-{}", self.name, Digest::of_parts("evaluator", code.chain(linked)).short(16))
    }

    fn build(&self, root: &Path, to: &Path) -> Result<()> {
        let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        let directory = root.join("target/evaluators");
        let first = self.crates[0];
        let sources = first.closure.iter().map(|index| &self.found.crates[*index]);
        let sources: Vec<String> =
            sources.map(|part| format!("{}={}", part.name.replace('-', "_"), part.source)).collect();
        // Where registry crates lie is nobody's business; the workspace's own are named relative to its root.
        let flags = format!("{STATIC} --remap-path-prefix={}=/cargo", home::cargo_home()?.display());
        let mut command = Command::new(cargo());
        command.current_dir(root).args(["rustc", "--quiet", "--locked", "--profile", "evaluator"]);
        command.args(self.package).args(["--target", &target, "--target-dir"]).arg(&directory);
        command.args(["--", "-C", NO_CLOCK]).env("RUSTFLAGS", flags);
        command.env("GROUNDPLAN_CODE", first.code.to_string()).env("GROUNDPLAN_SOURCES", sources.join(","));
        let built = command.status().context("cannot run cargo")?.success();
        ensure!(built, "the evaluator of {} does not build", self.name);
        let (new, profile) = (to.with_extension("new"), directory.join(target).join("evaluator"));
        fs::copy(profile.join(self.binary), &new)?;
        fs::rename(new, to)?;
        forget(&profile.join("deps"), self.binary)
    }
}

/// Takes away what cargo keeps of linked programs: they are on the shelf, and each edit would leave some more.
fn forget(directory: &Path, binary: &str) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.contains('.') && name.rsplit_once('-').is_some_and(|(program, _)| program == binary) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The directory with the programs, and what is to be there.
struct Shelf<'a> {
    root: &'a Path,
    directory: PathBuf,
    table: Table,
    wanted: BTreeSet<String>,
}

impl Shelf<'_> {
    /// Builds a program if it is not there yet, and notes what it is built of.
    fn make(&mut self, recipe: &Recipe<'_>) -> Result<Program> {
        let file = recipe.file();
        if !self.directory.join(&file).is_file() {
            say(&format!("building the evaluator of {}", recipe.name));
            recipe.build(self.root, &self.directory.join(&file))?;
        }
        let built_of = closure(recipe.found, recipe.crates);
        for part in &built_of {
            self.table.crates.insert(part.directory.clone(), files(self.root, part)?);
        }
        let program = Program {
            file,
            crates: built_of.iter().map(|part| part.directory.clone()).collect(),
            locked: built_of.iter().flat_map(|part| part.locked.clone()).collect(),
        };
        for (ending, lines) in [(".files", sums(&self.table, &program)), (".packages", checksums(&program))] {
            let beside = format!("{}{ending}", program.file);
            fs::write(self.directory.join(&beside), lines.into_iter().map(|line| line + "\n").collect::<String>())?;
            self.wanted.insert(beside);
        }
        self.wanted.insert(program.file.clone());
        Ok(program)
    }

    /// Takes away what nothing needs, and writes the table.
    fn close(self) -> Result<()> {
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            if !self.wanted.contains(&*entry.file_name().to_string_lossy()) {
                fs::remove_file(entry.path())?;
            }
        }
        fs::write(self.directory.join("table.json"), serde_json::to_string_pretty(&self.table)? + "\n")?;
        Ok(())
    }
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

/// The files that a program is built of as `sha256sum` lists them, sorted: what Bazel compares.
fn sums(table: &Table, program: &Program) -> BTreeSet<String> {
    let of_crate = |directory: &String| {
        let directory = directory.clone();
        table.crates.get(&directory).into_iter().flatten().map(move |(path, sum)| format!("{sum}  {directory}/{path}"))
    };
    program.crates.iter().flat_map(of_crate).collect()
}

/// The checksums of its registry packages, sorted.
fn checksums(program: &Program) -> BTreeSet<String> {
    program.locked.iter().filter_map(|package| package.rsplit(' ').next()).map(str::to_owned).collect()
}

/// A flake in a git checkout sees only what is in the index: the programs are shown there, and never committed.
fn show_to_git(root: &Path) -> Result<()> {
    if !root.join(".git").exists() {
        return Ok(());
    }
    let mut command = git(root);
    command.args(["add", "--intent-to-add", "--force", DIRECTORY]);
    ensure!(command.status().context("cannot run git")?.success(), "git does not take the evaluators into its index");
    Ok(())
}

/// Programs are built, not committed: `git add --all` after they were shown to git would do it.
fn none_is_committed(root: &Path) -> Result<()> {
    if !root.join(".git").exists() {
        return Ok(());
    }
    // Without a first commit there is nothing to list, and git says so.
    let listed =
        git(root).args(["ls-tree", "-r", "--name-only", "HEAD", "--", DIRECTORY]).output().context("cannot run git")?;
    let committed = String::from_utf8_lossy(&listed.stdout);
    let Some(first) = committed.lines().next() else { return Ok(()) };
    bail!("`{first}` is committed, and evaluators are built: `git rm --cached -r {DIRECTORY}`, and commit that")
}

fn git(root: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(root);
    command
}
