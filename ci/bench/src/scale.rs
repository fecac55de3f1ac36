//! How it grows: one stack of very many resources, a run that dies near its end, and a preview of few changes in it.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, thread};

use anyhow::{Context, Result, ensure};

use crate::ours::Ours;
use crate::process::Cost;

/// How many resources the largest stack has.
pub(crate) const MANY: usize = 100_000;

/// How many are made in the run whose growth is looked at.
pub(crate) const SOME: usize = 10_000;

/// How many bytes of the journal a resource has when a run is killed: most of those that it has in the end.
const JOURNALLED: usize = 900;

/// What was measured.
pub(crate) struct Scale {
    /// Making [`SOME`] resources.
    pub(crate) some: Cost,
    /// What a resource of it costs, as a multiple of what one in a stack of a tenth costs: CPU time.
    pub(crate) growth: f64,
    /// Making [`MANY`] resources.
    pub(crate) many: Cost,
    /// A preview of it with one in a hundred changed.
    pub(crate) preview: Cost,
    /// Reading the journal of a run that died near the end.
    pub(crate) recovery: Cost,
    /// The journal's entries then.
    pub(crate) entries: usize,
    /// Bytes of an entry in the last tenth of that journal, as a multiple of those in the first.
    pub(crate) bytes: f64,
}

/// Measures it, with stacks of so many resources.
pub(crate) fn measure(binaries: &Path, many: usize, some: usize) -> Result<Scale> {
    let small = Ours::chains(some / 10, binaries)?.round()?.fresh;
    let run = Ours::chains(some, binaries)?.round()?.fresh;
    let large = Ours::chains(many, binaries)?;
    let round = large.round()?;
    ensure!(round.resources == many, "{} of {many} resources were made", round.resources);
    large.configure(many, many / 100)?;
    let preview = large.run(["preview"])?;
    let changed = many / 100;
    // Numbers are written with commas.
    let counted = preview.stdout.replace(',', "").contains(&format!("{changed} to update"));
    ensure!(counted, "{changed} changes were expected:\n{}", preview.stdout);
    // A journal of `many` entries is that of half as many resources.
    let crashed = Ours::chains(many / 2, binaries)?;
    let journal = die(&crashed, many / 2 * JOURNALLED)?;
    let lines: Vec<(usize, usize)> = fs::read_to_string(&journal)?
        .lines()
        .map(|line| (line.len(), line.matches("{\"intent\":{").count() + line.matches("{\"done\":{").count()))
        .filter(|(_, entries)| *entries > 0)
        .collect();
    ensure!(lines.len() > 1, "the run died before it did anything");
    let per_entry = |lines: &[(usize, usize)]| {
        let (bytes, entries) = lines.iter().fold((0, 0), |sum, line| (sum.0 + line.0, sum.1 + line.1));
        #[expect(clippy::cast_precision_loss, reason = "a ratio, to one digit")]
        let ratio = bytes as f64 / entries.max(1) as f64;
        ratio
    };
    let tenth = lines.len().div_ceil(10);
    let bytes = per_entry(&lines[lines.len() - tenth..]) / per_entry(&lines[..tenth]);
    let recovery = crashed.run(["state", "verify"])?.cost;
    crashed.run(["up", "--yes"])?;
    let again = crashed.run(["up", "--yes"])?;
    ensure!(again.stderr.contains("nothing to do"), "the next run did not end what was begun:\n{}", again.stderr);
    crashed.run(["sandbox", "check"])?;
    Ok(Scale {
        some: run,
        growth: run.cpu().as_secs_f64() / (10.0 * small.cpu().as_secs_f64().max(1e-3)),
        many: round.fresh,
        preview: preview.cost,
        recovery,
        entries: lines.iter().map(|line| line.1).sum(),
        bytes,
    })
}

/// Starts anew, kills the run once its journal has so many bytes, and gives the journal. It goes by what was written and
/// not by the clock, so that a slow machine changes nothing.
fn die(ours: &Ours, bytes: usize) -> Result<PathBuf> {
    ours.start_anew()?;
    let mut child = ours.spawn(["up", "--yes"])?;
    loop {
        let over = child.try_wait()?.is_some();
        let mut found = Vec::new();
        journals(&ours.state(), &mut found);
        let journal = found.into_iter().max();
        let written = journal.as_ref().and_then(|journal| fs::metadata(journal).ok()).map_or(0, |file| file.len());
        if over || written >= bytes as u64 {
            child.kill().context("the run cannot be killed")?;
            child.wait()?;
            return journal.context("the run ended before it began");
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// The files of journals below a directory.
fn journals(directory: &Path, found: &mut Vec<PathBuf>) {
    for path in fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            journals(&path, found);
        } else if path.parent().is_some_and(|parent| parent.ends_with("journal")) {
            found.push(path);
        }
    }
}
