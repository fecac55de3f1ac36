//! What each kind of object wants, and what it says of itself.

use serde_json::{Value as Json, json};

use super::{bad_metadata, not_found};
use crate::behave::Call;
use crate::http::Answer;
use crate::world::{Thing, World};

/// Kinds whose names are given once in the world, and what is said of a second one.
const ONCE: &[(&str, &str)] = &[
    ("microsoft.storage/storageaccounts", "StorageAccountAlreadyTaken"),
    ("microsoft.keyvault/vaults", "VaultAlreadyExists"),
    ("microsoft.containerregistry/registries", "AlreadyInUse"),
];

/// The kind of an id, in small letters.
pub(super) fn of(id: &str) -> String {
    let lower = id.to_lowercase();
    let Some((_, last)) = lower.rsplit_once("/providers/") else {
        return "microsoft.resources/resourcegroups".to_owned();
    };
    let parts: Vec<&str> = last.split('/').collect();
    let types = parts.iter().skip(1).step_by(2).copied();
    std::iter::once(parts[0]).chain(types).collect::<Vec<_>>().join("/")
}

/// The account and the container that an id names.
pub(super) fn container(id: &str) -> Option<(&str, &str)> {
    let (account, container) = id.split_once("/blobservices/default/containers/")?;
    Some((account.rsplit('/').next()?, container)).filter(|(_, container)| !container.contains('/'))
}

/// What an object is in must be there.
pub(super) fn check_place(world: &World, id: &str) -> Result<(), Answer> {
    let parts: Vec<&str> = id.split('/').collect();
    if parts.len() > 5 {
        let group = parts[..5].join("/").to_lowercase();
        if !world.things.contains_key(&group) {
            let said = format!("Resource group '{}' could not be found.", parts[4]);
            return Err(Answer::error(404, "ResourceGroupNotFound", &said));
        }
    }
    let lower = id.to_lowercase();
    if let Some((scope, _)) = lower.rsplit_once("/providers/").filter(|(scope, _)| scope.split('/').count() > 5) {
        return if world.things.contains_key(scope) { Ok(()) } else { Err(not_found(scope)) };
    }
    let parent = match lower.split_once("/blobservices/").or_else(|| lower.split_once("/managementpolicies/")) {
        Some((account, _)) => account,
        None => lower.split_once("/secrets/").map_or("", |(vault, _)| vault),
    };
    if parent.is_empty() || world.things.contains_key(parent) {
        return Ok(());
    }
    Err(Answer::error(404, "ParentResourceNotFound", &format!("'{parent}' was not found.")))
}

/// What no document says, and the vendor's pages do.
pub(super) fn violations(call: &Call<'_>, id: &str) -> Vec<String> {
    let body = &call.body;
    let mut found = bad_metadata(body);
    let tags = body["tags"].as_object();
    if tags.is_some_and(|tags| tags.len() > 50) {
        found.push("there are more than 50 tags".to_owned());
    }
    for (key, value) in tags.into_iter().flatten() {
        let bad = key.len() > 128 || key.contains(['<', '>', '%', '&', '\\', '?', '/']);
        if bad || value.as_str().is_none_or(|value| value.chars().count() > 256) {
            found.push(format!("`{key}` cannot be a tag"));
        }
    }
    if call.name == "keyvault.vaultsCreateOrUpdate" {
        let recovers = body["properties"]["createMode"] == "recover";
        if !recovers && body["properties"].get("accessPolicies").is_none() {
            found.push("access policies are required".to_owned());
        }
    }
    if call.name == "consumption.budgetsCreateOrUpdate" {
        let start = body["properties"]["timePeriod"]["startDate"].as_str().unwrap_or_default();
        if start.get(7..10) != Some("-01") {
            found.push(format!("`{start}` is not the first of a month"));
        }
        if body["properties"]["notifications"].as_object().is_some_and(|told| told.len() > 5) {
            found.push("there are more than five notifications".to_owned());
        }
    }
    if call.name == "authorization.roleAssignmentsCreate" && id.contains("//") {
        found.push("the scope is no id".to_owned());
    }
    found
}

