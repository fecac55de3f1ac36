//! Secrets: values that cannot be printed.

use std::fmt;

use crate::{Digest, Value};

/// A secret value. Two secrets are equal if their fingerprints are.
///
/// The fingerprint is made with a key (see the `secrets` port) or derived from the fingerprints of the secrets that an
/// expression reads, so it can stand in plans, diffs and cache keys.
#[derive(Clone)]
pub struct Secret(
    // Most values are none: the few that are do not make all others larger.
    Box<Parts>,
);

#[derive(Clone)]
struct Parts {
    fingerprint: Digest,
    content: Content,
}

/// What is at hand of a secret.
#[derive(Clone)]
pub enum Content {
    /// Only the fingerprint: in plans, goals and change sets.
    Sealed,
    /// Encrypted for a context: in state and in the journal.
    Encrypted(String),
    /// The value itself: only between opening and a provider's call.
    Open(Box<Value>),
}

impl Secret {
    /// A secret of which only the fingerprint is at hand.
    pub fn sealed(fingerprint: Digest) -> Self {
        Self::of(fingerprint, Content::Sealed)
    }

    /// A secret as ciphertext.
    pub fn encrypted(fingerprint: Digest, ciphertext: String) -> Self {
        Self::of(fingerprint, Content::Encrypted(ciphertext))
    }

    /// An opened secret.
    pub fn open(fingerprint: Digest, value: Value) -> Self {
        Self::of(fingerprint, Content::Open(Box::new(value)))
    }

    fn of(fingerprint: Digest, content: Content) -> Self {
        Self(Box::new(Parts { fingerprint, content }))
    }

    /// What stands for the secret in digests and comparisons.
    pub fn fingerprint(&self) -> Digest {
        self.0.fingerprint
    }

    /// What is at hand of it.
    pub fn content(&self) -> &Content {
        &self.0.content
    }

    /// The value, if it is open. Named so that a reader of the code sees what happens.
    pub fn expose(&self) -> Option<&Value> {
        match &self.0.content {
            Content::Open(value) => Some(value),
            Content::Sealed | Content::Encrypted(_) => None,
        }
    }

    /// The same secret without its content.
    pub fn to_sealed(&self) -> Self {
        Self::sealed(self.0.fingerprint)
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.fingerprint == other.0.fingerprint
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.0.fingerprint.short(8))
    }
}
