//! A user.

use value::{Map, Value};

use super::{SHADOW, Spec, flag, or_dash};
use crate::Claim;
use crate::answer::{There, text};

pub(super) const SPEC: Spec = Spec {
    token: "host_user",
    word: "user",
    id: (&["name"], ""),
    path: None,
    compared: false,
    read: |fields, item| {
        let name = fields.name("name");
        let uid = fields.number("uid").map(|uid| uid.to_string());
        let (group, home) = (fields.word("group"), fields.path("home"));
        let shell = fields.path("shell").unwrap_or_else(|| "/usr/sbin/nologin".to_owned());
        item.claims.push(Claim::User(name.clone()));
        item.needs.push(Claim::Group(group.clone().unwrap_or_else(|| name.clone())));
        let system = flag(fields.flag("system").unwrap_or(false));
        item.words = vec![name, or_dash(uid), or_dash(group), or_dash(home), shell, system];
    },
    told: |_, words| {
        let ["user", uid, group, home, shell] = words else { return None };
        let mut properties = Map::new();
        properties.insert("uid".to_owned(), Value::Int(uid.parse().ok()?));
        properties.insert("group".to_owned(), Value::from(*group));
        properties.insert("home".to_owned(), Value::from(text(home)?));
        properties.insert("shell".to_owned(), Value::from(text(shell)?));
        Some(There { words: None, properties })
    },
    shell: &[SHADOW, include_str!("user.sh")],
};
