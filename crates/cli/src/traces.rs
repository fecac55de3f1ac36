//! The traces of evaluations, kept in the local cache.

use std::collections::BTreeMap;
use std::path::Path;

use cache::Cache;
use engine::{Plans, Relations, Short, Traces};
use stamps::Footing;
use value::Digest;

/// Where traces are kept: those of the last evaluation of each stack, and those of the last that was brought about.
pub(crate) struct TraceCache {
    cache: Cache,
    profile: String,
}

/// Where the local cache is, from the root.
const DIRECTORY: &str = ".groundplan/cache";

/// As much as the cache may hold.
const MAX_BYTES: u64 = 256 << 20;

/// The local cache of a workspace.
pub(crate) fn local(root: &Path) -> Cache {
    Cache::open(root.join(DIRECTORY), MAX_BYTES)
}

impl TraceCache {
    /// The cache of a workspace for a profile.
    pub(crate) fn of(root: &Path, profile: &str) -> Self {
        Self { cache: local(root), profile: profile.to_owned() }
    }

    /// The traces of the last evaluations; nothing, if they cannot be read.
    pub(crate) fn evaluated(&self) -> Traces {
        self.load("evaluated")
    }

    /// The traces of the plans that the state was last brought to; nothing, if they cannot be read.
    pub(crate) fn applied(&self) -> Traces {
        self.load("applied")
    }

    /// Keeps the traces of evaluations, if some are new.
    pub(crate) fn keep(&self, old: &Traces, new: &Traces) {
        self.add("evaluated", old, new);
    }

    /// Remembers that the state of these stacks was brought to plans of these digests.
    pub(crate) fn brought_about(&self, stacks: &BTreeMap<String, Option<Digest>>) {
        let mut traces = self.evaluated();
        // A saved plan may be another than that of the last evaluation.
        traces.retain(|stack, trace| stacks.get(stack) == Some(&Some(trace.plan)));
        self.add("applied", &self.applied(), &traces);
    }

    /// What stacks have to do with one another, as it was last found out; nothing, if it cannot be read.
    pub(crate) fn relations(&self) -> Relations {
        let bytes = self.cache.get_record(self.key("links"));
        bytes.and_then(|bytes| postcard::from_bytes(&bytes).ok()).unwrap_or_default()
    }

    /// The same in short, with the files that it was found out from; nothing, if it cannot be read.
    pub(crate) fn short(&self) -> Option<(Short, Footing)> {
        postcard::from_bytes(&self.cache.get_record(self.key("links in short"))?).ok()
    }

    /// Keeps that.
    pub(crate) fn keep_short(&self, short: &(Short, Footing)) {
        if let Ok(bytes) = postcard::to_extend(short, Vec::new()) {
            self.cache.put_record(self.key("links in short"), &bytes);
        }
    }

    /// Keeps what stacks have to do with one another.
    pub(crate) fn keep_relations(&self, relations: &Relations) {
        if let Ok(bytes) = postcard::to_extend(relations, Vec::new()) {
            self.cache.put_record(self.key("links"), &bytes);
        }
    }

    /// Plans that were kept, so that it can be said where another one differs.
    pub(crate) fn plans(&self) -> KeptPlans<'_> {
        KeptPlans(&self.cache)
    }

    fn key(&self, what: &str) -> Digest {
        Digest::of_parts("traces/4", [self.profile.as_bytes(), what.as_bytes()])
    }

    fn load(&self, what: &str) -> Traces {
        self.cache.get_record(self.key(what)).and_then(|bytes| postcard::from_bytes(&bytes).ok()).unwrap_or_default()
    }

    fn add(&self, what: &str, old: &Traces, new: &Traces) {
        if new.iter().all(|(name, trace)| old.get(name) == Some(trace)) {
            return;
        }
        let mut all = old.clone();
        all.extend(new.iter().map(|(name, trace)| (name.clone(), trace.clone())));
        if let Ok(bytes) = postcard::to_extend(&all, Vec::new()) {
            self.cache.put_record(self.key(what), &bytes);
        }
    }
}

/// Plans in the local cache.
pub(crate) struct KeptPlans<'a>(&'a Cache);

impl KeptPlans<'_> {
    fn key(plan: Digest) -> Digest {
        Digest::of("kept plan/1", plan.as_bytes())
    }
}

impl Plans for KeptPlans<'_> {
    fn get(&self, plan: Digest) -> Option<Vec<u8>> {
        self.0.get_record(Self::key(plan))
    }

    fn keep(&self, plan: Digest, bytes: &[u8]) {
        self.0.put_record(Self::key(plan), bytes);
    }
}
