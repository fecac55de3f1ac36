//! The files of a Groundplan workspace: a crate per project, a file per stack.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use resource::StackName;

use crate::{Organisation, Stack};

/// The library that all projects call.
const SYNTHETIC: &str = include_str!("../template/synthetic.rs.txt");
/// Environments that are not in the default selection.
const KNOWN: &str = "# Known, but only taken by name or with `--env`.\nknown_environments = [\"Dev\", \"dev\"]\n";
const INHERITED: &str =
    "version.workspace = true\nedition.workspace = true\nrust-version.workspace = true\npublish.workspace = true\n";

/// Makes a workspace in a directory that is empty or not there. `new_workspace` is the command that makes an empty one
/// there, up to the directory's name.
///
/// # Errors
/// If the command fails, or something cannot be written.
pub fn workspace(
    directory: &Path,
    organisation: &Organisation,
    stacks: &BTreeMap<StackName, Stack>,
    new_workspace: &mut Command,
) -> Result<()> {
    let made = new_workspace.arg(directory).output().context("cannot run the command that makes a workspace")?;
    ensure!(made.status.success(), "no workspace was made: {}", String::from_utf8_lossy(&made.stderr));
    fs::remove_dir_all(directory.join("projects/example"))?;
    library(directory)?;
    for project in organisation.projects.keys() {
        crate_of(directory, project)?;
    }
    self::stacks(directory, stacks)?;
    let sections = sections::Workspace::at(directory);
    sections.sync(&sections.crates()?, false)?;
    Ok(())
}

/// Writes the stack files, and takes away those that are none of them.
///
/// # Errors
/// If something cannot be written.
pub fn stacks(directory: &Path, stacks: &BTreeMap<StackName, Stack>) -> Result<()> {
    for name in stacks.keys() {
        let there = directory.join(stack_directory(name));
        if there.is_dir() {
            fs::remove_dir_all(&there)?;
        }
    }
    for (name, stack) in stacks {
        write(directory, &stack_file(name), &toml::to_string(stack)?)?;
    }
    Ok(())
}

/// Where the file of a stack is, from the root.
pub fn stack_file(name: &StackName) -> String {
    format!("{}/{}.toml", stack_directory(name), name.short())
}

fn stack_directory(name: &StackName) -> String {
    format!("projects/{}/stacks", name.project().replace('.', "/"))
}

fn library(directory: &Path) -> Result<()> {
    let manifest = manifest(
        "synthetic",
        "What every stack of this workspace is made of",
        "plan.workspace = true\ntypes-aws-sns.workspace = true\n\
         types-common.workspace = true\n",
    );
    write(directory, "crates/synthetic/Cargo.toml", &manifest)?;
    write(directory, "crates/synthetic/src/lib.rs", SYNTHETIC)?;
    let root = fs::read_to_string(directory.join("Cargo.toml"))?;
    let mine = "[workspace.dependencies]\n";
    ensure!(root.contains(mine), "the manifest of the workspace has no `[workspace.dependencies]`");
    let theirs = format!("{mine}synthetic = {{ path = \"crates/synthetic\" }}\n");
    write(directory, "Cargo.toml", &root.replacen(mine, &theirs, 1))?;
    let settings = fs::read_to_string(directory.join("groundplan.toml"))?;
    let (before, after) = settings.split_once("\n\n").context("`groundplan.toml` has one paragraph only")?;
    write(directory, "groundplan.toml", &format!("{before}\n{KNOWN}\n{after}"))
}

fn crate_of(directory: &Path, project: &str) -> Result<()> {
    let at = format!("projects/{}", project.replace('.', "/"));
    let package = project.replace(['.', '_'], "-");
    let needs = "plan.workspace = true\nsynthetic.workspace = true\n";
    let description = format!("The project {project}");
    write(directory, &format!("{at}/Cargo.toml"), &manifest(&package, &description, needs))?;
    let library = format!(
        "//! The project `{project}`.\n\n/// The project.\npub fn project() -> plan::Project {{\n    \
         plan::Project::new(\"{project}\", synthetic::plan)\n}}\n"
    );
    write(directory, &format!("{at}/src/lib.rs"), &library)
}

fn manifest(package: &str, description: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{package}\"\ndescription = \"{description}\"\n{INHERITED}\n[lib]\ndoctest = false\n\n\
         [dependencies]\n{dependencies}\n[lints]\nworkspace = true\n"
    )
}

pub(crate) fn write(directory: &Path, file: &str, text: &str) -> Result<()> {
    let path = directory.join(file);
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
    written.with_context(|| format!("cannot write `{}`", path.display()))
}
