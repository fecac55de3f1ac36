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
    Ok(object)
}

/// A version that is destroyed can be seen as long as its secret.
fn destroy(world: &mut World, call: &Call<'_>) -> Done {
    there(world, call)?;
    let key = call.key(call.parameter("name"));
    world.tamper(&key, &[("state", "DESTROYED".into())]);
    Ok(world.objects[&key].clone())
}
