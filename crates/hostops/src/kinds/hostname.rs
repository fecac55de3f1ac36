//! The name of the host.

use value::{Map, Value};

use super::Spec;
use crate::answer;

pub(super) const SPEC: Spec = Spec {
    token: "host_hostname",
    word: "hostname",
    id: (&[], ""),
    path: Some(|_| "/etc/hostname".to_owned()),
    compared: true,
    read: |fields, item| {
        let name = fields.name("name");
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.') || name.len() > 64 {
            fields.wrong("name", "is at most 64 letters, digits, `-` and `.`");
        }
        item.text(format!("{name}\n"));
        item.words = vec![name];
    },
    told: |_, words| {
        answer::content(words, |content| {
            std::iter::once(("name".to_owned(), Value::from(content.trim_end()))).collect::<Map>()
        })
    },
    shell: &[include_str!("hostname.sh")],
};
