//! The port of caches that machines share.

use std::time::Duration;

/// One of the two spaces of keys that Bazel's protocols have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Space {
    /// Results, by the key of what was done.
    Action,
    /// Blobs, by their own SHA-256.
    Content,
}

impl Space {
    /// What it is called in addresses: `ac`, `cas`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Action => "ac",
            Self::Content => "cas",
        }
    }
}

/// Why a cache did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CacheError(pub String);

/// A cache that machines share; keys are 64 hexadecimal digits. It is asked from many threads at once, which wait for
/// it: that is what the time is for that each call is given.
pub trait RemoteCache: Send + Sync {
    /// What is there; `None` if there is nothing. Whether it is what was put, the caller finds out.
    ///
    /// # Errors
    /// If it cannot be asked, or not within the time.
    fn get(&self, space: Space, key: &str, within: Duration) -> Result<Option<Vec<u8>>, CacheError>;

    /// Puts something in place of what may be there.
    ///
    /// # Errors
    /// If it cannot be put, or not within the time.
    fn put(&self, space: Space, key: &str, bytes: &[u8], within: Duration) -> Result<(), CacheError>;
}
