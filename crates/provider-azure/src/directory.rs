//! Groups and their members, in the directory that Microsoft Graph serves.

use std::time::{Duration, Instant};

use ports::{Find, StepAction};
use rest::template::plain;
use rest::{Request, json, rest, url};
use serde_json::{Map as Object, Value as Json, json};
use value::Map;

use crate::apply::{NEW_PRINCIPAL, PAUSE};
use crate::change::taken;
use crate::failure::{Result, is_contended, is_missing, refused};
use crate::kind::call;
use crate::site::Service;
use crate::thing::{Seen, Thing};

/// How long a group that was just made may not be seen.
const UNSEEN: Duration = Duration::from_mins(2);

/// Looks for a group, or for a member of one.
pub(crate) async fn find(thing: &Thing<'_>, find: &Find) -> Result<Option<Seen>> {
    match (find, is_member(thing)) {
        (Find::Owner(_), _) => Err(refused("NoSearch", format!("{} is not searched by its owner", thing.schema.name))),
        (Find::Id(id), false) => group(thing, &format!("/groups/{id}")).await,
        (Find::Identity(identity), false) => match text(identity, "uniqueName") {
            Some(name) => group(thing, &by_name(name)).await,
            None => Ok(None),
        },
        (Find::Id(id), true) => member(thing, &thing.named(id)).await,
        (Find::Identity(identity), true) => member(thing, identity).await,
    }
}

/// Applies a step.
pub(crate) async fn apply(thing: &Thing<'_>, action: &StepAction) -> Result<Option<Seen>> {
    let there = async |id: &str| {
        let seen = find(thing, &Find::Id(id.to_owned())).await?;
        seen.ok_or_else(|| refused("NotFound", format!("there is no {} `{id}`", thing.schema.name)))
    };
    match (action, is_member(thing)) {
        (StepAction::Adopt { id }, _) => there(id).await.map(Some),
        (StepAction::Create { inputs }, false) => create(thing, inputs).await.map(Some),
        (StepAction::Update { id, inputs, prior }, false) => {
            let seen = there(id).await?;
            let changed = change(thing, &seen, inputs, prior).await?;
            if changed { seen_as(thing, id, inputs).await.map(Some) } else { Ok(Some(seen)) }
        }
        (StepAction::Delete { id, .. }, false) => {
            gone(thing, request(thing, "groupsDelete", "DELETE", &format!("/groups/{id}"))).await
        }
        (StepAction::Create { inputs } | StepAction::Update { inputs, .. }, true) => add(thing, inputs).await.map(Some),
        (StepAction::Delete { id, .. }, true) => match path(&thing.named(id)) {
            Some(path) => gone(thing, request(thing, "membersRemove", "DELETE", &path)).await,
            None => Ok(None),
        },
    }
}

