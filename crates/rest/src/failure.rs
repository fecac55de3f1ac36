//! Failures, as the engine sees them.

use std::time::Duration;

use ports::{ProviderError, ProviderErrorKind};

use crate::client::Answer;

/// What a call gives.
pub type Result<T> = std::result::Result<T, ProviderError>;

/// What a vendor answers that is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What it means.
    pub error: ProviderError,
    /// How long it wants to be left alone, if it says so.
    pub pause: Option<Duration>,
}

/// A refusal that is not the vendor's.
pub fn refused(code: &str, message: impl Into<String>) -> ProviderError {
    ProviderError { kind: ProviderErrorKind::Refused, code: code.to_owned(), message: message.into() }
}

/// A failure of the way to the vendor.
pub fn broken(kind: ProviderErrorKind, code: &str, call: &str, said: &str) -> ProviderError {
    ProviderError { kind, code: code.to_owned(), message: format!("{call}: {said}") }
}

/// What a status means by itself, where the vendor says no more.
pub fn kind_of(status: u16) -> ProviderErrorKind {
    match status {
        429 => ProviderErrorKind::Throttled,
        401 | 403 => ProviderErrorKind::Credentials,
        408 | 500.. => ProviderErrorKind::Lost,
        _ => ProviderErrorKind::Refused,
    }
}

/// How long an answer asks to be left alone, in the words that all vendors know.
pub fn retry_after(answer: &Answer) -> Option<Duration> {
    let seconds = answer.header("retry-after")?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
