//! Records of runs: what a run found all stacks to be, kept for each tree of sources.

use std::collections::{BTreeMap, BTreeSet};

use cache::{Address, Cache};
use engine::{Engine, Preview, Recorded, RunRecord};
use serde_json::json;
use taskgraph::Conditions;
use value::Digest;

use crate::git::{Git, commit};
use crate::session::Session;

/// Records of runs, in the local cache. What a stack was is a blob of its own, so that what did not change from tree to
/// tree is there once.
pub(crate) struct RunRecords {
    cache: Cache,
    profile: String,
}

/// How complete the run was that leaves a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// It has seen no state: what it leaves is better than nothing.
    Evaluated,
    /// It has compared all stacks, and found nothing that the last run had not found.
    Same,
    /// It has compared or applied all stacks.
    Compared,
}

impl Depth {
    /// Of a preview of all stacks.
    pub(crate) fn of(preview: &Preview) -> Self {
        let nothing_new = preview.changes.is_empty() && preview.cached == preview.selected.len();
        if nothing_new { Self::Same } else { Self::Compared }
    }
}

impl RunRecords {
    /// Those of a workspace for a profile.
    pub(crate) fn of(session: &Session<'_>) -> Self {
        Self { cache: crate::traces::local(session.workspace.root()), profile: session.profile.name.clone() }
    }

    /// Leaves the record of a run of these stacks, if they are all of the default selection, and the sources, the
    /// runner's among them, are those of a git tree. Never fails.
    pub(crate) fn leave(
        &self,
        session: &Session<'_>,
        engine: &Engine<'_>,
        (depth, stacks): (Depth, &BTreeSet<String>),
        record: impl FnOnce() -> RunRecord,
    ) {
        let mut all = engine.catalog.stacks().filter(|entry| entry.default);
        let whole = all.all(|entry| stacks.contains(&entry.name.to_string()));
        // Plans that were made elsewhere may be of other sources.
        if !whole || !engine.given.is_empty() {
            return;
        }
        let root = session.workspace.root();
        let marker = commit(root).map(|commit| self.key(&["commit", &commit]));
        if depth == Depth::Same && marker.is_some_and(|marker| self.cache.get_record(marker).is_some()) {
            return;
        }
        let Some(git) = Git::of(root) else { return };
        let Some(tree) = git.clean_tree() else { return };
        if !code_digest::stale(session.registry.digests, root).is_empty() {
            return;
        }
        let key = self.key(&["tree", &tree, git.prefix()]);
        if depth == Depth::Evaluated && self.cache.get_record(key).is_some() {
            return;
        }
        self.put(key, &record());
        if let Some(marker) = marker.filter(|_| depth != Depth::Evaluated) {
            self.cache.put_record(marker, tree.as_bytes());
        }
    }

    fn put(&self, key: Digest, record: &RunRecord) {
        let blob = |recorded: &Recorded| serde_json::to_vec(recorded).map(|bytes| self.cache.put_blob(&bytes));
        let stacks: Result<BTreeMap<&String, Address>, _> =
            record.stacks.iter().map(|(stack, recorded)| Ok((stack, blob(recorded)?))).collect();
        let Ok(stacks): Result<_, serde_json::Error> = stacks else { return };
        let text = json!({ "conditions": record.conditions, "stacks": stacks });
        self.cache.put_record(key, text.to_string().as_bytes());
    }

    /// What held for all stacks in the last run of a tree, and what they were; `None` for one that is no longer kept.
    pub(crate) fn get(&self, git: &Git, tree: &str) -> Option<(Conditions, BTreeMap<String, Option<Recorded>>)> {
        let bytes = self.cache.get_record(self.key(&["tree", tree, git.prefix()]))?;
        let mut form: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
        let conditions = serde_json::from_value(form["conditions"].take()).ok()?;
        let stacks: BTreeMap<String, Address> = serde_json::from_value(form["stacks"].take()).ok()?;
        let blob = |address| serde_json::from_slice(&self.cache.get_blob(address)?).ok();
        Some((conditions, stacks.into_iter().map(|(stack, address)| (stack, blob(address))).collect()))
    }

    fn key(&self, what: &[&str]) -> Digest {
        let parts = std::iter::once(self.profile.as_str()).chain(what.iter().copied());
        Digest::of_parts("run record/1", parts.map(str::as_bytes))
    }
}
