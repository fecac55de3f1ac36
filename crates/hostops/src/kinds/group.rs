//! A group of users.

use value::{Map, Value};

use super::{SHADOW, Spec, flag, or_dash};
use crate::Claim;
use crate::answer::There;

pub(super) const SPEC: Spec = Spec {
    token: "host_group",
    word: "group",
    id: (&["name"], ""),
    path: None,
    compared: false,
    read: |fields, item| {
        let name = fields.name("name");
        let gid = fields.number("gid").map(|gid| gid.to_string());
        item.claims.push(Claim::Group(name.clone()));
        item.words = vec![name, or_dash(gid), flag(fields.flag("system").unwrap_or(false))];
    },
    told: |_, words| {
        let ["group", gid] = words else { return None };
        let mut properties = Map::new();
        properties.insert("gid".to_owned(), Value::Int(gid.parse().ok()?));
        Some(There { words: None, properties })
    },
    shell: &[SHADOW, include_str!("group.sh")],
};
