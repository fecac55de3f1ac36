use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::stale;

/// A workspace of a registry, two projects, a library that one of them uses, and a runner.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        let tree = Self(tempfile::tempdir().expect("a directory"));
        let package = |name: &str, dependencies: &str| {
            format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n{dependencies}"
            )
        };
        tree.write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"registry\", \"runner\", \"lib\", \"projects/a/one\", \"projects/two\"]\n");
        let projects = "one = { path = \"../projects/a/one\" }\ntwo = { path = \"../projects/two\" }\n";
        tree.write("registry/Cargo.toml", &package("registry", projects));
        tree.write("runner/Cargo.toml", &package("runner", "registry = { path = \"../registry\" }"));
        tree.write("lib/Cargo.toml", &package("lib", ""));
        tree.write("projects/a/one/Cargo.toml", &package("one", "lib = { path = \"../../../lib\" }"));
        tree.write("projects/two/Cargo.toml", &package("two", ""));
        for directory in ["registry", "lib", "projects/a/one", "projects/two"] {
            tree.write(&format!("{directory}/src/lib.rs"), "fn one() {}\n");
        }
        tree.write("runner/src/main.rs", "fn main() {}\n");
        let made =
            Command::new(env!("CARGO")).args(["generate-lockfile", "--offline"]).current_dir(tree.root()).status();
        assert!(made.expect("cargo runs").success());
        tree
    }

    fn root(&self) -> PathBuf {
        self.0.path().canonicalize().expect("a directory")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, text).expect("a file");
    }

    fn digest(&self) -> Found {
        self.built("rustc 1", &[])
    }

    /// The digests of a build by a compiler, with features.
    fn built(&self, toolchain: &str, features: &[&str]) -> Found {
        let features = features.iter().copied().map(str::to_owned).collect();
        let conditions = Conditions { toolchain: toolchain.to_owned(), features };
        digest(Path::new(env!("CARGO")), &self.root().join("registry"), &conditions).expect("digests")
    }

    /// Which of the digests `<crate>.code` and `<crate>.source` a change moves.
    fn moved(&self, change: impl Fn(&Self)) -> Vec<String> {
        let before = self.digest();
        change(self);
        let after = self.digest();
        let mut moved = Vec::new();
        for (old, new) in before.crates.iter().zip(&after.crates) {
            assert_eq!(old.name, new.name);
            moved.extend((old.code != new.code).then(|| format!("{}.code", old.name)));
            moved.extend((old.source != new.source).then(|| format!("{}.source", old.name)));
        }
        moved.retain(|name| !name.starts_with('r'));
        moved
    }
}

#[test]
fn a_change_moves_its_crate_and_what_depends_on_it() {
    let tree = Tree::new();
    let names: Vec<_> = tree.digest().projects.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a.one", "two"]);
    let both = ["lib.code", "lib.source", "one.code", "one.source"];
    assert_eq!(tree.moved(|tree| tree.write("lib/src/lib.rs", "fn two() {}\n")), both);
    assert_eq!(tree.moved(|tree| tree.write("lib/src/data.txt", "one")), both);
    assert_eq!(tree.moved(|tree| tree.write("projects/two/src/lib.rs", "fn two() {}\n")), ["two.code", "two.source"]);
}

#[test]
fn layout_moves_code_only_and_what_lies_beside_moves_nothing() {
    let tree = Tree::new();
    let layout = |tree: &Tree| tree.write("lib/src/lib.rs", "// Why.\n\nfn one() {}\n");
    assert_eq!(tree.moved(layout), ["lib.code", "one.code"]);
    let beside = |tree: &Tree| {
        tree.write("lib/src/lib.rs", "// Why.\r\n\r\nfn one() {}\r\n");
        tree.write("lib/README.md", "notes");
        tree.write("lib/tests/it.rs", "");
        tree.write("projects/two/stacks/QA.toml", "a = 1");
        tree.write("projects/two/outputs/Cargo.toml", "[package]\nname = \"two-outputs\"\n[workspace]\n");
        tree.write("projects/two/outputs/src/lib.rs", "");
    };
    assert_eq!(tree.moved(beside), Vec::<String>::new());
}

