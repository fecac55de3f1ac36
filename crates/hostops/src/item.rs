//! What there is to be on a host.

use value::Map;

use crate::fields::Fields;
use crate::{Key, Kind};

/// Something that there is to be on a host.
#[derive(Clone, PartialEq)]
pub enum Item {
    /// A package.
    Package(Package),
    /// A group.
    Group(Group),
    /// A user.
    User(User),
    /// A user in a group.
    Member(Member),
    /// A directory.
    Directory(Directory),
    /// A symbolic link.
    Link(Link),
    /// A file.
    File(File),
    /// A setting of the kernel.
    Sysctl(Sysctl),
    /// A unit of systemd.
    Unit(Unit),
    /// Whether a unit runs.
    Service(Service),
}

/// A package.
#[derive(Debug, Clone, PartialEq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// The one version that is wanted.
    pub version: Option<String>,
    /// Whether it is kept from upgrades.
    pub hold: bool,
}

/// A group.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its number.
    pub gid: Option<u32>,
    /// Whether it is one of the system's.
    pub system: bool,
}

/// A user.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// The name.
    pub name: String,
    /// The number.
    pub uid: Option<u32>,
    /// The primary group.
    pub group: Option<String>,
    /// The home directory.
    pub home: Option<String>,
    /// What a login starts.
    pub shell: String,
    /// Whether it is one of the system's.
    pub system: bool,
}

/// A user in a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The user.
    pub user: String,
    /// The group.
    pub group: String,
}

/// A directory.
#[derive(Debug, Clone, PartialEq)]
pub struct Directory {
    /// Where it is.
    pub path: String,
    /// The mode, as `stat` gives it.
    pub mode: String,
    /// The owner.
    pub owner: String,
    /// The group.
    pub group: String,
}

/// A symbolic link.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Where it is.
    pub path: String,
    /// Where it leads.
    pub target: String,
}

/// A file. What is in it may be a secret, so it has no `Debug`.
#[derive(Clone, PartialEq)]
pub struct File {
    /// Where it is.
    pub path: String,
    /// What is in it.
    pub content: String,
    /// The mode, as `stat` gives it.
    pub mode: String,
    /// The owner.
    pub owner: String,
    /// The group.
    pub group: String,
    /// The command that looks at it before it is put in place.
    pub validate: Vec<String>,
}

/// A setting of the kernel.
#[derive(Debug, Clone, PartialEq)]
pub struct Sysctl {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A unit of systemd, or a drop-in of one. What is in it may be a secret, so it has no `Debug`.
#[derive(Clone, PartialEq)]
pub struct Unit {
    /// The unit.
    pub name: String,
    /// The drop-in.
    pub drop_in: Option<String>,
    /// What is in it.
    pub content: String,
}

/// Whether a unit runs. What it is restarted for may be a secret, so it has no `Debug`.
#[derive(Clone, PartialEq)]
pub struct Service {
    /// The unit.
    pub unit: String,
    /// Whether it starts with the system.
    pub enabled: bool,
    /// Whether it runs.
    pub running: Option<bool>,
    /// What it is restarted for.
    pub restart_on: Map,
    /// What it is reloaded for.
    pub reload_on: Map,
}

impl Item {
    /// Reads the properties of a resource; secrets are open.
    ///
    /// # Errors
    /// All that is wrong with them, as sentences.
    pub fn read(kind: Kind, properties: &Map) -> Result<Self, Vec<String>> {
        let mut fields = Fields::of(properties);
        let item = Self::of(kind, &mut fields);
        if fields.problems.is_empty() { Ok(item) } else { Err(fields.problems) }
    }

    /// Reads those properties of a resource that are known so far: what is missing is no problem.
    pub fn known(kind: Kind, properties: &Map) -> (Self, Vec<String>) {
        let mut fields = Fields::of(properties);
        fields.lenient = true;
        let item = Self::of(kind, &mut fields);
        (item, fields.problems)
    }

