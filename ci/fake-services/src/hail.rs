//! Hail Batch, as its two front ends answer: refusals are plain text, and what is so already is done.

use serde_json::json;

use crate::http::{Answer, Asked};
use crate::world::{World, bare, fields, parts};

pub(crate) fn method(asked: &Asked) -> Option<&'static str> {
    let parts = parts(asked);
    let ["hail", _, "api", "v1alpha", rest @ ..] = parts.as_slice() else { return None };
    Some(match (asked.verb.as_str(), rest) {
        ("GET", ["users", _]) => "hail.users.get",
        ("POST", ["users", _, "create"]) => "hail.users.create",
        ("GET", ["billing_projects", _]) => "hail.billing_projects.get",
        ("POST", ["billing_projects", _, "create"]) => "hail.billing_projects.create",
        ("POST", ["billing_projects", _, "reopen"]) => "hail.billing_projects.reopen",
        ("POST", ["billing_projects", _, "close"]) => "hail.billing_projects.close",
        ("POST", ["billing_projects", _, "users", _, "add"]) => "hail.billing_projects.add",
        ("POST", ["billing_projects", _, "users", _, "remove"]) => "hail.billing_projects.remove",
        _ => return None,
    })
}

pub(crate) fn violations(asked: &Asked, method: &str) -> Vec<String> {
    if method != "hail.users.create" {
        return bare(asked);
    }
    let mut found = fields(asked, &["login_id", "is_developer", "is_service_account"], &["user"]);
    let body = asked.json();
    let name = asked.path[5].as_str();
    if body.get("user").is_some_and(|user| user != name) {
        found.push("the user in the body is another one".to_owned());
    }
    if !body["is_developer"].is_boolean() || !body["is_service_account"].is_boolean() {
        found.push("what a user is, is true or false".to_owned());
    }
    let plain = |c: char| c.is_ascii_digit() || c.is_ascii_lowercase() || c == '-';
    if name.is_empty()
        || name.starts_with('-')
        || name.ends_with('-')
        || name.contains("--")
        || !name.chars().all(plain)
    {
        found.push(format!("a user cannot be called `{name}`"));
    }
    found
}

pub(crate) fn act(world: &mut World, asked: &Asked, method: &str) -> Answer {
    let (host, name) = (asked.path[1].as_str(), asked.path[5].as_str());
    let key = format!("{host}/{name}");
    match method {
        "hail.users.get" => user(world, &key),
        "hail.users.create" => match world.users.get(&key) {
            Some(user) if matches!(user["state"].as_str(), Some("deleted" | "deleting")) => {
                Answer::text(400, &format!("400: User '{name}' has already been deleted."))
            }
            Some(_) => Answer::empty(200),
            None => {
                let body = asked.json();
                let kind = i32::from(body["is_service_account"] == true);
                let polls = world.polls;
                let user = json!({
                    "id": world.users.len() + 1, "username": name, "login_id": body["login_id"], "state": "creating",
                    "is_developer": 0, "is_service_account": kind, "hail_identity": null, "polls": polls,
                });
                world.users.insert(key, user);
                Answer::empty(200)
            }
        },
        _ => project(world, asked, method, &key),
    }
}

/// A new user has no identity until it has been looked at for a while.
fn user(world: &mut World, key: &str) -> Answer {
    let Some(user) = world.users.get_mut(key) else { return Answer::text(404, "404: Not Found") };
    if user["state"] == "creating" {
        match user["polls"].as_u64().unwrap_or_default() {
            0 => {
                let name = user["username"].as_str().unwrap_or_default().to_owned();
                user["state"] = "active".into();
                // On Azure an identity is the number of an object.
                user["hail_identity"] = if key.contains("hail-az") {
                    format!(
                        "00000000-0000-4000-8000-{:012x}",
                        name.bytes().fold(7_u64, |n, b| n * 31 % 0xffff_ffff + u64::from(b))
                    )
                    .into()
                } else {
                    format!("hail-{name}@hail-project.iam.gserviceaccount.com").into()
                };
            }
            left => user["polls"] = (left - 1).into(),
        }
    }
    let mut shown = user.clone();
    shown.as_object_mut().into_iter().for_each(|map| drop(map.remove("polls")));
    Answer::of(200, &shown)
}

fn project(world: &mut World, asked: &Asked, method: &str, key: &str) -> Answer {
    let name = asked.path[5].as_str();
    let strict = world.strict;
    let refused = |said: String| Answer::text(403, &format!("403: {said}"));
    // What is so already is done; once it was refused.
    let already =
        |said: String| if strict { refused(said) } else { Answer::of(200, &json!({ "billing_project": name })) };
    if method == "hail.billing_projects.create" {
        if world.billing_projects.contains_key(key) {
            return already(format!("Billing project {name} already exists."));
        }
        let project = json!({"billing_project": name, "status": "open", "users": [], "limit": null, "accrued_cost": 0});
        world.billing_projects.insert(key.to_owned(), project);
        return Answer::of(200, &name.into());
    }
    let Some(project) = world.billing_projects.get_mut(key) else {
        return refused(match method {
            "hail.billing_projects.get" => format!("Unknown Hail Batch billing project {name}."),
            _ => format!("Billing project {name} does not exist."),
        });
    };
    let open = project["status"] == "open";
    match method {
        "hail.billing_projects.get" => Answer::of(200, project),
        "hail.billing_projects.reopen" if open => already(format!("Billing project {name} is already open.")),
        "hail.billing_projects.reopen" => {
            project["status"] = "open".into();
            Answer::of(200, &name.into())
        }
        "hail.billing_projects.close" if !open => {
            already(format!("Billing project {name} is already closed or deleted."))
        }
        "hail.billing_projects.close" if project["batches"] == true => {
            refused(format!("Billing project {name} has running batches."))
        }
        "hail.billing_projects.close" => {
            project["status"] = "closed".into();
            Answer::of(200, &name.into())
        }
        _ if !open => refused(format!("Billing project {name} has been closed or deleted and cannot be modified.")),
        _ => {
            let user = asked.path[7].clone();
            let adds = method == "hail.billing_projects.add";
            let Some(users) = project["users"].as_array_mut() else { return Answer::empty(500) };
            let there = users.iter().any(|there| *there == user.as_str());
            match (adds, there) {
                (true, true) => already(format!("User {user} is already member of billing project {name}.")),
                (false, false) => already(format!("User {user} is not in billing project {name}.")),
                (true, false) => {
                    users.push(user.into());
                    Answer::of(200, &json!({ "billing_project": name }))
                }
                (false, true) => {
                    users.retain(|there| *there != user.as_str());
                    Answer::of(200, &json!({ "billing_project": name }))
                }
            }
        }
    }
}
