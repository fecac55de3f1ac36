//! GitHub: environments of repositories, and the secrets that their workflows read.
//!
//! A secret can be written and never read: whether one is there can be seen, not what it holds.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crypto_box::PublicKey;
use crypto_box::aead::OsRng;
use ports::{BoxFuture, ProviderError, ProviderErrorKind};
use rest::url::encoded;
use rest::{
    Answer, Credentials, Headers, Refusal, Request, Result, bearer, json as bodies, kind_of, refused, retry_after,
};
use serde_json::{Map as Object, Value as Json, json};
use value::{Map, Value};

use crate::kind::{Kind, Later, Vendor, only, text};
use crate::site::Site;

pub(crate) const VENDOR: Vendor = Vendor {
    name: "github",
    kinds: &[("github_environment", &Environment), ("github_environment_secret", &Secret)],
    classify,
    hint,
    credentials: |given| Arc::new(Token { given: given.or_else(token) }),
    // It asks for few calls at a time, and makes whoever does not listen wait.
    concurrency: 4,
    settings: &["endpoint", "endpoints.github"],
};

/// Where it is, unless it is somebody's own.
const HOME: &str = "https://api.github.com";
/// The version of its interface that this is written for.
const VERSION: &str = "2022-11-28";
/// How long to be quiet where a limit is named and no time.
const QUIET: Duration = Duration::from_mins(1);
const POLICY: &str = "deployment_branch_policy";

/// An environment of a repository.
struct Environment;

impl Kind for Environment {
    fn look<'a>(&'a self, site: &'a Site, properties: &'a Map) -> Later<'a, Option<Map>> {
        Box::pin(async move {
            let Some(there) = environment(site, properties).await? else { return Ok(None) };
            Ok(Some(observed(properties, &there)))
        })
    }

    fn put<'a>(&'a self, site: &'a Site, inputs: &'a Map) -> Later<'a, Map> {
        Box::pin(async move {
            let there = environment(site, inputs).await?;
            let policy = inputs.get(POLICY).map_or(Json::Null, bodies::sent);
            if let Some(there) = there.as_ref().filter(|there| there[POLICY] == policy) {
                return Ok(observed(inputs, there));
            }
            // What is left out of a body is taken away, so what others have set is said again.
            let mut body = there.as_ref().map(rules).unwrap_or_default();
            body.insert(POLICY.to_owned(), policy);
            let request = call(site, inputs, "environments.put", "PUT", "")?.with(&Json::Object(body)).freely();
            Ok(observed(inputs, &site.client.call(&request).await?))
        })
    }

    fn remove<'a>(&'a self, site: &'a Site, properties: &'a Map) -> Later<'a, ()> {
        Box::pin(async move { gone(site, &call(site, properties, "environments.delete", "DELETE", "")?).await })
    }
}

async fn environment(site: &Site, properties: &Map) -> Result<Option<Json>> {
    there(site, &call(site, properties, "environments.get", "GET", "")?).await
}

fn observed(properties: &Map, there: &Json) -> Map {
    let mut observed = only(properties, &["owner", "repository", "environment"]);
    // None is a policy, too: whoever wants another sees that it went.
    let policy = there[POLICY].as_object().map_or(Value::Null, |policy| {
        let known = ["protected_branches", "custom_branch_policies"];
        let pairs = known.iter().filter_map(|name| Some(((*name).to_owned(), policy.get(*name)?.as_bool()?.into())));
        Value::Map(pairs.collect())
    });
    observed.insert(POLICY.to_owned(), policy);
    observed
}

/// What else protects an environment, as it is sent.
fn rules(there: &Json) -> Object<String, Json> {
    let mut body = Object::new();
    for rule in there["protection_rules"].as_array().into_iter().flatten() {
        match rule["type"].as_str() {
            Some("wait_timer") => drop(body.insert("wait_timer".to_owned(), rule["wait_timer"].clone())),
            Some("required_reviewers") => {
                let reviewers = rule["reviewers"].as_array().into_iter().flatten();
                let reviewers = reviewers.map(|r| json!({"type": r["type"], "id": r["reviewer"]["id"]})).collect();
                body.insert("reviewers".to_owned(), reviewers);
                let own = rule["prevent_self_review"].as_bool().unwrap_or_default();
                body.insert("prevent_self_review".to_owned(), own.into());
            }
            _ => {}
        }
    }
    body
}

