//! The peer: Terraform with its built-in `terraform_data` and a local backend, on the same graph.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::CHAIN;
use crate::process::{Cost, Program, on_path};

/// Terraform in a directory with a graph of resources.
pub(crate) struct Terraform {
    program: Program,
    /// Its version.
    pub(crate) version: String,
    _directory: TempDir,
}

impl Terraform {
    /// Terraform with so many resources in chains; `None` if it is not on the PATH.
    pub(crate) fn chains(resources: usize, scratch: &Path) -> Result<Option<Self>> {
        let Some(path) = on_path("terraform") else { return Ok(None) };
        let directory = tempfile::tempdir_in(scratch).context("no directory for Terraform")?;
        fs::write(directory.path().join("main.tf"), program(resources))?;
        // Its own settings and its question for newer versions are not what is measured.
        let settings = directory.path().join("empty.rc");
        fs::write(&settings, "")?;
        let program = Program::new(path, directory.path())?
            .with("CHECKPOINT_DISABLE", "1")
            .with("TF_IN_AUTOMATION", "1")
            .with("TF_CLI_CONFIG_FILE", settings.to_string_lossy());
        let version = program.run(["version"])?.stdout.lines().next().unwrap_or_default().to_owned();
        program.run(["init", "-input=false", "-no-color"])?;
        Ok(Some(Self { program, version, _directory: directory }))
    }

    /// Makes everything.
    pub(crate) fn apply(&self) -> Result<Cost> {
        Ok(self.program.run(["apply", "-auto-approve", "-input=false", "-no-color"])?.cost)
    }

    /// Finds that there is nothing to do.
    pub(crate) fn plan(&self) -> Result<Cost> {
        let ran = self.program.run(["plan", "-input=false", "-no-color"])?;
        ensure!(ran.stdout.contains("No changes"), "terraform found something to do:\n{}", ran.stdout);
        Ok(ran.cost)
    }
}

fn program(resources: usize) -> String {
    let mut text = String::new();
    for number in 0..resources {
        let input = if number % CHAIN == 0 {
            format!("\"item-{number:05}\"")
        } else {
            format!("terraform_data.item-{:05}.id", number - 1)
        };
        // Writing to a `String` does not fail.
        let _ = writeln!(text, "resource \"terraform_data\" \"item-{number:05}\" {{\n  input = {input}\n}}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_are_ten_long() {
        let text = program(12);
        assert_eq!(text.matches("resource ").count(), 12);
        assert_eq!(text.matches("terraform_data.item-").count(), 10, "two of twelve start a chain");
        assert!(text.contains("input = terraform_data.item-00010.id") && text.contains("input = \"item-00010\""));
    }
}
