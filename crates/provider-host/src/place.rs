//! Where a host is, as an instance's `endpoint` says.

use std::str::FromStr;
use std::sync::Arc;

use crate::connect::{Connector, Shell};
use crate::ssh::Ssh;

/// Where a host is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The machine that this runs on: `local:`.
    Local,
    /// A directory that holds the files of a system that does not run: `root:/srv/image`.
    Root(String),
    /// Another machine, as the system's `ssh` finds it: `ssh://deploy@web-1:2222`; a name of `ssh_config` will do.
    Ssh {
        /// `host` or `user@host`.
        to: String,
        /// The port, if it is not the usual one.
        port: Option<u16>,
    },
}

/// An endpoint is no place of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPlace;

impl FromStr for Place {
    type Err = BadPlace;

    fn from_str(text: &str) -> Result<Self, BadPlace> {
        if text == "local:" {
            return Ok(Self::Local);
        }
        if let Some(root) = text.strip_prefix("root:") {
            let root = root.trim_end_matches('/');
            let whole = root.starts_with('/') && !root.split('/').skip(1).any(|part| matches!(part, "" | "." | ".."));
            return if whole { Ok(Self::Root(root.to_owned())) } else { Err(BadPlace) };
        }
        let address = text.strip_prefix("ssh://").ok_or(BadPlace)?;
        let (to, port) = match address.rsplit_once(':') {
            Some((to, port)) if !port.contains(']') => (to, Some(port.parse().map_err(|_| BadPlace)?)),
            _ => (address, None),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-@[]:%".contains(c);
        if to.is_empty() || to.starts_with('-') || to.contains("@-") || !to.chars().all(plain) {
            return Err(BadPlace);
        }
        Ok(Self::Ssh { to: to.replace(['[', ']'], ""), port })
    }
}

impl Place {
    /// The way there.
    pub(crate) fn connector(self) -> Arc<dyn Connector> {
        match self {
            Self::Local => Arc::new(Shell::local()),
            Self::Root(root) => Arc::new(Shell::root(root)),
            Self::Ssh { to, port } => Arc::new(Ssh::new(to, port)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BadPlace, Place};

    #[test]
    fn places_are_read_and_what_ssh_could_take_for_an_option_is_refused() {
        let ssh = |to: &str, port| Ok(Place::Ssh { to: to.to_owned(), port });
        assert_eq!("ssh://deploy@web-1:2222".parse(), ssh("deploy@web-1", Some(2222)));
        assert_eq!("ssh://web-1".parse(), ssh("web-1", None));
        assert_eq!("ssh://[::1]:22".parse(), ssh("::1", Some(22)));
        assert_eq!("root:/srv/image/".parse(), Ok(Place::Root("/srv/image".to_owned())));
        assert_eq!("local:".parse(), Ok(Place::Local));
        for bad in [
            "",
            "root:",
            "root:/",
            "root:srv",
            "root:/a/../b",
            "ssh://",
            "ssh://-oProxyCommand=x",
            "ssh://a@-x",
            "ssh://a:b",
            "http://x",
            "ssh://a b",
        ] {
            assert_eq!(bad.parse::<Place>(), Err(BadPlace), "{bad}");
        }
    }
}
