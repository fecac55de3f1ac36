//! What resources claim for themselves, and what they need to be there before them.

use std::fmt;

use crate::{Item, Key, Kind};

/// Something on a host that one resource alone may write.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// A path.
    Path(String),
    /// A package.
    Package(String),
    /// A user.
    User(String),
    /// A group.
    Group(String),
    /// A user's being in a group.
    Member(String),
    /// Whether a unit runs.
    Service(String),
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "`{path}`"),
            Self::Package(name) => write!(f, "the package `{name}`"),
            Self::User(name) => write!(f, "the user `{name}`"),
            Self::Group(name) => write!(f, "the group `{name}`"),
            Self::Member(name) => write!(f, "the membership `{name}`"),
            Self::Service(name) => write!(f, "whether `{name}` runs"),
        }
    }
}

/// What a thing claims.
pub fn claims(key: &Key) -> Claim {
    if let Some(path) = key.path() {
        return Claim::Path(path);
    }
    let id = key.id.clone();
    match key.kind {
        Kind::Package => Claim::Package(id),
        Kind::User => Claim::User(id),
        Kind::Group => Claim::Group(id),
        Kind::Member => Claim::Member(id),
        _ => Claim::Service(id),
    }
}

/// What a thing needs to be there, if anything declares it: directories above it, owners, the unit of a service.
pub fn needs(item: &Item) -> Vec<Claim> {
    let mut needed = Vec::new();
    let key = item.key();
    if let Some(path) = key.path() {
        let mut above = path.as_str();
        while let Some((parent, _)) = above.rsplit_once('/').filter(|(parent, _)| !parent.is_empty()) {
            needed.push(Claim::Path(parent.to_owned()));
            above = parent;
        }
    }
    let mut owners = |user: Option<&str>, group: Option<&str>| {
        needed.extend(user.map(|name| Claim::User(name.to_owned())));
        needed.extend(group.map(|name| Claim::Group(name.to_owned())));
        // A user may have made the group of its name.
        needed.extend(group.map(|name| Claim::User(name.to_owned())));
    };
    match item {
        Item::File(file) => owners(Some(&file.owner), Some(&file.group)),
        Item::Directory(directory) => owners(Some(&directory.owner), Some(&directory.group)),
        Item::User(user) => {
            let own = user.group.as_deref().filter(|group| *group != user.name).or(Some(&user.name));
            needed.extend(own.map(|group| Claim::Group(group.to_owned())));
        }
        Item::Member(member) => owners(Some(&member.user), Some(&member.group)),
        Item::Service(service) => {
            needed.push(Claim::Path(format!("/etc/systemd/system/{}", service.unit)));
        }
        Item::Package(_) | Item::Group(_) | Item::Link(_) | Item::Sysctl(_) | Item::Unit(_) => {}
    }
    needed.sort();
    needed.dedup();
    needed
}
