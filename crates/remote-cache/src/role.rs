//! Who reads and writes which tier.

use std::fmt;
use std::str::FromStr;

/// What a run may do with a shared cache.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Role {
    /// It reads what protected runs have stored, and stores nothing: everybody's.
    #[default]
    Reader,
    /// A protected run: it reads and writes the main tier, and no other.
    Main,
    /// The run of a pull request: it reads its own tier and the main one, and writes its own.
    PullRequest(String),
    /// It has nothing to do with it.
    Off,
}

impl Role {
    /// The tiers that it reads, the one that is asked first at the front.
    pub(crate) fn reads(&self) -> Vec<TierName> {
        match self {
            Self::Reader | Self::Main => vec![TierName::Main],
            Self::PullRequest(name) => vec![TierName::PullRequest(name.clone()), TierName::Main],
            Self::Off => Vec::new(),
        }
    }

    /// The tier that it writes.
    pub(crate) fn writes(&self) -> Option<TierName> {
        match self {
            Self::Main => Some(TierName::Main),
            Self::PullRequest(name) => Some(TierName::PullRequest(name.clone())),
            Self::Reader | Self::Off => None,
        }
    }
}

/// A text is no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither `main`, `pull-request/NAME`, `reader` nor `off`")]
pub struct ParseRoleError;

impl FromStr for Role {
    type Err = ParseRoleError;

    fn from_str(text: &str) -> Result<Self, ParseRoleError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let name = |name: &str| !name.is_empty() && name.chars().all(plain) && !name.starts_with('.');
        match text {
            "main" => Ok(Self::Main),
            "reader" => Ok(Self::Reader),
            "off" => Ok(Self::Off),
            _ => {
                let own = text.strip_prefix("pull-request/").filter(|own| name(own));
                own.map(|own| Self::PullRequest(own.to_owned())).ok_or(ParseRoleError)
            }
        }
    }
}

/// A part of a shared cache with writers of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TierName {
    /// What protected runs have stored.
    Main,
    /// What the runs of one pull request have stored.
    PullRequest(String),
}

impl fmt::Display for TierName {
    /// Where it is, below the address of the cache.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Main => f.write_str("main"),
            Self::PullRequest(name) => write!(f, "pull-request/{name}"),
        }
    }
}
