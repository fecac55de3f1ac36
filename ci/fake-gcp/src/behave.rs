//! What each method does.

use std::collections::BTreeMap;

use serde_json::{Map as Object, Value as Json, json};

use crate::document::{self, Route};
use crate::http::{Answer, Asked, Reply};
use crate::world::{Fault, Served, World};
use crate::{judge, record};

mod bigquery;
mod groups;
mod iam;
mod policy;
mod project;
mod secret;
mod services;
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

/// Answers a call.
pub(crate) fn answer(world: &mut World, asked: &Asked) -> Reply {
    let address = asked.path.join("/");
    if address == "token" {
        return Reply::Answer(world.credentials.token(&asked.body));
    }
    let Some((route, path)) = document::route(asked) else {
        record::keep(asked, &asked.body);
        world.violations.push(format!("{} {address}: no method has this address", asked.verb));
        return Reply::Answer(Answer::rpc(404, "NOT_FOUND", "there is no such method"));
    };
    let mut served = Served { method: route.name.clone(), path: address.clone(), status: 0 };
    let reply = attempt(world, asked, route, path, &address);
    if let Reply::Answer(answer) = &reply {
        served.status = answer.status;
    }
    world.served.push(served);
    world.tick();
    reply
}

fn attempt(world: &mut World, asked: &Asked, route: &Route, path: BTreeMap<String, String>, address: &str) -> Reply {
    let (about, content) = match storage::parts(asked).filter(|_| route.upload) {
        Some((about, content)) => (about, Some(content)),
        None => (asked.body.clone(), None),
    };
    record::keep(asked, &about);
    let body: Option<Json> = serde_json::from_slice(&about).ok();
    let judged = Asked { body: about, ..asked.clone() };
    let found = judge::violations(route, &judged, body.as_ref());
    if !found.is_empty() {
        let all = found.join("; ");
        world.violations.push(format!("{} {} {address}: {all}", route.name, asked.verb));
        return Reply::Answer(Answer::rpc(400, "INVALID_ARGUMENT", &all));
    }
    if !world.credentials.allow(asked.token.as_deref()) {
        let message = "Request had invalid authentication credentials.";
        return Reply::Answer(Answer::rpc(401, "UNAUTHENTICATED", message));
    }
    let fault = world.fault(&route.name);
    if fault == Some(Fault::Unauthorized) {
        world.credentials.good.remove(asked.token.as_deref().unwrap_or_default());
    }
    if let Some(reply) = fault.and_then(|fault| fault.instead(api(route))) {
        if reply == Reply::Hangs {
            world.hung.push(route.name.clone());
        }
        return reply;
    }
    if fault == Some(Fault::Overtaken) {
        overtake(world, route, &path);
    }
    let call = Call { route, path, asked, body: body.unwrap_or_default() };
    let done = match api(route) {
        "storage" => storage::answer(world, &call, content),
        "bigquery" => bigquery::answer(world, &call),
        _ => act(world, &call).map(|json| Answer::of(200, &json)),
    };
    match fault {
        Some(Fault::BreaksAfter) => Reply::Breaks,
        Some(Fault::HangsAfter) => {
            world.hung.push(route.name.clone());
            Reply::Hangs
        }
        _ => Reply::Answer(done.unwrap_or_else(|failed| failed)),
    }
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
    /// The method within its interface.
    pub(crate) fn method(&self) -> &str {
        self.route.name.split_once('.').map_or("", |(_, method)| method)
    }

    /// A parameter.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        let query = || self.parameters(name).first().copied();
        self.path.get(name).map(String::as_str).or_else(query).unwrap_or_default()
    }

    /// A parameter of the query that may be given many times.
    pub(crate) fn parameters(&self, name: &str) -> Vec<&str> {
        self.asked.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    fn key(&self, name: &str) -> String {
        format!("{}/{name}", api(self.route))
    }

    fn is_long(&self) -> bool {
        self.route.method["response"].as_str().is_some_and(|response| response.ends_with("Operation"))
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
    let verb = call.method().rsplit('.').next().unwrap_or_default();
    match verb {
        "getIamPolicy" => return policy::get_policy(world, call, call.parameter("resource")),
        "setIamPolicy" => return policy::set_policy(world, call, &call.body["policy"], call.parameter("resource")),
        "get" if call.method().ends_with("operations.get") => {
            let operation = world.poll(call.parameter("name"));
            return if operation.is_null() { Err(missing(call.parameter("name"))) } else { Ok(operation) };
        }
        _ => {}
    }
    let special = match api(call.route) {
        "artifactregistry" if verb == "create" => Some(repository(world, call)),
        // It answers what it changed, not an operation.
        "artifactregistry" if verb == "patch" => Some(change(world, call, false)),
        "billingbudgets" => budget(world, call),
        "cloudfunctions" | "cloudscheduler" | "run" if verb == "create" => Some(services::create(world, call)),
        "cloudbilling" => Some(project::billing(world, call)),
        "cloudidentity" => Some(groups::answer(world, call)),
        "cloudresourcemanager" => Some(project::answer(world, call)),
        "groupssettings" => Some(groups::settings(world, call)),
        "iam" => iam::answer(world, call),
        "monitoring" => services::alerts(world, call),
        "pubsub" => services::messages(world, call),
        "privilegedaccessmanager" if verb == "create" => Some(entitlement(world, call)),
        "secretmanager" => secret::answer(world, call),
        "serviceusage" => project::services(world, call),
        _ => None,
    };
    special.unwrap_or_else(|| match verb {
        "get" => there(world, call),
        "patch" => change(world, call, call.is_long()),
        "delete" => delete(world, call),
        _ => Err(Answer::rpc(501, "UNIMPLEMENTED", &format!("{} is not played", call.route.name))),
    })
}

fn repository(world: &mut World, call: &Call<'_>) -> Done {
    let parent = call.parameter("parent");
    let name = format!("{parent}/repositories/{}", call.parameter("repositoryId"));
    let uri = format!("{}-docker.pkg.dev/x", parent.rsplit('/').next().unwrap_or_default());
    let more = json!({ "name": name, "registryUri": uri, "mode": "STANDARD_REPOSITORY" });
    make_long(world, call, &name, &format!("{parent}/"), more)
}

fn entitlement(world: &mut World, call: &Call<'_>) -> Done {
    let parent = call.parameter("parent");
    let name = format!("{parent}/entitlements/{}", call.parameter("entitlementId"));
    let etag = world.etag();
    make_long(world, call, &name, &format!("{parent}/"), json!({ "name": name, "state": "AVAILABLE", "etag": etag }))
}

fn budget(world: &mut World, call: &Call<'_>) -> Option<Done> {
    let parent = call.parameter("parent");
    Some(match call.method() {
        "billingAccounts.budgets.create" => {
            let name = format!("{parent}/budgets/b-{}", world.number());
            let etag = world.etag();
            make(world, call, &name, json!({ "name": name, "etag": etag }))
        }
        "billingAccounts.budgets.list" => Ok(page(world, call, &format!("{parent}/budgets/"), "budgets")),
        _ => return None,
    })
}

/// One of what is there on a page: whoever does not turn it does not find the others.
fn page(world: &World, call: &Call<'_>, prefix: &str, items: &str) -> Json {
    let prefix = call.key(prefix);
    let all: Vec<&Json> =
        world.objects.iter().filter(|(key, _)| key.starts_with(&prefix)).map(|(_, object)| object).collect();
    let at: usize = call.parameter("pageToken").parse().unwrap_or_default();
    let next = (at + 1 < all.len()).then(|| (at + 1).to_string());
    json!({ items: all.get(at).into_iter().collect::<Vec<_>>(), "nextPageToken": next.unwrap_or_default() })
}

/// The object that a call names.
fn there(world: &mut World, call: &Call<'_>) -> Done {
    let name = call.parameter("name");
    let key = call.key(name);
    world.look(&key).ok_or_else(|| missing(name))
}

fn make(world: &mut World, call: &Call<'_>, name: &str, more: Json) -> Done {
    let key = call.key(name);
    if world.objects.contains_key(&key) {
        return Err(exists(name));
    }
    let object = call.with(more);
    world.put(key, object.clone());
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

fn delete(world: &mut World, call: &Call<'_>) -> Done {
    let object = there(world, call)?;
    let key = call.key(call.parameter("name"));
    if call.is_long() {
        return Ok(world.begin(&place(call), vec![(key, None)], object));
    }
    world.remove(&key);
    Ok(json!({}))
}

/// Where the operations are of what a call names: with its project and place.
fn place(call: &Call<'_>) -> String {
    call.parameter("name").splitn(5, '/').take(4).collect::<Vec<_>>().join("/") + "/"
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
        _ => place(call),
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

fn begin_state(world: &mut World, call: &Call<'_>, state: &str) -> Done {
    let name = call.parameter("name").to_owned();
    let mut object = there(world, call)?;
    object["state"] = state.into();
    Ok(world.begin(&format!("{name}/"), vec![(call.key(&name), Some(object.clone()))], object))
}
