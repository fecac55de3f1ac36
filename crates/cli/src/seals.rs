//! Sealing secrets for their place in a stack file, and opening them.

use diag::{Diagnostic, Diagnostics};
use resource::StackName;
use secrets_age::{Context, Keyring, Recipient, Sealed, SecretText};
use value::{Digest, Path};

use crate::session::Session;

/// What seals and opens the secrets of stack files.
pub(crate) struct Seals {
    keyring: Keyring,
    organisation_key: [u8; 32],
    recipients: Vec<Recipient>,
}

impl Seals {
    /// With the keys at hand.
    pub(crate) fn of(session: &Session<'_>) -> Result<Self, Diagnostics> {
        let settings = session.workspace.settings();
        let keyring = session.keyring().map_err(|failure| failure.found)?;
        let sealed = settings.secrets.organisation_key.as_ref().ok_or_else(|| {
            Diagnostic::error("E0712", "groundplan.toml has no `organisation_key`")
                .hint("a workspace made by `runner new workspace` has one; it is made once and never changed")
        })?;
        let organisation_key = secrets_age::open_key(sealed, &settings.organisation_key_purpose(), &keyring)
            .map_err(|error| error.diagnostic())?;
        let recipients =
            Recipient::parse_all(&settings.secrets.recipients, None).map_err(|error| error.diagnostic())?;
        Ok(Self { keyring, organisation_key, recipients })
    }

    /// Seals a content for a key of a stack's file.
    pub(crate) fn seal(&self, content: &str, stack: &StackName, key: &Path) -> Result<Sealed, Diagnostic> {
        secrets_age::seal(content, &context(stack, key), &self.recipients, &self.organisation_key)
            .map_err(|error| error.diagnostic())
    }

    /// Opens what was sealed for a key of a stack's file.
    pub(crate) fn open(&self, ciphertext: &str, stack: &StackName, key: &Path) -> Result<SecretText, Diagnostic> {
        secrets_age::open(ciphertext, &context(stack, key), &self.keyring).map_err(|error| error.diagnostic())
    }

    /// What stands for a content at a key of a stack's file.
    pub(crate) fn fingerprint(&self, content: &SecretText, stack: &StackName, key: &Path) -> Digest {
        secrets_age::fingerprint(content.expose(), &context(stack, key), &self.organisation_key)
    }
}

fn context(stack: &StackName, key: &Path) -> Context {
    Context::new(stack.to_string(), key.to_string())
}
