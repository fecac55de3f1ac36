//! Signatures (ed25519) of what one runner leaves for another: saved previews, approvals, entries of shared caches.
//!
//! Layer: L4, adapter. What is signed is a digest together with a *domain*, which says what it is the digest of.
//! **Invariant:** a signature for one domain is none for another. **Invariant:** a secret key is in no `Debug`, `Display`
//! or error.

mod error;
mod key;
mod signature;
mod signers;

pub use error::KeyError;
pub use key::{PublicKey, SecretKey};
pub use signature::{ParseSignatureError, Signature};
pub use signers::{Refused, Signers};

#[cfg(test)]
mod tests;
