//! Exported configuration: where the data of each dataset are, as TOML whose bytes depend on nothing else.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cpg_config::{Cloud, Component, Configuration, Dataset};

/// A tree of tables with texts at its leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    /// A text.
    Text(String),
    /// A table.
    Table(BTreeMap<String, Tree>),
}

impl Tree {
    /// An empty table.
    pub fn new() -> Self {
        Self::Table(BTreeMap::new())
    }

    /// A table of texts.
    pub fn texts<'a>(entries: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        Self::Table(entries.into_iter().map(|(key, text)| (key.to_owned(), Self::Text(text))).collect())
    }

    /// The table with one more entry.
    #[must_use]
    pub fn with(mut self, key: &str, tree: Self) -> Self {
        if let Self::Table(entries) = &mut self {
            entries.insert(key.to_owned(), tree);
        }
        self
    }

    /// Puts another tree over this one: tables are joined, and what is said later counts.
    pub fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Table(own), Self::Table(others)) => {
                for (key, tree) in others {
                    match own.get_mut(key) {
                        Some(place) => place.merge(tree),
                        None => drop(own.insert(key.clone(), tree.clone())),
                    }
                }
            }
            (place, other) => *place = other.clone(),
        }
    }

    /// The tree as TOML: keys sorted, a table's own entries before the tables in it, an empty line between tables.
    pub fn to_toml(&self) -> String {
        let mut tables = Vec::new();
        self.render("", &mut tables);
        tables.join("\n")
    }

    fn render(&self, header: &str, tables: &mut Vec<String>) {
        let Self::Table(entries) = self else { return };
        let mut lines = String::new();
        for (key, tree) in entries {
            if let Self::Text(text) = tree {
                // Writing to a `String` does not fail.
                let _ = writeln!(lines, "{} = {}", quoted_key(key), quoted(text));
            }
        }
        if !lines.is_empty() {
            tables.push(if header.is_empty() { lines } else { format!("[{header}]\n{lines}") });
        }
        for (key, tree) in entries {
            let key = quoted_key(key);
            tree.render(&if header.is_empty() { key } else { format!("{header}.{key}") }, tables);
        }
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

fn quoted_key(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if bare { key.to_owned() } else { quoted(key) }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                // Writing to a `String` does not fail.
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Which of a dataset's data: the real ones, or those for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Namespace {
    /// The real ones.
    Main,
    /// Those for tests.
    Test,
}

impl Namespace {
    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Test => "test",
        }
    }

    /// The namespaces of a dataset.
    pub fn of(dataset: &Dataset) -> &'static [Self] {
        if dataset.options.setup_test { &[Self::Main, Self::Test] } else { &[Self::Main] }
    }
}

/// Where the data of a dataset and of all that it depends on are. `path` gives the address of a bucket by its dataset and
/// the end of its name.
pub fn storage(
    configuration: &Configuration,
    dataset: &Dataset,
    cloud: Cloud,
    namespace: Namespace,
    path: &dyn Fn(&Dataset, &str) -> String,
) -> Tree {
    let mut base = Tree::new();
    for name in configuration.dependencies(dataset) {
        let Some(dependency) = configuration.datasets.get(name) else { continue };
        let has_data = dependency.is_in(cloud) && dependency.has(cloud, Component::Storage);
        if has_data && Namespace::of(dependency).contains(&namespace) {
            let Tree::Table(mut table) = storage(configuration, dependency, cloud, namespace, path) else { continue };
            // What a dependency calls its default is not this dataset's.
            if let Some(Tree::Table(entries)) = table.get_mut("storage") {
                entries.remove("default");
            }
            base.merge(&Tree::Table(table));
        }
    }
    let mut own = values(configuration, dataset, namespace, path);
    if namespace == Namespace::Main && dataset.options.setup_test {
        own = own.with("test", values(configuration, dataset, Namespace::Test, path));
    }
    let own = Tree::new().with("default", own.clone()).with(&dataset.name, own);
    base.merge(&Tree::new().with("storage", own));
    base
}

fn values(
    configuration: &Configuration,
    dataset: &Dataset,
    namespace: Namespace,
    path: &dyn Fn(&Dataset, &str) -> String,
) -> Tree {
    let name = namespace.name();
    let of = |end: &str| path(dataset, &format!("{name}{end}"));
    let mut values = Tree::texts([
        ("default", of("")),
        ("web", of("-web")),
        ("analysis", of("-analysis")),
        ("tmp", of("-tmp")),
        ("upload", of("-upload")),
    ]);
    let template = configuration.infrastructure.web_service.as_ref().and_then(|web| web.web_url_template.as_ref());
    if let Some(template) = template {
        let url = template.value.replace("{namespace}", name).replace("{dataset}", &dataset.name);
        values = values.with("web_url", Tree::Text(url));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::Tree;

    #[test]
    fn bytes_depend_on_the_content_alone() {
        let inner = Tree::texts([("b", "2\"".to_owned()), ("a", "\\1\n".to_owned())]);
        let mut one = Tree::new().with("x", inner.clone()).with("y z", Tree::new().with("deep", inner.clone()));
        let mut other = Tree::new().with("y z", Tree::new().with("deep", inner.clone()));
        other.merge(&Tree::new().with("x", inner));
        let wanted = "[x]\na = \"\\\\1\\n\"\nb = \"2\\\"\"\n\n[\"y z\".deep]\na = \"\\\\1\\n\"\nb = \"2\\\"\"\n";
        assert_eq!(one.to_toml(), wanted);
        assert_eq!(other.to_toml(), wanted);
        one.merge(&Tree::new().with("x", Tree::texts([("a", "3".to_owned())])));
        assert!(one.to_toml().starts_with("[x]\na = \"3\"\nb = "), "what is said later counts");
    }
}
