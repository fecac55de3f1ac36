//! Whether a unit runs.

use value::{Map, Value};

use super::{Spec, UNITS, flag, or_dash};
use crate::Claim;
use crate::answer::There;

pub(super) const SPEC: Spec = Spec {
    token: "host_service",
    word: "service",
    id: (&["unit"], ""),
    path: None,
    compared: false,
    read: |fields, item| {
        let unit = fields.name("unit");
        item.claims.push(Claim::Service(unit.clone()));
        item.needs.push(Claim::Path(format!("/etc/systemd/system/{unit}")));
        let running = fields.flag("running").map(flag);
        item.words = vec![unit, flag(fields.flag("enabled").unwrap_or(true)), or_dash(running)];
        item.again = Some([fields.map("restart_on"), fields.map("reload_on")]);
    },
    told: |_, words| {
        let ["service", enabled, active] = words else { return None };
        let mut properties = Map::new();
        let mut set = |name: &str, value| drop(properties.insert(name.to_owned(), Value::Bool(value)));
        match *enabled {
            "enabled" | "enabled-runtime" => set("enabled", true),
            "disabled" | "masked" => set("enabled", false),
            // Of others it is not the unit itself that says when it starts.
            _ => {}
        }
        match *active {
            "active" | "activating" | "reloading" => set("running", true),
            "inactive" | "failed" | "deactivating" => set("running", false),
            _ => {}
        }
        Some(There { words: None, properties })
    },
    shell: &[UNITS, include_str!("service.sh")],
};
