//! A repository of packages: a file of `/etc/apt/sources.list.d`.

use super::Spec;
use super::table::{self, How, Row, Style, row};
use crate::{Claim, answer};

const ROWS: &[Row] = &[
    row("types", "", "Types", How::Words(" ")),
    row("uris", "", "URIs", How::Words(" ")),
    row("suites", "", "Suites", How::Words(" ")),
    row("components", "", "Components", How::Words(" ")),
    row("architectures", "", "Architectures", How::Words(" ")),
    row("signed_by", "", "Signed-By", How::Required),
];

pub(super) const SPEC: Spec = Spec {
    token: "host_repository",
    word: "repository",
    id: (&["name"], ""),
    path: Some(|key| format!("/etc/apt/sources.list.d/{}.sources", key.id)),
    compared: true,
    read: |fields, item| {
        fields.name("name");
        let mut content = table::written(ROWS, Style::Paragraph, &[], fields);
        if !fields.is_given("types") {
            content.insert_str(0, "Types: deb\n");
        }
        for name in ["uris", "suites"] {
            fields.required(name, None);
        }
        if let Some(keys) = fields.path("signed_by") {
            item.needs.push(Claim::Path(keys));
        }
        item.text(content);
    },
    told: |_, words| answer::content(words, |content| table::read(ROWS, Style::Paragraph, &[], content)),
    shell: &[include_str!("package.sh"), include_str!("repository.sh")],
};