/// Names that are taken.
pub(super) fn check_names(world: &World, call: &Call<'_>, id: &str) -> Result<(), Answer> {
    let (kind, lower) = (of(id), id.to_lowercase());
    let name = lower.rsplit('/').next().unwrap_or_default();
    if let Some((_, code)) = ONCE.iter().find(|(once, _)| *once == kind) {
        let taken = world
            .things
            .keys()
            .any(|other| *other != lower && of(other) == kind && other.ends_with(&format!("/{name}")));
        if taken {
            return Err(Answer::error(409, code, &format!("The name {name} is already taken.")));
        }
    }
    if kind == "microsoft.authorization/roleassignments" {
        let scope = |id: &str| id.to_lowercase().rsplit_once("/providers/").map(|(scope, _)| scope.to_owned());
        let properties = &call.body["properties"];
        let same = |thing: &&Thing| {
            let there = &thing.body["properties"];
            let role = there["roleDefinitionId"].as_str().unwrap_or_default().to_lowercase();
            let wanted = properties["roleDefinitionId"].as_str().unwrap_or_default().to_lowercase();
            there["principalId"] == properties["principalId"]
                && role.ends_with(&wanted)
                && scope(&thing.id) == scope(id)
        };
        let other =
            world.things.values().filter(|thing| of(&thing.id) == kind && thing.id.to_lowercase() != lower).find(same);
        if let Some(other) = other {
            return Err(Answer::error(
                409,
                "RoleAssignmentExists",
                &format!("The role assignment already exists: {}", other.id),
            ));
        }
    }
    Ok(())
}

/// Objects that were deleted and have the name.
pub(super) fn recover(world: &mut World, call: &Call<'_>, id: &str) -> Result<Option<Answer>, Answer> {
    let (kind, lower) = (of(id), id.to_lowercase());
    let end = format!("/{}", lower.rsplit('/').next().unwrap_or_default());
    if kind == "microsoft.keyvault/vaults" {
        let Some(key) = world.deleted_vaults.keys().find(|other| other.ends_with(&end)).cloned() else {
            return Ok(None);
        };
        if call.body["properties"]["createMode"] != "recover" || key != lower {
            let said = "A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault.";
            return Err(Answer::error(409, "ConflictError", said));
        }
        if let Some((vault, held)) = world.deleted_vaults.remove(&key) {
            world.things.insert(key, vault);
            world.things.extend(held.into_iter().map(|thing| (thing.id.to_lowercase(), thing)));
        }
        return Ok(Some(Answer::of(200, &json!({}))));
    }
    if kind == "microsoft.keyvault/vaults/secrets" {
        let kept = world.deleted_secrets.values().any(|thing| thing.id.to_lowercase() == lower);
        if kept {
            let error = json!({ "code": "Conflict", "message": "It is deleted but recoverable.", "innererror": { "code": "ObjectIsDeletedButRecoverable" } });
            return Err(Answer::of(409, &json!({ "error": error })));
        }
    }
    Ok(None)
}

/// What cannot be changed, or not now.
pub(super) fn check_change(world: &mut World, call: &Call<'_>, there: Option<&Thing>) -> Result<(), Answer> {
    let properties = &call.body["properties"];
    if call.name == "authorization.roleAssignmentsCreate" {
        let principal = properties["principalId"].as_str().unwrap_or_default();
        if world.is_unknown(principal) {
            let said = format!("Principal {principal} does not exist in the directory.");
            return Err(Answer::error(400, "PrincipalNotFound", &said));
        }
        if there.is_some_and(|there| there.body["properties"]["principalId"] != properties["principalId"]) {
            return Err(Answer::error(400, "RoleAssignmentUpdateNotPermitted", "The principal cannot be changed."));
        }
    }
    if call.name == "consumption.budgetsCreateOrUpdate"
        && let Some(there) = there
        && there.body["eTag"] != call.body["eTag"]
    {
        return Err(Answer::error(412, "PreconditionFailed", "The eTag is not that of the budget."));
    }
    if let Some(there) = there
        && call.body.get("location").is_some()
        && place(&there.body["location"]) != place(&call.body["location"])
    {
        return Err(Answer::error(409, "InvalidResourceLocation", "The resource exists in another location."));
    }
    Ok(())
}

