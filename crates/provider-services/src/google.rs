//! Identity tokens of Google: who calls a service that is not Google's own, and which service the token is for.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use gcp_auth::CustomServiceAccount;
use ports::{BoxFuture, ProviderError, ProviderErrorKind};
use rest::url::with_query;
use rest::{Answer, Body, Client, Credentials, Headers, Refusal, Request, Result, bearer, kind_of, retry_after};
use serde_json::{Value as Json, json};
use tokio::sync::Mutex;

/// Where a machine of Google's asks who it is; another host can stand in.
const METADATA: &str = "metadata.google.internal";
/// How long a token is used: it is good for an hour.
const GOOD: Duration = Duration::from_mins(50);
/// Where tokens are made, if a file of credentials does not say so.
const TOKENS: &str = "https://oauth2.googleapis.com/token";

/// Identity tokens for one service.
pub(crate) struct Identities {
    given: Option<String>,
    /// The variable that names whom tokens are for.
    audience: &'static str,
    held: Mutex<BTreeMap<String, (Instant, String)>>,
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identities").finish_non_exhaustive()
    }
}

impl Identities {
    /// Those of the machine, or the token that is given or stands in a variable.
    pub(crate) fn new(given: Option<String>, token: &str, audience: &'static str) -> Self {
        let given = given.or_else(|| variable(token));
        Self { given, audience, held: Mutex::default() }
    }

    /// A token for an audience, which is asked for once while it is good.
    async fn get(&self, audience: &str) -> Result<String> {
        if let Some(given) = &self.given {
            return Ok(given.clone());
        }
        let audience = variable(self.audience).unwrap_or_else(|| audience.to_owned());
        let mut held = self.held.lock().await;
        if let Some((_, token)) = held.get(&audience).filter(|(made, _)| made.elapsed() < GOOD) {
            return Ok(token.clone());
        }
        let token = made(&audience).await?;
        held.insert(audience, (Instant::now(), token.clone()));
        Ok(token)
    }
}

impl Credentials for Identities {
    fn headers<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Headers>> {
        Box::pin(async move { Ok(vec![bearer(&self.get(&request.scope).await?)]) })
    }

    fn renewed<'a>(&'a self, _request: &'a Request, refused: &'a Headers) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            self.held.lock().await.retain(|_, (_, token)| !refused.contains(&bearer(token)));
            self.given.is_none()
        })
    }
}

/// Nobody in particular.
#[derive(Debug)]
struct Nobody;

impl Credentials for Nobody {
    fn headers<'a>(&'a self, _request: &'a Request) -> BoxFuture<'a, Result<Headers>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// Asks whoever can tell: the key of a service account, somebody who has logged in, the machine.
async fn made(audience: &str) -> Result<String> {
    let file = variable("GOOGLE_APPLICATION_CREDENTIALS").map(PathBuf::from).or_else(|| {
        let of_login = ".config/gcloud/application_default_credentials.json";
        Some(PathBuf::from(std::env::var_os("HOME")?).join(of_login)).filter(|file| file.exists())
    });
    let Some(file) = file else { return of_machine(audience).await };
    let read = std::fs::read_to_string(&file).ok().and_then(|text| Some((serde_json::from_str(&text).ok()?, text)));
    let unreadable = || without(&format!("`{}` holds no credentials", file.display()));
    let (credentials, text): (Json, String) = read.ok_or_else(unreadable)?;
    let of = |name: &str| credentials[name].as_str().ok_or_else(unreadable);
    let url = credentials["token_uri"].as_str().unwrap_or(TOKENS);
    let form = match of("type")? {
        "service_account" => {
            let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
            vec![("grant_type", grant.to_owned()), ("assertion", assertion(&text, of("client_email")?, url, audience)?)]
        }
        "authorized_user" => vec![
            ("grant_type", "refresh_token".to_owned()),
            ("client_id", of("client_id")?.to_owned()),
            ("client_secret", of("client_secret")?.to_owned()),
            ("refresh_token", of("refresh_token")?.to_owned()),
        ],
        other => return Err(without(&format!("credentials of the type `{other}` give no identity token"))),
    };
    let form = with_query("", form.iter().map(|(name, value)| (*name, value.as_str())));
    let kind = "application/x-www-form-urlencoded".to_owned();
    let body = Body { kind, bytes: form.trim_start_matches('?').to_owned().into() };
    let request = Request { body: Some(body), ..Request::new("google.token", "POST", url).freely() };
    let told = caller(url)?.call(&request).await?;
    told["id_token"].as_str().map(str::to_owned).ok_or_else(|| without("Google gave no identity token"))
}

/// What a service account says of itself, signed.
fn assertion(file: &str, email: &str, url: &str, audience: &str) -> Result<String> {
    let broken = |_| without("the key of the service account cannot be used");
    let account = CustomServiceAccount::from_json(file).map_err(broken)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let claims = json!({
        "iss": email, "sub": email, "aud": url, "iat": now, "exp": now + 3600, "target_audience": audience,
    });
    let part = |json: &Json| BASE64.encode(json.to_string());
    let said = format!("{}.{}", part(&json!({"alg": "RS256", "typ": "JWT"})), part(&claims));
    let signature = account.signer().sign(said.as_bytes()).map_err(broken)?;
    Ok(format!("{said}.{}", BASE64.encode(signature)))
}

/// Asks a machine of Google's who it is.
async fn of_machine(audience: &str) -> Result<String> {
    let host = variable("GCE_METADATA_HOST").unwrap_or_else(|| METADATA.to_owned());
    let url = format!("http://{host}/computeMetadata/v1/instance/service-accounts/default/identity");
    let url = with_query(&url, [("audience", audience), ("format", "full")]);
    let request = Request::new("google.identity", "GET", url.as_str()).header("metadata-flavor", "Google");
    let answer = caller(&url)?.send(&request).await.map_err(|error| match error.kind {
        ProviderErrorKind::Unavailable => without("no credentials of Google are found"),
        _ => error,
    })?;
    let token = String::from_utf8_lossy(&answer.bytes).trim().to_owned();
    if token.is_empty() { Err(without("the machine gave no identity token")) } else { Ok(token) }
}

fn caller(url: &str) -> Result<Client> {
    Client::new(url.starts_with("http://"), Arc::new(Nobody), classify)
}

fn classify(call: &str, answer: &Answer) -> Refusal {
    let told = answer.told();
    let said = ["error_description", "error"].into_iter().find_map(|key| told.get(key)?.as_str());
    let kind = match kind_of(answer.status) {
        // Whoever asks for a token and is refused has no credentials.
        ProviderErrorKind::Refused => ProviderErrorKind::Credentials,
        other => other,
    };
    let message = format!("{call}: {}", said.unwrap_or("Google gave no reason"));
    Refusal { error: ProviderError { kind, code: "NoCredentials".to_owned(), message }, pause: retry_after(answer) }
}

fn without(message: &str) -> ProviderError {
    let kind = ProviderErrorKind::Credentials;
    ProviderError { kind, code: "NoCredentials".to_owned(), message: message.to_owned() }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
