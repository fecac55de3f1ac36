//! Hail Batch: users for programs, projects that batches are billed to, and their members.
//!
//! Its addresses stand in the resources. It answers whoever wants what is so already that it is done, so that every call
//! may be repeated; older servers refuse that, and then a look tells whether it is so.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ports::{BoxFuture, ProviderError, ProviderErrorKind};
use rest::url::encoded;
use rest::{Answer, Credentials, Headers, Refusal, Request, Result, bearer, broken, kind_of, refused, retry_after};
use serde_json::{Value as Json, json};
use value::Map;

use crate::kind::{Kind, Later, Vendor, only, text};
use crate::site::Site;

pub(crate) const VENDOR: Vendor = Vendor {
    name: "hail",
    kinds: &[("hail_user", &User), ("hail_billing_project", &Project), ("hail_billing_project_member", &Member)],
    classify,
    hint,
    credentials: |given| Arc::new(Tokens { given }),
    concurrency: 8,
    settings: &["endpoint", "endpoints.hail"],
};

/// How long Hail may take to make the identity of a user.
const IDENTITY: Duration = Duration::from_mins(5);
/// What the id of a project is joined with.
const JOINT: &str = "::";

/// A user for programs, with an identity in a cloud.
struct User;

impl Kind for User {
    fn look<'a>(&'a self, site: &'a Site, properties: &'a Map) -> Later<'a, Option<Map>> {
        Box::pin(async move {
            let Some(user) = user(site, properties).await? else { return Ok(None) };
            let mut observed = only(properties, &["auth_url", "cloud", "username"]);
            let identity = user.get("hail_identity").and_then(Json::as_str).filter(|identity| !identity.is_empty());
            observed.extend(identity.map(|identity| ("identity".to_owned(), identity.into())));
            Ok(Some(observed))
        })
    }

    fn put<'a>(&'a self, site: &'a Site, inputs: &'a Map) -> Later<'a, Map> {
        Box::pin(async move {
            let name = text(inputs, "username")?;
            match user(site, inputs).await? {
                Some(user) if !is_true(&user["is_service_account"]) => {
                    let message = format!("`{name}` is there, and a person's: its identity is not for programs");
                    return Err(refused("NotForPrograms", message));
                }
                Some(_) => {}
                None => {
                    let wanted =
                        json!({"user": name, "login_id": null, "is_developer": false, "is_service_account": true});
                    let request = call(site, inputs, "users.create", "POST", &user_path(inputs, "/create")?)?;
                    site.client.send(&request.with(&wanted).freely()).await?;
                }
            }
            let (start, mut pause) = (Instant::now(), Duration::from_millis(250));
            loop {
                let observed = self.look(site, inputs).await?;
                if let Some(observed) = observed.filter(|observed| observed.contains_key("identity")) {
                    return Ok(observed);
                }
                if start.elapsed() > IDENTITY {
                    let said = format!("`{name}` has no identity after {} seconds", IDENTITY.as_secs());
                    return Err(broken(ProviderErrorKind::TimedOut, "TooSlow", "hail.users.create", &said));
                }
                rest::rest(pause).await;
                pause = (pause * 2).min(Duration::from_secs(5));
            }
        })
    }

    /// A user that is gone does not come back under its name, so it stays.
    fn remove<'a>(&'a self, _site: &'a Site, _properties: &'a Map) -> Later<'a, ()> {
        Box::pin(async { Ok(()) })
    }
}

/// A user as Hail shows it; one that was deleted can still be seen.
async fn user(site: &Site, properties: &Map) -> Result<Option<Json>> {
    let request = call(site, properties, "users.get", "GET", &user_path(properties, "")?)?;
    match site.client.call(&request).await {
        Ok(user) => {
            let gone = matches!(user["state"].as_str(), Some("deleted" | "deleting"));
            Ok(Some(user).filter(|user| !gone && user.is_object()))
        }
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn user_path(properties: &Map, end: &str) -> Result<String> {
    let name = encoded(text(properties, "username")?, false);
    Ok(format!("{}/api/v1alpha/users/{name}{end}", text(properties, "auth_url")?.trim_end_matches('/')))
}

/// A project that batches are billed to.
struct Project;

impl Kind for Project {
    fn look<'a>(&'a self, site: &'a Site, properties: &'a Map) -> Later<'a, Option<Map>> {
        Box::pin(async move {
            let billed = Billed::read(properties)?;
            Ok(billed.open(site).await?.map(|_| billed.observed()))
        })
    }

    fn put<'a>(&'a self, site: &'a Site, inputs: &'a Map) -> Later<'a, Map> {
        Box::pin(async move {
            let billed = Billed::read(inputs)?;
            let verb = match billed.get(site).await? {
                Some(project) if is_open(&project) => return Ok(billed.observed()),
                Some(_) => "reopen",
                None => "create",
            };
            let done = billed.change(site, verb).await;
            if billed.open(site).await?.is_some() {
                return Ok(billed.observed());
            }
            done?;
            Err(refused("NotOpen", format!("the billing project `{}` does not open", billed.name)))
        })
    }

    /// What was billed stays on the bill: a project is closed.
    fn remove<'a>(&'a self, site: &'a Site, properties: &'a Map) -> Later<'a, ()> {
        Box::pin(async move {
            let billed = Billed::read(properties)?;
            if billed.open(site).await?.is_none() {
                return Ok(());
            }
            let done = billed.change(site, "close").await;
            if done.is_err() && billed.open(site).await?.is_none() {
                return Ok(());
            }
            done
        })
    }
}

