//! The tables of ARCHITECTURE.md that `layers` holds the code to.

use anyhow::{Context, Result, bail};

/// The layers, and what is confined to some crates.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) layers: Vec<Layer>,
    pub(crate) confined: Vec<Confined>,
    /// Registry crates that nothing below the purity line may draw in.
    pub(crate) impure: Vec<String>,
}

/// A row of the layer table.
#[derive(Debug)]
pub(crate) struct Layer {
    /// The first word of the row: `L0`, `projects`.
    pub(crate) id: String,
    /// Names of packages, or directories with `*` for one part.
    pub(crate) crates: Vec<String>,
    /// Ids of layers, its own among them if its crates may depend on each other.
    pub(crate) may_use: Vec<String>,
    /// Registry crates; `None` for any.
    pub(crate) registry: Option<Vec<String>>,
    /// Whether it is below the purity line.
    pub(crate) pure: bool,
}

/// A row of the table of registry crates that only some crates may use.
#[derive(Debug)]
pub(crate) struct Confined {
    pub(crate) name: String,
    pub(crate) only_in: Vec<String>,
}

impl Rules {
    /// Reads the tables of a page: those whose first column is `Layer` and `Registry crate`, and the list after
    /// `Never below the line:`.
    pub(crate) fn parse(page: &str) -> Result<Self> {
        let mut layers = Vec::new();
        for row in rows(page, "Layer") {
            let [id, crates, may_use, registry, pure] = row.as_slice() else {
                bail!("a row of the layer table has no five cells: {row:?}")
            };
            layers.push(Layer {
                id: id.split(' ').next().unwrap_or_default().to_owned(),
                crates: quoted(crates),
                may_use: may_use.split_whitespace().map(str::to_owned).collect(),
                registry: (registry != "any").then(|| quoted(registry)),
                pure: pure == "yes",
            });
        }
        if layers.is_empty() {
            bail!("ARCHITECTURE.md has no layer table");
        }
        for layer in &layers {
            if let Some(unknown) = layer.may_use.iter().find(|id| layers.iter().all(|layer| layer.id != **id)) {
                bail!("the layer table lets `{}` use `{unknown}`, which is no layer", layer.id);
            }
        }
        let mut confined = Vec::new();
        for row in rows(page, "Registry crate") {
            let [name, only_in, ..] = row.as_slice() else { bail!("a row of the registry table is short: {row:?}") };
            let name = quoted(name).pop().context("a row of the registry table without a name")?;
            confined.push(Confined { name, only_in: quoted(only_in) });
        }
        let list = page.lines().find_map(|line| line.strip_prefix("Never below the line:"));
        Ok(Self {
            layers,
            confined,
            impure: quoted(list.context("ARCHITECTURE.md has no line `Never below the line:`")?),
        })
    }

    /// The first row that names a package.
    pub(crate) fn layer_of(&self, name: &str, directory: &str) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.crates.iter().any(|pattern| matches(pattern, name, directory)))
    }
}

/// Whether a name or pattern of a table means a package.
pub(crate) fn matches(pattern: &str, name: &str, directory: &str) -> bool {
    let text = if pattern.contains('/') { directory } else { name };
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end),
    }
}

/// The rows of the table whose first column has that title.
fn rows(page: &str, title: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| -> Vec<String> {
        line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let mut lines = page.lines().skip_while(|line| !(line.starts_with('|') && cells(line)[0] == title));
    lines.next();
    lines.skip(1).take_while(|line| line.starts_with('|')).map(cells).collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
