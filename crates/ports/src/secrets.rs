//! The port of secrets.

use value::{Digest, Path, Value};

/// Why a secret cannot be had. Never holds content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// No key at hand opens it.
    #[error("no key at hand opens {0}")]
    NoKey(String),
    /// It was sealed for another stack or key, or is damaged.
    #[error("{0}")]
    Invalid(String),
}

/// Opening and sealing of secrets. Synchronous: it computes, and reads keys once.
pub trait Secrets: Send + Sync {
    /// Opens a secret of a stack's configuration.
    ///
    /// # Errors
    /// If no key opens it, or it belongs elsewhere.
    fn open_config(&self, stack: &str, key: &Path, fingerprint: Digest) -> Result<Value, SecretError>;
    /// Encrypts a value for state; the context is stack id, URN and path.
    ///
    /// # Errors
    /// If the state's key is not at hand.
    fn seal_state(&self, value: &Value, context: &str) -> Result<String, SecretError>;
    /// Decrypts a value of state.
    ///
    /// # Errors
    /// If the state's key is not at hand, or the context is another.
    fn open_state(&self, ciphertext: &str, context: &str) -> Result<Value, SecretError>;
    /// The keyed fingerprint of a secret that a provider made.
    ///
    /// # Errors
    /// If the state's key is not at hand.
    fn fingerprint(&self, value: &Value) -> Result<Digest, SecretError>;
}
