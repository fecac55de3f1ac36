//! What each service does with a call.

use std::io::Write as _;

use serde_json::{Value as Json, json};

use crate::document;
use crate::http::{Answer, Asked};
use crate::judge;
use crate::world::{Fault, Served, World};

mod arm;
mod blobs;
mod graph;
mod login;
mod vault;

/// The result of a call.
pub(crate) type Done = Result<Answer, Answer>;

/// A call that is allowed, with where operations are asked for.
pub(crate) struct Call<'a> {
    pub(crate) name: &'a str,
    pub(crate) path: std::collections::BTreeMap<String, String>,
    pub(crate) asked: &'a Asked,
    pub(crate) body: Json,
    /// The statuses that the document knows.
    pub(crate) answers: &'a Json,
    pub(crate) fault: Option<Fault>,
}

/// Answers a call; `None` = the connection breaks.
pub(crate) fn answer(world: &mut World, asked: &Asked) -> Option<Answer> {
    let (name, answer) = served(world, asked);
    let status = answer.as_ref().map_or(0, |answer| answer.status);
    note(&format!("{status} {name} {} {}", asked.verb, asked.path.join("/")));
    world.served.push(Served { method: name, path: asked.path.join("/"), status });
    answer
}

/// Notes a call in the file that `FAKE_AZURE_LOG` names, if it names one: for whoever looks into what takes long.
fn note(line: &str) {
    let Some(path) = std::env::var_os("FAKE_AZURE_LOG") else { return };
    if let Ok(mut log) = std::fs::OpenOptions::new().create(true).append(true).open(path) {
        // Nothing hangs on it.
        let _ = writeln!(log, "{line}");
    }
}

fn served(world: &mut World, asked: &Asked) -> (String, Option<Answer>) {
    let host = asked.path.first().map(String::as_str).unwrap_or_default();
    let second = asked.path.get(1).map(String::as_str).unwrap_or_default();
    if let Some(answer) = login::answer(world, asked) {
        return ("token".to_owned(), Some(answer));
    }
    if !login::is_let_in(world, asked) {
        return (
            "refused".to_owned(),
            Some(Answer::error(401, "InvalidAuthenticationToken", "the token is not valid here")),
        );
    }
    if (host, second) == ("management.azure.com", "operations") {
        return ("operation".to_owned(), Some(arm::poll(world, asked)));
    }
    if let Some(account) = host.strip_suffix(".blob.core.windows.net") {
        let name = format!("blobs.{}", asked.verb.to_lowercase());
        let found = blobs::violations(asked);
        return (name.clone(), judged(world, asked, &name, &found, |world, _| blobs::answer(world, asked, account)));
    }
    // Every vault has a host of its own.
    let mut there = asked.clone();
    if let Some(first) = there.path.first_mut().filter(|host| host.ends_with(".vault.azure.net")) {
        "{vault}.vault.azure.net".clone_into(first);
    }
    let Some((route, path)) = document::route(&there) else {
        world.violations.push(format!("{} {}: no method has this address", asked.verb, asked.path.join("/")));
        return ("unknown".to_owned(), Some(Answer::error(404, "InvalidResourceType", "there is no such method")));
    };
    let body: Option<Json> = serde_json::from_slice(&asked.body).ok();
    let found = judge::violations(route, asked, &path, body.as_ref());
    let answer = judged(world, asked, &route.name, &found, |world, fault| {
        let body = body.unwrap_or_default();
        let call = Call { name: &route.name, path, asked, body, answers: &route.method["answers"], fault };
        match route.name.split_once('.') {
            Some(("graph", method)) => graph::answer(world, &call, method),
            Some(("vault", method)) => vault::answer(world, &call, method),
            _ => arm::answer(world, &call),
        }
    });
    (route.name.clone(), answer)
}

/// A call with what is to go wrong with it.
fn judged(
    world: &mut World,
    asked: &Asked,
    name: &str,
    found: &[String],
    act: impl FnOnce(&mut World, Option<Fault>) -> Done,
) -> Option<Answer> {
    if !found.is_empty() {
        let all = found.join("; ");
        world.violations.push(format!("{name} {} {}: {all}", asked.verb, asked.path.join("/")));
        return Some(Answer::error(400, "InvalidRequestContent", &all));
    }
    let fault = world.fault(name);
    match fault {
        Some(Fault::Throttled(after)) => {
            let answer = Answer::error(429, "TooManyRequests", "too many requests");
            return Some(match after {
                Some(seconds) => answer.with("retry-after", &seconds.to_string()),
                None => answer,
            });
        }
        Some(Fault::Unavailable) => return Some(Answer::error(503, "ServiceUnavailable", "come back later")),
        Some(Fault::Conflict) => {
            return Some(Answer::error(409, "AnotherOperationInProgress", "another operation is in progress"));
        }
        Some(Fault::BreaksBefore) => return None,
        Some(Fault::BreaksAfter | Fault::Overtaken | Fault::Fails) | None => {}
    }
    let done = act(world, fault);
    (fault != Some(Fault::BreaksAfter)).then(|| done.unwrap_or_else(|failed| failed))
}

/// Puts one into the other; what is null goes.
pub(crate) fn merge(there: &mut Json, change: &Json) {
    let Some(change) = change.as_object() else {
        there.clone_from(change);
        return;
    };
    if !there.is_object() {
        *there = json!({});
    }
    let Some(there) = there.as_object_mut() else { return };
    for (name, value) in change {
        match value {
            Json::Null => drop(there.remove(name)),
            // Maps of texts are the caller's as a whole.
            value if matches!(name.as_str(), "tags" | "metadata" | "sku") => {
                drop(there.insert(name.clone(), value.clone()));
            }
            value => merge(there.entry(name).or_insert(Json::Null), value),
        }
    }
}

/// Whether a key of metadata is one that headers can carry.
pub(crate) fn is_identifier(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
