//! What can go wrong; never with content.

use diag::Diagnostic;

/// Why something sealed does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The text is not of the form that this crate writes.
    #[error("this is not a sealed secret")]
    NotSealed,
    /// There is no identity at all.
    #[error("there is no identity to open the secret with")]
    NoIdentity,
    /// It is sealed with a passphrase, and none is at hand.
    #[error("the secret is sealed with a passphrase, and none is at hand")]
    NeedsPassphrase,
    /// No identity or passphrase opens it.
    #[error("the secret is not sealed to any identity at hand ({})", origins.join(", "))]
    NotForUs {
        /// Where the identities come from.
        origins: Vec<String>,
    },
    /// The ciphertext was changed or cut.
    #[error("the ciphertext is damaged")]
    Damaged,
    /// It was copied from elsewhere by hand.
    #[error("the secret was sealed for {sealed_for}, but stands at {stands_at}")]
    OtherContext {
        /// What it was sealed for.
        sealed_for: String,
        /// Where it was found.
        stands_at: String,
    },
    /// The fingerprint beside the secret is not that of its content.
    #[error("the fingerprint is not that of the secret at {stands_at}")]
    OtherFingerprint {
        /// Where it was found.
        stands_at: String,
    },
}

impl OpenError {
    /// The error as a diagnostic, with what to do.
    pub fn diagnostic(&self) -> Diagnostic {
        let problem = |code: &str| Diagnostic::error(code, self.to_string());
        match self {
            Self::NotSealed => problem("E0233").hint("a sealed secret starts with `age:`, encrypted state with `x1:`"),
            Self::NoIdentity => problem("E0231")
                .note("identities come from the profile's `identity`, from the file that $GROUNDPLAN_IDENTITY names, and from ~/.config/groundplan/identity")
                .hint("point $GROUNDPLAN_IDENTITY at a file with a line `AGE-SECRET-KEY-1…` of one of the recipients in groundplan.toml"),
            Self::NeedsPassphrase => problem("E0231").hint("give the passphrase when the command asks for it"),
            Self::NotForUs { .. } => problem("E0232")
                .hint("ask someone who can open it to add your recipient (`age1…`) to `[secrets] recipients` in groundplan.toml"),
            Self::Damaged => problem("E0233").hint("restore the text from version control"),
            Self::OtherContext { .. } => problem("E0234")
                .hint("a secret cannot be copied by hand: set it anew with `runner config set STACK KEY --secret`"),
            Self::OtherFingerprint { .. } => problem("E0236").hint("set the secret anew with `runner config set STACK KEY --secret`"),
        }
    }
}

/// Why something cannot be sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// There is nobody to seal to.
    #[error("there are no recipients to seal to")]
    NoRecipients,
    /// A passphrase stands beside other recipients.
    #[error("a passphrase must be the only recipient")]
    MixedRecipients,
    /// A text is no recipient.
    #[error("`{0}` is not a recipient")]
    NotARecipient(String),
    /// A secret identity stands where a public recipient belongs; its text is not shown.
    #[error("a secret identity stands where a recipient belongs")]
    IdentityAsRecipient,
    /// A recipient is a passphrase, and none is at hand.
    #[error("a recipient is `passphrase`, and no passphrase is at hand")]
    NeedsPassphrase,
    /// The machine gave no random bytes, or the cipher refused.
    #[error("the secret could not be encrypted")]
    Failed,
}

impl SealError {
    /// The error as a diagnostic, with what to do.
    pub fn diagnostic(&self) -> Diagnostic {
        let problem = Diagnostic::error("E0235", self.to_string());
        match self {
            Self::NoRecipients => {
                problem.hint("list one or more `age1…` under `[secrets] recipients` in groundplan.toml")
            }
            Self::MixedRecipients => problem.hint("list either `passphrase` alone or only `age1…` recipients"),
            Self::NotARecipient(_) => {
                problem.hint("a recipient is `age1…` (the line `# public key` of an identity file) or `passphrase`")
            }
            Self::IdentityAsRecipient => problem
                .note("whoever has read the file has the key")
                .hint("remove it, make a new identity, and list its public `age1…` text"),
            Self::NeedsPassphrase => problem.hint("give the passphrase when the command asks for it"),
            Self::Failed => problem,
        }
    }
}
