//! Secrets where their contents are: they are deleted and brought back there.

use serde_json::{Value as Json, json};

use crate::behave::{Call, Done};
use crate::http::Answer;
use crate::world::{Thing, World};

pub(super) fn answer(world: &mut World, call: &Call<'_>, method: &str) -> Done {
    let vault = call.asked.path[0].split('.').next().unwrap_or_default().to_owned();
    let name = call.path["secret-name"].clone();
    let end = format!("/vaults/{}/secrets/{}", vault.to_lowercase(), name.to_lowercase());
    let kept = format!("{vault}/{name}");
    let missing = || Answer::error(404, "SecretNotFound", "A secret with that name was not found in this key vault.");
    match method {
        "keyVaultDeleteSecret" => {
            let key = world.things.keys().find(|id| id.ends_with(&end)).cloned().ok_or_else(missing)?;
            let thing = world.things.remove(&key).ok_or_else(missing)?;
            let told = bundle(&thing, &vault, &name);
            world.deleted_secrets.insert(kept, thing);
            Ok(Answer::of(200, &told))
        }
        "keyVaultGetDeletedSecret" => {
            let thing = world.deleted_secrets.get(&kept).ok_or_else(missing)?;
            Ok(Answer::of(200, &bundle(thing, &vault, &name)))
        }
        "keyVaultRecoverDeletedSecret" => {
            let thing = world.deleted_secrets.remove(&kept).ok_or_else(missing)?;
            let told = bundle(&thing, &vault, &name);
            // It is back after a while only.
            let key = thing.id.to_lowercase();
            world.come_back(key, thing);
            Ok(Answer::of(200, &told))
        }
        _ => Err(Answer::error(501, "NotImplemented", method)),
    }
}

fn bundle(thing: &Thing, vault: &str, name: &str) -> Json {
    let id = format!("https://{vault}.vault.azure.net/deletedsecrets/{name}");
    json!({ "recoveryId": id, "tags": thing.body["tags"], "attributes": { "enabled": true } })
}
