//! Groups, who is in them, and their settings.

use serde_json::{Value as Json, json};

use super::{Call, Done, change, exists, make, missing, there};
use crate::http::Answer;
use crate::world::World;

/// Settings are there as long as their group.
pub(super) fn settings(world: &mut World, call: &Call<'_>) -> Done {
    let email = call.parameter("groupUniqueId");
    let mut groups = world.objects.iter().filter(|(key, _)| key.starts_with("cloudidentity/groups/"));
    if !groups.any(|(_, group)| group["groupKey"]["id"] == email) {
        return Err(Answer::old(404, "notFound", "Domain not found."));
    }
    let key = call.key(email);
    let mut object =
        world.objects.get(&key).cloned().unwrap_or_else(
            || json!({ "kind": "groupsSettings#groups", "email": email, "allowExternalMembers": "false" }),
        );
    if call.route.method["httpMethod"] == "PATCH" {
        object
            .as_object_mut()
            .into_iter()
            .for_each(|map| map.extend(call.body.as_object().cloned().unwrap_or_default()));
        world.objects.insert(key, object.clone());
    }
    Ok(object)
}

pub(super) fn answer(world: &mut World, call: &Call<'_>) -> Done {
    let with_id = |world: &World, prefix: &str, field: &str, id: &str| {
        let same = |(key, object): &(&String, &Json)| key.starts_with(prefix) && object[field]["id"] == id;
        world.objects.iter().find(same).and_then(|(_, object)| object["name"].as_str().map(str::to_owned))
    };
    let hidden = || {
        Answer::rpc(
            403,
            "PERMISSION_DENIED",
            "Error(2028): Permission denied for resource groups (or it may not exist).",
        )
    };
    match call.method() {
        "groups.create" => {
            let id = call.body["groupKey"]["id"].as_str().unwrap_or_default().to_owned();
            if with_id(world, "cloudidentity/groups/", "groupKey", &id).is_some() {
                return Err(exists(&id));
            }
            let name = format!("groups/g{:08}", world.number());
            let object = make(world, call, &name, json!({ "name": name }))?;
            Ok(json!({ "done": true, "response": object }))
        }
        "groups.lookup" => {
            let found = with_id(world, "cloudidentity/groups/", "groupKey", call.parameter("groupKey.id"));
            found.map(|name| json!({ "name": name })).ok_or_else(hidden)
        }
        "groups.get" => there(world, call).map_err(|_| hidden()),
        "groups.patch" => {
            let changed = change(world, call, false)?;
            Ok(json!({ "done": true, "response": changed }))
        }
        "groups.memberships.create" => {
            let group = call.parameter("parent");
            if !world.strangers && !world.objects.contains_key(&call.key(group)) {
                return Err(hidden());
            }
            let id = call.body["preferredMemberKey"]["id"].as_str().unwrap_or_default().to_owned();
            if with_id(world, &format!("cloudidentity/{group}/memberships/"), "preferredMemberKey", &id).is_some() {
                return Err(exists(&id));
            }
            let name = format!("{group}/memberships/m{:08}", world.number());
            let object = make(world, call, &name, json!({ "name": name, "type": "USER" }))?;
            Ok(json!({ "done": true, "response": object }))
        }
        "groups.memberships.lookup" => {
            let prefix = format!("cloudidentity/{}/memberships/", call.parameter("parent"));
            let found = with_id(world, &prefix, "preferredMemberKey", call.parameter("memberKey.id"));
            found.map(|name| json!({ "name": name })).ok_or_else(|| missing("the membership"))
        }
        "groups.memberships.get" => there(world, call),
        _ => {
            there(world, call)?;
            world.remove(&call.key(call.parameter("name")));
            Ok(json!({ "done": true, "response": {} }))
        }
    }
}
