//! Signatures.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use value::Digest;

use crate::PublicKey;
use crate::key::bytes;

/// A signature and whose it claims to be; written `ed25519:KEY:SIGNATURE`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    by: PublicKey,
    bytes: [u8; 64],
}

impl Signature {
    pub(crate) fn new(by: PublicKey, bytes: [u8; 64]) -> Self {
        Self { by, bytes }
    }

    /// The key that it names. It need not be true: ask [`crate::Signers::verify`].
    pub fn claims(&self) -> PublicKey {
        self.by
    }

    /// Whether the key that it names made it, of this digest for this domain.
    pub fn is_of(&self, domain: &str, digest: Digest) -> bool {
        self.by.made(&self.bytes, domain, digest)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.by, URL_SAFE_NO_PAD.encode(self.bytes))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text is no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a signature")]
pub struct ParseSignatureError;

impl FromStr for Signature {
    type Err = ParseSignatureError;

    fn from_str(text: &str) -> Result<Self, ParseSignatureError> {
        let (by, signature) = text.rsplit_once(':').ok_or(ParseSignatureError)?;
        let by = by.parse().map_err(|_| ParseSignatureError)?;
        Ok(Self { by, bytes: bytes(signature).ok_or(ParseSignatureError)? })
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
