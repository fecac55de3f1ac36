//! What things on a host are called.

use std::fmt;

use value::{Map, Value};

/// A kind of things on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A package.
    Package,
    /// A group of users.
    Group,
    /// A user.
    User,
    /// A user in a group.
    Member,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A file.
    File,
    /// A setting of the kernel.
    Sysctl,
    /// A unit of systemd.
    Unit,
    /// Whether a unit runs.
    Service,
}

/// All kinds, in the order in which they are made where nothing else gives one.
const ALL: [(Kind, &str, &str); 10] = [
    (Kind::Package, "host_package", "package"),
    (Kind::Group, "host_group", "group"),
    (Kind::User, "host_user", "user"),
    (Kind::Member, "host_member", "member"),
    (Kind::Directory, "host_directory", "directory"),
    (Kind::Link, "host_link", "link"),
    (Kind::File, "host_file", "file"),
    (Kind::Sysctl, "host_sysctl", "sysctl"),
    (Kind::Unit, "host_systemd_unit", "unit"),
    (Kind::Service, "host_service", "service"),
];

impl Kind {
    /// The kind of a resource type; `None` if it is none of a host.
    pub fn of(ty: &str) -> Option<Self> {
        ALL.iter().find(|(_, token, _)| *token == ty).map(|(kind, ..)| *kind)
    }

    /// The resource type.
    pub fn token(self) -> &'static str {
        ALL.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, token, _)| token)
    }

    /// What it is called among the functions of the script.
    pub(crate) fn word(self) -> &'static str {
        ALL.iter().find(|(kind, ..)| *kind == self).map_or("", |(.., word)| word)
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
        write!(f, "{} `{}`", self.kind.word(), self.id)
    }
}

impl Key {
    /// What properties are about; `None` if they do not say.
    pub fn within(kind: Kind, properties: &Map) -> Option<Self> {
        let text = |name: &str| properties.get(name).and_then(Value::as_str);
        let id = match kind {
            Kind::File | Kind::Directory | Kind::Link => text("path")?.to_owned(),
            Kind::Package | Kind::Group | Kind::User | Kind::Sysctl => text("name")?.to_owned(),
            Kind::Member => format!("{}:{}", text("user")?, text("group")?),
            Kind::Service => text("unit")?.to_owned(),
            Kind::Unit => match text("drop_in") {
                Some(drop_in) => format!("{}/{drop_in}", text("name")?),
                None => text("name")?.to_owned(),
            },
        };
        Some(Self { kind, id })
    }

    /// The path at which the thing is, if it is at one.
    pub fn path(&self) -> Option<String> {
        match self.kind {
            Kind::File | Kind::Directory | Kind::Link => Some(self.id.clone()),
            Kind::Unit => Some(match self.id.split_once('/') {
                Some((unit, drop_in)) => format!("/etc/systemd/system/{unit}.d/{drop_in}.conf"),
                None => format!("/etc/systemd/system/{}", self.id),
            }),
            Kind::Sysctl => Some(format!("/etc/sysctl.d/60-{}.conf", self.id.replace('/', "."))),
            Kind::Package | Kind::Group | Kind::User | Kind::Member | Kind::Service => None,
        }
    }
}