#[test]
fn cache_01_another_compiler_and_other_features_are_other_code_of_the_same_source() {
    let tree = Tree::new();
    let before = tree.digest();
    for after in [tree.built("rustc 2", &[]), tree.built("rustc 1", &["extra"])] {
        for (old, new) in before.crates.iter().zip(&after.crates) {
            assert!(old.code != new.code && old.source == new.source, "{}", old.name);
        }
    }
}

#[test]
fn the_same_code_elsewhere_has_the_same_digests() {
    let (one, other) = (Tree::new().digest(), Tree::new().digest());
    let digests = |found: &Found| found.crates.iter().map(|c| (c.own, c.code, c.source)).collect::<Vec<_>>();
    assert_eq!(digests(&one), digests(&other));
}

/// The table of a binary.
fn table(found: &Found) -> crate::Table {
    let leak = |text: &str| -> &'static str { String::leak(text.to_owned()) };
    let files = found.crates.iter().flat_map(|c| &c.files).map(|file| crate::File {
        path: leak(&file.path),
        size: file.size,
        modified: file.modified,
        digest: *file.digest.as_bytes(),
    });
    let crates = found.crates.iter().map(|c| crate::Crate {
        name: leak(&c.name),
        directory: leak(&c.directory),
        own: *c.own.as_bytes(),
        code: *c.code.as_bytes(),
        source: *c.source.as_bytes(),
        closure: c.closure.clone().leak(),
    });
    let projects =
        found.projects.iter().map(|(name, directory)| crate::Project { name: leak(name), directory: leak(directory) });
    let (files, crates, projects): (Vec<_>, Vec<_>, Vec<_>) = (files.collect(), crates.collect(), projects.collect());
    crate::Table { files: files.leak(), crates: crates.leak(), projects: projects.leak(), ..crate::Table::EMPTY }
}

#[test]
fn another_checkout_differs_in_the_crates_that_were_edited() {
    let table = table(&Tree::new().digest());
    let there = Tree::new();
    let differing = |project: &str| -> Vec<String> {
        let found = crate::elsewhere(&table, &there.root()).expect("a workspace");
        found.differing(&table, project).into_iter().collect()
    };
    assert_eq!((differing("a.one"), differing("two")), (vec![], vec![]));
    there.write("projects/two/stacks/QA.toml", "a = 1");
    there.write("lib/tests/it.rs", "");
    assert_eq!((differing("a.one"), differing("two")), (vec![], vec![]));
    there.write("lib/src/lib.rs", "fn other() {}\n");
    assert_eq!((differing("a.one"), differing("two")), (vec!["lib".to_owned()], vec![]));
    there.write("projects/two/src/more.rs", "");
    assert_eq!((differing("a.one"), differing("two")), (vec!["lib".to_owned()], vec!["two".to_owned()]));
    assert_eq!(differing("unknown"), ["unknown"]);
    fs::remove_file(there.root().join("Cargo.toml")).expect("removed");
    assert!(crate::elsewhere(&table, &there.root()).is_err());
}

#[test]
fn an_older_binary_is_noticed() {
    let tree = Tree::new();
    let found = tree.digest();
    let table = table(&found);
    assert_eq!(stale(&table, &tree.root()), Vec::<String>::new());
    tree.write("lib/src/lib.rs", "fn one() {}\n");
    tree.write("projects/two/stacks/QA.toml", "a = 1");
    assert_eq!(stale(&table, &tree.root()), Vec::<String>::new(), "only the time differs");
    tree.write("lib/src/lib.rs", "fn two() {}\n");
    tree.write("lib/src/new.rs", "");
    fs::remove_file(tree.root().join("runner/src/main.rs")).expect("removed");
    assert_eq!(stale(&table, &tree.root()), ["lib/src/lib.rs", "lib/src/new.rs", "runner/src/main.rs"]);
    assert_eq!(
        stale(&table, &tree.root().join("elsewhere")),
        Vec::<String>::new(),
        "there are no sources to be older than"
    );
}