    fn of(kind: Kind, fields: &mut Fields<'_>) -> Self {
        let word = |fields: &mut Fields<'_>, name: &str| {
            let value = fields.word(name);
            fields.required(name, value)
        };
        let path = |fields: &mut Fields<'_>| {
            let value = fields.path("path");
            fields.required("path", value)
        };
        let text = |fields: &mut Fields<'_>, name: &str| {
            let value = fields.text(name);
            fields.required(name, value)
        };
        match kind {
            Kind::Package => Self::Package(Package {
                name: word(fields, "name"),
                version: fields.word("version"),
                hold: fields.flag("hold").unwrap_or(false),
            }),
            Kind::Group => Self::Group(Group {
                name: word(fields, "name"),
                gid: fields.number("gid"),
                system: fields.flag("system").unwrap_or(false),
            }),
            Kind::User => Self::User(User {
                name: word(fields, "name"),
                uid: fields.number("uid"),
                group: fields.word("group"),
                home: fields.path("home"),
                shell: fields.path("shell").unwrap_or_else(|| "/usr/sbin/nologin".to_owned()),
                system: fields.flag("system").unwrap_or(false),
            }),
            Kind::Member => Self::Member(Member { user: word(fields, "user"), group: word(fields, "group") }),
            Kind::Directory => Self::Directory(Directory {
                path: path(fields),
                mode: fields.mode("0755"),
                owner: fields.owner("owner"),
                group: fields.owner("group"),
            }),
            Kind::Link => Self::Link(Link { path: path(fields), target: text(fields, "target") }),
            Kind::File => Self::File(File {
                path: path(fields),
                content: text(fields, "content"),
                mode: fields.mode("0644"),
                owner: fields.owner("owner"),
                group: fields.owner("group"),
                validate: fields.texts("validate"),
            }),
            Kind::Sysctl => {
                let (name, value) = (word(fields, "name"), text(fields, "value"));
                if value.contains('\n') || value.trim() != value {
                    fields.problems.push("`value` is one line, without white space around it".to_owned());
                }
                Self::Sysctl(Sysctl { name, value })
            }
            Kind::Unit => Self::Unit(Unit {
                name: word(fields, "name"),
                drop_in: fields.word("drop_in"),
                content: text(fields, "content"),
            }),
            Kind::Service => Self::Service(Service {
                unit: word(fields, "unit"),
                enabled: fields.flag("enabled").unwrap_or(true),
                running: fields.flag("running"),
                restart_on: fields.map("restart_on"),
                reload_on: fields.map("reload_on"),
            }),
        }
    }

    /// What it is called.
    pub fn key(&self) -> Key {
        let (kind, id) = match self {
            Self::Package(package) => (Kind::Package, package.name.clone()),
            Self::Group(group) => (Kind::Group, group.name.clone()),
            Self::User(user) => (Kind::User, user.name.clone()),
            Self::Member(member) => (Kind::Member, format!("{}:{}", member.user, member.group)),
            Self::Directory(directory) => (Kind::Directory, directory.path.clone()),
            Self::Link(link) => (Kind::Link, link.path.clone()),
            Self::File(file) => (Kind::File, file.path.clone()),
            Self::Sysctl(sysctl) => (Kind::Sysctl, sysctl.name.clone()),
            Self::Unit(unit) => {
                let id = unit.drop_in.as_ref().map(|drop_in| format!("{}/{drop_in}", unit.name));
                (Kind::Unit, id.unwrap_or_else(|| unit.name.clone()))
            }
            Self::Service(service) => (Kind::Service, service.unit.clone()),
        };
        Key { kind, id }
    }

    /// What of it is a file: itself, a unit, a setting of the kernel.
    pub(crate) fn file(&self) -> Option<File> {
        let file = |content: String| File {
            path: self.key().path().unwrap_or_default(),
            content,
            mode: "644".to_owned(),
            owner: "root".to_owned(),
            group: "root".to_owned(),
            validate: Vec::new(),
        };
        match self {
            Self::File(own) => Some(own.clone()),
            Self::Unit(unit) => Some(file(unit.content.clone())),
            Self::Sysctl(sysctl) => Some(file(format!("{} = {}\n", sysctl.name, sysctl.value))),
            _ => None,
        }
    }
}
