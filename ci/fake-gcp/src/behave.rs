//! What each method does.

use std::collections::BTreeMap;

use serde_json::{Map as Object, Value as Json, json};

use crate::document::{self, Route};
use crate::http::{Answer, Asked};
use crate::judge;
use crate::world::{Fault, Served, World};

mod storage;

/// A call that is allowed: its method, its parameters and its body.
pub(crate) struct Call<'a> {
    pub(crate) route: &'a Route,
    pub(crate) path: BTreeMap<String, String>,
    pub(crate) asked: &'a Asked,
    pub(crate) body: Json,
}

/// The result of a method.
pub(crate) type Done = Result<Json, Answer>;

/// Answers a call; `None` = the connection breaks.
pub(crate) fn answer(world: &mut World, asked: &Asked) -> Option<Answer> {
    let address = asked.path.join("/");
    let Some((route, path)) = document::route(asked) else {
        world.violations.push(format!("{} {address}: no method has this address", asked.verb));
        return Some(Answer::rpc(404, "NOT_FOUND", "there is no such method"));
    };
    let mut served = Served { method: route.name.clone(), path: address.clone(), status: 0 };
    let answer = attempt(world, asked, route, path, &address);
    served.status = answer.as_ref().map_or(0, |answer| answer.status);
    world.served.push(served);
    answer
}

fn attempt(
    world: &mut World,
    asked: &Asked,
    route: &Route,
    path: BTreeMap<String, String>,
    address: &str,
) -> Option<Answer> {
    let (about, content) = match storage::parts(asked).filter(|_| route.upload) {
        Some((about, content)) => (about, Some(content)),
        None => (asked.body.clone(), None),
    };
    let body: Option<Json> = serde_json::from_slice(&about).ok();
    let judged = Asked { body: about, ..asked.clone() };
    let found = judge::violations(route, &judged, body.as_ref());
    if !found.is_empty() {
        let all = found.join("; ");
        world.violations.push(format!("{} {} {address}: {all}", route.name, asked.verb));
        return Some(Answer::rpc(400, "INVALID_ARGUMENT", &all));
    }
    if !asked.authorized {
        return Some(Answer::rpc(401, "UNAUTHENTICATED", "there are no credentials"));
    }
    let fault = world.fault(&route.name);
    match fault {
        Some(Fault::Throttled(retry_after)) => {
            let answer = Answer::rpc(429, "RESOURCE_EXHAUSTED", "too many requests");
            return Some(Answer { retry_after, ..answer });
        }
        Some(Fault::Unavailable) => return Some(Answer::rpc(503, "UNAVAILABLE", "come back later")),
        Some(Fault::BreaksBefore) => return None,
        Some(Fault::Overtaken) => overtake(world, route, &path),
        Some(Fault::BreaksAfter) | None => {}
    }
    let call = Call { route, path, asked, body: body.unwrap_or_default() };
    let done = if route.name.starts_with("storage.") {
        storage::answer(world, &call, content)
    } else {
        act(world, &call).map(|json| Answer::of(200, &json))
    };
    (fault != Some(Fault::BreaksAfter)).then(|| done.unwrap_or_else(|failed| failed))
}

/// Somebody else gives somebody a role.
fn overtake(world: &mut World, route: &Route, path: &BTreeMap<String, String>) {
    let Some(on) = path.values().next() else { return };
    let key = format!("{}/{on}", api(route));
    let mut policy = world.policy(&key);
    let number = world.number();
    let stranger = json!({ "role": "roles/other", "members": [format!("user:stranger-{number}@ex.org")] });
    if let Some(map) = policy.as_object_mut() {
        let bindings = map.entry("bindings").or_insert_with(|| json!([]));
        bindings.as_array_mut().into_iter().for_each(|list| list.push(stranger.clone()));
    }
    policy["etag"] = world.etag().into();
    world.policies.insert(key, policy);
}

/// The interface of a method.
pub(crate) fn api(route: &Route) -> &str {
    route.name.split('.').next().unwrap_or_default()
}

