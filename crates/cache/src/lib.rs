//! The local cache: a directory of records, found by key, and of blobs, found by content.
//!
//! Layer: L4, adapter. **Invariant:** a cache never fails and never lies: what cannot be read, or is not what was put,
//! is a miss; what cannot be written is not there next time. **Invariant:** reading writes nothing, except that a bad
//! entry is removed. **Invariant:** any number of processes may use a directory at once.
//!
//! It lies as a Bazel disk cache does: `ac/<2 digits>/<key>` and `cas/<2 digits>/<SHA-256>`. A record starts with the
//! digest of what follows, since its name says nothing of its content.

mod address;
mod entries;
mod prune;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

pub use address::{Address, ParseAddressError};
pub use prune::{Usage, Verified};
use value::Digest;

/// The length of the digest that a record starts with.
const CHECK: usize = 32;

/// A cache in a local directory.
#[derive(Debug)]
pub struct Cache {
    dir: PathBuf,
    max_bytes: u64,
    durable: bool,
    /// Whether this process has looked at every entry.
    pruned: AtomicBool,
}

impl Cache {
    /// The cache in a directory, which is made when something is put; bounded to about `max_bytes`.
    pub fn open(dir: PathBuf, max_bytes: u64) -> Self {
        Self { dir, max_bytes, durable: false, pruned: AtomicBool::new(false) }
    }

    /// Where it is.
    pub fn directory(&self) -> &std::path::Path {
        &self.dir
    }

    /// Waits for the disk on every put. Without it an entry may be torn when the machine stops, which is a miss.
    #[must_use]
    pub fn durable(mut self, durable: bool) -> Self {
        self.durable = durable;
        self
    }

    /// The record of a key.
    pub fn get_record(&self, key: Digest) -> Option<Vec<u8>> {
        let path = self.record(key);
        let mut bytes = entries::read(&path)?;
        if !is_record(key, &bytes) {
            entries::remove(&path);
            return None;
        }
        bytes.drain(..CHECK);
        Some(bytes)
    }

    /// Puts the record of a key in place of any earlier one.
    pub fn put_record(&self, key: Digest, bytes: &[u8]) {
        self.put(&self.record(key), &[&check_of(key, bytes), bytes]);
    }

    /// The blob of an address.
    pub fn get_blob(&self, address: Address) -> Option<Vec<u8>> {
        let path = self.blob(address);
        let bytes = entries::read(&path)?;
        if Address::of(&bytes) != address {
            entries::remove(&path);
            return None;
        }
        Some(bytes)
    }

    /// Puts a blob, and says by which address it is found.
    pub fn put_blob(&self, bytes: &[u8]) -> Address {
        let address = Address::of(bytes);
        let path = self.blob(address);
        // What is there with the same length is as good, or is found to be bad when it is read.
        if !entries::renew(&path, bytes.len() as u64) {
            self.put(&path, &[bytes]);
        }
        address
    }

    fn record(&self, key: Digest) -> PathBuf {
        entries::path(&self.dir, "ac", &key.to_string())
    }

    fn blob(&self, address: Address) -> PathBuf {
        entries::path(&self.dir, "cas", &address.to_string())
    }

    fn put(&self, path: &std::path::Path, parts: &[&[u8]]) {
        if entries::write(&self.dir, path, parts, self.durable).is_ok() {
            self.bound(path);
        }
    }
}

/// Whether these are the bytes of the record of a key.
fn is_record(key: Digest, bytes: &[u8]) -> bool {
    bytes.split_at_checked(CHECK).is_some_and(|(check, body)| *check == check_of(key, body)[..])
}

/// Binds the content of a record to its key, so that a file under another's name is a miss.
fn check_of(key: Digest, bytes: &[u8]) -> [u8; CHECK] {
    *Digest::of_parts("cache/1", [&key.as_bytes()[..], bytes]).as_bytes()
}

#[cfg(test)]
mod tests;
