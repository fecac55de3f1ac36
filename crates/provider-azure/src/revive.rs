//! What was deleted and keeps its name: vaults and secrets, for as long as the vault says. One that was this resource's is
//! brought back with all that is in it; of anybody else's it is said who has the name.

use std::time::{Duration, Instant};

use ports::{Owner, ProviderErrorKind};
use rest::template::plain;
use rest::{Request, rest, url};
use serde_json::{Value as Json, json};
use value::Map;

use crate::apply::PAUSE;
use crate::failure::{Result, broken, is_missing, refused};
use crate::kind::{Deleted, Mark, call};
use crate::site::Service;
use crate::thing::Thing;
use crate::{change, document, operation, owner};

/// How long a secret may take to be back.
const BACK: Duration = Duration::from_mins(2);

/// Brings back what was deleted under an id; answers whether there was something.
pub(crate) async fn revive(thing: &Thing<'_>, what: Deleted, id: &str, inputs: &Map, owner: &Owner) -> Result<bool> {
    match what {
        Deleted::Vault => vault(thing, id, inputs, owner).await,
        Deleted::Secret => secret(thing, id, owner).await,
    }
}

async fn vault(thing: &Thing<'_>, id: &str, inputs: &Map, owner: &Owner) -> Result<bool> {
    let subscription: String = id.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let text = |name: &str| inputs.get(name).and_then(plain).unwrap_or_default();
    let place = format!("{subscription}/providers/Microsoft.KeyVault/locations/{}", text("location"));
    let look = call("keyvault", "vaultsGetDeleted")?;
    let request = thing.site.about(look, &format!("{place}/deletedVaults/{}", text("name")));
    let found = match thing.site.call(&request).await {
        Ok(found) => found,
        Err(error) if is_missing(&error) => return Ok(false),
        Err(error) => return Err(error),
    };
    let was = found.pointer("/properties/vaultId").and_then(Json::as_str).unwrap_or_default();
    let whose = owner::read(Mark::Tags, found.pointer("/properties/tags"));
    if !was.eq_ignore_ascii_case(id) || !whose.is_some_and(|whose| owner::is_earlier(&whose, owner)) {
        return Err(refused(
            "NotOursDeleted",
            format!("`{was}` was deleted, keeps the name, and is not of this resource"),
        ));
    }
    let put = call("keyvault", "vaultsCreateOrUpdate")?;
    let mut body = change::taken(put, inputs, |name| !matches!(name, "location" | "tenantId" | "sku"));
    body.insert("createMode".to_owned(), "recover".into());
    let body = put.document.request(put.method).map_or(Json::Null, |shape| document::body(shape, body));
    operation::run(thing.site, &thing.site.about(put, id).with(&body).freely()).await?;
    Ok(true)
}

async fn secret(thing: &Thing<'_>, id: &str, owner: &Owner) -> Result<bool> {
    let kept = at(thing, id, "keyVaultGetDeletedSecret", "GET", |name| format!("/deletedsecrets/{name}"))?;
    let found = match thing.site.call(&kept).await {
        Ok(found) => found,
        Err(error) if is_missing(&error) => return Ok(false),
        Err(error) => return Err(error),
    };
    if !owner::read(Mark::Tags, found.get("tags")).is_some_and(|whose| owner::is_earlier(&whose, owner)) {
        return Err(refused(
            "NotOursDeleted",
            format!("`{id}` was deleted, keeps the name, and is not of this resource"),
        ));
    }
    let back = at(thing, id, "keyVaultRecoverDeletedSecret", "POST", |name| format!("/deletedsecrets/{name}/recover"))?;
    thing.site.call(&back.freely()).await?;
    let (start, mut pause) = (Instant::now(), Duration::from_millis(250));
    while thing.get(id).await?.is_none() {
        if start.elapsed() > BACK {
            return Err(broken(
                ProviderErrorKind::TimedOut,
                "TooSlow",
                "keyVaultRecoverDeletedSecret",
                "it is not back",
            ));
        }
        rest(pause).await;
        pause = (pause * 2).min(PAUSE);
    }
    Ok(true)
}

/// The deletion of a secret: the resource manager has none.
pub(crate) fn deletion(thing: &Thing<'_>, id: &str) -> Result<Request> {
    at(thing, id, "keyVaultDeleteSecret", "DELETE", |name| format!("/secrets/{name}")).map(Request::freely)
}

/// A call about a secret where its content is.
fn at(thing: &Thing<'_>, id: &str, method: &'static str, verb: &str, path: impl Fn(&str) -> String) -> Result<Request> {
    let call = call("vault", method)?;
    let vault = thing.part(id, "parent").and_then(|parent| parent.rsplit('/').next().map(str::to_owned));
    let name = thing.part(id, "name");
    let (Some(vault), Some(name)) = (vault, name) else {
        return Err(refused("NoName", format!("`{id}` is no secret")));
    };
    let mut request = thing.site.request(&Service::Vault(vault), call.name, verb, &path(&name));
    request.url = url::with_query(&request.url, [("api-version", call.document.version.as_str())]);
    Ok(if verb == "POST" { request.with(&json!({})) } else { request })
}
