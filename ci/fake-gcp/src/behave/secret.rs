//! Secrets and their versions.

use serde_json::json;

use super::{Call, Done, make, missing, numbered, there};
use crate::world::{World, now};

pub(super) fn answer(world: &mut World, call: &Call<'_>) -> Option<Done> {
    Some(match call.method() {
        "projects.secrets.create" => {
            let name = format!("{}/secrets/{}", call.parameter("parent"), call.parameter("secretId"));
            let etag = world.etag();
            make(world, call, &name, json!({ "name": numbered(&name), "etag": etag }))
        }
        "projects.secrets.addVersion" => new_version(world, call),
        "projects.secrets.versions.access" => access(world, call),
        "projects.secrets.versions.destroy" => destroy(world, call),
        _ => return None,
    })
}

fn new_version(world: &mut World, call: &Call<'_>) -> Done {
    let secret = call.parameter("parent");
    if !world.is_seen(&call.key(secret)) {
        return Err(missing(secret));
    }
    let versions = format!("{secret}/versions/");
    let before = world.names("secretmanager").iter().filter(|name| name.starts_with(&versions)).count();
    let name = format!("{versions}{}", before + 1);
    let object = json!({ "name": numbered(&name), "state": "ENABLED", "createTime": now() });
    world.put(call.key(&name), object.clone());
    let data = call.body["payload"]["data"].as_str().unwrap_or_default();
    world.contents.insert(call.key(&name), data.as_bytes().to_vec());
    Ok(object)
}

/// What a version holds.
fn access(world: &mut World, call: &Call<'_>) -> Done {
    let asked = call.parameter("name");
    let (versions, version) = asked.rsplit_once('/').unwrap_or_default();
    let latest = || {
        let names = world.names("secretmanager").into_iter().filter(|name| name.starts_with(versions));
        names.max_by_key(|name| name.rsplit('/').next().and_then(|number| number.parse::<u64>().ok()))
    };
    let name = if version == "latest" { latest() } else { Some(asked.to_owned()) };
    let data = name.as_ref().and_then(|name| world.contents.get(&call.key(name))).ok_or_else(|| missing(asked))?;
    Ok(json!({ "name": name, "payload": { "data": String::from_utf8_lossy(data) } }))
}

/// A version that is destroyed can be seen as long as its secret.
fn destroy(world: &mut World, call: &Call<'_>) -> Done {
    there(world, call)?;
    let key = call.key(call.parameter("name"));
    world.tamper(&key, &[("state", "DESTROYED".into())]);
    Ok(world.objects[&key].clone())
}
