//! Where Groundplan's own crates are, for a workspace that is being made.

use std::fs;
use std::path::{Path, PathBuf};

use diag::Diagnostic;

/// The crates of Groundplan that a workspace can depend on. The types of the embedded cloud's services are among them,
/// so that a project only has to name them.
const CRATES: &[&str] = &[
    "cli",
    "code-digest",
    "plan",
    "policy",
    "sections",
    "testkit",
    "types-aws-acmpca",
    "types-aws-autoscaling",
    "types-aws-certificatemanager",
    "types-aws-cloudwatch",
    "types-aws-ec2",
    "types-aws-elasticache",
    "types-aws-elasticloadbalancingv2",
    "types-aws-iam",
    "types-aws-kms",
    "types-aws-rds",
    "types-aws-route53",
    "types-aws-s3",
    "types-aws-ses",
    "types-aws-sns",
    "types-common",
    "types-consul",
    "types-helm",
    "types-host",
    "types-kubernetes",
    "types-vault",
    "world",
];

/// Where Groundplan's own crates are.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Groundplan {
    /// A directory on this machine.
    Path(PathBuf),
    /// A git repository: the keys of a dependency, `git` and perhaps `rev`, `tag` or `branch`.
    Git(toml::Table),
}

impl Groundplan {
    /// What was given; or where the workspace around `start` takes them from, which may be Groundplan's own.
    pub(super) fn find(given: Option<&str>, start: &Path) -> Result<Self, Diagnostic> {
        match given {
            Some(url) if url.contains("://") => {
                Ok(Self::Git(toml::Table::from_iter([("git".to_owned(), toml::Value::from(url))])))
            }
            Some(path) => Self::at(&start.join(path)).ok_or_else(|| {
                Diagnostic::error("E0722", format!("`{path}` is not a checkout of Groundplan"))
                    .note("it has no `crates/cli/Cargo.toml`")
                    .hint("give the directory of a checkout, or a URL such as `https://example.com/groundplan.git`")
            }),
            None => start.ancestors().find_map(Self::around).ok_or_else(|| {
                Diagnostic::error("E0722", "it is not clear where Groundplan's own crates are")
                    .hint("name a checkout or a git URL with `--groundplan PATH|URL`")
            }),
        }
    }

    fn at(root: &Path) -> Option<Self> {
        let root = root.canonicalize().ok()?;
        root.join("crates/cli/Cargo.toml").is_file().then_some(Self::Path(root))
    }

    /// Where the workspace with this root takes `cli` from.
    fn around(root: &Path) -> Option<Self> {
        let manifest: toml::Table = fs::read_to_string(root.join("Cargo.toml")).ok()?.parse().ok()?;
        let cli = manifest.get("workspace")?.get("dependencies")?.get("cli")?.as_table()?;
        match cli.get("path").and_then(toml::Value::as_str) {
            Some(path) => Self::at(&root.join(path.strip_suffix("crates/cli")?)),
            None => cli.contains_key("git").then(|| Self::Git(cli.clone())),
        }
    }

    /// Lines for `[workspace.dependencies]` of a manifest in `directory`.
    pub(super) fn dependencies(&self, directory: &Path) -> String {
        let line = |name: &&str| {
            let keys = match self {
                Self::Path(root) => {
                    let path = format!("{}/crates/{name}", from_to(directory, root));
                    format!("path = {}", toml::Value::from(path))
                }
                Self::Git(keys) => {
                    let pairs = keys.iter().map(|(key, value)| format!("{key} = {value}"));
                    pairs.collect::<Vec<_>>().join(", ")
                }
            };
            format!("{name} = {{ {keys} }}\n")
        };
        CRATES.iter().map(line).collect()
    }

