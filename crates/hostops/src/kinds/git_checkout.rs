//! A checkout of a repository at one revision: each has a directory of its own, and a link is turned to it at once.

use super::{Spec, TREE, by_properties, its_id};
use crate::claim::owners;
use crate::item::State;

pub(super) const SPEC: Spec = Spec {
    token: "host_git_checkout",
    word: "git_checkout",
    id: (&["path"], ""),
    path: Some(its_id),
    compared: true,
    read: |fields, item| {
        let (path, url, revision) = (fields.place("path"), fields.any("url"), fields.any("revision"));
        if !url.is_empty() {
            fields.check_url("url", &url, &["https://", "http://", "ssh://", "file://"]);
        }
        if !revision.is_empty() {
            // A branch or a tag is another thing tomorrow.
            fields.check_digits("revision", &revision, 40);
        }
        let (owner, group) = (fields.owner("owner"), fields.owner("group"));
        item.needs.extend(owners(&owner, &group));
        item.state = State::Words(format!("from {revision}"));
        item.words = vec![path, url, revision, owner, group];
    },
    told: by_properties,
    shell: &[TREE, include_str!("git_checkout.sh")],
};