/// That batches of a user may be billed to a project.
struct Member;

impl Kind for Member {
    fn look<'a>(&'a self, site: &'a Site, properties: &'a Map) -> Later<'a, Option<Map>> {
        Box::pin(async move {
            let (billed, user) = member(properties)?;
            let project = billed.open(site).await?;
            let there = project.is_some_and(|project| has(&project, user));
            Ok(there.then(|| only(properties, &["billing_project", "user"])))
        })
    }

    fn put<'a>(&'a self, site: &'a Site, inputs: &'a Map) -> Later<'a, Map> {
        Box::pin(async move {
            let (billed, user) = member(inputs)?;
            let done = billed.change(site, &format!("users/{}/add", encoded(user, false))).await;
            match (done, self.look(site, inputs).await?) {
                (_, Some(observed)) => Ok(observed),
                (Err(error), None) => Err(error),
                (Ok(()), None) => {
                    Err(refused("NotAMember", format!("`{user}` does not become a member of `{}`", billed.name)))
                }
            }
        })
    }

    fn remove<'a>(&'a self, site: &'a Site, properties: &'a Map) -> Later<'a, ()> {
        Box::pin(async move {
            let (billed, user) = member(properties)?;
            let done = billed.change(site, &format!("users/{}/remove", encoded(user, false))).await;
            if done.is_err() && self.look(site, properties).await?.is_none() {
                return Ok(());
            }
            done
        })
    }
}

fn member(properties: &Map) -> Result<(Billed<'_>, &str)> {
    Ok((Billed::of(text(properties, "billing_project")?)?, text(properties, "user")?))
}

/// A project by what its id is made of.
struct Billed<'a> {
    cloud: &'a str,
    batch_url: &'a str,
    name: &'a str,
}

impl<'a> Billed<'a> {
    /// The project that properties mean, which may be an id only.
    fn read(properties: &'a Map) -> Result<Self> {
        match text(properties, "name") {
            Ok(name) => Ok(Self { cloud: text(properties, "cloud")?, batch_url: text(properties, "batch_url")?, name }),
            Err(_) => Self::of(text(properties, "id")?),
        }
    }

    fn of(id: &'a str) -> Result<Self> {
        let bad = || refused("BadId", format!("`{id}` is no billing project: its id is `<cloud>::<address>::<name>`"));
        let (cloud, rest) = id.split_once(JOINT).ok_or_else(bad)?;
        let (batch_url, name) = rest.rsplit_once(JOINT).ok_or_else(bad)?;
        Ok(Self { cloud, batch_url, name })
    }

    fn observed(&self) -> Map {
        let Self { cloud, batch_url, name } = self;
        let id = [*cloud, batch_url, name].join(JOINT);
        let pairs = [("batch_url", *batch_url), ("cloud", cloud), ("id", &id), ("name", name)];
        pairs.into_iter().map(|(key, text)| (key.to_owned(), text.into())).collect()
    }

