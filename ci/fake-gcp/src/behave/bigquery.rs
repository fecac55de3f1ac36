//! Datasets, who may do what in them, and tables.

use serde_json::{Map as Object, Value as Json, json};

use super::{Call, exists, missing, storage};
use crate::http::Answer;
use crate::world::World;

pub(super) fn answer(world: &mut World, call: &Call<'_>) -> Result<Answer, Answer> {
    let dataset = format!("projects/{}/datasets", call.parameter("projectId"));
    let (of, method) = call.method().split_once('.').unwrap_or_default();
    let reference = format!("{}Reference", of.trim_end_matches('s'));
    let of_dataset = of == "datasets";
    let parent = if of_dataset { dataset } else { format!("{dataset}/{}/tables", call.parameter("datasetId")) };
    let id = if of_dataset { "datasetId" } else { "tableId" };
    if !of_dataset {
        let (holder, _) = parent.rsplit_once('/').unwrap_or_default();
        world.look(&call.key(holder)).ok_or_else(|| missing(holder))?;
    }
    if method == "insert" {
        let name = format!("{parent}/{}", call.body[&reference][id].as_str().unwrap_or_default());
        return insert(world, call, &name, &reference);
    }
    let name = format!("{parent}/{}", call.parameter(id));
    let key = call.key(&name);
    let there = world.look(&key).ok_or_else(|| missing(&name))?;
    match method {
        "get" => Ok(Answer::of(200, &there)),
        "patch" if call.asked.if_match.as_ref().is_some_and(|etag| there["etag"] != **etag) => {
            Err(Answer::old(412, "conditionNotMet", "Precondition check failed."))
        }
        "patch" => {
            let mut changed = there;
            storage::merge(&mut changed, &call.body);
            changed["etag"] = world.etag().into();
            world.objects.insert(key, changed.clone());
            Ok(Answer::of(200, &changed))
        }
        "delete" if of_dataset && world.objects.keys().any(|other| other.starts_with(&format!("{key}/"))) => {
            Err(Answer::old(400, "resourceInUse", &format!("{name} is still in use")))
        }
        "delete" => {
            world.remove(&key);
            Ok(Answer { status: 204, retry_after: None, body: Vec::new() })
        }
        _ => Err(Answer::rpc(501, "UNIMPLEMENTED", method)),
    }
}

fn insert(world: &mut World, call: &Call<'_>, name: &str, reference: &str) -> Result<Answer, Answer> {
    let key = call.key(name);
    if world.objects.contains_key(&key) {
        return Err(exists(name));
    }
    let parts: Vec<&str> =
        call.body[reference].as_object().into_iter().flatten().filter_map(|(_, v)| v.as_str()).collect();
    let mut made = call.body.as_object().cloned().unwrap_or_default();
    let more = json!({ "kind": "bigquery#object", "id": parts.join(":"), "etag": world.etag() });
    made.extend(more.as_object().cloned().unwrap_or_default());
    if reference == "datasetReference" {
        settle(call, &mut made);
    }
    let made = Json::Object(made);
    world.put(key, made.clone());
    Ok(Answer::of(200, &made))
}

/// What a dataset has that nobody said: a place, and people who may.
fn settle(call: &Call<'_>, made: &mut Object<String, Json>) {
    made.entry("location").or_insert_with(|| "US".into());
    let project = call.parameter("projectId");
    made.entry("access").or_insert_with(|| {
        json!([
            { "role": "OWNER", "specialGroup": "projectOwners" },
            { "role": "READER", "specialGroup": "projectReaders" },
            { "role": "OWNER", "userByEmail": format!("maker@{project}.iam.gserviceaccount.com") },
        ])
    });
}
