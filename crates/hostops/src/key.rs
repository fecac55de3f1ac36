//! What things on a host are called.

use std::fmt;

use value::{Map, Value};

use crate::kinds::{Spec, spec};

/// A kind of things on a host, in the order in which they are made where nothing else gives one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Keys that sign a repository of packages.
    Keyring,
    /// Which version of packages is preferred.
    Pin,
    /// A repository of packages.
    Repository,
    /// A package.
    Package,
    /// A group of users.
    Group,
    /// A user.
    User,
    /// A user in a group.
    Member,
    /// All users in a group.
    Members,
    /// A directory.
    Directory,
    /// A file system in its place.
    Mount,
    /// A symbolic link.
    Link,
    /// A file.
    File,
    /// A file from elsewhere.
    Download,
    /// A program from elsewhere.
    Binary,
    /// A directory from elsewhere.
    Archive,
    /// A checkout of a repository.
    GitCheckout,
    /// A line in a file.
    Line,
    /// Lines in a file.
    Block,
    /// An entry in `/etc/hosts`.
    HostsEntry,
    /// A key that a user may log in with.
    AuthorizedKey,
    /// Who else may do what with a path.
    Acl,
    /// A certificate that signs itself.
    Certificate,
    /// The name of the host.
    Hostname,
    /// The time zone.
    Timezone,
    /// A setting of the kernel.
    Sysctl,
    /// A module of the kernel.
    KernelModule,
    /// Something that is done at times.
    Cron,
    /// Containers that belong together.
    Compose,
    /// A unit of systemd.
    Unit,
    /// A unit that starts another one at times.
    Timer,
    /// A unit that starts another one when a path changes.
    PathUnit,
    /// A command.
    Command,
    /// Whether a unit runs.
    Service,
}

impl Kind {
    /// The kind of a resource type; `None` if it is none of a host.
    pub fn of(ty: &str) -> Option<Self> {
        crate::kinds::ALL.iter().copied().find(|kind| spec(*kind).token == ty)
    }

    /// The resource type.
    pub fn token(self) -> &'static str {
        spec(self).token
    }

    /// Whether packages come after it, and not it after them.
    pub fn is_of_packages(self) -> bool {
        matches!(self, Self::Keyring | Self::Pin | Self::Repository)
    }

    /// Whether systemd has to read its units anew after it.
    pub(crate) fn is_unit(self) -> bool {
        matches!(self, Self::Unit | Self::Timer | Self::PathUnit)
    }

    /// Whether it comes after systemd has read its units.
    pub(crate) fn is_after_units(self) -> bool {
        matches!(self, Self::Command | Self::Service)
    }

    /// What it is called among the functions of the script.
    pub(crate) fn word(self) -> &'static str {
        spec(self).word
    }
}

/// One thing on a host: a kind, and the id of the resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The kind.
    pub kind: Kind,
    /// The id: a path, a name, `USER:GROUP`, `UNIT` or `UNIT/DROP-IN`.
    pub id: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind.word().replace('_', " "), self.id)
    }
}

impl Key {
    /// What properties are about; `None` if they do not say.
    pub fn within(kind: Kind, properties: &Map) -> Option<Self> {
        let Spec { id: (names, sign), word, .. } = spec(kind);
        let mut texts = names.iter().map(|name| properties.get(*name).and_then(Value::as_str));
        let Some(first) = texts.next() else { return Some(Self { kind, id: (*word).to_owned() }) };
        let mut id = first?.to_owned();
        for text in texts {
            match text {
                Some(text) => id = id + sign + text,
                // A drop-in is of a unit that is one without it.
                None if kind == Kind::Unit => {}
                None => return None,
            }
        }
        Some(Self { kind, id })
    }

    /// The properties that make up the id.
    pub(crate) fn properties(&self) -> Map {
        let (names, sign) = spec(self.kind).id;
        let parts = self.id.splitn(names.len().max(1), sign);
        let mut map: Map =
            names.iter().zip(parts).map(|(name, part)| ((*name).to_owned(), Value::from(part))).collect();
        map.insert("id".to_owned(), Value::from(self.id.as_str()));
        map
    }

    /// The words that it is called by in a script.
    pub(crate) fn words(&self) -> Vec<String> {
        if let Some(path) = self.path() {
            return vec![path];
        }
        let (names, sign) = spec(self.kind).id;
        self.id.splitn(names.len().max(1), sign).map(str::to_owned).collect()
    }

    /// The path at which all of the thing is, if it is at one.
    pub fn path(&self) -> Option<String> {
        spec(self.kind).path.map(|path| path(self))
    }

    /// Whether what is there is compared with what a step was planned from.
    pub fn is_compared(&self) -> bool {
        spec(self.kind).compared
    }
}
