//! A user in a group, with whoever else is in it.

use super::{SHADOW, Spec, by_properties};
use crate::Claim;
use crate::claim::owners;

pub(super) const SPEC: Spec = Spec {
    token: "host_member",
    word: "member",
    id: (&["user", "group"], ":"),
    path: None,
    compared: false,
    read: |fields, item| {
        let (user, group) = (fields.name("user"), fields.name("group"));
        item.needs.extend(owners(&user, &group));
        item.claims.push(Claim::Member(user.clone(), group.clone()));
        item.words = vec![user, group];
    },
    told: by_properties,
    shell: &[SHADOW, include_str!("member.sh")],
};
