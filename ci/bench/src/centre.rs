//! A genomics centre of very many resources in a stack a dataset: the first preview, and one with a member more.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::ours::Ours;
use crate::process::{Cost, Program};
use crate::report::Target;

/// How many datasets the centre has that is measured.
pub(crate) const DATASETS: usize = 40;

/// How often each preview is measured.
const ROUNDS: usize = 5;

/// What was measured.
pub(crate) struct Centre {
    datasets: usize,
    resources: usize,
    /// A preview with nothing there and nothing cached.
    first: Cost,
    /// Making all of it.
    fresh: Cost,
    /// A preview with one member more in one group.
    member: Cost,
}

/// Measures a centre of so many datasets, at least two.
pub(crate) fn measure(root: &Path, binaries: &Path, datasets: usize) -> Result<Centre> {
    let directory = tempfile::tempdir_in(binaries).context("no directory for the centre")?;
    // It wants to make the directory itself.
    fs::remove_dir(directory.path())?;
    let (number, place) = (datasets.to_string(), directory.path().to_string_lossy().into_owned());
    Program::new(root.join("ci/centre.sh"), root)?.run([number.as_str(), place.as_str()])?;
    let ours = Ours::at(directory, &binaries.join("runner"))?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        ours.start_anew()?;
        rounds.push(ours.run(["preview"])?.cost);
    }
    let first = Cost::median(&rounds);
    let fresh = ours.run(["up", "--yes"])?.cost;
    let resources = ours.run(["state", "list"])?.stdout.lines().count();

    let members = ours.root().join("configuration/cpg/datasets/ds01/members.yaml");
    let before = fs::read_to_string(&members).context("the centre has other files")?;
    let mut rounds = Vec::new();
    for who in ["up.loader", "data.manager", "meta.reader", "release.viewer", "web.viewer"] {
        // Each time another one, so that nothing of it is cached.
        fs::write(&members, format!("{before}release-access: [{who}]\n"))?;
        let ran = ours.run(["preview"])?;
        ensure!(ran.stdout.contains("1 to create in 1 stack"), "one membership was expected:\n{}", ran.stdout);
        rounds.push(ran.cost);
    }
    Ok(Centre { datasets, resources, first, fresh, member: Cost::median(&rounds) })
}

impl Centre {
    pub(crate) fn costs(&self) -> Vec<(String, Cost)> {
        let Self { datasets, resources, first, fresh, member } = self;
        vec![
            (format!("centre of {datasets} datasets, {resources} resources: first `preview`"), *first),
            ("the same: fresh `up`".to_owned(), *fresh),
            ("the same: `preview` with one member more".to_owned(), *member),
        ]
    }

    pub(crate) fn targets(&self) -> Vec<Target> {
        let what = |what: &str| format!("{what}, centre of {} datasets", self.datasets);
        vec![
            Target::at_most(what("first preview"), Duration::from_secs(2), Some(self.first)),
            Target::at_most(what("one member more"), Duration::from_millis(300), Some(self.member)),
            Target::memory(what("memory of the first preview"), 250, Some(self.first)),
            Target::memory(what("memory of a fresh `up`"), 250, Some(self.fresh)),
        ]
    }
}
