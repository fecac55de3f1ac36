//! The generated sections of a workspace: its members, and the registry's lists of projects and policies.
//!
//! A section stands between a line `# generated: NAME` (or `// generated: NAME`) and a line `# end of generated`. What
//! is in it comes from the directories under `projects/`, `components/` and `policies/` that hold a crate, one line each, so that
//! two branches that each add a project merge without thought.
//!
//! Layer: L4, adapters. **Invariant:** nothing outside a section changes; writing twice is writing once.

mod section;

use std::fs;
use std::path::{Path, PathBuf};

pub use section::{MissingSection, replace};

/// Where a workspace's sections are, and what goes into them.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The root, with the workspace's manifest.
    pub root: PathBuf,
    /// The registry's directory, relative to the root.
    pub registry: String,
    /// The directory of the evaluators, relative to the root; a workspace may have none.
    pub evaluators: Option<String>,
    /// The directory of the program with all policies, relative to the root; a workspace may have none.
    pub checker: Option<String>,
}

/// A crate under `projects/`, `components/` or `policies/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crate {
    /// Its directory, relative to the root, with forward slashes.
    pub directory: String,
    /// The package's name.
    pub package: String,
}

/// Why the sections cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or directory cannot be read or written.
    #[error("cannot read or write `{path}`: {source}", path = path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A manifest is not what it should be.
    #[error("`{path}`: {reason}", path = path.display())]
    Manifest {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file has no such section.
    #[error("`{path}`: {source}", path = path.display())]
    Section {
        /// Which file.
        path: PathBuf,
        /// Which section.
        source: MissingSection,
    },
}

impl Crate {
    /// Whether it holds the outputs of a project and no plan.
    pub fn is_outputs(&self) -> bool {
        self.directory.ends_with("/outputs")
    }

    /// Whether it is a project.
    pub fn is_project(&self) -> bool {
        self.directory.starts_with("projects/") && !self.is_outputs()
    }

    /// Whether it holds policies.
    pub fn is_policies(&self) -> bool {
        self.directory.starts_with("policies/")
    }

    /// The package's name as code writes it.
    pub fn library(&self) -> String {
        self.package.replace('-', "_")
    }
}

impl Workspace {
    /// The workspace at `root`, with its registry in `crates/registry`, and its evaluators in `crates/evaluators` and
    /// its checker in `crates/checker` if it has them.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        let if_there = |directory: &str| root.join(directory).is_dir().then(|| directory.to_owned());
        let (evaluators, checker) = (if_there("crates/evaluators"), if_there("crates/checker"));
        Self { root, registry: "crates/registry".to_owned(), evaluators, checker }
    }

    /// The crates under `projects/`, `components/` and `policies/`, by directory.
    ///
    /// # Errors
    /// If a directory or a manifest cannot be read.
    pub fn crates(&self) -> Result<Vec<Crate>, Error> {
        let mut found = Vec::new();
        for top in ["projects", "components", "policies"] {
            if self.root.join(top).is_dir() {
                self.find(top, &mut found)?;
            }
        }
        found.sort();
        Ok(found)
    }

    /// Writes the sections for these crates; with `check` it only looks. The files that differ, relative to the root.
    ///
    /// # Errors
    /// If a file cannot be read or written, or lacks its section.
    pub fn sync(&self, crates: &[Crate], check: bool) -> Result<Vec<String>, Error> {
        let mut differing = Vec::new();
        for (file, name, lines) in self.sections(crates) {
            let path = self.root.join(&file);
            let text = fs::read_to_string(&path).map_err(at(&path))?;
            let wanted =
                replace(&text, name, &lines).map_err(|source| Error::Section { path: path.clone(), source })?;
            if wanted != text {
                if !check {
                    fs::write(&path, wanted).map_err(at(&path))?;
                }
                if !differing.contains(&file) {
                    differing.push(file);
                }
            }
        }
        Ok(differing)
    }

    /// The sections: file, name and lines.
    fn sections(&self, crates: &[Crate]) -> Vec<(String, &'static str, Vec<String>)> {
        let projects: Vec<&Crate> = crates.iter().filter(|found| found.is_project()).collect();
        let policies: Vec<&Crate> = crates.iter().filter(|found| found.is_policies()).collect();
        let each = |of: &[&Crate], line: &dyn Fn(&Crate) -> String| of.iter().map(|found| line(found)).collect();
        let dependency = |from: &str, options: &'static str| {
            let up = "../".repeat(from.split('/').count());
            move |found: &Crate| format!("{} = {{ path = \"{up}{}\"{options} }}", found.package, found.directory)
        };
        let member = |found: &Crate| format!("{:?},", found.directory);
        let project = |found: &Crate| format!("{}::project(),", found.library());
        let policy = |found: &Crate| format!("{}::policies(),", found.library());

        let registry = dependency(&self.registry, "");
        let (manifest, library) = (format!("{}/Cargo.toml", self.registry), format!("{}/src/lib.rs", self.registry));
        let mut sections = vec![
            ("Cargo.toml".to_owned(), "members", each(&crates.iter().collect::<Vec<_>>(), &member)),
            (manifest.clone(), "projects", each(&projects, &registry)),
            (manifest, "policies", each(&policies, &registry)),
            (library.clone(), "projects", each(&projects, &project)),
            (library, "policies", each(&policies, &policy)),
        ];
        if let Some(evaluators) = &self.evaluators {
            let optional = dependency(evaluators, ", optional = true");
            let feature = |found: &&Crate| [format!("#[cfg(feature = {:?})]", found.package), project(found)];
            let lines = projects.iter().flat_map(feature).collect();
            sections.push((format!("{evaluators}/Cargo.toml"), "optional projects", each(&projects, &optional)));
            sections.push((format!("{evaluators}/src/main.rs"), "optional projects", lines));
        }
        if let Some(checker) = &self.checker {
            let lines = each(&policies, &dependency(checker, ""));
            sections.push((format!("{checker}/Cargo.toml"), "policies", lines));
            sections.push((format!("{checker}/src/main.rs"), "policies", each(&policies, &policy)));
        }
        sections
    }

    fn find(&self, directory: &str, found: &mut Vec<Crate>) -> Result<(), Error> {
        let at_root = self.root.join(directory);
        for entry in fs::read_dir(&at_root).map_err(at(&at_root))? {
            let entry = entry.map_err(at(&at_root))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || name == "target" || !entry.path().is_dir() {
                continue;
            }
            let inner = format!("{directory}/{name}");
            let manifest = entry.path().join("Cargo.toml");
            if manifest.is_file() {
                found.push(Crate { package: package(&manifest)?, directory: inner.clone() });
            }
            self.find(&inner, found)?;
        }
        Ok(())
    }
}

/// The name of the package of a manifest.
fn package(manifest: &Path) -> Result<String, Error> {
    let text = fs::read_to_string(manifest).map_err(at(manifest))?;
    let wrong = |reason: &str| Error::Manifest { path: manifest.to_owned(), reason: reason.to_owned() };
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| wrong(e.message()))?;
    let name = table.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
    name.map(str::to_owned).ok_or_else(|| wrong("it has no `package.name`"))
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    move |source| Error::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
