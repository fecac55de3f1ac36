//! A file system in its place: a unit of systemd that is enabled and started.

use std::fmt::Write as _;

use super::table::{self, How, Row, Style, row};
use super::{Spec, UNITS};
use crate::{Claim, answer};

const ROWS: &[Row] = &[
    row("description", "Unit", "Description", How::Text),
    row("source", "Mount", "What", How::Required),
    row("path", "Mount", "Where", How::Required),
    row("file_system", "Mount", "Type", How::Text),
    row("options", "Mount", "Options", How::Words(",")),
];
const FIXED: &[(&str, &str)] = &[("Install", "WantedBy=local-fs.target")];

pub(super) const SPEC: Spec = Spec {
    token: "host_mount",
    word: "mount",
    id: (&["path"], ""),
    path: Some(|key| format!("/etc/systemd/system/{}", unit(&key.id))),
    compared: true,
    read: |fields, item| {
        let path = fields.place("path");
        item.claims.push(Claim::Service(unit(&path)));
        item.claims.push(Claim::Other("what is mounted at", path.clone()));
        item.needs.extend(crate::claim::above(&path));
        item.needs.push(Claim::Path(path.clone()));
        item.text(table::written(ROWS, Style::Unit, FIXED, fields));
        item.words = vec![unit(&path)];
    },
    told: |_, words| answer::content(words, |content| table::read(ROWS, Style::Unit, FIXED, content)),
    shell: &[UNITS, include_str!("mount.sh")],
};

/// The name that systemd gives to what is mounted at a path.
fn unit(path: &str) -> String {
    let mut name = String::new();
    for (at, byte) in path.trim_matches('/').bytes().enumerate() {
        match byte {
            b'/' => name.push('-'),
            b'.' if at == 0 => name.push_str("\\x2e"),
            b'_' | b'.' | b':' => name.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => name.push(char::from(byte)),
            byte => {
                let _ = write!(name, "\\x{byte:02x}");
            }
        }
    }
    name + ".mount"
}
