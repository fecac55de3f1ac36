//! Which version of packages is preferred: a file of `/etc/apt/preferences.d`.

use super::Spec;
use super::table::{self, How, Row, Style, row};
use crate::answer;

const ROWS: &[Row] = &[
    row("packages", "", "Package", How::Words(" ")),
    row("pin", "", "Pin", How::Required),
    row("priority", "", "Pin-Priority", How::Number),
];

pub(super) const SPEC: Spec = Spec {
    token: "host_pin",
    word: "pin",
    id: (&["name"], ""),
    path: Some(|key| format!("/etc/apt/preferences.d/{}.pref", key.id)),
    compared: true,
    read: |fields, item| {
        fields.name("name");
        let content = table::written(ROWS, Style::Paragraph, &[], fields);
        for name in ["packages", "priority"] {
            fields.required(name, None);
        }
        item.text(content);
    },
    told: |_, words| answer::content(words, |content| table::read(ROWS, Style::Paragraph, &[], content)),
    shell: &[include_str!("pin.sh")],
};
