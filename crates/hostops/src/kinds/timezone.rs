//! The time zone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use value::{Map, Value};

use super::Spec;
use crate::Claim;
use crate::answer::{There, text};
use crate::item::State;

pub(super) const SPEC: Spec = Spec {
    token: "host_timezone",
    word: "timezone",
    id: (&[], ""),
    path: Some(|_| "/etc/localtime".to_owned()),
    compared: true,
    read: |fields, item| {
        let name = fields.line("name");
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "/_+-".contains(c));
        if !plain || name.starts_with(['/', '-']) {
            fields.wrong("name", "is a zone, such as `Etc/UTC` or `Europe/Berlin`");
        }
        let target = format!("/usr/share/zoneinfo/{name}");
        item.claims.push(Claim::Path("/etc/timezone".to_owned()));
        item.state = State::Words(format!("link {}.", STANDARD.encode(&target)));
        item.words = vec!["/etc/localtime".to_owned(), target, name];
    },
    told: |_, words| {
        let ["link", target] = words else { return None };
        let name = text(target)?;
        let (_, name) = name.split_once("zoneinfo/")?;
        let properties = std::iter::once(("name".to_owned(), Value::from(name))).collect::<Map>();
        Some(There { words: Some(format!("link {target}")), properties })
    },
    shell: &[include_str!("link.sh"), include_str!("timezone.sh")],
};
