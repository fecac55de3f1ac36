//! Secrets with age: sealing and opening those of stack files, sealing the organisation's keys, encrypting state.
//!
//! Layer: L4, adapter. Three things live here. A stack file's secret is an age file whose payload names the stack and the
//! key that it is for ([`seal`], [`open`]). A raw key of the organisation or of a profile is sealed in the same way
//! ([`seal_key`], [`open_key`]). The secrets of state are encrypted with such a key ([`StateKey`]).
//!
//! **Invariant:** no content, identity or passphrase is in a `Debug`, a `Display` or an error.
//! **Invariant:** what was sealed for one place does not open at another.

mod error;
mod keyring;
mod seal;
mod state_key;

pub use error::{OpenError, SealError};
pub use keyring::{Keyring, Recipient, generate_identity};
pub use seal::{Context, Sealed, fingerprint, generate_key, open, open_key, seal, seal_key, verify};
pub use state_key::StateKey;

use std::fmt;

use age::secrecy::{ExposeSecret, SecretString};

/// A text that must not be seen: an opened secret, an identity, a passphrase. It is wiped when it is dropped.
#[derive(Clone)]
pub struct SecretText(SecretString);

impl SecretText {
    /// A secret text of a plain one.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text. Named so that a reader of the code sees what happens.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText")
    }
}

#[cfg(test)]
mod tests;
