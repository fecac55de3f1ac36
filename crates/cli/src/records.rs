//! Records of runs: what a run found all stacks to be, kept for each tree of sources, here and in the cache that
//! machines share.

use std::collections::{BTreeMap, BTreeSet};

use cache::{Address, Cache};
use engine::{Engine, Preview, Recorded, RunRecord};
use serde::{Deserialize, Serialize};
use taskgraph::Conditions;
use value::Digest;

use crate::git::{Git, commit};
use crate::session::Session;
use crate::shared::Shared;

/// Records of runs. In the local cache, what a stack was is a blob of its own, so that what did not change from tree to
/// tree is there once; in the shared one a record is one blob, which is had in one call.
pub(crate) struct RunRecords<'a> {
    cache: Cache,
    shared: &'a Shared,
    profile: String,
}

/// What a run found all stacks to be, each in the form `S`. `None` for one that it did not look at, or that is no
/// longer kept.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Form<S> {
    /// What held for all of them.
    pub conditions: Conditions,
    /// The digest of each crate of the workspace by itself; none in what an earlier version left.
    #[serde(default)]
    pub crates: BTreeMap<String, Digest>,
    /// The stacks, by full name.
    pub stacks: BTreeMap<String, Option<S>>,
}

impl<S> Form<S> {
    fn map<T>(self, mut stack: impl FnMut(S) -> Option<T>) -> Form<T> {
        let stacks = self.stacks.into_iter().map(|(name, is)| (name, is.and_then(&mut stack)));
        Form { conditions: self.conditions, crates: self.crates, stacks: stacks.collect() }
    }
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

impl<'a> RunRecords<'a> {
    /// Those of a workspace for a profile.
    pub(crate) fn of(session: &'a Session<'_>) -> Self {
        let cache = crate::traces::local(session.workspace.root());
        Self { cache, shared: &session.shared, profile: session.profile.name.clone() }
    }

    /// Leaves the record of a run of these stacks, if all of the default selection are among them, and the sources, the
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
        // What is only here may still have to be left for others.
        let reach = if self.shared.wants() { "shared" } else { "here" };
        let marker = commit(root).map(|commit| self.key(&["commit", &commit, reach]));
        if depth == Depth::Same && marker.is_some_and(|marker| self.cache.get_record(marker).is_some()) {
            return;
        }
        let Some(git) = Git::of(root) else { return };
        let Some(tree) = git.clean_tree() else { return };
        if !code_digest::stale(session.registry.digests, root).is_empty() {
            return;
        }
        let key = self.key(&["tree", &tree, git.prefix()]);
        if depth == Depth::Evaluated && (self.here(key).is_some() || self.elsewhere(key).is_some()) {
            return;
        }
        let RunRecord { conditions, stacks } = record();
        let known = engine.catalog.stacks().map(|entry| (entry.name.to_string(), None));
        let looked_at = stacks.into_iter().map(|(stack, recorded)| (stack, Some(recorded)));
        let crates = session.registry.digests.crates.iter();
        let crates = crates.map(|found| (found.name.to_owned(), found.own_digest())).collect();
        let form = Form { conditions, crates, stacks: known.chain(looked_at).collect() };
        if self.shared.wants()
            && let Ok(bytes) = serde_json::to_vec(&form)
        {
            self.shared.leave(key, &bytes);
        }
        self.put(key, form);
        if let Some(marker) = marker.filter(|_| depth != Depth::Evaluated) {
            self.cache.put_record(marker, tree.as_bytes());
        }
    }

    fn put(&self, key: Digest, form: Form<Recorded>) {
        let form = form.map(|recorded| Some(self.cache.put_blob(&serde_json::to_vec(&recorded).ok()?)));
        if let Ok(bytes) = serde_json::to_vec(&form) {
            self.cache.put_record(key, &bytes);
        }
    }

    /// What the last run of a tree found, here or elsewhere.
    pub(crate) fn get(&self, git: &Git, tree: &str) -> Option<Form<Recorded>> {
        let key = self.key(&["tree", tree, git.prefix()]);
        let here = match self.here(key) {
            Some((form, true)) => return Some(form),
            other => other.map(|(form, _)| form),
        };
        let Some(found) = self.elsewhere(key) else { return here };
        // Nobody is asked again.
        self.put(key, found.clone());
        Some(found)
    }

    /// The record in the local cache, and whether all of it is still there.
    fn here(&self, key: Digest) -> Option<(Form<Recorded>, bool)> {
        let form: Form<Address> = serde_json::from_slice(&self.cache.get_record(key)?).ok()?;
        let mut whole = true;
        let form = form.map(|address| {
            let recorded = self.cache.get_blob(address).and_then(|bytes| serde_json::from_slice(&bytes).ok());
            whole &= recorded.is_some();
            recorded
        });
        Some((form, whole))
    }

    fn elsewhere(&self, key: Digest) -> Option<Form<Recorded>> {
        serde_json::from_slice(&self.shared.named(key)?).ok()
    }

    fn key(&self, what: &[&str]) -> Digest {
        let parts = std::iter::once(self.profile.as_str()).chain(what.iter().copied());
        Digest::of_parts("run record/2", parts.map(str::as_bytes))
    }
}
