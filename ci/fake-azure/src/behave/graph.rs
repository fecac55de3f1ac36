//! Groups and their members.

use serde_json::{Map as Object, Value as Json, json};

use crate::behave::{Call, Done, merge};
use crate::http::Answer;
use crate::world::World;

pub(super) fn answer(world: &mut World, call: &Call<'_>, method: &str) -> Done {
    let parameter = |name: &str| call.path.get(name).map(String::as_str).unwrap_or_default();
    let missing = |what: &str| {
        let said = format!(
            "Resource '{what}' does not exist or one of its queried reference-property objects are not present."
        );
        Answer::error(404, "Request_ResourceNotFound", &said)
    };
    let name = parameter("uniqueName").replace("''", "'");
    let named = world.groups.iter().find(|(_, group)| group["uniqueName"] == name.as_str()).map(|(id, _)| id.clone());
    let id = if name.is_empty() { parameter("id").to_owned() } else { named.clone().unwrap_or_default() };
    match method {
        "groupsGet" | "groupsGetByUniqueName" => {
            if world.is_hidden(&id) {
                return Err(missing(&id));
            }
            let group = world.groups.get(&id).ok_or_else(|| missing(&id))?;
            Ok(Answer::of(200, &selected(group, call.asked.parameter("$select"))))
        }
        "groupsUpsert" => {
            if let Some(group) = named.and_then(|id| world.groups.get_mut(&id)) {
                merge(group, &call.body);
                return Ok(Answer::empty(204));
            }
            let id = world.guid();
            let mut group = json!({ "id": id, "uniqueName": name, "description": null });
            merge(&mut group, &call.body);
            world.groups.insert(id.clone(), group.clone());
            world.hide(&id);
            Ok(Answer::of(201, &group))
        }
        "groupsUpdate" => {
            let group = world.groups.get_mut(&id).ok_or_else(|| missing(&id))?;
            merge(group, &call.body);
            Ok(Answer::empty(204))
        }
        "groupsDelete" => {
            world.groups.remove(&id).ok_or_else(|| missing(&id))?;
            world.members.remove(&id);
            for members in world.members.values_mut() {
                members.remove(&id);
            }
            Ok(Answer::empty(204))
        }
        "membersGet" => {
            let there = world.members.get(&id).is_some_and(|members| members.contains(parameter("memberId")));
            let object = format!("https://graph.microsoft.com/v2/x/directoryObjects/{}", parameter("memberId"));
            if there {
                Ok(Answer::of(200, &json!({ "@odata.id": object })))
            } else {
                Err(missing(parameter("memberId")))
            }
        }
        "membersAdd" => {
            let member =
                call.body["@odata.id"].as_str().and_then(|id| id.rsplit('/').next()).unwrap_or_default().to_owned();
            if !world.groups.contains_key(&id) || world.is_unknown(&member) {
                return Err(missing(&member));
            }
            if world.members.entry(id).or_default().insert(member) {
                return Ok(Answer::empty(204));
            }
            let said =
                "One or more added object references already exist for the following modified properties: 'members'.";
            Err(Answer::error(400, "Request_BadRequest", said))
        }
        "membersRemove" => {
            let removed = world.members.get_mut(&id).is_some_and(|members| members.remove(parameter("memberId")));
            if removed { Ok(Answer::empty(204)) } else { Err(missing(parameter("memberId"))) }
        }
        _ => Err(Answer::error(501, "NotImplemented", method)),
    }
}

/// Only what was asked for is told; the unique name never is unasked.
fn selected(group: &Json, select: Option<&str>) -> Json {
    let fields: Vec<&str> = select.unwrap_or("id,description,displayName").split(',').collect();
    let all = group.as_object().cloned().unwrap_or_default();
    Json::Object(all.into_iter().filter(|(name, _)| fields.contains(&name.as_str())).collect::<Object<_, _>>())
}
