//! The resource manager.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::behave::{Call, Done, is_identifier, merge};
use crate::http::{Answer, Asked};
use crate::world::{Fault, Running, Thing, World};

mod kinds;

/// How many are on a page: whoever does not turn it does not find the others.
const PAGE: usize = 1;

pub(super) fn answer(world: &mut World, call: &Call<'_>) -> Done {
    let id = format!("/{}", call.asked.path[1..].join("/"));
    match (call.name.split_once('.').unwrap_or_default().1, call.asked.verb.as_str()) {
        ("subscriptionsList", _) => {
            let ids: BTreeSet<String> =
                world.things.values().filter_map(|thing| thing.id.split('/').nth(2)).map(str::to_owned).collect();
            let all = ids.iter().map(|id| json!({ "id": format!("/subscriptions/{id}"), "subscriptionId": id }));
            Ok(Answer::of(200, &json!({ "value": all.collect::<Vec<_>>() })))
        }
        ("storageAccountsList" | "registriesList" | "vaultsListBySubscription", _) => Ok(list(world, call, &id)),
        ("vaultsGetDeleted", _) => deleted_vault(world, call),
        (_, "PUT") => put(world, call, &id),
        (_, "PATCH") => patch(world, call, &id),
        (_, "GET") => get(world, &id),
        (_, "DELETE") => delete(world, call, &id),
        (method, _) => Err(Answer::error(501, "NotImplemented", method)),
    }
}

/// The address of the server, as its caller sees it.
fn root(asked: &Asked) -> String {
    format!("http://{}/management.azure.com", asked.header("host").unwrap_or_default())
}

fn not_found(id: &str) -> Answer {
    Answer::error(404, "ResourceNotFound", &format!("The Resource '{id}' was not found."))
}

fn list(world: &World, call: &Call<'_>, id: &str) -> Answer {
    let kind = id.split("/providers/").nth(1).unwrap_or_default().to_lowercase();
    let subscription = format!("/subscriptions/{}/", call.path["subscriptionId"]).to_lowercase();
    let of_kind = |thing: &&Thing| {
        let id = thing.id.to_lowercase();
        id.starts_with(&subscription)
            && id.contains(&format!("/{kind}/"))
            && id.rsplit('/').nth(1) == kind.rsplit('/').next()
    };
    let all: Vec<&Thing> = world.things.values().filter(of_kind).collect();
    let at = call.asked.parameter("$skiptoken").and_then(|at| at.parse().ok()).unwrap_or(0);
    let page: Vec<Json> = all.iter().skip(at).take(PAGE).map(|thing| shown(thing)).collect();
    let more = at + PAGE < all.len();
    // Whoever follows it is asked for nothing else.
    let next = format!("{}/operations/page?of={id}&at={}", root(call.asked), at + PAGE);
    Answer::of(200, &if more { json!({ "value": page, "nextLink": next }) } else { json!({ "value": page }) })
}

/// The next page of a list.
fn turned(world: &World, asked: &Asked) -> Answer {
    let id = asked.parameter("of").unwrap_or_default().to_owned();
    let mut path = std::collections::BTreeMap::new();
    path.insert("subscriptionId".to_owned(), id.split('/').nth(2).unwrap_or_default().to_owned());
    let mut asked = asked.clone();
    asked.query = vec![("$skiptoken".to_owned(), asked.parameter("at").unwrap_or_default().to_owned())];
    list(world, &Call { name: "", path, asked: &asked, body: Json::Null, answers: &Json::Null, fault: None }, &id)
}

/// What is told of an object: no secrets, and letters as the vendor likes them.
fn shown(thing: &Thing) -> Json {
    let mut body = thing.body.clone();
    if let Some(inner) = body.get_mut("properties").and_then(Json::as_object_mut) {
        inner.remove("value");
        inner.remove("createMode");
    }
    body
}

