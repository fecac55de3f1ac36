//! The workspace as cargo sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// A member of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) manifest_path: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
}

/// What is built of a package.
#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    kind: Vec<String>,
}

/// A dependency as the manifest has it.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Option<String>,
    pub(crate) path: Option<PathBuf>,
}

impl Package {
    /// Whether it is compiled into the compiler.
    pub(crate) fn is_macro(&self) -> bool {
        self.targets.iter().any(|target| target.kind.iter().any(|kind| kind == "proc-macro"))
    }

    /// The directory, relative to the workspace root, with forward slashes.
    pub(crate) fn directory(&self, root: &Path) -> String {
        let directory = self.manifest_path.parent().unwrap_or(&self.manifest_path);
        directory.strip_prefix(root).unwrap_or(directory).to_string_lossy().replace('\\', "/")
    }
}

impl Dependency {
    /// Whether only tests use it.
    pub(crate) fn is_dev(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }
}

/// The members of the workspace at `root`.
pub(crate) fn packages(root: &Path) -> Result<Vec<Package>> {
    let mut command = crate::cargo_at(root);
    command.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    let output = command.output().context("cannot run `cargo metadata`")?;
    ensure!(output.status.success(), "`cargo metadata` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("the answer of `cargo metadata`")?;
    Ok(metadata.packages)
}

/// Which registry packages each package of a lock file draws in, itself among them, by name alone.
pub(crate) fn lock_closures(text: &str) -> Result<BTreeMap<String, BTreeSet<String>>> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Locked>,
    }
    #[derive(Deserialize)]
    struct Locked {
        name: String,
        source: Option<String>,
        #[serde(default)]
        dependencies: Vec<String>,
    }
    let lock: Lock = toml::from_str(text).context("Cargo.lock")?;
    let mut direct = BTreeMap::<String, BTreeSet<String>>::new();
    for package in lock.package.into_iter().filter(|package| package.source.is_some()) {
        let names = package.dependencies.iter().filter_map(|line| line.split(' ').next()).map(str::to_owned);
        direct.entry(package.name).or_default().extend(names);
    }
    let closure = |name: &String| {
        let mut seen = BTreeSet::new();
        let mut open = vec![name.clone()];
        while let Some(next) = open.pop() {
            open.extend(direct.get(&next).into_iter().flatten().filter(|name| !seen.contains(*name)).cloned());
            seen.insert(next);
        }
        seen
    };
    Ok(direct.keys().map(|name| (name.clone(), closure(name))).collect())
}
