//! The kinds of things on a host, a file each: how one is read out of properties, what is told of it, and what is done on
//! the host for it.

use crate::answer::There;
use crate::fields::Fields;
use crate::item::Item;
use crate::{Key, Kind};

mod acl;
mod archive;
mod authorized_key;
mod binary;
mod block;
mod certificate;
mod command;
mod compose;
mod cron;
mod directory;
mod download;
mod file;
mod from;
mod git_checkout;
mod group;
mod hostname;
mod hosts_entry;
mod kernel_module;
mod keyring;
mod line;
mod link;
mod member;
mod members;
mod mount;
mod package;
mod path_unit;
mod pin;
mod repository;
mod service;
mod sysctl;
mod table;
mod timer;
mod timezone;
mod unit;
mod user;

/// A kind of things.
pub(crate) struct Spec {
    /// The resource type.
    pub(crate) token: &'static str,
    /// What its functions are called in the script: `make_`, `look_` and `drop_` and this.
    pub(crate) word: &'static str,
    /// The properties that make up the id, and the sign between them.
    pub(crate) id: (&'static [&'static str], &'static str),
    /// Where it is, if all of it is at one path.
    pub(crate) path: Option<fn(&Key) -> String>,
    /// Whether what is there is compared with what a step was planned from.
    pub(crate) compared: bool,
    /// Reads it out of properties.
    pub(crate) read: fn(&mut Fields<'_>, &mut Item),
    /// What the script's words about it say; `None` if something else is in its place.
    pub(crate) told: fn(&Key, &[&str]) -> Option<There>,
    /// What it does on a host.
    pub(crate) shell: &'static [&'static str],
}

/// Functions that several kinds use.
const PART: &str = include_str!("../sh/part.sh");
const FETCH: &str = include_str!("../sh/fetch.sh");
const TREE: &str = include_str!("../sh/tree.sh");
const SHADOW: &str = include_str!("../sh/shadow.sh");
const UNITS: &str = include_str!("../sh/units.sh");

/// All kinds.
pub(crate) const ALL: [Kind; 33] = [
    Kind::Keyring,
    Kind::Pin,
    Kind::Repository,
    Kind::Package,
    Kind::Group,
    Kind::User,
    Kind::Member,
    Kind::Members,
    Kind::Directory,
    Kind::Mount,
    Kind::Link,
    Kind::File,
    Kind::Download,
    Kind::Binary,
    Kind::Archive,
    Kind::GitCheckout,
    Kind::Line,
    Kind::Block,
    Kind::HostsEntry,
    Kind::AuthorizedKey,
    Kind::Acl,
    Kind::Certificate,
    Kind::Hostname,
    Kind::Timezone,
    Kind::Sysctl,
    Kind::KernelModule,
    Kind::Cron,
    Kind::Compose,
    Kind::Unit,
    Kind::Timer,
    Kind::PathUnit,
    Kind::Command,
    Kind::Service,
];

pub(crate) fn spec(kind: Kind) -> &'static Spec {
    match kind {
        Kind::Keyring => &keyring::SPEC,
        Kind::Pin => &pin::SPEC,
        Kind::Repository => &repository::SPEC,
        Kind::Package => &package::SPEC,
        Kind::Group => &group::SPEC,
        Kind::User => &user::SPEC,
        Kind::Member => &member::SPEC,
        Kind::Members => &members::SPEC,
        Kind::Directory => &directory::SPEC,
        Kind::Mount => &mount::SPEC,
        Kind::Link => &link::SPEC,
        Kind::File => &file::SPEC,
        Kind::Download => &download::SPEC,
        Kind::Binary => &binary::SPEC,
        Kind::Archive => &archive::SPEC,
        Kind::GitCheckout => &git_checkout::SPEC,
        Kind::Line => &line::SPEC,
        Kind::Block => &block::SPEC,
        Kind::HostsEntry => &hosts_entry::SPEC,
        Kind::AuthorizedKey => &authorized_key::SPEC,
        Kind::Acl => &acl::SPEC,
        Kind::Certificate => &certificate::SPEC,
        Kind::Hostname => &hostname::SPEC,
        Kind::Timezone => &timezone::SPEC,
        Kind::Sysctl => &sysctl::SPEC,
        Kind::KernelModule => &kernel_module::SPEC,
        Kind::Cron => &cron::SPEC,
        Kind::Compose => &compose::SPEC,
        Kind::Unit => &unit::SPEC,
        Kind::Timer => &timer::SPEC,
        Kind::PathUnit => &path_unit::SPEC,
        Kind::Command => &command::SPEC,
        Kind::Service => &service::SPEC,
    }
}

/// Of a thing that is at the path that it is called by.
fn its_id(key: &Key) -> String {
    key.id.clone()
}

/// Of a thing of which the script tells properties alone.
fn by_properties(_: &Key, _: &[&str]) -> Option<There> {
    None
}

/// A word of the script that may be missing.
fn or_dash(word: Option<String>) -> String {
    word.unwrap_or_else(|| "-".to_owned())
}

fn flag(flag: bool) -> String {
    if flag { "1" } else { "0" }.to_owned()
}
