//! Removing what no kept head needs.

use std::collections::BTreeSet;
use std::fs;

use state::Head;

use crate::layout::{self, StackDir};

/// Removes the heads before the newest `keep`, and the segments and snapshots that only those needed. Only for who
/// holds the stack. What cannot be removed or read stays: tidiness never fails a run.
pub(crate) fn prune(dir: &StackDir, newest: &Head, keep: u64) {
    let Ok(generations) = layout::numbers(&dir.heads(), "json") else { return };
    let oldest = (newest.generation + 1).saturating_sub(keep.max(2));
    let (old, kept): (Vec<u64>, Vec<u64>) = generations.into_iter().partition(|generation| *generation < oldest);
    if old.is_empty() {
        return;
    }
    let read = |generation: u64| serde_json::from_slice::<Head>(&fs::read(dir.head(generation)).ok()?).ok();
    // A kept head that cannot be read may need anything.
    let Some(kept) = kept.into_iter().map(read).collect::<Option<Vec<Head>>>() else { return };
    old.iter().for_each(|generation| remove(&dir.head(*generation)));

    let first = kept.iter().map(|head| head.position).min().unwrap_or_default();
    let segments = layout::numbers(&dir.journal(), "jsonl").unwrap_or_default();
    segments.iter().filter(|position| **position < first).for_each(|position| remove(&dir.segment(*position)));

    let needed: BTreeSet<String> =
        kept.iter().filter_map(|head| head.snapshot).map(|digest| format!("{digest}.json")).collect();
    let snapshots = layout::names(&dir.snapshots()).unwrap_or_default();
    snapshots.iter().filter(|name| !needed.contains(*name)).for_each(|name| remove(&dir.snapshots().join(name)));
}

fn remove(path: &std::path::Path) {
    let _ = fs::remove_file(path);
}
