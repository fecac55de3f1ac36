//! A directory from elsewhere: each content has a directory of its own, and a link is turned to it at once.

use super::{FETCH, Spec, TREE, by_properties, from, its_id};
use crate::claim::owners;
use crate::item::State;

pub(super) const SPEC: Spec = Spec {
    token: "host_archive",
    word: "archive",
    id: (&["path"], ""),
    path: Some(its_id),
    compared: true,
    read: |fields, item| {
        let path = fields.place("path");
        let [urls, sums] = from::by_architecture(fields);
        let strip = fields.number("strip").unwrap_or(0);
        let (owner, group) = (fields.owner("owner"), fields.owner("group"));
        item.needs.extend(owners(&owner, &group));
        item.state = State::Words(from::one_of(&sums));
        item.words = vec![path, urls, sums, strip.to_string(), owner, group];
    },
    told: by_properties,
    shell: &[FETCH, TREE, include_str!("archive.sh")],
};
