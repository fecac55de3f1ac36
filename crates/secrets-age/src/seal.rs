//! Sealing to recipients, and opening.

use std::fmt;
use std::io::{Read, Write};

use age::{Decryptor, Encryptor};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::Generate;
use value::{Digest, Value, canonical_bytes};

use crate::keyring::{Kind, check};
use crate::{Keyring, OpenError, Recipient, SealError, SecretText};

/// The place that a secret of a stack file is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Full name of the stack.
    pub stack: String,
    /// Key path in the stack's file.
    pub key: String,
}

impl Context {
    /// A context from its parts.
    pub fn new(stack: impl Into<String>, key: impl Into<String>) -> Self {
        Self { stack: stack.into(), key: key.into() }
    }

    fn value(&self) -> Value {
        Value::map([("key", self.key.as_str()), ("stack", self.stack.as_str())])
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` of `{}`", self.key, self.stack)
    }
}

/// A sealed secret, as it stands in a stack file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// `age:` and the age file in base64, on one line.
    pub ciphertext: String,
    /// What stands for the content in plans, diffs and keys.
    pub fingerprint: Digest,
}

/// Seals a secret for its place in a stack file.
///
/// # Errors
/// If there are no recipients, or they do not go together.
pub fn seal(
    plaintext: &str,
    context: &Context,
    recipients: &[Recipient],
    organisation_key: &[u8; 32],
) -> Result<Sealed, SealError> {
    let ciphertext = encrypt(context.value(), plaintext, recipients)?;
    Ok(Sealed { ciphertext, fingerprint: fingerprint(plaintext, context, organisation_key) })
}

/// The fingerprint of a secret at its place: a MAC, so that a short secret cannot be guessed from it.
pub fn fingerprint(plaintext: &str, context: &Context, organisation_key: &[u8; 32]) -> Digest {
    let mut parts = Vec::new();
    for part in [context.stack.as_str(), context.key.as_str(), plaintext] {
        parts.extend_from_slice(&(part.len() as u64).to_le_bytes());
        parts.extend_from_slice(part.as_bytes());
    }
    Digest::keyed(organisation_key, "secret/1", &parts)
}

/// Opens a secret of a stack file.
///
/// # Errors
/// If nobody at hand can open it, it is damaged, or it was sealed for another place.
pub fn open(ciphertext: &str, context: &Context, keyring: &Keyring) -> Result<SecretText, OpenError> {
    decrypt(ciphertext, &context.value(), keyring)
}

/// Opens a secret and compares its fingerprint, which [`open`] does not because it has no organisation key.
///
/// # Errors
/// Those of [`open`], and another fingerprint.
pub fn verify(
    sealed: &Sealed,
    context: &Context,
    keyring: &Keyring,
    organisation_key: &[u8; 32],
) -> Result<(), OpenError> {
    let content = open(&sealed.ciphertext, context, keyring)?;
    if fingerprint(content.expose(), context, organisation_key) == sealed.fingerprint {
        Ok(())
    } else {
        Err(OpenError::OtherFingerprint { stands_at: context.to_string() })
    }
}

/// Makes a random key of 32 bytes.
///
/// # Errors
/// If the machine gives no random bytes.
pub fn generate_key() -> Result<[u8; 32], SealError> {
    Generate::try_generate().map_err(|_| SealError::Failed)
}

/// Seals a raw key for a purpose: `organisation key of ol`, `state key of profile live`.
///
/// # Errors
/// If there are no recipients, or they do not go together.
pub fn seal_key(key: &[u8; 32], purpose: &str, recipients: &[Recipient]) -> Result<String, SealError> {
    encrypt(Value::from(purpose), &BASE64.encode(key), recipients)
}

/// Opens a raw key that was sealed for a purpose.
///
/// # Errors
/// If nobody at hand can open it, it is damaged, or it was sealed for another purpose.
pub fn open_key(ciphertext: &str, purpose: &str, keyring: &Keyring) -> Result<[u8; 32], OpenError> {
    let text = decrypt(ciphertext, &Value::from(purpose), keyring)?;
    let bytes = BASE64.decode(text.expose()).map_err(|_| OpenError::Damaged)?;
    bytes.try_into().map_err(|_| OpenError::Damaged)
}

const SCHEME: &str = "age:";

fn encrypt(context: Value, plaintext: &str, recipients: &[Recipient]) -> Result<String, SealError> {
    check(recipients)?;
    let boxed: Vec<Box<dyn age::Recipient>> = recipients
        .iter()
        .map(|recipient| match &recipient.0 {
            Kind::Key(key) => Box::new(key.clone()) as Box<dyn age::Recipient>,
            Kind::Passphrase(passphrase, work_factor) => {
                let mut recipient = age::scrypt::Recipient::new(passphrase.0.clone());
                if let Some(work_factor) = work_factor {
                    recipient.set_work_factor(*work_factor);
                }
                Box::new(recipient)
            }
        })
        .collect();
    let payload = canonical_bytes(&Value::map([("context", context), ("value", Value::from(plaintext))]));
    let mut file = Vec::new();
    let encryptor = Encryptor::with_recipients(boxed.iter().map(|r| &**r)).map_err(|_| SealError::Failed)?;
    let mut writer = encryptor.wrap_output(&mut file).map_err(|_| SealError::Failed)?;
    writer.write_all(&payload).and_then(|()| writer.finish()).map_err(|_| SealError::Failed)?;
    Ok(format!("{SCHEME}{}", BASE64.encode(file)))
}

fn decrypt(ciphertext: &str, context: &Value, keyring: &Keyring) -> Result<SecretText, OpenError> {
    let file = ciphertext.strip_prefix(SCHEME).and_then(|text| BASE64.decode(text).ok()).ok_or(OpenError::NotSealed)?;
    let payload = payload(&file, keyring)?;
    let Ok(Value::Map(mut payload)) = serde_json::from_slice(&payload) else { return Err(OpenError::Damaged) };
    let (Some(sealed_for), Some(Value::String(text))) = (payload.remove("context"), payload.remove("value")) else {
        return Err(OpenError::Damaged);
    };
    if sealed_for == *context {
        Ok(SecretText::new(text))
    } else {
        Err(OpenError::OtherContext { sealed_for: describe(&sealed_for), stands_at: describe(context) })
    }
}

/// A context in words.
fn describe(context: &Value) -> String {
    match (context.get("stack").and_then(Value::as_str), context.get("key").and_then(Value::as_str)) {
        (Some(stack), Some(key)) => Context::new(stack, key).to_string(),
        _ => context.as_str().map_or_else(|| "something else".to_owned(), |purpose| format!("the {purpose}")),
    }
}

/// The payload of an age file.
fn payload(file: &[u8], keyring: &Keyring) -> Result<Vec<u8>, OpenError> {
    let decryptor = || Decryptor::new_buffered(file).map_err(|_| OpenError::Damaged);
    if keyring.is_empty() {
        return Err(OpenError::NoIdentity);
    }
    let not_for_us = || OpenError::NotForUs { origins: keyring.origins.clone() };
    let opened = if decryptor()?.is_scrypt() {
        if keyring.passphrases.is_empty() {
            return Err(OpenError::NeedsPassphrase);
        }
        // A wrong passphrase ends age's own search, so each is tried alone.
        let try_one = |passphrase: &SecretText| {
            let identity = age::scrypt::Identity::new(passphrase.0.clone());
            decryptor().ok()?.decrypt(std::iter::once(&identity as &dyn age::Identity)).ok()
        };
        keyring.passphrases.iter().find_map(try_one).ok_or_else(not_for_us)?
    } else {
        decryptor()?.decrypt(keyring.identities.iter().map(|i| i as &dyn age::Identity)).map_err(
            |error| match error {
                age::DecryptError::NoMatchingKeys => not_for_us(),
                _ => OpenError::Damaged,
            },
        )?
    };
    let mut payload = Vec::new();
    let mut reader = opened;
    reader.read_to_end(&mut payload).map_err(|_| OpenError::Damaged)?;
    Ok(payload)
}
