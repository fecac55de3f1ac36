//! Keys, and the texts that they are kept as.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use value::Digest;

use crate::{KeyError, Signature};

/// What the text of a public key starts with.
const PUBLIC: &str = "ed25519:";

/// What the text of a secret key starts with: not to be overlooked.
const SECRET: &str = "GROUNDPLAN-SIGNING-KEY-ED25519:";

/// A key that signs. It is wiped when it is dropped.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// A new key.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| KeyError::NoRandomness)?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// The one key in a text: that of a key file, or of a variable. Lines that start with `#` are remarks.
    ///
    /// # Errors
    /// If there is none, or several.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let line = lines.next().ok_or(KeyError::NotASecretKey)?;
        if lines.next().is_some() {
            return Err(KeyError::Several);
        }
        if line.starts_with(PUBLIC) {
            return Err(KeyError::PublicAsSecret);
        }
        let seed = line.strip_prefix(SECRET).and_then(bytes).ok_or(KeyError::NotASecretKey)?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// Its public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs a digest for a domain.
    pub fn sign(&self, domain: &str, digest: Digest) -> Signature {
        Signature::new(self.public(), self.0.sign(&message(domain, digest)).to_bytes())
    }

    /// What a key file holds: the key itself, with its public half as a remark. Named so that a reader of the code sees
    /// that a secret leaves.
    pub fn expose_file(&self) -> String {
        format!(
            "# A signing key of Groundplan: whoever has it can sign. Keep it out of the repository.\n\
             # public: {}\n{SECRET}{}\n",
            self.public(),
            URL_SAFE_NO_PAD.encode(self.0.as_bytes())
        )
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.public())
    }
}

/// The public half of a key, by which its signatures are known; written `ed25519:…`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Whether the signature bytes are this key's, of a digest for a domain.
    pub(crate) fn made(self, bytes: &[u8; 64], domain: &str, digest: Digest) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(bytes);
        // The strict form: no weak keys, and nobody but the signer can write a signature in another way.
        VerifyingKey::from_bytes(&self.0)
            .is_ok_and(|key| key.verify_strict(&message(domain, digest), &signature).is_ok())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC}{}", URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.starts_with(SECRET) {
            return Err(KeyError::SecretAsPublic);
        }
        let key = text.strip_prefix(PUBLIC).and_then(bytes);
        let key = key.filter(|bytes| VerifyingKey::from_bytes(bytes).is_ok_and(|key| !key.is_weak()));
        key.map(Self).ok_or_else(|| KeyError::NotAPublicKey(text.to_owned()))
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The bytes that a text says, if they are so many.
pub(crate) fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// What is signed. The domain is as long as it says, so that no two pairs give the same bytes.
fn message(domain: &str, digest: Digest) -> Vec<u8> {
    let length = u64::try_from(domain.len()).unwrap_or(u64::MAX).to_le_bytes();
    [b"groundplan/signature/1", &length[..], domain.as_bytes(), digest.as_bytes()].concat()
}