async fn group(thing: &Thing<'_>, path: &str) -> Result<Option<Seen>> {
    // Not everything is told unasked.
    let wanted: Vec<&str> = thing.schema.properties.keys().map(String::as_str).collect();
    let mut request = request(thing, "groupsGet", "GET", path);
    request.url = url::with_query(&request.url, [("$select", wanted.join(",").as_str())]);
    match thing.site.call(&request).await {
        Ok(Json::Object(answer)) => {
            let Some(id) = answer.get("id").and_then(Json::as_str).map(str::to_owned) else {
                return Err(refused("BadAnswer", "groupsGet: the group has no id"));
            };
            let observed = json::properties(thing.schema, &answer);
            Ok(Some(Seen { id, answer, observed, owner: None }))
        }
        Ok(_) => Err(refused("BadAnswer", "groupsGet: the answer is no object")),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes a group under its unique name: however often that is said, there is one.
async fn create(thing: &Thing<'_>, inputs: &Map) -> Result<Seen> {
    let Some(name) = text(inputs, "uniqueName") else { return Err(refused("NoName", "a group has a unique name")) };
    let place = by_name(name);
    if let Some(seen) = group(thing, &place).await? {
        return Err(refused("NotOurs", format!("it is there and not of this resource: group `{}`", seen.id)));
    }
    let mut body = taken(call("graph", "groupsUpsert")?, inputs, |_| false);
    // It stands in the address.
    body.remove("uniqueName");
    let request = request(thing, "groupsUpsert", "PATCH", &place).header("prefer", "create-if-missing");
    let answer = thing.site.call(&request.with(&Json::Object(body)).freely()).await?;
    let (start, mut pause) = (Instant::now(), Duration::from_millis(250));
    loop {
        // A repetition of what has happened tells nothing.
        let seen = match answer.get("id").and_then(Json::as_str) {
            Some(id) => group(thing, &format!("/groups/{id}")).await?,
            None => group(thing, &place).await?,
        };
        match seen {
            Some(seen) => return Ok(seen),
            None if start.elapsed() > UNSEEN => {
                return Err(rest::broken(
                    ports::ProviderErrorKind::Lost,
                    "Vanished",
                    "groupsUpsert",
                    "the group was made and cannot be seen",
                ));
            }
            None => rest(pause).await,
        }
        pause = (pause * 2).min(PAUSE);
    }
}

async fn change(thing: &Thing<'_>, seen: &Seen, inputs: &Map, prior: &Map) -> Result<bool> {
    let update = call("graph", "groupsUpdate")?;
    let fixed = |name: &str| thing.schema.create_only.iter().any(|path| path.first_key() == Some(name));
    let (wanted, before) = (taken(update, inputs, fixed), taken(update, prior, fixed));
    let Some(parts) = json::difference(&seen.answer, &wanted, &before, true) else { return Ok(false) };
    let request = request(thing, update.name, "PATCH", &format!("/groups/{}", seen.id));
    thing.site.call(&request.with(&Json::Object(parts)).freely()).await?;
    Ok(true)
}

/// The group as it is once a change of it can be seen: the directory has many copies.
async fn seen_as(thing: &Thing<'_>, id: &str, inputs: &Map) -> Result<Seen> {
    let wanted = Json::Object(taken(call("graph", "groupsUpdate")?, inputs, |_| false));
    let (start, mut pause) = (Instant::now(), Duration::from_millis(250));
    loop {
        let seen = group(thing, &format!("/groups/{id}")).await?;
        let late = start.elapsed() > UNSEEN;
        match seen {
            Some(seen) if late || json::holds(&Json::Object(seen.answer.clone()), &wanted) => return Ok(seen),
            None if late => return Err(refused("NotFound", format!("there is no group `{id}`"))),
            _ => rest(pause).await,
        }
        pause = (pause * 2).min(PAUSE);
    }
}

async fn member(thing: &Thing<'_>, properties: &Map) -> Result<Option<Seen>> {
    // An id that is not of this form names nothing.
    let Some(path) = path(properties) else { return Ok(None) };
    match thing.site.call(&request(thing, "membersGet", "GET", &path)).await {
        Ok(_) => Ok(Some(in_group(thing, properties))),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes sure that somebody is in a group; who is in it already stays.
async fn add(thing: &Thing<'_>, inputs: &Map) -> Result<Seen> {
    let (Some(group), Some(member)) = (text(inputs, "group"), text(inputs, "member")) else {
        return Err(refused("NoMember", "the group or the member is missing"));
    };
    let body = json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{member}") });
    let request = request(thing, "membersAdd", "POST", &format!("/groups/{group}/members/$ref")).with(&body).freely();
    let (start, mut pause) = (Instant::now(), Duration::from_millis(250));
    loop {
        let error = match thing.site.call(&request).await {
            Ok(_) => return Ok(in_group(thing, inputs)),
            Err(error) if error.message.contains("already exist") => return Ok(in_group(thing, inputs)),
            Err(error) => error,
        };
        // The group, or the member, has not got about yet; or another member is being added.
        let passes = is_missing(&error) || is_contended(&error);
        if !passes || start.elapsed() + pause > NEW_PRINCIPAL {
            return Err(error);
        }
        rest(pause).await;
        pause = (pause * 2).min(PAUSE);
    }
}

async fn gone(thing: &Thing<'_>, request: Request) -> Result<Option<Seen>> {
    let request = request.freely();
    let (start, mut pause) = (Instant::now(), Duration::from_millis(250));
    loop {
        match thing.site.call(&request).await {
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) if is_contended(&error) && start.elapsed() < UNSEEN => rest(pause).await,
            other => return other.map(|_| None),
        }
        pause = (pause * 2).min(PAUSE);
    }
}

fn in_group(thing: &Thing<'_>, properties: &Map) -> Seen {
    let observed: Map = properties
        .iter()
        .filter(|(name, _)| thing.schema.properties.contains_key(*name))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    let id = thing.id(properties).unwrap_or_default();
    Seen { id, answer: Object::new(), observed, owner: None }
}

fn is_member(thing: &Thing<'_>) -> bool {
    thing.schema.properties.contains_key("member")
}

/// Where a member is.
fn path(properties: &Map) -> Option<String> {
    Some(format!("/groups/{}/members/{}/$ref", text(properties, "group")?, text(properties, "member")?))
}

/// Where the group of a unique name is.
fn by_name(name: &str) -> String {
    format!("/groups(uniqueName='{}')", name.replace('\'', "''"))
}

fn request(thing: &Thing<'_>, name: &'static str, verb: &str, path: &str) -> Request {
    thing.site.request(&Service::Directory, name, verb, &format!("/v1.0{path}"))
}

fn text<'a>(properties: &'a Map, name: &str) -> Option<&'a str> {
    properties.get(name).and_then(plain)
}
