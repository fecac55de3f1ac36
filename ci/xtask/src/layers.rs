//! Holds the crates to the layer table.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::metadata::{Package, lock_closures, packages};
use crate::say;
use crate::table::{Rules, matches};

/// What a crate above the purity line has instead of the workspace's `clippy.toml`.
const PERMISSION: &str = "# Above the purity line: see ARCHITECTURE.md.\n";

/// Checks every edge of the workspace; with `fix` it gives crates above the purity line their `clippy.toml`.
pub(crate) fn run(root: &Path, fix: bool) -> Result<()> {
    let read = |name: &str| fs::read_to_string(root.join(name)).with_context(|| format!("cannot read {name}"));
    let rules = Rules::parse(&read("ARCHITECTURE.md")?)?;
    let packages = packages(root)?;
    if fix {
        permit(root, &rules, &packages)?;
    }
    let problems = problems(root, &rules, &packages, &read("Cargo.lock")?)?;
    if problems.is_empty() {
        say(&format!("layers: {} crates, all edges go down", packages.len()));
        return Ok(());
    }
    for problem in &problems {
        say(&format!("layers: {problem}"));
    }
    bail!("{} found; the rules are the tables of ARCHITECTURE.md", problems.len());
}

/// Everything that the tables forbid, one line each.
fn problems(root: &Path, rules: &Rules, packages: &[Package], lock: &str) -> Result<Vec<String>> {
    let closures = lock_closures(lock)?;
    let mut problems = Vec::new();
    for package in packages {
        let (name, directory) = (&package.name, package.directory(root));
        let Some(layer) = rules.layer_of(name, &directory) else {
            problems.push(format!("`{name}` ({directory}) stands in no row of the layer table"));
            continue;
        };
        let permitted = root.join(&directory).join("clippy.toml").exists();
        if layer.pure && permitted {
            problems.push(format!("`{name}` is below the purity line and has a clippy.toml of its own"));
        } else if !layer.pure && !permitted {
            problems.push(format!(
                "`{name}` is above the purity line and has no clippy.toml; run `cargo xtask layers --fix`"
            ));
        }
        for dependency in &package.dependencies {
            let on = &dependency.name;
            // Tests may use what they need, except that projects and their outputs stay apart there, too.
            let in_tests = dependency.is_dev();
            if let Some(path) = &dependency.path {
                let target = packages.iter().find(|target| target.manifest_path.parent() == Some(path));
                let Some(target) = target else { continue };
                let Some(target) = rules.layer_of(on, &target.directory(root)) else { continue };
                let allowed = layer.may_use.contains(&target.id)
                    || (in_tests && (matches!(target.id.as_str(), "testkit" | "policies") || !layer.is_for_authors()));
                if !allowed {
                    problems.push(format!("`{name}` ({}) depends on `{on}` ({})", layer.id, target.id));
                }
                continue;
            }
            if in_tests {
                continue;
            }
            if layer.registry.as_ref().is_some_and(|list| !list.contains(on)) {
                problems.push(format!("`{name}` ({}) depends on the registry crate `{on}`", layer.id));
            }
            if rules
                .confined
                .iter()
                .any(|row| row.name == *on && !row.only_in.iter().any(|p| matches(p, name, &directory)))
            {
                problems.push(format!("`{name}` depends on `{on}`, which is for some crates only"));
            }
            let drawn =
                closures.get(on).into_iter().flatten().filter(|drawn| layer.pure && rules.impure.contains(drawn));
            problems.extend(drawn.map(|drawn| format!("`{name}` ({}) draws in `{drawn}` by `{on}`", layer.id)));
        }
    }
    problems.sort();
    Ok(problems)
}

impl crate::table::Layer {
    /// Whether its crates are what authors of infrastructure write.
    fn is_for_authors(&self) -> bool {
        matches!(self.id.as_str(), "projects" | "outputs" | "components")
    }
}

