//! A unit that starts another one at times.

use super::table::{self, How, Row, Style, row};
use super::{Spec, UNITS};
use crate::answer;

const ROWS: &[Row] = &[
    row("description", "Unit", "Description", How::Text),
    row("on_calendar", "Timer", "OnCalendar", How::Lines),
    row("on_boot", "Timer", "OnBootSec", How::Text),
    row("on_unit_active", "Timer", "OnUnitActiveSec", How::Text),
    row("on_unit_inactive", "Timer", "OnUnitInactiveSec", How::Text),
    row("accuracy", "Timer", "AccuracySec", How::Text),
    row("randomized_delay", "Timer", "RandomizedDelaySec", How::Text),
    row("persistent", "Timer", "Persistent", How::Flag),
    row("unit", "Timer", "Unit", How::Text),
];
const FIXED: &[(&str, &str)] = &[("Install", "WantedBy=timers.target")];

pub(super) const SPEC: Spec = Spec {
    token: "host_timer",
    word: "timer",
    id: (&["name"], ""),
    path: Some(|key| format!("/etc/systemd/system/{}.timer", key.id)),
    compared: true,
    read: |fields, item| {
        fields.name("name");
        let content = table::written(ROWS, Style::Unit, FIXED, fields);
        let when = ["on_calendar", "on_boot", "on_unit_active", "on_unit_inactive"];
        if !fields.lenient && !when.iter().any(|name| fields.is_given(name)) {
            fields.problems.push(format!("it is never started: none of `{}` is there", when.join("`, `")));
        }
        item.text(content);
    },
    told: |_, words| answer::content(words, |content| table::read(ROWS, Style::Unit, FIXED, content)),
    shell: &[UNITS, include_str!("timer.sh")],
};