fn get(world: &mut World, id: &str) -> Done {
    let key = id.to_lowercase();
    if let Some(thing) = world.things.get(&key) {
        return Ok(Answer::of(200, &shown(thing)));
    }
    // What every account has is there without being made.
    if key.ends_with("/blobservices/default")
        && world.things.contains_key(key.trim_end_matches("/blobservices/default"))
    {
        return Ok(Answer::of(
            200,
            &json!({ "id": id, "name": "default", "properties": { "cors": { "corsRules": [] } } }),
        ));
    }
    world.wait_for(&key);
    Err(not_found(id))
}

fn put(world: &mut World, call: &Call<'_>, id: &str) -> Done {
    let key = id.to_lowercase();
    kinds::check_place(world, id)?;
    let told = kinds::violations(call, id);
    if !told.is_empty() {
        world.violations.push(format!("{} {id}: {}", call.name, told.join("; ")));
        return Err(Answer::error(400, "InvalidRequestContent", &told.join("; ")));
    }
    if call.fault == Some(Fault::Overtaken) {
        overtake(world, &key);
    }
    kinds::check_names(world, call, id)?;
    if let Some(done) = kinds::recover(world, call, id)? {
        return Ok(done);
    }
    let there = world.things.get(&key).cloned();
    kinds::check_change(world, call, there.as_ref())?;
    let mut body = call.body.clone();
    kinds::dress(world, id, there.as_ref(), &mut body);
    let name = there.as_ref().map_or_else(|| id.to_owned(), |thing| thing.id.clone());
    let thing = Thing { id: name, body };
    let is_new = there.is_none();
    match call.name {
        // It is not there until that has ended.
        "storage.storageAccountsCreate" if is_new => Ok(begin(world, call, 202, "location", (key, Some(thing)))),
        "containerregistry.registriesCreate" => {
            let mut unready = thing.clone();
            unready.body["properties"]["provisioningState"] = "Creating".into();
            world.things.insert(key.clone(), unready);
            let status = if is_new { 201 } else { 200 };
            Ok(begin(world, call, status, "azure-asyncoperation", (key, Some(thing))))
        }
        _ => {
            let told = shown(&thing);
            world.things.insert(key, thing);
            let statuses = call.answers.as_array().cloned().unwrap_or_default();
            let status = if is_new && statuses.contains(&json!(201)) { 201 } else { 200 };
            Ok(Answer::of(status, &told))
        }
    }
}

/// Somebody else changes it.
fn overtake(world: &mut World, key: &str) {
    let etag = world.etag();
    if let Some(thing) = world.things.get_mut(key) {
        thing.body["eTag"] = etag.into();
    }
}

fn begin(world: &mut World, call: &Call<'_>, status: u16, header: &str, then: (String, Option<Thing>)) -> Answer {
    let number = world.number();
    let fails = call.fault == Some(Fault::Fails);
    world.operations.insert(number.to_string(), Running { polls: world.polls, then: Some(then), fails });
    let url = format!("{}/operations/{number}?by={header}", root(call.asked));
    Answer::of(status, &json!({})).with(header, &url)
}

/// Looks at an operation, which brings it nearer to its end.
pub(super) fn poll(world: &mut World, asked: &Asked) -> Answer {
    let number = asked.path.get(2).cloned().unwrap_or_default();
    if number == "page" {
        return turned(world, asked);
    }
    let Some(running) = world.operations.get_mut(&number) else { return not_found(&number) };
    let tells = asked.parameter("by") == Some("azure-asyncoperation");
    if running.polls > 0 {
        running.polls -= 1;
        return if tells { Answer::of(200, &json!({ "status": "InProgress" })) } else { Answer::empty(202) };
    }
    let fails = running.fails;
    if let Some((key, thing)) = running.then.take() {
        match thing {
            Some(mut thing) => {
                if fails {
                    thing.body["properties"]["provisioningState"] = "Failed".into();
                }
                // What failed before it was there is not there.
                if !fails || world.things.contains_key(&key) {
                    world.things.insert(key, thing);
                }
            }
            None => remove(world, &key),
        }
    }
    match (fails, tells) {
        (true, true) => Answer::of(
            200,
            &json!({ "status": "Failed", "error": { "code": "Broken", "message": "it came to nothing" } }),
        ),
        (true, false) => Answer::error(400, "Broken", "it came to nothing"),
        (false, true) => Answer::of(200, &json!({ "status": "Succeeded" })),
        (false, false) => Answer::of(200, &json!({})),
    }
}