fn permit(root: &Path, rules: &Rules, packages: &[Package]) -> Result<()> {
    for package in packages {
        let directory = package.directory(root);
        let path = root.join(&directory).join("clippy.toml");
        if rules.layer_of(&package.name, &directory).is_some_and(|layer| !layer.pure) && !path.exists() {
            fs::write(&path, PERMISSION).with_context(|| format!("cannot write {}", path.display()))?;
            say(&format!("wrote {directory}/clippy.toml"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
| Layer | Crates | May depend on | Registry crates | Pure |
|---|---|---|---|---|
| L0 kit | `value` | L0 | `serde` | yes |
| L1 model | `plan` `types-*` | L0 L1 | `serde` `toml` | yes |
| L5 engine | `engine` | L0 L1 | any | no |
| testkit | `testkit` | L0 L1 | | yes |
| outputs | `projects/*/outputs` | L1 | | yes |
| projects | `projects/*` | L0 L1 outputs | `serde` | yes |

| Registry crate | Only in | Why |
|---|---|---|
| `petgraph` | `graph` | its types stay inside |

Never below the line: `tokio`, `mio`.
";

    /// A workspace of packages `name: directory: dependencies`, and what is wrong with it.
    #[track_caller]
    fn check(packages: &[(&str, &str, &[&str])], expected: &[&str]) {
        let root = tempfile::tempdir().expect("a directory");
        let package = |(name, directory, dependencies): &(&str, &str, &[&str])| {
            let path = |name: &str| packages.iter().find(|p| p.0 == name).map(|p| root.path().join(p.1));
            let dependencies = dependencies.iter().map(|text| {
                let (name, kind) =
                    text.strip_suffix(" dev").map_or((*text, None), |name| (name, Some("dev".to_owned())));
                crate::metadata::Dependency { name: name.to_owned(), kind, path: path(name) }
            });
            let manifest_path = root.path().join(directory).join("Cargo.toml");
            Package {
                name: (*name).to_owned(),
                manifest_path,
                dependencies: dependencies.collect(),
                targets: Vec::new(),
            }
        };
        let made: Vec<_> = packages.iter().map(package).collect();
        let engine = root.path().join("crates/engine");
        fs::create_dir_all(&engine).expect("a directory");
        fs::write(engine.join("clippy.toml"), PERMISSION).expect("a file");
        let lock = "[[package]]\nname = \"serde\"\nversion = \"1\"\nsource = \"r\"\n\
                    [[package]]\nname = \"toml\"\nversion = \"1\"\nsource = \"r\"\ndependencies = [\"tokio 1\"]\n\
                    [[package]]\nname = \"tokio\"\nversion = \"1\"\nsource = \"r\"\n";
        let rules = Rules::parse(PAGE).expect("tables");
        assert_eq!(problems(root.path(), &rules, &made, lock).expect("a lock file"), expected);
    }

    #[test]
    fn edges_go_down() {
        check(&[("value", "crates/value", &["serde"]), ("plan", "crates/plan", &["value", "plan", "serde"])], &[]);
        check(
            &[
                ("value", "crates/value", &["engine", "toml"]),
                ("engine", "crates/engine", &["value", "tokio", "petgraph"]),
            ],
            &[
                "`engine` depends on `petgraph`, which is for some crates only",
                "`value` (L0) depends on `engine` (L5)",
                "`value` (L0) depends on the registry crate `toml`",
                "`value` (L0) draws in `tokio` by `toml`",
            ],
        );
        check(&[("odd", "crates/odd", &[])], &["`odd` (crates/odd) stands in no row of the layer table"]);
    }

    #[test]
    fn projects_see_outputs_and_no_project() {
        check(
            &[
                ("plan", "crates/plan", &[]),
                ("testkit", "crates/testkit", &["plan"]),
                ("a-net", "projects/a/net", &["plan", "a-dns", "a-dns-outputs", "testkit dev"]),
                ("a-dns", "projects/a/dns", &["plan", "a-net dev"]),
                ("a-dns-outputs", "projects/a/dns/outputs", &["plan"]),
            ],
            &["`a-dns` (projects) depends on `a-net` (projects)", "`a-net` (projects) depends on `a-dns` (projects)"],
        );
    }
}
