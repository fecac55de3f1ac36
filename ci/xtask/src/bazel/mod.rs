//! What Bazel has to know of the workspace, in generated files.

mod plans;
mod rust;

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::metadata;

/// Writes the files, if the workspace has the rules that go with them; with `check` it only looks. Those that differ.
/// An engine without projects has nothing to plan.
pub(crate) fn run(root: &Path, check: bool, engine_only: bool) -> Result<Vec<&'static str>> {
    if !root.join("bazel").is_dir() {
        return Ok(Vec::new());
    }
    let workspace = if engine_only { plans::Workspace::default() } else { plans::Workspace::of(root)? };
    let crates = workspace.evaluators.values().flatten();
    let packages = if engine_only { Vec::new() } else { metadata::packages(root)? };
    let files = [
        ("bazel/workspace.bzl", workspace.to_text()),
        ("bazel/rust/BUILD.bazel", rust::to_text(root, &packages, &crates.map(String::as_str).collect())),
    ];
    let mut differing = Vec::new();
    for (file, wanted) in files {
        if fs::read_to_string(root.join(file)).ok().as_ref() != Some(&wanted) {
            if !check {
                fs::write(root.join(file), wanted)?;
            }
            differing.push(file);
        }
    }
    Ok(differing)
}
