//! What resources claim for themselves, and what they need to be there before them.

use std::fmt;

/// Something on a host that one resource alone may write.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// A path, and all that is in it.
    Path(String),
    /// A part of a file that others write, too.
    Part(String, String),
    /// A package.
    Package(String),
    /// A user.
    User(String),
    /// A group.
    Group(String),
    /// A user's being in a group.
    Member(String, String),
    /// Who is in a group.
    Members(String),
    /// Whether a unit runs.
    Service(String),
    /// Something else: what it is called, and its name.
    Other(&'static str, String),
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "`{path}`"),
            Self::Part(path, what) => write!(f, "{what} in `{path}`"),
            Self::Package(name) => write!(f, "the package `{name}`"),
            Self::User(name) => write!(f, "the user `{name}`"),
            Self::Group(name) => write!(f, "the group `{name}`"),
            Self::Member(user, group) => write!(f, "`{user}` in the group `{group}`"),
            Self::Members(group) => write!(f, "who is in the group `{group}`"),
            Self::Service(name) => write!(f, "whether `{name}` runs"),
            Self::Other(what, name) => write!(f, "{what} `{name}`"),
        }
    }
}

impl Claim {
    /// Whether two resources cannot both have theirs.
    pub fn clashes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Path(path), Self::Part(of, _)) | (Self::Part(of, _), Self::Path(path)) => path == of,
            (Self::Member(_, group), Self::Members(of)) | (Self::Members(of), Self::Member(_, group)) => group == of,
            _ => self == other,
        }
    }
}

/// What something at a path needs: the directories above it, and what is mounted there.
pub(crate) fn above(path: &str) -> Vec<Claim> {
    let mut needed = Vec::new();
    let mut above = path;
    while let Some((parent, _)) = above.rsplit_once('/').filter(|(parent, _)| !parent.is_empty()) {
        needed.push(Claim::Path(parent.to_owned()));
        needed.push(Claim::Other("what is mounted at", parent.to_owned()));
        above = parent;
    }
    needed
}

/// What something that belongs to somebody needs. A user may have made the group of its name.
pub(crate) fn owners(user: &str, group: &str) -> [Claim; 3] {
    [Claim::User(user.to_owned()), Claim::Group(group.to_owned()), Claim::User(group.to_owned())]
}
