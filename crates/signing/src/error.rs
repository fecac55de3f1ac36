//! Why a text is no key; never with the text of a secret one.

use diag::Diagnostic;

/// Why there is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No line is a secret key.
    #[error("there is no signing key in it")]
    NotASecretKey,
    /// The public half stands where the secret one belongs.
    #[error("this is the public half of a key, with which nothing can be signed")]
    PublicAsSecret,
    /// Several keys in one text.
    #[error("there is more than one signing key in it")]
    Several,
    /// A text is no public key.
    #[error("`{0}` is not the public half of a signing key")]
    NotAPublicKey(String),
    /// A secret key stands where the public half belongs; its text is not shown.
    #[error("a secret signing key stands where its public half belongs")]
    SecretAsPublic,
    /// The machine gave no random bytes.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

impl KeyError {
    /// The error as a diagnostic, with what to do.
    pub fn diagnostic(&self) -> Diagnostic {
        let problem = Diagnostic::error("E0571", self.to_string());
        match self {
            Self::NotASecretKey | Self::Several => problem
                .note("a signing key is one line that starts with `GROUNDPLAN-SIGNING-KEY-`")
                .hint("`runner keys new FILE` makes one"),
            Self::PublicAsSecret => problem.hint("name the file that `runner keys new FILE` wrote"),
            Self::NotAPublicKey(_) => problem
                .note("it starts with `ed25519:`")
                .hint("`runner keys show FILE` prints it, and so does the remark in the key's file"),
            Self::SecretAsPublic => problem
                .note("whoever has read the file can sign with the key")
                .hint("remove it, make a new key with `runner keys new FILE`, and list its public half"),
            Self::NoRandomness => problem,
        }
    }
}
