//! The git checkout that a workspace lies in, asked by calling `git`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A git checkout.
pub(crate) struct Git {
    /// The workspace's root.
    root: PathBuf,
    /// Where the workspace is in the repository; empty, or with a slash at its end.
    prefix: String,
}

impl Git {
    /// The checkout that a workspace lies in; none, if it lies in none, or there is no `git`.
    pub(crate) fn of(root: &Path) -> Option<Self> {
        // Most directories without one are told apart without starting a process.
        root.ancestors().find(|directory| directory.join(".git").exists())?;
        let mut git = Self { root: root.to_owned(), prefix: String::new() };
        git.prefix = git.run(&["rev-parse", "--show-prefix"]).ok()?;
        Some(git)
    }

    /// Where the workspace is in the repository.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The id of the tree of a version; what git says, if there is none.
    pub(crate) fn tree(&self, version: &str) -> Result<String, String> {
        self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{version}^{{tree}}")])
    }

    /// The id of the tree that is checked out, if the workspace is in it, every file is as it is there, and there is no
    /// file besides.
    pub(crate) fn clean_tree(&self) -> Option<String> {
        self.run(&["cat-file", "-e", "HEAD:./groundplan.toml"]).ok()?;
        let changed = self.run(&["--no-optional-locks", "status", "--porcelain", "--untracked-files=normal"]).ok()?;
        if changed.is_empty() { self.tree("HEAD").ok() } else { None }
    }

    /// Writes the files of a tree below a directory, and says where the workspace is in it.
    pub(crate) fn check_out(&self, tree: &str, directory: &Path) -> Result<PathBuf, String> {
        // The index of the checkout stays as it is.
        let index = directory.join("index");
        let files = directory.join("files");
        let prefix = format!("--prefix={}/", files.display());
        for arguments in [&["read-tree", tree][..], &["checkout-index", "--all", "--quiet", &prefix]] {
            // It is relative to the top that paths of an index are meant.
            self.ask(self.command(arguments).env("GIT_INDEX_FILE", &index))?;
        }
        Ok(files.join(&self.prefix))
    }

    fn run(&self, arguments: &[&str]) -> Result<String, String> {
        self.ask(&mut self.command(arguments))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.root).args(arguments).env("LC_ALL", "C");
        command
    }

    #[expect(clippy::unused_self, reason = "only a checkout asks git")]
    fn ask(&self, command: &mut Command) -> Result<String, String> {
        let output = command.output().map_err(|error| format!("git: {error}"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }
}

/// The commit that is checked out, read from the files of git without starting a process: what is cheap to know for a
/// run that has nothing to do. None, where that is not easily told.
pub(crate) fn commit(root: &Path) -> Option<String> {
    let read = |path: &Path| fs::read_to_string(path).ok();
    let mut directory = root.ancestors().map(|directory| directory.join(".git")).find(|path| path.exists())?;
    if directory.is_file() {
        let link = read(&directory)?;
        directory = directory.parent()?.join(link.strip_prefix("gitdir: ")?.trim());
    }
    let head = read(&directory.join("HEAD"))?;
    let Some(reference) = head.trim().strip_prefix("ref: ") else { return Some(head.trim().to_owned()) };
    let common =
        read(&directory.join("commondir")).map_or_else(|| directory.clone(), |path| directory.join(path.trim()));
    if let Some(id) = read(&directory.join(reference)).or_else(|| read(&common.join(reference))) {
        return Some(id.trim().to_owned());
    }
    let packed = read(&common.join("packed-refs"))?;
    packed.lines().find_map(|line| Some(line.strip_suffix(reference)?.strip_suffix(' ')?.to_owned()))
}
