//! The generator of typed bindings: one crate a service, out of the schemas of the schema crates.
//!
//! Layer: L6, edge. **Invariant:** what is written depends on the schemas and this crate alone, so two runs write the
//! same bytes; the checked-in bindings are what it writes (tested).

mod emit;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use schema::TypeSchema;
use suggest::{TypeModel, package};

const SCHEMA_CRATES: [&str; 3] = ["schemas-aws", "schemas-hashicorp", "schemas-host"];

/// Writes the bindings below `root`, the workspace; with `check` only compares. Gives the files that differ.
///
/// # Errors
/// A schema or file cannot be read or written, two types would share a module, or `rustfmt` refuses the result.
pub fn generate(root: &Path, check: bool) -> Result<Vec<PathBuf>, String> {
    let wanted = formatted(root, sources(root)?)?;
    let mut changed = Vec::new();
    for (path, text) in &wanted {
        if fs::read_to_string(root.join(path)).ok().as_ref() != Some(text) {
            changed.push(path.clone());
        }
    }
    let crates: BTreeSet<&Path> =
        wanted.keys().filter(|path| path.ends_with("Cargo.toml")).filter_map(|path| path.parent()).collect();
    for folder in crates {
        for path in files(&root.join(folder).join("src"), "rs")? {
            let path = path.strip_prefix(root).map_err(|e| e.to_string())?.to_owned();
            if !wanted.contains_key(&path) {
                changed.push(path);
            }
        }
    }
    if !check {
        for path in &changed {
            write(&root.join(path), wanted.get(path))?;
        }
    }
    Ok(changed)
}

/// The sources by path, before formatting.
fn sources(root: &Path) -> Result<BTreeMap<PathBuf, String>, String> {
    let mut packages: BTreeMap<(String, String), Vec<TypeModel>> = BTreeMap::new();
    for name in SCHEMA_CRATES {
        for path in files(&root.join("crates").join(name).join("schemas"), "json")? {
            let schema = read_schema(&path)?;
            packages.entry(package(&schema.name)).or_default().push(TypeModel::of(&schema));
        }
    }
    let mut wanted = BTreeMap::new();
    for ((package, title), mut models) in packages {
        models.sort_by(|a, b| a.module.cmp(&b.module));
        let folder = Path::new("crates").join(&package);
        for model in &models {
            let path = folder.join("src").join(format!("{}.rs", model.module));
            if wanted.insert(path, emit::module(model)).is_some() {
                return Err(format!("{package}: two types make the module `{}`", model.module));
            }
        }
        wanted.insert(folder.join("Cargo.toml"), emit::manifest(&package, &title));
        wanted.insert(folder.join("src/lib.rs"), emit::root(&title, &models));
    }
    Ok(wanted)
}

/// The schema and, for create-only facts, its overlay.
fn read_schema(path: &Path) -> Result<TypeSchema, String> {
    let fail = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let text = fs::read_to_string(path).map_err(|e| fail(&e))?;
    let mut schema = TypeSchema::from_json(&text).map_err(|e| fail(&e))?;
    let stem = path.file_stem().unwrap_or_default();
    let overlay = path.with_file_name("../overlays").join(stem).with_extension("toml");
    let overlay_text = fs::read_to_string(&overlay).map_err(|e| format!("{}: {e}", overlay.display()))?;
    schema.overlay = toml::from_str(&overlay_text).map_err(|e| format!("{}: {e}", overlay.display()))?;
    Ok(schema)
}

/// Formats all Rust sources with one run of `rustfmt` in a temporary folder.
fn formatted(root: &Path, sources: BTreeMap<PathBuf, String>) -> Result<BTreeMap<PathBuf, String>, String> {
    let scratch = tempfile::tempdir().map_err(|e| e.to_string())?;
    format_in(root, scratch.path(), sources)
}

fn format_in(
    root: &Path,
    scratch: &Path,
    mut sources: BTreeMap<PathBuf, String>,
) -> Result<BTreeMap<PathBuf, String>, String> {
    for (path, text) in &sources {
        write(&scratch.join(path), Some(text))?;
    }
    // The roots suffice: rustfmt follows their modules.
    let roots = sources.keys().filter(|path| path.ends_with("src/lib.rs")).map(|path| scratch.join(path));
    let output = Command::new("rustfmt")
        .arg("--edition=2024")
        .arg("--config-path")
        .arg(root.join("rustfmt.toml"))
        .args(roots)
        .current_dir(root)
        .output()
        .map_err(|e| format!("rustfmt: {e}"))?;
    if !output.status.success() {
        return Err(format!("rustfmt: {}", String::from_utf8_lossy(&output.stderr)));
    }
    for (path, text) in &mut sources {
        *text = fs::read_to_string(scratch.join(path)).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(sources)
}

/// The files of a folder with an extension, sorted; none if there is no such folder.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, String> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let fail = |e: std::io::Error| format!("{}: {e}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Writes a file, or removes it where there is no text.
fn write(path: &Path, text: Option<&String>) -> Result<(), String> {
    let done = match text {
        Some(text) => path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text)),
        None => fs::remove_file(path),
    };
    done.map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
    }

    #[test]
    fn the_bindings_are_up_to_date() {
        let changed = generate(&root(), true).expect("generates");
        assert!(changed.is_empty(), "run `cargo xtask bindings`: {changed:?}");
    }

    #[test]
    fn two_runs_make_the_same_sources() {
        assert_eq!(sources(&root()), sources(&root()));
    }
}
