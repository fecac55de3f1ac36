//! Who can open, and to whom is sealed.

use std::fmt;

use age::x25519;
use diag::{Diagnostic, Diagnostics, Place};

use crate::{SealError, SecretText};

/// The identities and passphrases at hand.
#[derive(Clone, Default)]
pub struct Keyring {
    pub(crate) identities: Vec<x25519::Identity>,
    pub(crate) passphrases: Vec<SecretText>,
    pub(crate) origins: Vec<String>,
}

impl Keyring {
    /// No identities.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The identities in the text of an identity file: one `AGE-SECRET-KEY-1…` a line; empty lines and lines that start
    /// with `#` do not count. `origin` is what messages call the file.
    ///
    /// # Errors
    /// All lines that are no identity, by number; never with their content.
    pub fn parse(text: &str, origin: &str) -> Result<Self, Diagnostics> {
        let mut keyring = Self { origins: vec![origin.to_owned()], ..Self::default() };
        let mut found = Diagnostics::new();
        for (number, line) in (1u32..).zip(text.lines().map(str::trim)) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Ok(identity) = line.parse() {
                keyring.identities.push(identity);
                continue;
            }
            let problem =
                Diagnostic::error("E0230", "this line is not an age identity").at(Place::new(origin, number, 1));
            found.push(if line.starts_with("age1") {
                problem.hint("this is a recipient, which only seals: the identity starts with `AGE-SECRET-KEY-1`")
            } else {
                problem.hint("a line is `AGE-SECRET-KEY-1…`, empty, or starts with `#`")
            });
        }
        if keyring.identities.is_empty() && found.is_empty() {
            let problem = Diagnostic::error("E0230", "the identity file holds no identity").at(Place::start_of(origin));
            found.push(problem.hint("add a line `AGE-SECRET-KEY-1…`"));
        }
        found.into_result(keyring)
    }

    /// Adds the identities of another keyring.
    pub fn extend(&mut self, other: Self) {
        self.identities.extend(other.identities);
        self.passphrases.extend(other.passphrases);
        self.origins.extend(other.origins);
    }

    /// Adds a passphrase.
    pub fn add_passphrase(&mut self, passphrase: SecretText) {
        self.passphrases.push(passphrase);
        self.origins.push("a passphrase".to_owned());
    }

    /// Whether there is nothing to open with.
    pub fn is_empty(&self) -> bool {
        self.identities.is_empty() && self.passphrases.is_empty()
    }

    /// The public recipients of the identities, to tell a person what to ask for.
    pub fn recipients(&self) -> Vec<String> {
        self.identities.iter().map(|identity| identity.to_public().to_string()).collect()
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("origins", &self.origins).finish_non_exhaustive()
    }
}

/// One to whom is sealed: a public key `age1…`, or a passphrase, which must be the only recipient.
#[derive(Clone)]
pub struct Recipient(pub(crate) Kind);

#[derive(Clone)]
pub(crate) enum Kind {
    Key(x25519::Recipient),
    /// The work factor is what age picks for about a second on this machine, unless a test wants it fast.
    Passphrase(SecretText, Option<u8>),
}

impl Recipient {
    /// Reads `age1…`.
    ///
    /// # Errors
    /// If the text is something else.
    pub fn parse(text: &str) -> Result<Self, SealError> {
        match text.parse() {
            Ok(key) => Ok(Self(Kind::Key(key))),
            Err(_) if text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") => Err(SealError::IdentityAsRecipient),
            Err(_) => Err(SealError::NotARecipient(text.to_owned())),
        }
    }

    /// Reads a list in which `passphrase` stands for the passphrase at hand.
    ///
    /// # Errors
    /// If one is no recipient, or the list cannot be sealed to.
    pub fn parse_all<T: AsRef<str>>(texts: &[T], passphrase: Option<&SecretText>) -> Result<Vec<Self>, SealError> {
        let one = |text: &T| match (text.as_ref(), passphrase) {
            ("passphrase", None) => Err(SealError::NeedsPassphrase),
            ("passphrase", Some(passphrase)) => Ok(Self::passphrase(passphrase.clone())),
            (key, _) => Self::parse(key),
        };
        let recipients = texts.iter().map(one).collect::<Result<Vec<_>, _>>()?;
        check(&recipients)?;
        Ok(recipients)
    }

    /// Whoever knows the passphrase. Opening takes about a second each time, on purpose.
    pub fn passphrase(passphrase: SecretText) -> Self {
        Self(Kind::Passphrase(passphrase, None))
    }
}

/// Whether the recipients can be sealed to together.
pub(crate) fn check(recipients: &[Recipient]) -> Result<(), SealError> {
    match recipients {
        [] => Err(SealError::NoRecipients),
        [_] => Ok(()),
        many if many.iter().any(|r| matches!(r.0, Kind::Passphrase(..))) => Err(SealError::MixedRecipients),
        _ => Ok(()),
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Key(key) => write!(f, "{key}"),
            Kind::Passphrase(..) => f.write_str("passphrase"),
        }
    }
}

/// Makes an identity: its secret text `AGE-SECRET-KEY-1…`, and the recipient `age1…` that seals to it.
pub fn generate_identity() -> (SecretText, String) {
    let identity = x25519::Identity::generate();
    let recipient = identity.to_public().to_string();
    (SecretText(identity.to_string()), recipient)
}
