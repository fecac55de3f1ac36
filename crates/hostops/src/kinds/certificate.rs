//! A certificate that signs itself, with its key; it is made anew before it ends.

use super::{Spec, by_properties, its_id};
use crate::Claim;
use crate::claim::owners;

pub(super) const SPEC: Spec = Spec {
    token: "host_certificate",
    word: "certificate",
    id: (&["path"], ""),
    path: Some(its_id),
    compared: false,
    read: |fields, item| {
        let (path, key) = (fields.place("path"), fields.place("key_path"));
        let name = fields.line("common_name");
        let plain = |text: &str| {
            text.chars().all(|c| c.is_ascii_alphanumeric() || "._:*-".contains(c)) && !text.starts_with('-')
        };
        if !plain(&name) {
            fields.wrong("common_name", "is the name of a host");
        }
        let names = fields.lines("names");
        if !names.iter().all(|name| plain(name)) {
            fields.wrong("names", "are names of hosts, and addresses");
        }
        let alternatives: Vec<String> =
            names
                .iter()
                .map(|name| {
                    if name.parse::<std::net::IpAddr>().is_ok() { format!("IP:{name}") } else { format!("DNS:{name}") }
                })
                .collect();
        let days = fields.number("days").unwrap_or(3650);
        let (owner, group) = (fields.owner("owner"), fields.owner("group"));
        item.claims.push(Claim::Path(key.clone()));
        item.needs.extend(owners(&owner, &group));
        item.words = vec![path, key, name, alternatives.join(","), names.join("\n"), days.to_string(), owner, group];
    },
    told: by_properties,
    shell: &[include_str!("certificate.sh")],
};