impl Call<'_> {
    /// A parameter.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        let query = || self.asked.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        self.path.get(name).map(String::as_str).or_else(query).unwrap_or_default()
    }

    fn key(&self, name: &str) -> String {
        format!("{}/{name}", api(self.route))
    }

    /// The body with more fields.
    fn with(&self, fields: Json) -> Json {
        let mut object = self.body.as_object().cloned().unwrap_or_default();
        object.extend(fields.as_object().cloned().unwrap_or_default());
        Json::Object(object)
    }
}

pub(crate) fn missing(name: &str) -> Answer {
    Answer::rpc(404, "NOT_FOUND", &format!("{name} was not found"))
}

fn exists(name: &str) -> Answer {
    Answer::rpc(409, "ALREADY_EXISTS", &format!("{name} already exists"))
}

/// The number of a project, which the vendor writes where others write its id.
fn numbered(name: &str) -> String {
    let mut parts: Vec<String> = name.split('/').map(str::to_owned).collect();
    if let [first, project, ..] = parts.as_mut_slice()
        && first == "projects"
    {
        *project = number_of(project);
    }
    parts.join("/")
}

fn number_of(project: &str) -> String {
    let sum = project.bytes().fold(7_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 900_000_000);
    (100_000_000 + sum).to_string()
}

