//! The world lock: what a stack's plans rest on of the live world, each answer with its query, time and digest.
//!
//! Layer: L1, model. A lock is parsed from text and printed to text here; reading and writing its file
//! (`stacks/<short name>.lock.toml`) is `config-load`'s, asking the live world is a provider's.
//!
//! **Invariant:** an answer that was edited by hand is an error, never used.
//! **Invariant:** printing is stable: the same answers give the same bytes, in the order of query and arguments.

mod lock;
mod print;
mod query;

pub use lock::{Change, Entry, Lock, NotPlain, Source};
pub use query::{AccountId, AvailabilityZones, Certificate, Image, Region};

#[cfg(test)]
mod tests;
