//! Whose signatures count.

use std::collections::BTreeMap;

use value::Digest;

use crate::{PublicKey, Signature};

/// Those whose signatures count, by the name that the workspace gives them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signers(BTreeMap<String, PublicKey>);

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It names a key that nobody trusts here.
    #[error("it is signed by {0}, which is not trusted here")]
    Unknown(PublicKey),
    /// The key that it names did not make it, or what was signed has changed.
    #[error("the signature of `{0}` is not of this content")]
    Broken(String),
}

impl Signers {
    /// Signers by their names.
    pub fn new(signers: impl IntoIterator<Item = (String, PublicKey)>) -> Self {
        Self(signers.into_iter().collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Their names and keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, PublicKey)> {
        self.0.iter().map(|(name, key)| (name.as_str(), *key))
    }

    /// The name of a key.
    pub fn name(&self, key: PublicKey) -> Option<&str> {
        self.iter().find(|(_, own)| *own == key).map(|(name, _)| name)
    }

    /// The one with this name.
    pub fn get(&self, name: &str) -> Option<PublicKey> {
        self.0.get(name).copied()
    }

    /// The name of the one who signed a digest for a domain.
    ///
    /// # Errors
    /// If the signature is a stranger's, or not of this digest and domain.
    pub fn verify(&self, signature: &Signature, domain: &str, digest: Digest) -> Result<&str, Refused> {
        let name = self.name(signature.claims()).ok_or(Refused::Unknown(signature.claims()))?;
        if signature.is_of(domain, digest) { Ok(name) } else { Err(Refused::Broken(name.to_owned())) }
    }
}
