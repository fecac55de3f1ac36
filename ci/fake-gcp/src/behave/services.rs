//! Functions, services and jobs; topics and subscriptions; alerts and where they go.

use serde_json::{Value as Json, json};

use super::{Call, Done, exists, make, make_long, masked, missing, page};
use crate::world::World;

/// Functions, services and jobs.
pub(super) fn create(world: &mut World, call: &Call<'_>) -> Done {
    let parent = call.parameter("parent");
    let place = format!("{parent}/");
    if call.method() == "projects.locations.jobs.create" {
        let name = call.body["name"].as_str().unwrap_or_default().to_owned();
        let headers = json!({ "User-Agent": "Google-Cloud-Scheduler" });
        let mut object =
            make(world, call, &name, json!({ "state": "ENABLED", "userUpdateTime": crate::world::now() }))?;
        if object["httpTarget"].is_object() && object["httpTarget"]["headers"].is_null() {
            object["httpTarget"]["headers"] = headers;
            world.objects.insert(call.key(&name), object.clone());
        }
        return Ok(object);
    }
    let etag = world.etag();
    let (name, more) = if call.method() == "projects.locations.functions.create" {
        let id = call.parameter("functionId");
        let service =
            json!({ "service": format!("{parent}/services/{id}"), "uri": format!("https://{id}-x.a.run.app") });
        let mut config = call.body["serviceConfig"].as_object().cloned().unwrap_or_default();
        config.extend(service.as_object().cloned().unwrap_or_default());
        let url = format!("https://x.cloudfunctions.net/{id}");
        let name = format!("{parent}/functions/{id}");
        (name.clone(), json!({ "name": name, "state": "ACTIVE", "url": url, "serviceConfig": config }))
    } else {
        let id = call.parameter("serviceId");
        let name = format!("{parent}/services/{id}");
        (name.clone(), json!({ "name": name, "uri": format!("https://{id}-x.a.run.app"), "etag": etag }))
    };
    make_long(world, call, &name, &place, more)
}

/// Topics and subscriptions: their name is in the address whatever is done to them.
pub(super) fn messages(world: &mut World, call: &Call<'_>) -> Option<Done> {
    let (_, method) = call.method().rsplit_once('.')?;
    let name =
        ["name", "topic", "subscription"].into_iter().map(|name| call.parameter(name)).find(|name| !name.is_empty())?;
    let key = call.key(name);
    Some(match method {
        "create" if world.objects.contains_key(&key) => Err(exists(name)),
        "create" => {
            let topic = call.body["topic"].as_str().map(|topic| call.key(topic));
            match topic.filter(|topic| !world.is_seen(topic)) {
                Some(topic) => Err(missing(&topic)),
                None => make(world, call, name, json!({ "name": name, "state": "ACTIVE" })),
            }
        }
        "get" => world.look(&key).ok_or_else(|| missing(name)),
        "patch" => patch(world, call, name),
        "delete" => world.look(&key).ok_or_else(|| missing(name)).map(|_| {
            world.remove(&key);
            json!({})
        }),
        _ => return None,
    })
}

fn patch(world: &mut World, call: &Call<'_>, name: &str) -> Done {
    let key = call.key(name);
    let object = world.look(&key).ok_or_else(|| missing(name))?;
    let within = if name.contains("/topics/") { "topic" } else { "subscription" };
    let body = call.body[within].as_object().cloned().unwrap_or_default();
    let changed = masked(world, call, &object, body, call.body["updateMask"].as_str().unwrap_or_default())?;
    world.objects.insert(key, changed.clone());
    Ok(changed)
}

/// Alerts and where they go, which have names that the vendor gives.
pub(super) fn alerts(world: &mut World, call: &Call<'_>) -> Option<Done> {
    let (of, method) = call.method().trim_start_matches("projects.").split_once('.')?;
    let all = format!("{}/{of}", call.parameter("name"));
    Some(match method {
        "create" => {
            let name = format!("{all}/{:020}", world.number());
            make(world, call, &name, json!({ "name": name })).map(|object| starred(&object))
        }
        "list" => {
            let page = page(world, call, &format!("{all}/"), of);
            Ok(
                json!({ of: page[of].as_array().into_iter().flatten().map(starred).collect::<Vec<_>>(), "nextPageToken": page["nextPageToken"] }),
            )
        }
        "get" => super::there(world, call).map(|object| starred(&object)),
        "patch" => super::change(world, call, false).map(|object| starred(&object)),
        _ => return None,
    })
}

/// A channel as it is shown: what is secret of it is not.
fn starred(object: &Json) -> Json {
    let mut object = object.clone();
    for secret in ["auth_token", "password", "service_key"] {
        if let Some(value) = object["labels"].get_mut(secret) {
            *value = "**********".into();
        }
    }
    object
}
