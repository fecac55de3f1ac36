//! Service accounts and their keys, pools of identities of elsewhere.

use serde_json::{Value as Json, json};

use super::{Call, Done, begin_state, exists, make_long, masked, missing, numbered, there};
use crate::world::{World, now};

pub(super) fn answer(world: &mut World, call: &Call<'_>) -> Option<Done> {
    Some(match call.method().trim_start_matches("projects.") {
        "serviceAccounts.create" => new_account(world, call),
        "serviceAccounts.patch" => change_within(world, call),
        "serviceAccounts.keys.create" => new_key(world, call),
        "serviceAccounts.keys.list" => keys(world, call),
        "locations.workloadIdentityPools.create" => {
            let (parent, id) = (call.parameter("parent"), call.parameter("workloadIdentityPoolId"));
            pool(world, call, &format!("{parent}/workloadIdentityPools/{id}"))
        }
        "locations.workloadIdentityPools.providers.create" => {
            let (parent, id) = (call.parameter("parent"), call.parameter("workloadIdentityPoolProviderId"));
            pool(world, call, &format!("{parent}/providers/{id}"))
        }
        method if method.ends_with(".undelete") => begin_state(world, call, "ACTIVE"),
        // It can be seen for thirty days.
        "locations.workloadIdentityPools.delete" | "locations.workloadIdentityPools.providers.delete" => {
            begin_state(world, call, "DELETED")
        }
        _ => return None,
    })
}

fn pool(world: &mut World, call: &Call<'_>, name: &str) -> Done {
    let more = json!({ "name": numbered(name), "state": "ACTIVE" });
    make_long(world, call, name, &format!("{name}/"), more)
}

/// The name of an account; whoever does not know the project writes `-` for it.
pub(super) fn whole(world: &World, account: &str) -> Option<String> {
    let (_, email) = account.rsplit_once('/')?;
    world.names("iam").into_iter().find(|name| name.ends_with(&format!("/serviceAccounts/{email}")))
}

fn new_account(world: &mut World, call: &Call<'_>) -> Done {
    let project = call.parameter("name").trim_start_matches("projects/");
    let id = call.body["accountId"].as_str().unwrap_or_default();
    let email = format!("{id}@{project}.iam.gserviceaccount.com");
    let name = format!("projects/{project}/serviceAccounts/{email}");
    if world.objects.contains_key(&call.key(&name)) {
        return Err(exists(&name));
    }
    let mut object = call.body["serviceAccount"].as_object().cloned().unwrap_or_default();
    let number = world.number();
    let more = json!({ "name": name, "email": email, "projectId": project, "uniqueId": format!("1{number:020}") });
    object.extend(more.as_object().cloned().unwrap_or_default());
    world.put(call.key(&name), Json::Object(object.clone()));
    Ok(Json::Object(object))
}

fn change_within(world: &mut World, call: &Call<'_>) -> Done {
    let object = there(world, call)?;
    let body = call.body["serviceAccount"].as_object().cloned().unwrap_or_default();
    let changed = masked(world, call, &object, body, call.body["updateMask"].as_str().unwrap_or_default())?;
    world.objects.insert(call.key(call.parameter("name")), changed.clone());
    Ok(changed)
}

fn new_key(world: &mut World, call: &Call<'_>) -> Done {
    let account = call.parameter("name");
    let name = whole(world, account).filter(|name| world.is_seen(&call.key(name))).ok_or_else(|| missing(account))?;
    let name = format!("{name}/keys/{:040}", world.number());
    let object = json!({
        "name": name, "keyAlgorithm": "KEY_ALG_RSA_2048", "keyType": "USER_MANAGED", "keyOrigin": "GOOGLE_PROVIDED",
        "validAfterTime": now(),
    });
    world.put(call.key(&name), object.clone());
    let mut answer = object;
    answer["privateKeyData"] = "eyJ0eXBlIjogInNlcnZpY2VfYWNjb3VudCJ9".into();
    Ok(answer)
}

/// The keys of an account; each has one more, which is the vendor's.
fn keys(world: &mut World, call: &Call<'_>) -> Done {
    let account = call.parameter("name");
    let name = whole(world, account).ok_or_else(|| missing(account))?;
    let prefix = call.key(&format!("{name}/keys/"));
    let mut keys: Vec<Json> =
        world.objects.iter().filter(|(key, _)| key.starts_with(&prefix)).map(|(_, key)| key.clone()).collect();
    keys.push(json!({ "name": format!("{name}/keys/0"), "keyType": "SYSTEM_MANAGED", "validAfterTime": now() }));
    let types = call.parameters("keyTypes");
    keys.retain(|key| types.is_empty() || types.iter().any(|ty| key["keyType"] == *ty));
    Ok(json!({ "keys": keys }))
}
