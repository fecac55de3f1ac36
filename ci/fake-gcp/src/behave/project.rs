//! Projects, who pays for them, and the interfaces that are enabled for them.

use serde_json::{Value as Json, json};

use super::{Call, Done, change, make_long, number_of, numbered, there};
use crate::http::Answer;
use crate::world::World;

pub(super) fn answer(world: &mut World, call: &Call<'_>) -> Done {
    let method = call.method();
    let name = call.parameter("name").to_owned();
    if method == "projects.create" {
        let id = call.body["projectId"].as_str().unwrap_or_default().to_owned();
        let name = format!("projects/{id}");
        let etag = world.etag();
        return make_long(
            world,
            call,
            &name,
            "",
            json!({ "name": format!("projects/{}", number_of(&id)), "state": "ACTIVE", "etag": etag }),
        );
    }
    // Whoever may not see it is told the same as of one that is not there.
    let mut object =
        there(world, call).map_err(|_| Answer::rpc(403, "PERMISSION_DENIED", "the caller does not have permission"))?;
    let key = call.key(&name);
    match method {
        "projects.get" => Ok(object),
        // For thirty days.
        "projects.undelete" if object["state"] == "DELETE_REQUESTED" => {
            object["state"] = "ACTIVE".into();
            Ok(world.begin("", vec![(key, Some(object.clone()))], object))
        }
        _ if object["state"] != "ACTIVE" => Err(Answer::rpc(400, "FAILED_PRECONDITION", "it is not active")),
        "projects.patch" => change(world, call, true),
        "projects.move" => {
            object["parent"] = call.body["destinationParent"].clone();
            Ok(world.begin("", vec![(key, Some(object.clone()))], object))
        }
        "projects.delete" => {
            object["state"] = "DELETE_REQUESTED".into();
            // Nobody pays for it any more.
            world.objects.remove(&format!("cloudbilling/{name}"));
            Ok(world.begin("", vec![(key, Some(object.clone()))], object))
        }
        _ => Err(Answer::rpc(501, "UNIMPLEMENTED", method)),
    }
}

pub(super) fn billing(world: &mut World, call: &Call<'_>) -> Done {
    let name = call.parameter("name");
    if !world.is_seen(&format!("cloudresourcemanager/{name}")) {
        return Err(Answer::rpc(403, "PERMISSION_DENIED", "the caller does not have permission"));
    }
    let key = call.key(name);
    if call.method() == "projects.updateBillingInfo" {
        let object = call.with(json!({ "name": format!("{name}/billingInfo"), "billingEnabled": true }));
        world.objects.insert(key.clone(), object);
    }
    Ok(world.objects.get(&key).cloned().unwrap_or_else(|| json!({ "billingEnabled": false })))
}

pub(super) fn services(world: &mut World, call: &Call<'_>) -> Option<Done> {
    let name = call.parameter("name");
    Some(Ok(match call.method() {
        "services.enable" => set_service(world, call, "ENABLED"),
        "services.disable" => set_service(world, call, "DISABLED"),
        "services.get" => {
            let found = world.objects.get(&call.key(name)).cloned();
            found.unwrap_or_else(|| json!({ "name": numbered(name), "state": "DISABLED" }))
        }
        _ => return None,
    }))
}

fn set_service(world: &mut World, call: &Call<'_>, state: &str) -> Json {
    let name = call.parameter("name");
    let object = json!({ "name": numbered(name), "state": state, "config": { "title": "x" } });
    world.begin("", vec![(call.key(name), Some(object.clone()))], json!({ "service": object }))
}
