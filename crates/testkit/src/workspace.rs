//! Where the workspace is.

use std::path::{Path, PathBuf};

/// The workspace that a test runs in.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The workspace that holds the crate whose test runs.
    #[track_caller]
    pub fn here() -> Self {
        let start = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let Some(start) = start.or_else(|| std::env::current_dir().ok()) else {
            panic!("neither CARGO_MANIFEST_DIR nor the current directory is there")
        };
        match start.ancestors().find(|directory| directory.join("Cargo.lock").is_file()) {
            Some(root) => Self { root: root.to_owned() },
            None => panic!("no workspace holds {}", start.display()),
        }
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The text of a file, by path from the root; nothing if there is none.
    pub fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.root.join(path)).ok()
    }

    /// The bytes of a file, by path from the root; nothing if there is none.
    pub fn read_bytes(&self, path: &str) -> Option<Vec<u8>> {
        std::fs::read(self.root.join(path)).ok()
    }

    /// The sorted names in a directory, by path from the root; nothing if there is none.
    pub fn list(&self, directory: &str) -> Option<Vec<String>> {
        let entries = std::fs::read_dir(self.root.join(directory)).ok()?;
        let mut names: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        Some(names)
    }

    /// The short names of a project's stacks, from its stack files.
    pub fn stacks(&self, project: &str) -> Vec<String> {
        let names = self.list(&format!("{}/stacks", directory(project))).unwrap_or_default();
        names
            .iter()
            .filter(|n| !n.ends_with(".lock.toml"))
            .filter_map(|n| n.strip_suffix(".toml"))
            .map(str::to_owned)
            .collect()
    }
}

/// The directory of a project, by path from the root.
pub(crate) fn directory(project: &str) -> String {
    format!("projects/{}", project.replace('.', "/"))
}
