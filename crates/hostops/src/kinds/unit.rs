//! A unit of systemd, or a drop-in of one.

use value::{Map, Value};

use super::{Spec, UNITS};
use crate::{Key, answer};

pub(super) const SPEC: Spec = Spec {
    token: "host_systemd_unit",
    word: "unit",
    id: (&["name", "drop_in"], "/"),
    path: Some(at),
    compared: true,
    read: |fields, item| {
        fields.name("name");
        fields.word("drop_in");
        item.text(fields.any("content"));
    },
    told: |key, words| {
        let mut there = answer::content(words, |content| {
            std::iter::once(("content".to_owned(), Value::from(content))).collect::<Map>()
        })?;
        there.properties.insert("path".to_owned(), Value::from(at(key)));
        Some(there)
    },
    shell: &[UNITS, include_str!("unit.sh")],
};

fn at(key: &Key) -> String {
    match key.id.split_once('/') {
        Some((unit, drop_in)) => format!("/etc/systemd/system/{unit}.d/{drop_in}.conf"),
        None => format!("/etc/systemd/system/{}", key.id),
    }
}
