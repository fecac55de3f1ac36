//! Something that is done at times: a file of `/etc/cron.d`.

use std::fmt::Write as _;

use value::{Map, Value};

use super::Spec;
use crate::{Claim, answer};

pub(super) const SPEC: Spec = Spec {
    token: "host_cron",
    word: "cron",
    id: (&["name"], ""),
    path: Some(|key| format!("/etc/cron.d/{}", key.id)),
    compared: true,
    read: |fields, item| {
        let name = fields.name("name");
        // Names with other signs are passed over by cron.
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
            fields.wrong("name", "is letters, digits, `_` and `-`: cron passes over other files");
        }
        let (schedule, command) = (fields.line("schedule"), fields.line("command"));
        let words = if schedule.starts_with('@') { 1 } else { 5 };
        if !schedule.is_empty() && schedule.split_whitespace().count() != words {
            fields.wrong("schedule", "is five words, such as `0 4 * * *`, or one that starts with `@`");
        }
        let user = fields.owner("user");
        item.needs.push(Claim::User(user.clone()));
        let mut text = String::new();
        for (name, value) in fields.text_map("environment") {
            if value.contains(['\n', '\r', '\0']) || name.contains(['=', '\n', ' ', '#']) || name.is_empty() {
                fields.wrong("environment", "holds names of variables, and values of one line");
            }
            let _ = writeln!(text, "{name}={value}");
        }
        let schedule: Vec<&str> = schedule.split_whitespace().collect();
        let _ = writeln!(text, "{} {user} {command}", schedule.join(" "));
        item.text(text);
    },
    told: |_, words| answer::content(words, properties),
    shell: &[include_str!("cron.sh")],
};

fn properties(content: &str) -> Map {
    let mut map = Map::new();
    let mut environment = Map::new();
    for line in content.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let first = line.split([' ', '=']).next().unwrap_or_default();
        if line.as_bytes().get(first.len()) == Some(&b'=') {
            environment.insert(first.to_owned(), Value::from(&line[first.len() + 1..]));
            continue;
        }
        let fields = if line.starts_with('@') { 1 } else { 5 };
        let words: Vec<&str> = line.splitn(fields + 2, ' ').collect();
        if let [schedule @ .., user, command] = words.as_slice() {
            map.insert("schedule".to_owned(), Value::from(schedule.join(" ")));
            map.insert("user".to_owned(), Value::from(*user));
            map.insert("command".to_owned(), Value::from(*command));
        }
    }
    if !environment.is_empty() {
        map.insert("environment".to_owned(), Value::Map(environment));
    }
    map
}
