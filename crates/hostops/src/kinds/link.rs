//! A symbolic link.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use value::{Map, Value};

use super::{Spec, its_id};
use crate::answer::{There, text};
use crate::item::State;

pub(super) const SPEC: Spec = Spec {
    token: "host_link",
    word: "link",
    id: (&["path"], ""),
    path: Some(its_id),
    compared: true,
    read: |fields, item| {
        let (path, target) = (fields.place("path"), fields.any("target"));
        item.state = State::Words(format!("link {}.", STANDARD.encode(&target)));
        item.words = vec![path, target];
    },
    told: |_, words| {
        let ["link", target] = words else { return None };
        let mut properties = Map::new();
        properties.insert("target".to_owned(), Value::from(text(target)?));
        Some(There { words: Some(format!("link {target}")), properties })
    },
    shell: &[include_str!("link.sh")],
};
