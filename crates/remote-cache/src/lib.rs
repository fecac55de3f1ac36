//! Caches that machines share: evaluations that another one did need not be done here.
//!
//! Layer: L4, adapter. A look-up has two steps, since what an evaluation reads is only known once it was done: under its
//! weak key (code, stack) are lists of what earlier ones read; the first list whose present digests give a strong key
//! that is there is a hit. Entries are real `ActionResult` messages with their blobs beside them, so that any cache that
//! speaks Bazel's protocols can hold them, next to Bazel's own.
//!
//! **Invariant:** a cache can slow a run, by no more than it was given, and can falsify nothing: an entry counts only
//! with the signature of a signer of its tier, over its key and content. **Invariant:** nobody but its own runs reads
//! the tier of a pull request.

#[cfg(feature = "http")]
mod connect;
mod entry;
#[cfg(feature = "http")]
mod http;
mod key;
mod message;
mod patience;
mod role;
#[cfg(feature = "s3")]
mod s3;
mod shared;

#[cfg(feature = "http")]
pub use connect::{ConnectError, Credentials, connect};
pub use role::{ParseRoleError, Role, TierName};
pub use shared::{Hit, Report, Shared, Tier};

#[cfg(test)]
mod tests;
