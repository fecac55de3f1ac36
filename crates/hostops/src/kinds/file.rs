//! A file.

use value::Value;

use super::{Spec, its_id};
use crate::answer;
use crate::claim::owners;
use crate::fields::Fields;
use crate::item::{Content, File, Item, State};

pub(super) const SPEC: Spec = Spec {
    token: "host_file",
    word: "file",
    id: (&["path"], ""),
    path: Some(its_id),
    compared: true,
    read: |fields, item| {
        fields.place("path");
        let content = fields.any("content");
        owned(fields, item, Content::Text(content), "0644");
        if let Some(file) = &mut item.file {
            file.validate = fields.texts("validate");
        }
    },
    told: |_, words| {
        let (mut there, content) = answer::file(words)?;
        if let Some(content) = content {
            there.properties.insert("content".to_owned(), Value::from(content));
        }
        Some(there)
    },
    shell: &[include_str!("file.sh")],
};

/// Makes it a file with the mode and the owner that its properties say.
pub(super) fn owned(fields: &mut Fields<'_>, item: &mut Item, content: Content, mode: &str) {
    let (mode, owner, group) = (fields.mode(mode), fields.owner("owner"), fields.owner("group"));
    item.needs.extend(owners(&owner, &group));
    item.file =
        Some(File { path: item.key.path().unwrap_or_default(), content, mode, owner, group, validate: Vec::new() });
    item.state = State::File;
}
