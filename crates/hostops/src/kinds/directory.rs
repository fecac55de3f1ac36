//! A directory.

use value::{Map, Value};

use super::{Spec, its_id};
use crate::answer::There;
use crate::claim::owners;
use crate::item::State;

pub(super) const SPEC: Spec = Spec {
    token: "host_directory",
    word: "directory",
    id: (&["path"], ""),
    path: Some(its_id),
    compared: true,
    read: |fields, item| {
        let path = fields.place("path");
        let mode = fields.mode("0755");
        let (owner, group) = (fields.owner("owner"), fields.owner("group"));
        item.needs.extend(owners(&owner, &group));
        item.state = State::Words(format!("directory {mode} {owner} {group}"));
        item.words = vec![path, mode, owner, group];
    },
    told: |_, words| {
        let ["directory", mode, uid, gid, owner, group] = words else { return None };
        let mut properties = Map::new();
        properties.insert("mode".to_owned(), Value::from(format!("{mode:0>4}")));
        properties.insert("owner".to_owned(), Value::from(*owner));
        properties.insert("group".to_owned(), Value::from(*group));
        Some(There { words: Some(format!("directory {mode} {uid} {gid}")), properties })
    },
    shell: &[include_str!("directory.sh")],
};
