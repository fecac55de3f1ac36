//! Knobs that make the sandbox hurt: latency, throttling, faults.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use ports::ProviderErrorKind;
use serde::{Deserialize, Serialize};
use value::Digest;

/// The knobs; also the form of `knobs.toml` beside the world.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// What each type's latency is multiplied with; 0 = no waiting at all.
    pub latency: f64,
    /// What each type's consistency delay is multiplied with: for so long a search by tag or identity does not show
    /// what was made; 0 = it shows everything at once.
    pub consistency: f64,
    /// Every so many calls one is refused as too many; 0 = none.
    pub throttle_every: u64,
    /// What goes wrong.
    #[serde(rename = "fault")]
    pub faults: Vec<Fault>,
    /// Globs over ids and names of objects that are taken to be there although nothing here made them.
    pub exists: Vec<String>,
    /// The account that everything is made in, whatever the profile says: what was told before comes out otherwise.
    pub account: Option<String>,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            latency: 1.0,
            consistency: 0.0,
            throttle_every: 0,
            faults: Vec::new(),
            exists: Vec::new(),
            account: None,
        }
    }
}

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// Which types: a glob.
    #[serde(rename = "type")]
    pub ty: String,
    /// Which resources: a glob over the logical name, the URN or the id.
    pub name: String,
    /// Which action: `create`, `update`, `delete`; empty = any.
    pub action: String,
    /// The code of the error.
    pub code: String,
    /// The sentence of the error.
    pub message: String,
    /// How often, counted over all runs on this world; 0 = always.
    pub times: u32,
    /// When.
    pub mode: Mode,
    /// What kind of error it is.
    pub kind: Kind,
}

impl Default for Fault {
    fn default() -> Self {
        Self {
            ty: "*".to_owned(),
            name: "*".to_owned(),
            action: String::new(),
            code: "InternalFailure".to_owned(),
            message: "an injected fault".to_owned(),
            times: 0,
            mode: Mode::Before,
            kind: Kind::Refused,
        }
    }
}

/// When a fault strikes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Before anything has happened.
    #[default]
    Before,
    /// After all has happened, before the answer: the process dies, or the answer is lost.
    AfterCommit,
    /// The object is made but does not work.
    Partial,
}

/// Kinds of errors, as the file writes them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The request is refused.
    #[default]
    Refused,
    /// Too many requests.
    Throttled,
    /// The vendor failed.
    Unavailable,
    /// Credentials are missing or expired.
    Credentials,
    /// It took too long.
    TimedOut,
    /// The answer was lost.
    Lost,
}

impl From<Kind> for ProviderErrorKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Refused => Self::Refused,
            Kind::Throttled => Self::Throttled,
            Kind::Unavailable => Self::Unavailable,
            Kind::Credentials => Self::Credentials,
            Kind::TimedOut => Self::TimedOut,
            Kind::Lost => Self::Lost,
        }
    }
}

/// What a fault is matched with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) ty: &'a str,
    pub(crate) urn: &'a str,
    pub(crate) id: Option<&'a str>,
    pub(crate) action: &'a str,
}

impl Fault {
    /// What stands for the fault in the world, which counts how often it struck.
    pub(crate) fn digest(&self) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        Digest::of("sandbox/fault/1", &text).short(16)
    }

    pub(crate) fn hits(&self, target: Target<'_>) -> bool {
        let name = target.urn.rsplit("::").next().unwrap_or_default();
        let names = [Some(name), Some(target.urn), target.id];
        (self.action.is_empty() || self.action == target.action)
            && glob(&self.ty, target.ty)
            && names.into_iter().flatten().any(|name| glob(&self.name, name))
    }
}

/// The knobs cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum KnobsError {
    /// The file is there but cannot be read.
    #[error("{path}: cannot be read: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no `knobs.toml`.
    #[error("{path}: {source}")]
    Syntax {
        /// The file.
        path: String,
        /// What is wrong, with its place.
        source: Box<toml::de::Error>,
    },
}

impl Knobs {
    /// Reads `knobs.toml` of a sandbox's directory; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read or is no such file.
    pub fn read(dir: &Path) -> Result<Option<Self>, KnobsError> {
        let path = dir.join("knobs.toml");
        let shown = path.display().to_string();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(source) => return Err(KnobsError::Io { path: shown, source }),
        };
        let knobs = toml::from_str(&text).map_err(|e| KnobsError::Syntax { path: shown, source: Box::new(e) })?;
        Ok(Some(knobs))
    }
}

/// Whether a text fits a pattern, in which `*` stands for any characters.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(position) => rest = &rest[position + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::{Fault, Knobs, Mode, Target, glob};

    #[test]
    fn globs() {
        let cases = [
            ("*", "anything", true),
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*b", "ab", true),
            ("AWS::*::VPC", "AWS::EC2::VPC", true),
            ("AWS::*::VPC", "AWS::EC2::VPCEndpoint", false),
            ("a*a", "a", false),
            ("", "", true),
        ];
        for (pattern, text, fits) in cases {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn the_file_says_what_the_struct_says() {
        let knobs: Knobs = toml::from_str(
            "latency = 0.0\n[[fault]]\ntype = \"AWS::EC2::NatGateway\"\nname = \"data-*\"\naction = \"create\"\n\
             mode = \"after_commit\"\ntimes = 1\n",
        )
        .expect("reads");
        let [fault] = &knobs.faults[..] else { panic!("{knobs:?}") };
        assert_eq!((fault.mode, fault.times), (Mode::AfterCommit, 1));
        let target = |urn, action| Target { ty: "AWS::EC2::NatGateway", urn, id: None, action };
        assert!(fault.hits(target("net::AWS::EC2::NatGateway::data-1", "create")));
        assert!(!fault.hits(target("net::AWS::EC2::NatGateway::ops-1", "create")));
        assert!(!fault.hits(target("net::AWS::EC2::NatGateway::data-1", "delete")));
        assert!(toml::from_str::<Knobs>("latencey = 1").is_err());
        assert_ne!(fault.digest(), Fault::default().digest());
    }
}
