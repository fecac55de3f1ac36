//! Keys that sign a repository of packages: a file of `/etc/apt/keyrings`.

use value::{Map, Value};

use super::{FETCH, Spec};
use crate::answer;
use crate::item::Content;

pub(super) const SPEC: Spec = Spec {
    token: "host_keyring",
    word: "keyring",
    id: (&["name"], ""),
    // What stands after the dot says whether it is text or not.
    path: Some(|key| format!("/etc/apt/keyrings/{}", key.id)),
    compared: true,
    read: |fields, item| {
        let name = fields.name("name");
        if !name.is_empty() && ![".asc", ".gpg"].iter().any(|end| name.ends_with(end)) {
            fields.wrong("name", "ends in `.asc` if the keys are text, and else in `.gpg`");
        }
        if fields.is_given("url") {
            let (url, sum) = (fields.url("url"), fields.sum("sha256"));
            item.text(String::new());
            if let Some(file) = &mut item.file {
                file.content = Content::Sum(sum);
            }
            item.words = vec![url];
        } else {
            let content = fields.text("content");
            let content = fields.required("content", content);
            item.text(content);
            item.words = vec!["-".to_owned()];
        }
    },
    told: |_, words| {
        let sum = words.get(4).map(|sum| ("sha256".to_owned(), Value::from(*sum)));
        answer::content(words, |content| {
            let content = ("content".to_owned(), Value::from(content));
            sum.into_iter().chain([content]).collect::<Map>()
        })
    },
    shell: &[FETCH, include_str!("keyring.sh")],
};
