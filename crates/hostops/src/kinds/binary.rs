//! A program from elsewhere: a file of its own, or out of an archive.

use super::{FETCH, Spec, by_properties, from, its_id, or_dash};
use crate::claim::owners;
use crate::item::State;

pub(super) const SPEC: Spec = Spec {
    token: "host_binary",
    word: "binary",
    id: (&["path"], ""),
    path: Some(its_id),
    compared: true,
    read: |fields, item| {
        let path = fields.place("path");
        let [urls, sums] = from::by_architecture(fields);
        let member = fields.some_line("member");
        if member.as_ref().is_some_and(|member| member.starts_with(['-', '/']) || member.contains("..")) {
            fields.wrong("member", "is a path within the archive");
        }
        let (mode, owner, group) = (fields.mode("0755"), fields.owner("owner"), fields.owner("group"));
        item.needs.extend(owners(&owner, &group));
        item.state = State::Words(from::one_of(&sums));
        item.words = vec![path, urls, sums, or_dash(member), mode, owner, group];
    },
    told: by_properties,
    shell: &[FETCH, include_str!("binary.sh")],
};
