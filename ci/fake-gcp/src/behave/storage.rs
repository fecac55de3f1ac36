//! Buckets, and objects with their contents.

use serde_json::{Map as Object, Value as Json, json};

use super::Call;
use super::policy::{get_policy, set_policy};
use crate::http::{Answer, Asked};
use crate::world::World;

/// What is known of an object and what is in it, of a body that has both.
pub(super) fn parts(asked: &Asked) -> Option<(Vec<u8>, Vec<u8>)> {
    let boundary = format!("--{}", asked.kind.split_once("boundary=")?.1);
    let parts = split(&asked.body, boundary.as_bytes());
    let [_, about, content, ..] = parts.as_slice() else { return None };
    let body = |part: &[u8]| {
        let start = part.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        Some(part[start..].strip_suffix(b"\r\n").unwrap_or(&part[start..]).to_vec())
    };
    Some((body(about)?, body(content)?))
}

fn split<'a>(bytes: &'a [u8], by: &[u8]) -> Vec<&'a [u8]> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(by.len()).position(|window| window == by) {
        out.push(&rest[..at]);
        rest = &rest[at + by.len()..];
    }
    out.push(rest);
    out
}

pub(super) fn answer(world: &mut World, call: &Call<'_>, content: Option<Vec<u8>>) -> Result<Answer, Answer> {
    let bucket = call.parameter("bucket").to_owned();
    let key = format!("storage/{bucket}");
    let object = format!("storage/{bucket}/o/{}", call.parameter("object"));
    let method = call.method();
    let gone = || Answer::old(404, "notFound", "The specified bucket does not exist.");
    let others = world.strangers && (method.ends_with("IamPolicy") || method.starts_with("objects."));
    if method != "buckets.insert" && !others && !world.is_seen(&key) {
        return Err(gone());
    }
    let ok = |json: &Json| Ok(Answer::of(200, json));
    match method {
        "buckets.insert" => insert(world, call),
        "buckets.get" => ok(&world.objects[&key]),
        "buckets.patch" => {
            let mut there = world.objects[&key].clone();
            merge(&mut there, &call.body);
            there["etag"] = world.etag().into();
            world.objects.insert(key, there.clone());
            ok(&there)
        }
        "buckets.delete" if world.objects.keys().any(|other| other.starts_with(&format!("{key}/o/"))) => {
            Err(Answer::old(409, "conflict", "The bucket you tried to delete is not empty."))
        }
        "buckets.delete" => {
            world.remove(&key);
            Ok(Answer { status: 204, retry_after: None, body: Vec::new() })
        }
        "buckets.getIamPolicy" => {
            let policy = get_policy(world, call, &bucket)?;
            ok(&policy)
        }
        "buckets.setIamPolicy" => set_policy(world, call, &call.body, &bucket).and_then(|policy| ok(&policy)),
        "objects.insert" => {
            let name = call.body["name"].as_str().unwrap_or_default();
            let object = format!("{key}/o/{name}");
            if call.parameter("ifGenerationMatch") == "0" && world.objects.contains_key(&object) {
                return Err(Answer::old(412, "conditionNotMet", "the object is there"));
            }
            let mut made = call.body.as_object().cloned().unwrap_or_default();
            let link = format!("https://www.googleapis.com/storage/v1/b/{bucket}/o/{name}");
            let more = json!({ "bucket": bucket, "generation": world.number().to_string(), "selfLink": link });
            made.extend(more.as_object().cloned().unwrap_or_default());
            world.objects.insert(object.clone(), Json::Object(made.clone()));
            world.contents.insert(object, content.unwrap_or_default());
            ok(&Json::Object(made))
        }
        "objects.get" => {
            let there = world.objects.get(&object).ok_or_else(gone)?;
            if call.parameter("alt") == "media" {
                let body = world.contents.get(&object).cloned().unwrap_or_default();
                return Ok(Answer { status: 200, retry_after: None, body });
            }
            ok(there)
        }
        "objects.delete" => {
            world.objects.remove(&object).ok_or_else(gone)?;
            world.contents.remove(&object);
            Ok(Answer { status: 204, retry_after: None, body: Vec::new() })
        }
        _ => Err(Answer::rpc(501, "UNIMPLEMENTED", method)),
    }
}

/// Makes a bucket; what is not given is as the vendor has it, and regions are in capitals.
fn insert(world: &mut World, call: &Call<'_>) -> Result<Answer, Answer> {
    let name = call.body["name"].as_str().unwrap_or_default().to_owned();
    let key = format!("storage/{name}");
    if world.objects.contains_key(&key) {
        return Err(Answer::old(
            409,
            "conflict",
            "Your previous request to create the named bucket succeeded and you already own it.",
        ));
    }
    let mut made = json!({
        "kind": "storage#bucket",
        "id": name,
        "selfLink": format!("https://www.googleapis.com/storage/v1/b/{name}"),
        "projectNumber": super::number_of(call.parameter("project")),
        "storageClass": "STANDARD",
        "etag": world.etag(),
        "softDeletePolicy": { "retentionDurationSeconds": "604800" },
        "iamConfiguration": { "publicAccessPrevention": "inherited", "uniformBucketLevelAccess": { "enabled": false } },
    });
    merge(&mut made, &call.body);
    made["location"] = call.body["location"].as_str().unwrap_or("US").to_uppercase().into();
    world.put(key, made.clone());
    Ok(Answer::of(200, &made))
}

/// Puts one into the other; what is null goes.
pub(super) fn merge(there: &mut Json, change: &Json) {
    let (Some(there), Some(change)) = (there.as_object_mut(), change.as_object()) else { return };
    for (name, value) in change {
        match value {
            Json::Null => drop(there.remove(name)),
            Json::Object(_) => {
                let inner = there.entry(name).or_insert_with(|| Json::Object(Object::new()));
                if !inner.is_object() {
                    *inner = Json::Object(Object::new());
                }
                merge(inner, value);
            }
            value => drop(there.insert(name.clone(), value.clone())),
        }
    }
}
