//! Metamist: projects of sample metadata, and who may do what in them.
//!
//! It tells nobody the members of a project, so what was changed there by hand cannot be seen; whoever writes them writes
//! the whole list.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ports::{ProviderError, ProviderErrorKind};
use rest::template::plain;
use rest::url::{encoded, with_query};
use rest::{Answer, Refusal, Request, Result, kind_of, refused, retry_after};
use serde_json::{Value as Json, json};
use value::{Map, Value};

use crate::google::Identities;
use crate::kind::{Kind, Later, Vendor, only, text};
use crate::site::Site;

pub(crate) const VENDOR: Vendor = Vendor {
    name: "metamist",
    kinds: &[("metamist_project", &Project), ("metamist_project_members", &Members)],
    classify,
    hint,
    credentials: |given| Arc::new(Identities::new(given, "METAMIST_TOKEN", "METAMIST_AUDIENCE")),
    concurrency: 8,
    settings: &["endpoint", "endpoints.metamist"],
};

/// How often a project is made whose answer was lost.
const TRIES: u32 = 4;
/// The lists of a project's members, and the role that each gives.
const ROLES: [(&str, &str); 3] = [("readers", "reader"), ("contributors", "contributor"), ("writers", "writer")];

/// A project of sample metadata.
struct Project;

impl Kind for Project {
    fn look<'a>(&'a self, site: &'a Site, properties: &'a Map) -> Later<'a, Option<Map>> {
        Box::pin(async move {
            let name = text(properties, "name")?;
            let observed = |id: String| [("id", id.into()), ("name", Value::from(name))];
            let found = project(site, name).await?;
            Ok(found.map(|id| observed(id).into_iter().map(|(key, value)| (key.to_owned(), value)).collect()))
        })
    }

    fn put<'a>(&'a self, site: &'a Site, inputs: &'a Map) -> Later<'a, Map> {
        Box::pin(async move {
            let name = text(inputs, "name")?;
            let query = [("name", name), ("dataset", name), ("create_test_project", "false")];
            let create = request(site, "project.create", "PUT", with_query(&address(site, "/project/")?, query));
            let (mut made, mut left): (Option<Result<()>>, u32) = (None, TRIES);
            loop {
                if let Some(observed) = self.look(site, inputs).await? {
                    return Ok(observed);
                }
                match made {
                    None => {}
                    Some(Ok(())) => {
                        return Err(refused("Vanished", format!("`{name}` was made and cannot be seen")));
                    }
                    Some(Err(error)) if error.kind != ProviderErrorKind::Lost || left == 0 => return Err(error),
                    Some(Err(_)) => rest::rest(Duration::from_millis(250)).await,
                }
                // It is sent again only once it is known that it is not there.
                made = Some(site.client.send(&create).await.map(drop));
                left -= 1;
            }
        })
    }

    /// Samples are not thrown away; Metamist itself refuses to.
    fn remove<'a>(&'a self, _site: &'a Site, _properties: &'a Map) -> Later<'a, ()> {
        Box::pin(async { Ok(()) })
    }
}

/// The number of a project, if it is there.
async fn project(site: &Site, name: &str) -> Result<Option<String>> {
    let all = site.client.call(&request(site, "project.all", "GET", address(site, "/project/all")?)).await?;
    let mut projects = all.as_array().into_iter().flatten();
    let found = projects.find(|project| project["name"] == name);
    Ok(found.and_then(|project| project["id"].as_i64()).map(|id| id.to_string()))
}

/// Who may do what in a project.
struct Members;

impl Kind for Members {
    fn look<'a>(&'a self, site: &'a Site, properties: &'a Map) -> Later<'a, Option<Map>> {
        Box::pin(async move {
            let there = project(site, text(properties, "project")?).await?.is_some();
            Ok(there.then(|| only(properties, &["project"])))
        })
    }

    fn put<'a>(&'a self, site: &'a Site, inputs: &'a Map) -> Later<'a, Map> {
        Box::pin(async move {
            let path = format!("/project/{}/members", encoded(text(inputs, "project")?, false));
            let request = request(site, "project.members", "PATCH", address(site, &path)?);
            site.client.send(&request.with(&roles(inputs)).freely()).await?;
            Ok(inputs.clone())
        })
    }

    /// They go with their project.
    fn remove<'a>(&'a self, _site: &'a Site, _properties: &'a Map) -> Later<'a, ()> {
        Box::pin(async { Ok(()) })
    }
}

/// Every member with all roles.
fn roles(inputs: &Map) -> Json {
    let mut members: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (list, role) in ROLES {
        let Some(Value::List(listed)) = inputs.get(list) else { continue };
        for member in listed.iter().filter_map(plain) {
            let roles = members.entry(member).or_default();
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
    }
    members.into_iter().map(|(member, roles)| json!({"member": member, "roles": roles})).collect()
}

fn request(site: &Site, what: &str, verb: &str, url: String) -> Request {
    // The audience of a token, where nothing else is said, is who it is shown to.
    Request::new(format!("metamist.{what}"), verb, url).scoped(site.endpoint.clone().unwrap_or_default())
}

fn address(site: &Site, path: &str) -> Result<String> {
    let nowhere = || refused("NoAddress", "the profile does not say where Metamist is");
    Ok(format!("{}/api/v1{path}", site.endpoint.as_deref().ok_or_else(nowhere)?))
}

fn classify(call: &str, answer: &Answer) -> Refusal {
    let told = answer.told();
    let said = ["detail", "description", "message"].into_iter().find_map(|key| told.get(key)?.as_str());
    let said: String = said.unwrap_or("the service gave no reason").chars().take(300).collect();
    let (kind, code) = (kind_of(answer.status), answer.status.to_string());
    Refusal { error: ProviderError { kind, code, message: format!("{call}: {said}") }, pause: retry_after(answer) }
}

fn hint(error: &ProviderError) -> Option<String> {
    let hint = match error.code.as_str() {
        "NoAddress" => "write `endpoints = { metamist = \"https://…\" }` in the profile",
        "NoCredentials" => {
            "set METAMIST_TOKEN, or GOOGLE_APPLICATION_CREDENTIALS to a key file, or run `gcloud auth application-default login`"
        }
        "401" => "the token is not for this Metamist: METAMIST_AUDIENCE is whom it is for",
        "403" => "let the credentials make projects, and manage the members of this one",
        "Unreachable" => "look at the network, and at `endpoints` of the profile",
        _ => return None,
    };
    Some(hint.to_owned())
}