/// A secret of an environment.
struct Secret;

impl Kind for Secret {
    fn look<'a>(&'a self, site: &'a Site, properties: &'a Map) -> Later<'a, Option<Map>> {
        Box::pin(async move {
            let path = secret(properties)?;
            let found = there(site, &call(site, properties, "secrets.get", "GET", &path)?).await?;
            Ok(found.map(|_| shown(properties)))
        })
    }

    fn put<'a>(&'a self, site: &'a Site, inputs: &'a Map) -> Later<'a, Map> {
        Box::pin(async move {
            let path = secret(inputs)?;
            let value = text(inputs, "value")?;
            // The key may be another one by the time that the secret arrives.
            for again in [true, false] {
                let key = call(site, inputs, "secrets.key", "GET", "/secrets/public-key")?;
                let body = sealed(&site.client.call(&key).await?, value)?;
                let request = call(site, inputs, "secrets.put", "PUT", &path)?.with(&body).freely();
                match site.client.send(&request).await {
                    Err(error) if again && error.code == "422" => {}
                    other => return other.map(|_| shown(inputs)),
                }
            }
            Err(refused("NoKey", "GitHub takes nothing that is sealed to its key"))
        })
    }

    fn remove<'a>(&'a self, site: &'a Site, properties: &'a Map) -> Later<'a, ()> {
        Box::pin(async move {
            let path = secret(properties)?;
            gone(site, &call(site, properties, "secrets.delete", "DELETE", &path)?).await
        })
    }
}

fn secret(properties: &Map) -> Result<String> {
    Ok(format!("/secrets/{}", encoded(text(properties, "secret_name")?, false)))
}

fn shown(properties: &Map) -> Map {
    only(properties, &["owner", "repository", "environment", "secret_name"])
}

/// A value in a box that only whoever has the other half of the key can open.
fn sealed(key: &Json, value: &str) -> Result<Json> {
    let bad = || refused("NoKey", "GitHub gave no key to seal a secret to");
    let bytes = key["key"].as_str().and_then(|text| BASE64.decode(text).ok()).ok_or_else(bad)?;
    let public = PublicKey::from_slice(&bytes).map_err(|_| bad())?;
    let closed = public.seal(&mut OsRng, value.as_bytes()).map_err(|_| bad())?;
    Ok(json!({ "encrypted_value": BASE64.encode(closed), "key_id": key["key_id"].as_str().ok_or_else(bad)? }))
}

async fn there(site: &Site, request: &Request) -> Result<Option<Json>> {
    match site.client.call(request).await {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code == "404" => Ok(None),
        Err(error) => Err(error),
    }
}

async fn gone(site: &Site, request: &Request) -> Result<()> {
    match site.client.send(&request.clone().freely()).await {
        Err(error) if error.code == "404" => Ok(()),
        other => other.map(drop),
    }
}

fn call(site: &Site, properties: &Map, what: &str, verb: &str, end: &str) -> Result<Request> {
    let part = |name: &str| Ok(encoded(text(properties, name)?, false));
    let (owner, repository, environment) = (part("owner")?, part("repository")?, part("environment")?);
    let home = site.endpoint.as_deref().unwrap_or(HOME);
    let url = format!("{home}/repos/{owner}/{repository}/environments/{environment}{end}");
    let request = Request::new(format!("github.{what}"), verb, url);
    Ok(request.header("accept", "application/vnd.github+json").header("x-github-api-version", VERSION))
}

