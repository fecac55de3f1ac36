//! Metamist, as its routes of projects answer.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::http::{Answer, Asked};
use crate::world::{World, bare, parts};

/// The roles that can be given.
const ROLES: [&str; 6] = ["reader", "contributor", "writer", "data_manager", "project_admin", "project_member_admin"];

pub(crate) fn method(asked: &Asked) -> Option<&'static str> {
    let parts = parts(asked);
    let ["metamist", "api", "v1", "project", rest @ ..] = parts.as_slice() else { return None };
    Some(match (asked.verb.as_str(), rest) {
        ("GET", ["all"]) => "metamist.project.all",
        // Without the slash at the end it is nowhere.
        ("PUT", [""]) => "metamist.project.create",
        ("PATCH", [_, "members"]) => "metamist.project.members",
        _ => return None,
    })
}

pub(crate) fn violations(asked: &Asked, method: &str) -> Vec<String> {
    match method {
        "metamist.project.create" => {
            let known = ["name", "dataset", "create_test_project"];
            let given: Vec<&str> = asked.query.iter().map(|(name, _)| name.as_str()).collect();
            let unknown = given.iter().filter(|name| !known.contains(name));
            let unknown = unknown.map(|name| format!("there is no parameter `{name}`"));
            let missing = known[..2].iter().filter(|name| !given.contains(name));
            unknown.chain(missing.map(|name| format!("the parameter `{name}` is missing"))).collect()
        }
        "metamist.project.members" => members(&asked.json()).err().into_iter().collect(),
        _ => bare(asked),
    }
}

fn members(body: &Json) -> Result<BTreeMap<String, BTreeSet<String>>, String> {
    let listed = body.as_array().ok_or("the body is no list")?;
    let mut members = BTreeMap::new();
    for one in listed {
        let fields: Vec<&str> = one.as_object().into_iter().flat_map(|map| map.keys()).map(String::as_str).collect();
        if fields != ["member", "roles"] {
            return Err(format!("{one} is no member with roles"));
        }
        let (Some(member), Some(roles)) = (one["member"].as_str(), one["roles"].as_array()) else {
            return Err(format!("{one} is no member with roles"));
        };
        let roles: BTreeSet<String> = roles.iter().filter_map(Json::as_str).map(str::to_owned).collect();
        if let Some(unknown) = roles.iter().find(|role| !ROLES.contains(&role.as_str())) {
            return Err(format!("Role {unknown} is not valid for member {member}"));
        }
        if members.insert(member.to_owned(), roles).is_some() {
            return Err(format!("{member} is there twice"));
        }
    }
    Ok(members)
}

pub(crate) fn act(world: &mut World, asked: &Asked, method: &str) -> Answer {
    let parameter = |name: &str| asked.query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value);
    match method {
        "metamist.project.all" => {
            let row =
                |(name, id): (&String, &u64)| json!({"id": id, "name": name, "dataset": name, "meta": {}, "roles": []});
            Answer::of(200, &world.metadata.iter().map(row).collect())
        }
        "metamist.project.create" => {
            let name = parameter("name");
            if world.metadata.contains_key(name) {
                // The database does not take a name twice, and nobody catches that.
                return Answer::saying(500, "description", "IntegrityError: Duplicate entry");
            }
            let id = world.metadata.len() as u64 + 1;
            world.metadata.insert(name.to_owned(), id);
            Answer::of(200, &id.into())
        }
        _ => {
            let project = &asked.path[4];
            if !world.metadata.contains_key(project) {
                return Answer::saying(404, "description", &format!("Could not find project '{project}'"));
            }
            world.members.insert(project.clone(), members(&asked.json()).unwrap_or_default());
            Answer::of(200, &json!({ "success": true }))
        }
    }
}
