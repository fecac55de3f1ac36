//! A unit that starts another one when a path changes.

use super::table::{self, How, Row, Style, row};
use super::{Spec, UNITS};
use crate::answer;

const ROWS: &[Row] = &[
    row("description", "Unit", "Description", How::Text),
    row("exists", "Path", "PathExists", How::Lines),
    row("changed", "Path", "PathChanged", How::Lines),
    row("modified", "Path", "PathModified", How::Lines),
    row("not_empty", "Path", "DirectoryNotEmpty", How::Lines),
    row("unit", "Path", "Unit", How::Text),
    row("wanted_by", "Install", "WantedBy", How::Lines),
];

pub(super) const SPEC: Spec = Spec {
    token: "host_path_unit",
    word: "path_unit",
    id: (&["name"], ""),
    path: Some(|key| format!("/etc/systemd/system/{}.path", key.id)),
    compared: true,
    read: |fields, item| {
        fields.name("name");
        let content = table::written(ROWS, Style::Unit, &[], fields);
        let what = ["exists", "changed", "modified", "not_empty"];
        if !fields.lenient && !what.iter().any(|name| fields.is_given(name)) {
            fields.problems.push(format!("it watches nothing: none of `{}` is there", what.join("`, `")));
        }
        item.text(content);
    },
    told: |_, words| answer::content(words, |content| table::read(ROWS, Style::Unit, &[], content)),
    shell: &[UNITS, include_str!("path_unit.sh")],
};
