//! The workspace as cargo sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// All crates that lie on this machine: the members of the workspace and of every other one that it takes by path.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// By directory.
    pub(crate) packages: BTreeMap<PathBuf, Package>,
}

/// A manifest, with what it inherits.
///
/// Written as JSON it is what a digest sees of the manifest; fields with absolute paths are left out.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    version: String,
    edition: String,
    rust_version: Option<String>,
    links: Option<String>,
    features: BTreeMap<String, Vec<String>>,
    pub(crate) dependencies: Vec<Dependency>,
    targets: Vec<Target>,
    #[serde(skip_serializing)]
    manifest_path: PathBuf,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    req: String,
    kind: Option<String>,
    rename: Option<String>,
    optional: bool,
    uses_default_features: bool,
    features: Vec<String>,
    target: Option<String>,
    #[serde(skip_serializing)]
    pub(crate) path: Option<PathBuf>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    crate_types: Vec<String>,
    edition: String,
    src_path: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
}

impl Workspace {
    /// Asks `cargo`; without the network, and without the manifests of registry crates, which a machine that only ever
    /// built one binary does not have all.
    pub(crate) fn load(cargo: &Path, manifest: &Path) -> Result<Self, Error> {
        let first = metadata(cargo, manifest)?;
        let mut workspace = Self { root: first.workspace_root, packages: BTreeMap::new() };
        let mut open = first.packages;
        while let Some(mut package) = open.pop() {
            package.dependencies.retain(|dependency| dependency.kind.as_deref() != Some("dev"));
            package.dependencies.sort_by(|a, b| (&a.name, &a.kind, &a.target).cmp(&(&b.name, &b.kind, &b.target)));
            let directory = directory_of(&package.manifest_path).to_owned();
            let beside = ["test", "bench", "example"];
            package.targets.retain(|target| !target.kind.iter().any(|kind| beside.contains(&kind.as_str())));
            for target in &mut package.targets {
                target.src_path = target.src_path.strip_prefix(&directory).unwrap_or(&target.src_path).to_owned();
            }
            let outside = package.dependencies.iter().filter_map(|dependency| dependency.path.clone());
            let unknown: Vec<PathBuf> = outside
                .filter(|path| {
                    !workspace.packages.contains_key(path)
                        && !open.iter().any(|p| directory_of(&p.manifest_path) == path)
                })
                .collect();
            workspace.packages.insert(directory, package);
            for path in unknown {
                let known = |p: &Package| workspace.packages.contains_key(directory_of(&p.manifest_path));
                open.extend(metadata(cargo, &path.join("Cargo.toml"))?.packages.into_iter().filter(|p| !known(p)));
            }
        }
        Ok(workspace)
    }

    /// The directories of the crates that the one in `directory` is built of, itself among them.
    pub(crate) fn closure(&self, directory: &Path) -> BTreeSet<PathBuf> {
        let mut closure = BTreeSet::new();
        let mut open = vec![directory.to_owned()];
        while let Some(directory) = open.pop() {
            if let Some(package) = self.packages.get(&directory).filter(|_| !closure.contains(&directory)) {
                open.extend(package.dependencies.iter().filter_map(|dependency| dependency.path.clone()));
                closure.insert(directory);
            }
        }
        closure
    }

    /// The closures of the crate in `directory` and of all that depend on it directly: what its binaries are built of.
    pub(crate) fn around(&self, directory: &Path) -> BTreeSet<PathBuf> {
        let mut around = self.closure(directory);
        for (dependant, package) in &self.packages {
            if package.dependencies.iter().any(|d| d.path.as_deref() == Some(directory)) {
                around.append(&mut self.closure(dependant));
            }
        }
        around
    }

    /// A path relative to the workspace root, with forward slashes.
    pub(crate) fn relative(&self, path: &Path) -> String {
        let mut base = self.root.as_path();
        let mut up = String::new();
        loop {
            if let Ok(rest) = path.strip_prefix(base) {
                let parts = rest.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
                return up + &parts.collect::<Vec<_>>().join("/");
            }
            let Some(parent) = base.parent() else { return path.to_string_lossy().into_owned() };
            base = parent;
            up.push_str("../");
        }
    }
}

fn directory_of(manifest: &Path) -> &Path {
    manifest.parent().unwrap_or(manifest)
}

fn metadata(cargo: &Path, manifest: &Path) -> Result<Metadata, Error> {
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"];
    let command = format!("cargo {} {}", arguments.join(" "), manifest.display());
    let output = run(Command::new(cargo).args(arguments).arg(manifest), &command)?;
    serde_json::from_slice(&output).map_err(|e| Error::format("the answer of `cargo metadata`", e))
}

/// The compiler's version: `rustc -V`.
pub(crate) fn toolchain(rustc: &Path) -> Result<String, Error> {
    let output = run(Command::new(rustc).arg("-V"), "rustc -V")?;
    Ok(String::from_utf8_lossy(&output).trim().to_owned())
}

fn run(command: &mut Command, text: &str) -> Result<Vec<u8>, Error> {
    let failed = |reason: String| Error::Command { command: text.to_owned(), reason };
    let output = command.output().map_err(|e| failed(e.to_string()))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }
}