fn act(world: &mut World, call: &Call<'_>) -> Done {
    let (interface, method) = call.route.name.split_once('.').unwrap_or_default();
    let verb = method.rsplit('.').next().unwrap_or_default();
    match (interface, method) {
        _ if verb == "getIamPolicy" => get_policy(world, call),
        _ if verb == "setIamPolicy" => set_policy(world, call, &call.body["policy"], call.parameter("resource")),
        (_, method) if method.ends_with("operations.get") => match world.poll(call.parameter("name")) {
            Json::Null => Err(missing(call.parameter("name"))),
            operation => Ok(operation),
        },
        ("artifactregistry", "projects.locations.repositories.create") => {
            let parent = call.parameter("parent");
            let name = format!("{parent}/repositories/{}", call.parameter("repositoryId"));
            let uri = format!("{}-docker.pkg.dev/x", parent.rsplit('/').next().unwrap_or_default());
            make_long(
                world,
                call,
                &name,
                &format!("{parent}/"),
                json!({ "name": name, "registryUri": uri, "mode": "STANDARD_REPOSITORY" }),
            )
        }
        ("artifactregistry", "projects.locations.repositories.patch") => change(world, call, false),
        ("privilegedaccessmanager", "projects.locations.entitlements.create") => {
            let parent = call.parameter("parent");
            let name = format!("{parent}/entitlements/{}", call.parameter("entitlementId"));
            let etag = world.etag();
            make_long(
                world,
                call,
                &name,
                &format!("{parent}/"),
                json!({ "name": name, "state": "AVAILABLE", "etag": etag }),
            )
        }
        ("iam", "projects.locations.workloadIdentityPools.create") => {
            let name = format!(
                "{}/workloadIdentityPools/{}",
                call.parameter("parent"),
                call.parameter("workloadIdentityPoolId")
            );
            make_long(world, call, &name, &format!("{name}/"), json!({ "name": numbered(&name), "state": "ACTIVE" }))
        }
        ("iam", "projects.locations.workloadIdentityPools.providers.create") => {
            let name =
                format!("{}/providers/{}", call.parameter("parent"), call.parameter("workloadIdentityPoolProviderId"));
            make_long(world, call, &name, &format!("{name}/"), json!({ "name": numbered(&name), "state": "ACTIVE" }))
        }
        ("iam", _) if verb == "undelete" => set_state(world, call, "ACTIVE"),
        (
            "iam",
            "projects.locations.workloadIdentityPools.delete"
            | "projects.locations.workloadIdentityPools.providers.delete",
        ) => set_state(world, call, "DELETED"),
        ("iam", "projects.serviceAccounts.create") => new_account(world, call),
        ("iam", "projects.serviceAccounts.patch") => change_within(world, call),
        ("iam", "projects.serviceAccounts.keys.create") => new_key(world, call),
        ("secretmanager", "projects.secrets.create") => {
            let name = format!("{}/secrets/{}", call.parameter("parent"), call.parameter("secretId"));
            let etag = world.etag();
            make(world, call, &name, json!({ "name": numbered(&name), "etag": etag }))
        }
        ("secretmanager", "projects.secrets.addVersion") => new_version(world, call),
        ("secretmanager", "projects.secrets.versions.destroy") => {
            there(world, call)?;
            let key = call.key(call.parameter("name"));
            world.tamper(&key, &[("state", "DESTROYED".into())]);
            Ok(world.objects[&key].clone())
        }
        ("secretmanager", "projects.secrets.delete") => {
            there(world, call)?;
            let key = call.key(call.parameter("name"));
            world.objects.retain(|other, _| *other != key && !other.starts_with(&format!("{key}/")));
            Ok(json!({}))
        }
        ("billingbudgets", "billingAccounts.budgets.create") => {
            let name = format!("{}/budgets/b-{}", call.parameter("parent"), world.number());
            let etag = world.etag();
            make(world, call, &name, json!({ "name": name, "etag": etag }))
        }
        ("billingbudgets", "billingAccounts.budgets.list") => {
            let prefix = call.key(&format!("{}/budgets/", call.parameter("parent")));
            // One on a page: whoever does not turn it does not find the others.
            let all: Vec<&Json> =
                world.objects.iter().filter(|(key, _)| key.starts_with(&prefix)).map(|(_, object)| object).collect();
            let at: usize = call.parameter("pageToken").parse().unwrap_or_default();
            let next = (at + 1 < all.len()).then(|| (at + 1).to_string());
            Ok(
                json!({ "budgets": all.get(at).into_iter().collect::<Vec<_>>(), "nextPageToken": next.unwrap_or_default() }),
            )
        }
        ("serviceusage", "services.enable") => Ok(service(world, call, "ENABLED")),
        ("serviceusage", "services.disable") => Ok(service(world, call, "DISABLED")),
        ("serviceusage", "services.get") => {
            let name = call.parameter("name");
            let found = world.objects.get(&call.key(name)).cloned();
            Ok(found.unwrap_or_else(|| json!({ "name": numbered(name), "state": "DISABLED" })))
        }
        ("cloudbilling", _) => billing(world, call),
        ("groupssettings", _) => settings(world, call),
        ("cloudidentity", _) => identity(world, call),
        ("cloudresourcemanager", _) => project(world, call),
        _ if verb == "get" => there(world, call),
        _ if verb == "patch" => change(world, call, call.route.method["response"] == "Operation"),
        _ if verb == "delete" => {
            let object = there(world, call)?;
            let key = call.key(call.parameter("name"));
            if call.route.method["response"] == "Operation" {
                let parent = call.parameter("name").splitn(5, '/').take(4).collect::<Vec<_>>().join("/");
                return Ok(world.begin(&format!("{parent}/"), vec![(key, None)], object));
            }
            world.objects.remove(&key);
            Ok(json!({}))
        }
        _ => Err(Answer::rpc(501, "UNIMPLEMENTED", &format!("{} is not played", call.route.name))),
    }
}

fn there(world: &World, call: &Call<'_>) -> Done {
    let name = call.parameter("name");
    world.objects.get(&call.key(name)).cloned().ok_or_else(|| missing(name))
}

fn make(world: &mut World, call: &Call<'_>, name: &str, more: Json) -> Done {
    let key = call.key(name);
    if world.objects.contains_key(&key) {
        return Err(exists(name));
    }
    let object = call.with(more);
    world.objects.insert(key, object.clone());
    Ok(object)
}

fn make_long(world: &mut World, call: &Call<'_>, name: &str, parent: &str, more: Json) -> Done {
    let key = call.key(name);
    let begun = world.operations.values().any(|running| running.then.iter().any(|(other, _)| *other == key));
    if world.objects.contains_key(&key) || begun {
        return Err(exists(name));
    }
    let object = call.with(more);
    Ok(world.begin(parent, vec![(key, Some(object.clone()))], object))
}

