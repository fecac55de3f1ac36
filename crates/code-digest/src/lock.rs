//! The part of `Cargo.lock` that a crate is built with.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::error::Error;

/// A lock file, by package name and version.
pub(crate) struct Lock {
    packages: BTreeMap<String, Vec<Package>>,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

impl Lock {
    /// Reads the text of a `Cargo.lock`.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let document: Document = toml::from_str(text).map_err(|e| Error::format("Cargo.lock", e))?;
        let mut packages = BTreeMap::<String, Vec<Package>>::new();
        for package in document.package {
            packages.entry(package.name.clone()).or_default().push(package);
        }
        Ok(Self { packages })
    }

    /// One line for each registry or git package below the workspace package `name`: version, source and checksum.
    ///
    /// `wanted` says which of its direct dependencies count: the lock file does not know which are for tests only.
    pub(crate) fn part_of(&self, name: &str, wanted: &BTreeSet<&str>) -> BTreeSet<String> {
        let mut lines = BTreeSet::new();
        let own = self.packages.get(name).into_iter().flatten().find(|package| package.source.is_none());
        let direct = own.into_iter().flat_map(|package| &package.dependencies);
        let mut open: Vec<&str> =
            direct.map(String::as_str).filter(|d| wanted.contains(d.split(' ').next().unwrap_or_default())).collect();
        while let Some(dependency) = open.pop() {
            for package in self.find(dependency) {
                let Some(source) = &package.source else { continue };
                let checksum = package.checksum.as_deref().unwrap_or_default();
                // A sparse registry is the same registry by another protocol: the checksum tells packages apart.
                let source = if checksum.is_empty() { source.as_str() } else { "" };
                if lines.insert(format!("{} {} {source}{checksum}", package.name, package.version)) {
                    open.extend(package.dependencies.iter().map(String::as_str));
                }
            }
        }
        lines
    }

    /// The packages that a dependency line names: `name`, `name version` or `name version (source)`.
    fn find(&self, dependency: &str) -> impl Iterator<Item = &Package> {
        let mut parts = dependency.splitn(3, ' ');
        let (name, version) = (parts.next().unwrap_or_default(), parts.next());
        let packages = self.packages.get(name).into_iter().flatten();
        packages.filter(move |package| version.is_none_or(|version| package.version == version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_the_closure_of_what_is_wanted() {
        let lock = Lock::parse(
            r#"
            [[package]]
            name = "own"
            version = "0.1.0"
            dependencies = ["a", "test-only", "other"]
            [[package]]
            name = "other"
            version = "0.1.0"
            dependencies = ["c"]
            [[package]]
            name = "a"
            version = "1.0.0"
            source = "registry+x"
            checksum = "aa"
            dependencies = ["b 2.0.0"]
            [[package]]
            name = "b"
            version = "1.0.0"
            source = "registry+x"
            checksum = "b1"
            [[package]]
            name = "b"
            version = "2.0.0"
            source = "registry+x"
            checksum = "b2"
            dependencies = ["a"]
            [[package]]
            name = "c"
            version = "1.0.0"
            source = "git+https://c#0123"
            [[package]]
            name = "test-only"
            version = "1.0.0"
            source = "registry+x"
            "#,
        )
        .expect("a lock file");
        let part = |name, wanted: &[&'static str]| lock.part_of(name, &wanted.iter().copied().collect());
        assert_eq!(part("own", &["a", "other"]), BTreeSet::from(["a 1.0.0 aa".into(), "b 2.0.0 b2".into()]));
        assert_eq!(part("other", &["c"]), BTreeSet::from(["c 1.0.0 git+https://c#0123".into()]));
    }
}
