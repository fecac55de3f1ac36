//! A new workspace.

use std::fs;
use std::path::{Path, PathBuf};

use config_load::Settings;
use diag::Diagnostic;
use secrets_age::{Recipient, SealError};
use world::{AvailabilityZones, Entry, Lock, Region, Source};

use super::groundplan::Groundplan;
use super::template::{self, fill};
use crate::exit::{Failure, Result, io};

/// The region of the sandbox profile, and so of what its locks say.
const REGION: &str = "us-east-1";
/// The checked-in key of the sandbox profile.
const IDENTITY: &str = "secrets/demo-sandbox.key";

/// Writes a workspace into a directory that is empty or not there.
pub(super) fn make(directory: &Path, organisation: Option<&str>, groundplan: &Groundplan) -> Result<()> {
    let organisation = name_of(organisation, directory)?;
    let cannot = |error: std::io::Error| io(&format!("`{}`", directory.display()), &error);
    fs::create_dir_all(directory).map_err(cannot)?;
    if fs::read_dir(directory).map_err(cannot)?.next().is_some() {
        return Err(Diagnostic::error("E0720", format!("`{}` is not empty", directory.display()))
            .hint("name a directory that is empty or not there yet")
            .into());
    }
    let root = directory.canonicalize().map_err(cannot)?;
    for (path, text) in files(&organisation, groundplan, &root)? {
        let path = root.join(path);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
        written.map_err(|error| io(&format!("`{}`", path.display()), &error))?;
    }
    super::sync(&root)
}

/// The organisation's name: what was given, or what can be made of the directory's name.
fn name_of(given: Option<&str>, directory: &Path) -> Result<String, Diagnostic> {
    let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let problem =
        |message: String| Diagnostic::error("E0721", message).note("it is never changed: stack ids hang on it");
    if let Some(name) = given {
        let right = !name.is_empty() && name.chars().all(small);
        return right.then(|| name.to_owned()).ok_or_else(|| {
            problem(format!("the organisation cannot be called `{name}`"))
                .hint("use lower-case letters, digits and `-`")
        });
    }
    let directory = directory.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name: String = directory.chars().map(|c| if small(c) { c } else { '-' }).collect();
    match name.trim_matches('-') {
        "" => Err(problem("the directory's name gives none for the organisation".to_owned())
            .hint("give one with `--organisation NAME`")),
        name => Ok(name.to_owned()),
    }
}

/// The files of a new workspace, by path from its root.
fn files(organisation: &str, groundplan: &Groundplan, root: &Path) -> Result<Vec<(PathBuf, String)>> {
    let inherited =
        "version.workspace = true\nedition.workspace = true\nrust-version.workspace = true\npublish.workspace = true\n";
    let outputs = [
        ("package", "example-network"),
        ("project", "example.network"),
        ("inherited", inherited),
        ("lints", "\n[lints]\nworkspace = true"),
    ];
    let (settings, identity) = keys(organisation)?;
    let dependencies = groundplan.dependencies(root);
    let mut files = vec![
        ("Cargo.toml", fill(template::WORKSPACE_MANIFEST, &[("groundplan", &dependencies)])),
        (".cargo/config.toml", template::CARGO_CONFIG.to_owned()),
        (".gitignore", template::GITIGNORE.to_owned()),
        ("rust-toolchain.toml", template::TOOLCHAIN.to_owned()),
        ("README.md", fill(template::README, &[("organisation", organisation)])),
        ("groundplan.toml", settings),
        (IDENTITY, identity),
        ("crates/runner/Cargo.toml", template::RUNNER_MANIFEST.to_owned()),
        ("crates/runner/src/main.rs", template::RUNNER_MAIN.to_owned()),
        ("crates/registry/Cargo.toml", template::REGISTRY_MANIFEST.to_owned()),
        ("crates/registry/build.rs", template::REGISTRY_BUILD.to_owned()),
        ("crates/registry/src/lib.rs", template::REGISTRY_LIB.to_owned()),
        ("crates/xtask/Cargo.toml", template::XTASK_MANIFEST.to_owned()),
        ("crates/xtask/src/main.rs", template::XTASK_MAIN.to_owned()),
        ("projects/example/network/Cargo.toml", template::NETWORK_MANIFEST.to_owned()),
        ("projects/example/network/src/lib.rs", template::NETWORK_LIB.to_owned()),
        ("projects/example/network/outputs/Cargo.toml", fill(template::OUTPUTS_MANIFEST, &outputs)),
        ("projects/example/network/outputs/src/lib.rs", template::NETWORK_OUTPUTS.to_owned()),
    ];
    files.extend(groundplan.lock().map(|lock| ("Cargo.lock", lock)));
    let stack = |path: String, text: String| (PathBuf::from(path), text);
    let stacks = [("CI", "10.1.0.0/16"), ("QA", "10.2.0.0/16")].into_iter().flat_map(|(name, block)| {
        let path = format!("projects/example/network/stacks/{name}");
        let config = format!("# The network of {name}.\ncidr_block = \"{block}\"\n");
        [stack(format!("{path}.toml"), config), stack(format!("{path}.lock.toml"), lock().to_string())]
    });
    Ok(files.into_iter().map(|(path, text)| (PathBuf::from(path), text)).chain(stacks).collect())
}

/// `groundplan.toml` and the demo key, made anew.
fn keys(organisation: &str) -> Result<(String, String)> {
    let failed = |error: SealError| Failure::from(error.diagnostic());
    let (identity, recipient) = secrets_age::generate_identity();
    let recipients = [Recipient::parse(&recipient).map_err(failed)?];
    let sealed = |purpose: &str| {
        let key = secrets_age::generate_key()?;
        secrets_age::seal_key(&key, purpose, &recipients)
    };
    let text = |organisation_key: &str, state_key: &str| {
        fill(
            template::GROUNDPLAN,
            &[
                ("organisation", organisation),
                ("recipient", &recipient),
                ("organisation_key", organisation_key),
                ("state_key", state_key),
                ("identity", IDENTITY),
            ],
        )
    };
    // The settings say themselves what the keys are sealed for.
    let settings = Settings::parse("groundplan.toml", &text("", "")).map_err(Failure::from)?;
    let profile = settings.profile("sandbox")?;
    let organisation_key = sealed(&settings.organisation_key_purpose()).map_err(failed)?;
    let state_key = sealed(&profile.state_key_purpose()).map_err(failed)?;
    let identity = fill(template::IDENTITY, &[("recipient", &recipient), ("identity", identity.expose())]);
    Ok((text(&organisation_key, &state_key), identity))
}

/// What the sandbox answers to the questions of the example; nobody asked the live world yet.
fn lock() -> Lock {
    const AT: &str = "1970-01-01T00:00:00Z";
    let zones = ["a", "b", "c"].map(|zone| format!("{REGION}{zone}")).to_vec();
    let entries = [
        Entry::to(&Region, REGION, AT, Source::Sandbox),
        Entry::to(&AvailabilityZones::of(REGION), zones, AT, Source::Sandbox),
    ];
    let mut lock = Lock::new();
    for entry in entries.into_iter().flatten() {
        lock.upsert(entry);
    }
    lock
}