    /// The registry crates of Groundplan's own lock file: the versions that it was tested with. A git repository is
    /// not at hand, and then cargo takes the newest that fit.
    pub(super) fn lock(&self) -> Option<String> {
        let Self::Path(root) = self else { return None };
        let text = fs::read_to_string(root.join("Cargo.lock")).ok()?;
        let mut parts = text.split("[[package]]\n");
        let head = parts.next()?.to_owned();
        let outside = parts.filter(|package| package.lines().any(|line| line.starts_with("source = ")));
        Some(outside.fold(head, |lock, package| lock + "[[package]]\n" + package))
    }
}

/// The way from one absolute directory to another: relative where they have more in common than the root.
fn from_to(from: &Path, to: &Path) -> String {
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    if shared < 2 {
        return to.to_string_lossy().into_owned();
    }
    let up = from.components().skip(shared).map(|_| "..".to_owned());
    let down = to.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    let way: Vec<String> = up.chain(down).collect();
    if way.is_empty() { ".".to_owned() } else { way.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("a checkout")
    }

    #[test]
    fn what_is_offered_is_what_there_is() {
        let manifest = fs::read_to_string(checkout().join("Cargo.toml")).expect("a manifest");
        let manifest: toml::Table = manifest.parse().expect("TOML");
        let there = manifest["workspace"]["dependencies"].as_table().expect("a table");
        for name in CRATES {
            assert_eq!(there[*name]["path"].as_str(), Some(format!("crates/{name}").as_str()));
        }
        let types: Vec<&str> = there.keys().map(String::as_str).filter(|name| name.starts_with("types-")).collect();
        let offered: Vec<&str> = CRATES.iter().copied().filter(|name| name.starts_with("types-")).collect();
        assert_eq!(offered, types, "every crate of types is offered");
    }

    #[test]
    fn it_is_found_by_argument_around_and_through_another_workspace() {
        let root = checkout();
        assert_eq!(Groundplan::find(None, &root.join("crates/cli/src")), Ok(Groundplan::Path(root.clone())));
        let elsewhere = tempfile::tempdir().expect("a directory");
        let code = |given: Option<&str>| Groundplan::find(given, elsewhere.path()).expect_err("not found").code.clone();
        assert_eq!([code(None), code(Some("."))], ["E0722", "E0722"]);
        let by_path = Groundplan::find(Some(&root.to_string_lossy()), elsewhere.path());
        assert_eq!(by_path, Ok(Groundplan::Path(root.clone())));

        let url = "https://example.com/groundplan.git";
        let git = Groundplan::find(Some(url), elsewhere.path()).expect("a repository");
        assert_eq!(git.lock(), None);
        for (groundplan, line) in [
            (by_path.expect("found"), format!("plan = {{ path = \"{}/crates/plan\" }}", root.display())),
            (git, format!("plan = {{ git = \"{url}\" }}")),
        ] {
            let dependencies = groundplan.dependencies(Path::new("/elsewhere"));
            assert!(dependencies.lines().any(|there| there == line), "{dependencies}");
            let manifest = format!("[workspace.dependencies]\n{dependencies}");
            fs::write(elsewhere.path().join("Cargo.toml"), manifest).expect("written");
            assert_eq!(Groundplan::find(None, elsewhere.path()), Ok(groundplan), "as the workspace there has it");
        }
    }

    #[test]
    fn the_way_is_relative_where_it_is_short() {
        for (from, to, way) in [
            ("/home/me/mine", "/home/me/groundplan", "../groundplan"),
            ("/home/me", "/home/me/groundplan", "groundplan"),
            ("/home/me", "/home/me", "."),
            ("/tmp/mine", "/opt/groundplan", "/opt/groundplan"),
        ] {
            assert_eq!(from_to(Path::new(from), Path::new(to)), way);
        }
    }

    #[test]
    fn the_lock_has_registry_crates_only() {
        let lock: toml::Table = Groundplan::Path(checkout()).lock().expect("a lock").parse().expect("TOML");
        let packages = lock["package"].as_array().expect("packages");
        assert!(lock.contains_key("version") && packages.len() > 20);
        assert!(packages.iter().all(|package| package.get("source").is_some()));
    }
}
