//! A line in a file that others write, too.

use super::{PART, Spec, by_properties, or_dash};
use crate::Claim;
use crate::item::State;

pub(super) const SPEC: Spec = Spec {
    token: "host_line",
    word: "line",
    id: (&["name", "path"], " "),
    path: None,
    compared: true,
    read: |fields, item| {
        let (name, path) = (fields.name("name"), fields.place("path"));
        let line = fields.any("line");
        if line.contains(['\n', '\r', '\0']) {
            fields.wrong("line", "is one line");
        }
        let matches = fields.text("matches");
        if matches.as_ref().is_some_and(|matches| matches.contains(['\n', '\0']) || matches.is_empty()) {
            fields.wrong("matches", "is one line");
        }
        item.claims.push(Claim::Part(path.clone(), format!("the line `{name}`")));
        item.state = State::Sum("part:", format!("{line}\n"));
        item.words = vec![name, path, or_dash(matches)];
        item.body = Some(format!("{line}\n"));
    },
    told: by_properties,
    shell: &[PART, include_str!("line.sh")],
};
