//! A setting of the kernel.

use value::{Map, Value};

use super::Spec;
use crate::answer;

pub(super) const SPEC: Spec = Spec {
    token: "host_sysctl",
    word: "sysctl",
    id: (&["name"], ""),
    path: Some(|key| format!("/etc/sysctl.d/60-{}.conf", key.id.replace('/', "."))),
    compared: true,
    read: |fields, item| {
        let (name, value) = (fields.name("name"), fields.line("value"));
        item.text(format!("{name} = {value}\n"));
        item.words = vec![name, value];
    },
    told: |_, words| {
        answer::content(words, |line| {
            let value = line.split_once('=').map(|(_, value)| value.trim());
            value.map(|value| ("value".to_owned(), Value::from(value))).into_iter().collect::<Map>()
        })
    },
    shell: &[include_str!("sysctl.sh")],
};
