//! A module of the kernel, now and at each start.

use value::Map;

use super::Spec;
use crate::answer;

pub(super) const SPEC: Spec = Spec {
    token: "host_kernel_module",
    word: "kernel_module",
    id: (&["name"], ""),
    path: Some(|key| format!("/etc/modules-load.d/{}.conf", key.id)),
    compared: true,
    read: |fields, item| {
        let name = fields.name("name");
        item.text(format!("{name}\n"));
        item.words = vec![name];
    },
    told: |_, words| answer::content(words, |_| Map::new()),
    shell: &[include_str!("kernel_module.sh")],
};
