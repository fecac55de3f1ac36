//! Who else may do what with a path, besides its owner, its group and everybody.

use super::{Spec, by_properties};
use crate::Claim;
use crate::claim::above;
use crate::item::State;

pub(super) const SPEC: Spec = Spec {
    token: "host_acl",
    word: "acl",
    id: (&["path"], ""),
    path: None,
    compared: true,
    read: |fields, item| {
        let path = fields.place("path");
        let mut entries = fields.lines("entries");
        fields.required("entries", None);
        for entry in entries.clone() {
            match names(&entry) {
                Some(name) => item.needs.extend([Claim::User(name.to_owned()), Claim::Group(name.to_owned())]),
                None => fields.wrong(
                    "entries",
                    &format!(
                        "cannot have `{entry}`: write `user:NAME:r-x`, `group:NAME:rwx`, or `default:` before one"
                    ),
                ),
            }
        }
        entries.sort();
        entries.dedup();
        item.claims.push(Claim::Other("who else may use", path.clone()));
        item.needs.push(Claim::Path(path.clone()));
        item.needs.extend(above(&path));
        let entries = entries.iter().map(|entry| entry.clone() + "\n").collect::<String>();
        item.state = State::Sum("acl:", entries.clone());
        item.words = vec![path, entries];
    },
    told: by_properties,
    shell: &[include_str!("acl.sh")],
};

/// The user or the group that an entry names.
fn names(entry: &str) -> Option<&str> {
    let entry = entry.strip_prefix("default:").unwrap_or(entry);
    let mut parts = entry.split(':');
    let (kind, name, may) = (parts.next()?, parts.next()?, parts.next()?);
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c)) && !name.is_empty();
    let may = may.len() == 3 && may.chars().zip("rwx".chars()).all(|(c, right)| c == '-' || c == right);
    (parts.next().is_none() && matches!(kind, "user" | "group") && plain && may).then_some(name)
}
