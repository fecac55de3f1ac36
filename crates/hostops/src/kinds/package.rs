//! A package.

use value::{Map, Value};

use super::{Spec, flag, or_dash};
use crate::Claim;
use crate::answer::There;

pub(super) const SPEC: Spec = Spec {
    token: "host_package",
    word: "package",
    id: (&["name"], ""),
    path: None,
    compared: false,
    read: |fields, item| {
        let (name, version) = (fields.name("name"), fields.word("version"));
        item.claims.push(Claim::Package(name.clone()));
        item.words = vec![name, or_dash(version), flag(fields.flag("hold").unwrap_or(false))];
    },
    told: |_, words| {
        let ["package", version, hold] = words else { return None };
        let mut properties = Map::new();
        properties.insert("version".to_owned(), Value::from(*version));
        properties.insert("hold".to_owned(), Value::Bool(*hold == "1"));
        Some(There { words: None, properties })
    },
    shell: &[include_str!("package.sh")],
};
