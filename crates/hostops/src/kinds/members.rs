//! All users in a group, and nobody else.

use super::{SHADOW, Spec, by_properties};
use crate::Claim;
use crate::claim::owners;

pub(super) const SPEC: Spec = Spec {
    token: "host_members",
    word: "members",
    id: (&["group"], ""),
    path: None,
    compared: false,
    read: |fields, item| {
        let (group, mut users) = (fields.name("group"), fields.texts("users"));
        users.sort();
        users.dedup();
        let plain =
            |name: &String| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.@-".contains(c));
        if users.iter().any(|name| name.starts_with('-') || !plain(name)) {
            fields.wrong("users", "are names of users");
        }
        item.needs.extend(users.iter().flat_map(|user| owners(user, &group)));
        item.claims.push(Claim::Members(group.clone()));
        item.words = vec![group, users.join(",")];
    },
    told: by_properties,
    shell: &[SHADOW, include_str!("members.sh")],
};
