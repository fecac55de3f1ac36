//! Lines in a file that others write, too, between two marks.

use super::{PART, Spec, by_properties};
use crate::Claim;
use crate::item::State;

pub(super) const SPEC: Spec = Spec {
    token: "host_block",
    word: "block",
    id: (&["name", "path"], " "),
    path: None,
    compared: true,
    read: |fields, item| {
        let (name, path) = (fields.name("name"), fields.place("path"));
        let content = fields.any("content");
        if !content.is_empty() && !content.ends_with('\n') {
            fields.wrong("content", "ends with its last line: put a line break behind it");
        }
        let comment = fields.some_line("comment").unwrap_or_else(|| "#".to_owned());
        item.claims.push(Claim::Part(path.clone(), format!("the block `{name}`")));
        item.state = State::Sum("part:", content.clone());
        item.words = vec![name, path, comment];
        item.body = Some(content);
    },
    told: by_properties,
    shell: &[PART, include_str!("block.sh")],
};