fn classify(call: &str, answer: &Answer) -> Refusal {
    let told = answer.told();
    let said: String = told["message"].as_str().unwrap_or("the service gave no reason").chars().take(300).collect();
    let spent = answer.header("x-ratelimit-remaining") == Some("0");
    let is_limit = matches!(answer.status, 403 | 429)
        && (spent || answer.header("retry-after").is_some() || said.to_lowercase().contains("rate limit"));
    let kind = if is_limit { ProviderErrorKind::Throttled } else { kind_of(answer.status) };
    let pause = retry_after(answer).or_else(|| lifted(answer).filter(|_| spent)).or(is_limit.then_some(QUIET));
    let error = ProviderError { kind, code: answer.status.to_string(), message: format!("{call}: {said}") };
    Refusal { error, pause }
}

/// When a limit is lifted, which is told as a time of day.
fn lifted(answer: &Answer) -> Option<Duration> {
    let at: u64 = answer.header("x-ratelimit-reset")?.parse().ok()?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(Duration::from_secs(at).saturating_sub(now) + Duration::from_secs(1))
}

fn hint(error: &ProviderError) -> Option<String> {
    let hint = match (error.kind, error.code.as_str()) {
        (_, "NoCredentials") => "set GITHUB_TOKEN to a token that may administrate the repositories",
        (ProviderErrorKind::Throttled, _) => "wait until GitHub lifts its limit; what was done stays done",
        (_, "401") => "GITHUB_TOKEN is not valid there: make another one",
        (_, "403" | "404") => {
            "look whether the repository is there, and let the token administrate it (`repo` of a classic token; `Environments`, `Secrets` and `Administration` of a fine-grained one)"
        }
        (_, "301" | "307" | "308") => "the repository has another name now: write that",
        (_, "Unreachable") => "look at the network, and at `endpoints` of the profile",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// Who calls.
struct Token {
    given: Option<String>,
}

fn token() -> Option<String> {
    std::env::var("GITHUB_TOKEN").ok().filter(|token| !token.is_empty())
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").finish_non_exhaustive()
    }
}

impl Credentials for Token {
    fn headers<'a>(&'a self, _request: &'a Request) -> BoxFuture<'a, Result<Headers>> {
        let without = || ProviderError {
            kind: ProviderErrorKind::Credentials,
            code: "NoCredentials".to_owned(),
            message: "there is no token of GitHub: GITHUB_TOKEN is not set".to_owned(),
        };
        Box::pin(async move { Ok(vec![bearer(self.given.as_deref().ok_or_else(without)?)]) })
    }
}

#[cfg(test)]
mod tests {
    use ports::ProviderErrorKind as Kind;
    use rest::Answer;

    use super::classify;

    type Headers = &'static [(&'static str, &'static str)];

    #[test]
    fn a_limit_is_told_from_a_refusal_and_says_for_how_long() {
        let said = r#"{"message": "Resource not accessible by personal access token"}"#;
        let secondary = r#"{"message": "You have exceeded a secondary rate limit. Please wait."}"#;
        let cases: [(u16, Headers, &str, Kind, Option<u64>); 7] = [
            (403, &[("x-ratelimit-remaining", "4999")], said, Kind::Credentials, None),
            (403, &[("x-ratelimit-remaining", "4000")], secondary, Kind::Throttled, Some(60)),
            (403, &[("retry-after", "7")], secondary, Kind::Throttled, Some(7)),
            // It was lifted a while ago.
            (403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1")], said, Kind::Throttled, Some(1)),
            (429, &[("x-ratelimit-remaining", "0")], said, Kind::Throttled, Some(60)),
            (404, &[("x-ratelimit-remaining", "0")], said, Kind::Refused, None),
            (502, &[], "<html>", Kind::Lost, None),
        ];
        for (status, headers, body, kind, pause) in cases {
            let refusal = classify("github.environments.put", &Answer::new(status, headers, body));
            let found = (refusal.error.kind, refusal.pause.map(|pause| pause.as_secs()));
            assert_eq!(found, (kind, pause), "{status} {headers:?} {body}");
        }
    }
}