    /// The project, open or not.
    async fn get(&self, site: &Site) -> Result<Option<Json>> {
        match site.client.call(&self.call(site, "get", "GET", "")).await {
            Ok(project) => Ok(Some(project)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn open(&self, site: &Site) -> Result<Option<Json>> {
        Ok(self.get(site).await?.filter(is_open))
    }

    async fn change(&self, site: &Site, what: &str) -> Result<()> {
        let verb = what.rsplit('/').next().unwrap_or(what);
        site.client.send(&self.call(site, verb, "POST", &format!("/{what}")).freely()).await.map(drop)
    }

    fn call(&self, site: &Site, what: &str, verb: &str, end: &str) -> Request {
        let name = encoded(self.name, false);
        let base = self.batch_url.trim_end_matches('/');
        let url = address(site, &format!("{base}/api/v1alpha/billing_projects/{name}{end}"));
        Request::new(format!("hail.billing_projects.{what}"), verb, url).scoped(self.cloud)
    }
}

fn is_open(project: &Json) -> bool {
    project["status"].as_str().is_none_or(|status| status == "open")
}

fn has(project: &Json, user: &str) -> bool {
    let users = project["users"].as_array().into_iter().flatten();
    users.filter_map(Json::as_str).any(|there| there.eq_ignore_ascii_case(user))
}

/// Numbers stand for truth in some answers.
fn is_true(json: &Json) -> bool {
    json.as_bool() == Some(true) || json.as_i64() == Some(1)
}

fn call(site: &Site, properties: &Map, what: &str, verb: &str, url: &str) -> Result<Request> {
    Ok(Request::new(format!("hail.{what}"), verb, address(site, url)).scoped(text(properties, "cloud")?))
}

/// The address, at Hail or on a server that stands in, where each host is a directory.
fn address(site: &Site, url: &str) -> String {
    match &site.endpoint {
        Some(endpoint) => format!("{endpoint}/{}", url.split_once("://").map_or(url, |(_, rest)| rest)),
        None => url.to_owned(),
    }
}

/// Hail refuses in plain text: `403: Unknown Hail Batch billing project x.`
fn classify(call: &str, answer: &Answer) -> Refusal {
    let text = String::from_utf8_lossy(&answer.bytes);
    let line = text.lines().next().unwrap_or_default().trim();
    let said = line.strip_prefix(&format!("{}: ", answer.status)).unwrap_or(line);
    let said = if said.is_empty() || said.starts_with('<') { "the service gave no reason" } else { said };
    let missing = answer.status == 404
        || (answer.status == 403 && (said.starts_with("Unknown Hail Batch") || said.contains("does not exist")));
    // Whoever may not do it is told 401; 403 is what the state of things does not allow.
    let (kind, code) = match answer.status {
        _ if missing => (ProviderErrorKind::Refused, "NotFound".to_owned()),
        403 => (ProviderErrorKind::Refused, "403".to_owned()),
        status => (kind_of(status), status.to_string()),
    };
    let error = ProviderError { kind, code, message: format!("{call}: {}", short(said)) };
    Refusal { error, pause: retry_after(answer) }
}

fn short(text: &str) -> String {
    text.chars().take(300).collect()
}

fn is_missing(error: &ProviderError) -> bool {
    error.code == "NotFound"
}

fn hint(error: &ProviderError) -> Option<String> {
    let hint = match error.code.as_str() {
        "NoCredentials" => "set it, or log in with `hailctl auth login` and put the token under the cloud's name there",
        "401" => "let a developer of Hail run this: only developers make users and billing projects",
        "Unreachable" => "look at the network, and at the addresses of `hail` in the configuration",
        "NotForPrograms" => "give the user another name",
        "403" if error.message.contains("running batches") => "cancel the batches, or wait until they have ended",
        "400" if error.message.contains("deleted") => "Hail never gives a name twice: give the user another one",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// Tokens by cloud: of the environment, or of the file that Hail's own tools write.
#[derive(Default)]
struct Tokens {
    given: Option<String>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    fn get(&self, cloud: &str) -> Result<String> {
        if let Some(given) = &self.given {
            return Ok(given.clone());
        }
        let name = format!("HAIL_TOKEN_{}", cloud.to_uppercase());
        if let Some(token) = std::env::var(&name).ok().filter(|token| !token.is_empty()) {
            return Ok(token);
        }
        let file = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".hail/tokens.json"));
        let held = file.and_then(|file| std::fs::read(file).ok());
        let tokens: Option<Json> = held.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let token = tokens.as_ref().and_then(|tokens| tokens.get(cloud)?.as_str());
        token.map(str::to_owned).ok_or_else(|| ProviderError {
            kind: ProviderErrorKind::Credentials,
            code: "NoCredentials".to_owned(),
            message: format!("there is no token of Hail for {cloud}: neither {name} nor ~/.hail/tokens.json has one"),
        })
    }
}

impl Credentials for Tokens {
    fn headers<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Headers>> {
        Box::pin(async move {
            let token = self.get(&request.scope)?;
            let mut headers = vec![bearer(&token)];
            // Within Hail's own network another header counts, too.
            if request.url.contains("/internal.hail") {
                headers.push(("x-hail-internal-authorization", format!("Bearer {token}")));
            }
            Ok(headers)
        })
    }
}
