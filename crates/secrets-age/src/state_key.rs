//! The key of a profile's state.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use value::Digest;

use crate::{OpenError, SealError};

/// The key that encrypts the secrets of a profile's state.
///
/// Ciphertext is `x1:` and, in base64, a nonce of 24 bytes and the output of XChaCha20-Poly1305, with the context as
/// associated data. Encryption and fingerprints use keys of their own, each a keyed BLAKE3 digest of its name.
#[derive(Clone)]
pub struct StateKey {
    encryption: [u8; 32],
    fingerprints: [u8; 32],
}

const SCHEME: &str = "x1:";
const NONCE: usize = 24;

impl StateKey {
    /// A state key from the raw key, as [`open_key`](crate::open_key) gives it.
    pub fn new(key: [u8; 32]) -> Self {
        let derive = |name: &str| *Digest::keyed(&key, name, b"").as_bytes();
        Self { encryption: derive("state/encryption/1"), fingerprints: derive("state/fingerprint/1") }
    }

    /// Encrypts for a context: stack id, URN and path.
    ///
    /// # Errors
    /// If the machine gives no random bytes.
    pub fn encrypt(&self, plaintext: &[u8], context: &str) -> Result<String, SealError> {
        let nonce = XNonce::try_generate().map_err(|_| SealError::Failed)?;
        let payload = Payload { msg: plaintext, aad: context.as_bytes() };
        let sealed = self.cipher().encrypt(&nonce, payload).map_err(|_| SealError::Failed)?;
        Ok(format!("{SCHEME}{}", BASE64.encode([nonce.as_slice(), &sealed].concat())))
    }

    /// Decrypts what was encrypted for the same context.
    ///
    /// # Errors
    /// If it was encrypted for another context or with another key, or was changed.
    pub fn decrypt(&self, ciphertext: &str, context: &str) -> Result<Vec<u8>, OpenError> {
        let text = ciphertext.strip_prefix(SCHEME).ok_or(OpenError::NotSealed)?;
        let bytes = BASE64.decode(text).map_err(|_| OpenError::NotSealed)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(OpenError::NotSealed)?;
        let payload = Payload { msg: sealed, aad: context.as_bytes() };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| OpenError::Damaged)
    }

    /// What stands for a secret value in state and in diffs; the same for equal bytes.
    pub fn fingerprint(&self, bytes: &[u8]) -> Digest {
        Digest::keyed(&self.fingerprints, "state-secret/1", bytes)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.encryption.into())
    }
}

impl fmt::Debug for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateKey")
    }
}
