//! An entry in `/etc/hosts`.

use super::{PART, Spec, by_properties};
use crate::Claim;
use crate::item::State;

pub(super) const SPEC: Spec = Spec {
    token: "host_hosts_entry",
    word: "hosts_entry",
    id: (&["name"], ""),
    path: None,
    compared: true,
    read: |fields, item| {
        let (name, address, aliases) = (fields.name("name"), fields.line("address"), fields.lines("aliases"));
        if !address.is_empty() && address.parse::<std::net::IpAddr>().is_err() {
            fields.wrong("address", &format!("cannot be `{address}`: it is an address of IP"));
        }
        if aliases.iter().any(|alias| alias.contains([' ', '\t', '#'])) {
            fields.wrong("aliases", "are names");
        }
        let line = [address, name.clone()].into_iter().chain(aliases).collect::<Vec<_>>().join(" ") + "\n";
        item.claims.push(Claim::Part("/etc/hosts".to_owned(), format!("the entry `{name}`")));
        item.state = State::Sum("part:", line.clone());
        item.words = vec![name];
        item.body = Some(line);
    },
    told: by_properties,
    shell: &[PART, include_str!("hosts_entry.sh")],
};