fn patch(world: &mut World, call: &Call<'_>, id: &str) -> Done {
    let key = id.to_lowercase();
    let told = kinds::violations(call, id);
    if !told.is_empty() {
        world.violations.push(format!("{} {id}: {}", call.name, told.join("; ")));
        return Err(Answer::error(400, "InvalidRequestContent", &told.join("; ")));
    }
    let etag = world.etag();
    let thing = world.things.get_mut(&key).ok_or_else(|| not_found(id))?;
    merge(&mut thing.body, &call.body);
    if thing.body.get("etag").is_some() {
        thing.body["etag"] = etag.into();
    }
    Ok(Answer::of(200, &shown(thing)))
}

fn delete(world: &mut World, call: &Call<'_>, id: &str) -> Done {
    let key = id.to_lowercase();
    if !world.things.contains_key(&key) {
        let quiet = call.answers.as_array().is_some_and(|statuses| statuses.contains(&json!(204)));
        return if quiet { Ok(Answer::empty(204)) } else { Err(not_found(id)) };
    }
    if matches!(call.name, "resources.resourceGroupsDelete" | "containerregistry.registriesDelete") {
        return Ok(begin(world, call, 202, "location", (key, None)));
    }
    remove(world, &key);
    Ok(Answer::empty(200))
}

/// Takes an object away with all that is in it; vaults are kept for a time.
fn remove(world: &mut World, key: &str) {
    let within = format!("{key}/");
    let inner: Vec<String> = world.things.keys().filter(|id| id.starts_with(&within)).cloned().collect();
    let mut held = Vec::new();
    for id in inner {
        held.extend(world.things.remove(&id));
    }
    let Some(thing) = world.things.remove(key) else { return };
    if kinds::of(key) == "microsoft.keyvault/vaults" {
        world.deleted_vaults.insert(key.to_owned(), (thing, held));
    }
    if let Some((account, container)) = kinds::container(key) {
        world.blobs.retain(|id, _| !id.starts_with(&format!("{account}/{container}/")));
    }
    if kinds::of(key) == "microsoft.storage/storageaccounts" {
        let account = key.rsplit('/').next().unwrap_or_default();
        world.blobs.retain(|id, _| !id.starts_with(&format!("{account}/")));
    }
}

fn deleted_vault(world: &World, call: &Call<'_>) -> Done {
    let name = call.path["vaultName"].to_lowercase();
    let found = world.deleted_vaults.values().find(|(vault, _)| vault.id.to_lowercase().ends_with(&format!("/{name}")));
    let (vault, _) = found.ok_or_else(|| Answer::error(404, "DeletedVaultNotFound", "there is no such vault"))?;
    let place = &vault.body["location"];
    if place.as_str() != call.path.get("location").map(String::as_str) {
        return Err(Answer::error(404, "DeletedVaultNotFound", "there is no such vault"));
    }
    // The vendor writes ids in letters of its own.
    let id = vault.id.replace("/resourceGroups/", "/resourcegroups/");
    Ok(Answer::of(
        200,
        &json!({ "name": name, "properties": { "vaultId": id, "location": place, "tags": vault.body["tags"] } }),
    ))
}

/// Whether metadata can travel in headers.
fn bad_metadata(body: &Json) -> Vec<String> {
    let metadata = body.pointer("/properties/metadata").and_then(Json::as_object).into_iter().flatten();
    metadata
        .filter(|(key, value)| !is_identifier(key) || !value.as_str().is_some_and(str::is_ascii))
        .map(|(key, _)| format!("`{key}` cannot be metadata"))
        .collect()
}