/// A change under a mask: what it names is set, or goes.
fn change(world: &mut World, call: &Call<'_>, long: bool) -> Done {
    let name = call.parameter("name").to_owned();
    let object = there(world, call)?;
    let body = call.body.as_object().cloned().unwrap_or_default();
    let changed = masked(world, call, &object, body, call.parameter("updateMask"))?;
    let key = call.key(&name);
    if !long {
        world.objects.insert(key, changed.clone());
        return Ok(changed);
    }
    let parent = match api(call.route) {
        "iam" => format!("{name}/"),
        "cloudresourcemanager" | "cloudidentity" => String::new(),
        _ => name.splitn(5, '/').take(4).collect::<Vec<_>>().join("/") + "/",
    };
    Ok(world.begin(&parent, vec![(key, Some(changed.clone()))], changed))
}

fn masked(world: &mut World, call: &Call<'_>, object: &Json, body: Object<String, Json>, mask: &str) -> Done {
    let mut changed = object.as_object().cloned().unwrap_or_default();
    let names: Vec<&str> = mask.split(',').filter(|name| !name.is_empty()).collect();
    let unmasked: Vec<&String> =
        body.keys().filter(|name| *name != "etag" && !names.contains(&name.as_str())).collect();
    if names.is_empty() || !unmasked.is_empty() {
        world.violations.push(format!("{}: sent and not in the mask `{mask}`: {unmasked:?}", call.route.name));
    }
    let needs_etag = api(call.route) == "privilegedaccessmanager";
    let stale =
        body.get("etag").is_some_and(|etag| object["etag"] != *etag) || (needs_etag && !body.contains_key("etag"));
    if stale {
        return Err(Answer::rpc(409, "ABORTED", "the etag is not that of the object"));
    }
    for name in names {
        match body.get(name) {
            Some(value) => drop(changed.insert(name.to_owned(), value.clone())),
            None => drop(changed.remove(name)),
        }
    }
    if changed.contains_key("etag") {
        changed.insert("etag".to_owned(), world.etag().into());
    }
    Ok(Json::Object(changed))
}

fn set_state(world: &mut World, call: &Call<'_>, state: &str) -> Done {
    let name = call.parameter("name").to_owned();
    let mut object = there(world, call)?;
    object["state"] = state.into();
    Ok(world.begin(&format!("{name}/"), vec![(call.key(&name), Some(object.clone()))], object))
}

fn service(world: &mut World, call: &Call<'_>, state: &str) -> Json {
    let name = call.parameter("name");
    let object = json!({ "name": numbered(name), "state": state, "config": { "title": "x" } });
    world.begin("", vec![(call.key(name), Some(object.clone()))], json!({ "service": object }))
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
    world.objects.insert(call.key(&name), Json::Object(object.clone()));
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
    let (_, email) = account.rsplit_once('/').unwrap_or_default();
    // Whoever does not know the project writes `-` for it.
    let name = world.names("iam").into_iter().find(|name| name.ends_with(&format!("/serviceAccounts/{email}")));
    let name = name.ok_or_else(|| missing(account))?;
    let name = format!("{name}/keys/{:040}", world.number());
    let object = json!({ "name": name, "keyAlgorithm": "KEY_ALG_RSA_2048", "validAfterTime": "2026-01-01T00:00:00Z" });
    world.objects.insert(call.key(&name), object.clone());
    let mut answer = object;
    answer["privateKeyData"] = "eyJ0eXBlIjogInNlcnZpY2VfYWNjb3VudCJ9".into();
    Ok(answer)
}

fn new_version(world: &mut World, call: &Call<'_>) -> Done {
    let secret = call.parameter("parent");
    if !world.objects.contains_key(&call.key(secret)) {
        return Err(missing(secret));
    }
    let before =
        world.names("secretmanager").iter().filter(|name| name.starts_with(&format!("{secret}/versions/"))).count();
    let name = format!("{secret}/versions/{}", before + 1);
    let object = json!({ "name": numbered(&name), "state": "ENABLED" });
    world.objects.insert(call.key(&name), object.clone());
    Ok(object)
}

