//! The traces of evaluations, kept in the local cache.

use std::path::Path;

use cache::Cache;
use engine::Traces;
use value::Digest;

/// Where traces are kept.
pub(crate) struct TraceCache {
    cache: Cache,
    key: Digest,
}

/// As much as the cache may hold.
const MAX_BYTES: u64 = 256 << 20;

impl TraceCache {
    /// The cache of a workspace for a profile.
    pub(crate) fn of(root: &Path, profile: &str) -> Self {
        let cache = Cache::open(root.join(".groundplan/cache"), MAX_BYTES);
        Self { cache, key: Digest::of("traces/1", profile.as_bytes()) }
    }

    /// What is kept; nothing, if it cannot be read.
    pub(crate) fn load(&self) -> Traces {
        self.cache.get_record(self.key).and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Keeps traces, if some are new.
    pub(crate) fn keep(&self, old: &Traces, new: &Traces) {
        if new.iter().all(|(name, trace)| old.get(name) == Some(trace)) {
            return;
        }
        let mut all = old.clone();
        all.extend(new.iter().map(|(name, trace)| (name.clone(), trace.clone())));
        if let Ok(bytes) = serde_json::to_vec(&all) {
            self.cache.put_record(self.key, &bytes);
        }
    }
}
