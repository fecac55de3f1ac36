//! GitHub, as its documents of environments and their secrets say.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto_box::SecretKey;
use serde_json::{Value as Json, json};

use crate::http::{Answer, Asked};
use crate::world::{World, bare, fields, parts};

pub(crate) fn method(asked: &Asked) -> Option<&'static str> {
    let parts = parts(asked);
    let ["github", "repos", _, _, "environments", _, rest @ ..] = parts.as_slice() else { return None };
    Some(match (asked.verb.as_str(), rest) {
        ("GET", []) => "github.environments.get",
        ("PUT", []) => "github.environments.put",
        ("DELETE", []) => "github.environments.delete",
        ("GET", ["secrets", "public-key"]) => "github.secrets.key",
        ("GET", ["secrets", _]) => "github.secrets.get",
        ("PUT", ["secrets", _]) => "github.secrets.put",
        ("DELETE", ["secrets", _]) => "github.secrets.delete",
        _ => return None,
    })
}

pub(crate) fn violations(asked: &Asked, method: &str) -> Vec<String> {
    let mut found = match method {
        "github.environments.put" => {
            let more = ["wait_timer", "prevent_self_review", "reviewers", "deployment_branch_policy"];
            fields(asked, &[], &more)
        }
        "github.secrets.put" => fields(asked, &["encrypted_value", "key_id"], &[]),
        _ => bare(asked),
    };
    let headers = [("accept", "application/vnd.github+json"), ("x-github-api-version", "2022-11-28")];
    found.extend(
        headers.iter().filter(|(name, value)| asked.header(name) != *value).map(|(name, _)| format!("`{name}`")),
    );
    if asked.header("user-agent").is_empty() {
        found.push("nobody says what calls".to_owned());
    }
    found
}

/// Nothing is left of what may be asked in an hour.
pub(crate) fn spent(seconds: u64) -> Answer {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let reset = (now + Duration::from_secs(seconds)).as_secs();
    let answer = Answer::saying(403, "message", "API rate limit exceeded for user ID 1.");
    answer.header("x-ratelimit-remaining", 0).header("x-ratelimit-reset", reset)
}

pub(crate) fn act(world: &mut World, asked: &Asked, method: &str) -> Answer {
    let repository = asked.path[2..4].join("/");
    let key = format!("{repository}/{}", asked.path[5]);
    let missing = || Answer::saying(404, "message", "Not Found");
    if world.no_repositories.contains(&repository) {
        return missing();
    }
    let there = world.environments.get(&key).cloned();
    match (method, there) {
        ("github.environments.put", _) => put(world, key, &asked.json()),
        (_, None) => missing(),
        ("github.environments.get", Some(environment)) => Answer::of(200, &environment),
        ("github.environments.delete", Some(_)) => {
            world.environments.remove(&key);
            world.secrets.retain(|secret, _| !secret.starts_with(&format!("{key}/")));
            Answer::empty(204)
        }
        ("github.secrets.key", Some(_)) => {
            let public = STANDARD.encode(SecretKey::from([world.key; 32]).public_key().as_bytes());
            Answer::of(200, &json!({ "key_id": world.key.to_string(), "key": public }))
        }
        (_, Some(_)) => secret(world, asked, method, &format!("{key}/{}", asked.path[7])),
    }
}

/// What is left out of a body is taken away.
fn put(world: &mut World, key: String, body: &Json) -> Answer {
    let policy = &body["deployment_branch_policy"];
    if policy.is_object() && policy["protected_branches"] == policy["custom_branch_policies"] {
        return Answer::saying(
            422,
            "message",
            "protected_branches and custom_branch_policies cannot have the same value",
        );
    }
    let mut rules = Vec::new();
    if let Some(minutes) = body["wait_timer"].as_u64().filter(|minutes| *minutes > 0) {
        rules.push(json!({"id": 1, "type": "wait_timer", "wait_timer": minutes}));
    }
    let reviewers = body["reviewers"].as_array().into_iter().flatten();
    let reviewers: Vec<Json> =
        reviewers.map(|r| json!({"type": r["type"], "reviewer": {"id": r["id"], "login": "x"}})).collect();
    if !reviewers.is_empty() {
        let own = body["prevent_self_review"] == true;
        rules.push(json!({"id": 2, "type": "required_reviewers", "prevent_self_review": own, "reviewers": reviewers}));
    }
    if policy.is_object() {
        rules.push(json!({"id": 3, "type": "branch_policy"}));
    }
    let name = key.rsplit('/').next().unwrap_or_default();
    let environment = json!({"id": 1, "name": name, "protection_rules": rules, "deployment_branch_policy": policy});
    world.environments.insert(key, environment.clone());
    Answer::of(200, &environment)
}

fn secret(world: &mut World, asked: &Asked, method: &str, key: &str) -> Answer {
    let there = world.secrets.contains_key(key);
    let missing = Answer::saying(404, "message", "Not Found");
    match method {
        "github.secrets.get" if there => {
            let times = "2026-01-01T00:00:00Z";
            Answer::of(200, &json!({"name": asked.path[7], "created_at": times, "updated_at": times}))
        }
        "github.secrets.delete" if there => {
            world.secrets.remove(key);
            Answer::empty(204)
        }
        "github.secrets.put" => {
            let body = asked.json();
            let closed = body["encrypted_value"].as_str().and_then(|text| STANDARD.decode(text).ok());
            let opened = closed.and_then(|closed| SecretKey::from([world.key; 32]).unseal(&closed).ok());
            let opened = opened.filter(|_| body["key_id"].as_str().and_then(|id| id.parse().ok()) == Some(world.key));
            match opened.and_then(|bytes| String::from_utf8(bytes).ok()) {
                Some(value) => {
                    world.secrets.insert(key.to_owned(), value);
                    Answer::empty(if there { 204 } else { 201 })
                }
                None => Answer::saying(422, "message", "The key is not that of the environment."),
            }
        }
        _ => missing,
    }
}