fn billing(world: &mut World, call: &Call<'_>) -> Done {
    let name = call.parameter("name");
    if !world.objects.contains_key(&format!("cloudresourcemanager/{name}")) {
        return Err(Answer::rpc(403, "PERMISSION_DENIED", "the caller does not have permission"));
    }
    let key = call.key(name);
    if call.route.name.ends_with("updateBillingInfo") {
        let object = call.with(json!({ "name": format!("{name}/billingInfo"), "billingEnabled": true }));
        world.objects.insert(key.clone(), object);
    }
    Ok(world.objects.get(&key).cloned().unwrap_or_else(|| json!({ "billingEnabled": false })))
}

fn settings(world: &mut World, call: &Call<'_>) -> Done {
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

fn identity(world: &mut World, call: &Call<'_>) -> Done {
    let (_, method) = call.route.name.split_once('.').unwrap_or_default();
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
    match method {
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
            let key = call.key(call.parameter("name"));
            world.objects.retain(|other, _| *other != key && !other.starts_with(&format!("{key}/")));
            Ok(json!({ "done": true, "response": {} }))
        }
    }
}

fn project(world: &mut World, call: &Call<'_>) -> Done {
    let (_, method) = call.route.name.split_once('.').unwrap_or_default();
    let name = call.parameter("name").to_owned();
    if method == "projects.create" {
        let id = call.body["projectId"].as_str().unwrap_or_default().to_owned();
        let name = format!("projects/{id}");
        let etag = world.etag();
        return make_long(
            world,
            call,
            &name,
            "",
            json!({ "name": format!("projects/{}", number_of(&id)), "state": "ACTIVE", "etag": etag }),
        );
    }
    // Whoever may not see it is told the same as of one that is not there.
    let mut object =
        there(world, call).map_err(|_| Answer::rpc(403, "PERMISSION_DENIED", "the caller does not have permission"))?;
    let key = call.key(&name);
    match method {
        "projects.get" => Ok(object),
        "projects.patch" => change(world, call, true),
        "projects.move" => {
            object["parent"] = call.body["destinationParent"].clone();
            Ok(world.begin("", vec![(key, Some(object.clone()))], object))
        }
        "projects.delete" if object["state"] != "ACTIVE" => {
            Err(Answer::rpc(400, "FAILED_PRECONDITION", "it is not active"))
        }
        "projects.delete" => {
            object["state"] = "DELETE_REQUESTED".into();
            Ok(world.begin("", vec![(key, Some(object.clone()))], object))
        }
        _ => Err(Answer::rpc(501, "UNIMPLEMENTED", method)),
    }
}

fn get_policy(world: &mut World, call: &Call<'_>) -> Done {
    let name = call.parameter("resource");
    has_policy(world, call, name)?;
    Ok(world.policy(&call.key(name)))
}

/// Services of Cloud Run are made by others.
fn has_policy(world: &World, call: &Call<'_>, name: &str) -> Result<(), Answer> {
    let known = world.strangers || api(call.route) == "run" || world.objects.contains_key(&call.key(name));
    known.then_some(()).ok_or_else(|| missing(name))
}

/// Writes a policy, if it is the one that is there which was changed.
pub(crate) fn set_policy(world: &mut World, call: &Call<'_>, policy: &Json, name: &str) -> Done {
    let old = api(call.route) == "storage";
    if !old {
        has_policy(world, call, name)?;
    }
    let key = call.key(name);
    let there = world.policy(&key);
    if policy["etag"].is_null() {
        world.violations.push(format!("{}: a policy is written blindly", call.route.name));
    }
    if policy["etag"] != there["etag"] {
        return Err(if old {
            Answer::old(412, "conditionNotMet", "at least one of the pre-conditions you specified did not hold")
        } else {
            Answer::rpc(409, "ABORTED", "there were concurrent policy changes")
        });
    }
    let text = policy.to_string();
    if let Some((who, times)) = world.unknown.iter_mut().find(|(who, times)| **times > 0 && text.contains(who.as_str()))
    {
        *times -= 1;
        let message = format!("{who} does not exist");
        return Err(Answer::rpc(400, "INVALID_ARGUMENT", &message));
    }
    let mut policy = policy.clone();
    policy["etag"] = world.etag().into();
    world.policies.insert(key, policy.clone());
    Ok(policy)
}