fn place(location: &Json) -> String {
    location.as_str().unwrap_or_default().to_lowercase().replace(' ', "")
}

/// Puts on what the vendor says of an object.
pub(super) fn dress(world: &mut World, id: &str, there: Option<&Thing>, body: &mut Json) {
    let kind = of(id);
    let name = id.rsplit('/').next().unwrap_or_default().to_owned();
    body["id"] = id.into();
    body["name"] = name.as_str().into();
    body["type"] = kind.as_str().into();
    if !body["location"].is_null() {
        body["location"] = place(&body["location"]).into();
    } else if let Some(map) = body.as_object_mut() {
        map.remove("location");
    }
    let kept = |field: &str| there.map(|there| there.body["properties"][field].clone());
    let mut add = |field: &str, value: Json| {
        if body["properties"][field].is_null() {
            body["properties"][field] = value;
        }
    };
    match kind.as_str() {
        "microsoft.storage/storageaccounts" => {
            add("provisioningState", "Succeeded".into());
            add("accessTier", "Hot".into());
            add("supportsHttpsTrafficOnly", true.into());
            add(
                "networkAcls",
                json!({ "bypass": "AzureServices", "defaultAction": "Allow", "ipRules": [], "virtualNetworkRules": [] }),
            );
            add(
                "encryption",
                json!({ "keySource": "Microsoft.Storage", "services": { "blob": { "enabled": true, "lastEnabledTime": "2026-01-01T00:00:00Z" } } }),
            );
            body["sku"]["tier"] = "Standard".into();
        }
        "microsoft.storage/storageaccounts/blobservices/containers" => {
            add("publicAccess", "None".into());
            add("hasLegalHold", false.into());
            body["etag"] = world.etag().into();
        }
        "microsoft.storage/storageaccounts/managementpolicies" => {
            add("lastModifiedTime", "2026-01-01T00:00:00Z".into());
        }
        "microsoft.keyvault/vaults" => {
            add("vaultUri", format!("https://{name}.vault.azure.net/").into());
            add("enableSoftDelete", true.into());
            add("enableRbacAuthorization", false.into());
            add("softDeleteRetentionInDays", 90.into());
            add("provisioningState", "Succeeded".into());
        }
        "microsoft.keyvault/vaults/secrets" => {
            add("secretUri", format!("https://x.vault.azure.net/secrets/{name}").into());
        }
        "microsoft.containerregistry/registries" => {
            add("loginServer", format!("{}.azurecr.io", name.to_lowercase()).into());
            add("provisioningState", "Succeeded".into());
            add("adminUserEnabled", false.into());
            add("publicNetworkAccess", "Enabled".into());
            add("networkRuleBypassOptions", "AzureServices".into());
            add("zoneRedundancy", "Disabled".into());
            add("policies", json!({ "quarantinePolicy": { "status": "disabled" } }));
        }
        "microsoft.managedidentity/userassignedidentities" => {
            let (principal, client) = (world.guid(), world.guid());
            add("principalId", kept("principalId").unwrap_or_else(|| principal.into()));
            add("clientId", kept("clientId").unwrap_or_else(|| client.into()));
            add("tenantId", "00000000-0000-4000-8000-000000000000".into());
        }
        "microsoft.authorization/roleassignments" => {
            let scope = id.rsplit_once("/providers/").map_or("", |(scope, _)| scope);
            add("scope", scope.into());
            let subscription = id.split('/').take(3).collect::<Vec<_>>().join("/");
            let role = body["properties"]["roleDefinitionId"].as_str().unwrap_or_default().to_owned();
            if !role.starts_with("/subscriptions/") {
                body["properties"]["roleDefinitionId"] = format!("{subscription}{role}").into();
            }
        }
        "microsoft.consumption/budgets" => {
            add("currentSpend", json!({ "amount": 0.0, "unit": "AUD" }));
            body["eTag"] = world.etag().into();
        }
        "microsoft.resources/resourcegroups" => add("provisioningState", "Succeeded".into()),
        _ => {}
    }
}
