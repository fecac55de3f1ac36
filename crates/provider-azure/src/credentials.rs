//! Credentials: tokens that are given, or that the crate `azure_identity` finds on this machine.

use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::http::headers::Headers as Told;
use azure_core::http::{AsyncRawResponse, Body as Sent, ClientOptions, HttpClient, RetryOptions, Transport};
use azure_identity::{
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions, DeveloperToolsCredential,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, WorkloadIdentityCredential,
    WorkloadIdentityCredentialOptions,
};
use ports::{BoxFuture, ProviderErrorKind};
use rest::{Body, Client, Credentials, Headers, Refusal, Request, bearer};

use crate::failure::{Result, broken};

/// A token that is taken as it is, for every service, or with an end for one of them.
const GIVEN: &str = "AZURE_ACCESS_TOKEN";
/// Where machines on Azure ask for tokens.
const METADATA: &str = "http://169.254.169.254/metadata/identity/oauth2/token";
/// How long that may take: machines elsewhere have nobody there.
const PROBE: Duration = Duration::from_secs(1);

/// Whoever gives tokens.
#[derive(Debug)]
pub(crate) struct Tokens {
    given: Given,
    transport: Arc<Way>,
    found: tokio::sync::Mutex<Option<Arc<dyn TokenCredential>>>,
}

/// Tokens that were given.
struct Given(Option<String>);

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "given" } else { "none" })
    }
}

impl Given {
    /// The token for a service.
    fn of(&self, scope: &str) -> Option<String> {
        let end = match scope {
            scope if scope.contains("graph.") => "_GRAPH",
            scope if scope.contains("storage.") => "_STORAGE",
            scope if scope.contains("vault.") => "_VAULT",
            _ => "_MANAGEMENT",
        };
        let read = |name: &str| std::env::var(name).ok().filter(|token| !token.is_empty());
        self.0.clone().or_else(|| read(&format!("{GIVEN}{end}"))).or_else(|| read(GIVEN))
    }
}

impl Tokens {
    /// Those of this machine, or one that is given; asked for where calls are made.
    ///
    /// # Errors
    /// If the system's certificates cannot be read.
    pub(crate) fn new(given: Option<String>, endpoint: Option<String>, plain: bool) -> Result<Self> {
        // Whoever asks for a token has none yet.
        let nobody: Arc<dyn Credentials> = Arc::new(Nobody);
        let client = Client::new(plain, nobody, |call, answer| Refusal {
            error: broken(ProviderErrorKind::Refused, "NoToken", call, &answer.status.to_string()),
            pause: None,
        })?;
        Ok(Self { given: Given(given), transport: Arc::new(Way { client, endpoint }), found: Default::default() })
    }

    /// A token for a service.
    async fn get(&self, scope: &str) -> Result<String> {
        if let Some(token) = self.given.of(scope) {
            return Ok(token);
        }
        let mut found = self.found.lock().await;
        if let Some(source) = found.clone() {
            drop(found);
            let token = source.get_token(&[scope], None).await;
            return token.map(|token| token.token.secret().to_owned()).map_err(|error| none(&[said(&error)]));
        }
        let mut failed = Vec::new();
        for source in sources() {
            let source = match source.open(&self.transport).await {
                Ok(source) => source,
                Err(reason) => {
                    failed.push(format!("{}: {reason}", source.name()));
                    continue;
                }
            };
            match source.get_token(&[scope], None).await {
                Ok(token) => {
                    *found = Some(source);
                    return Ok(token.token.secret().to_owned());
                }
                Err(error) => failed.push(said(&error)),
            }
        }
        Err(none(&failed))
    }
}

/// Who is asked, in order: what somebody has set comes first, and what takes longest to find out comes last.
fn sources() -> Vec<Source> {
    let set = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let mut sources = Vec::new();
    if set("AZURE_CLIENT_SECRET") {
        sources.push(Source::Secret);
    }
    if set("AZURE_FEDERATED_TOKEN_FILE") {
        sources.push(Source::Workload);
    }
    // What was set and does not work is not passed over for somebody else.
    if !sources.is_empty() {
        return sources;
    }
    if set("IDENTITY_ENDPOINT") {
        sources.push(Source::Managed);
    }
    sources.push(Source::Tools);
    if !set("IDENTITY_ENDPOINT") {
        sources.push(Source::Machine);
    }
    sources
}

impl Credentials for Tokens {
    fn headers<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Headers>> {
        Box::pin(async move { Ok(vec![bearer(&self.get(&request.scope).await?)]) })
    }

    /// A token that was given is all that there is; of others somebody else may have asked for a new one already.
    fn renewed<'a>(&'a self, request: &'a Request, refused: &'a Headers) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let scope = request.scope.as_str();
            if self.given.of(scope).is_some() {
                return false;
            }
            let mut found = self.found.lock().await;
            let Some(source) = found.clone() else { return true };
            let token = source.get_token(&[scope], None).await.map(|token| bearer(token.token.secret()));
            if token.is_ok_and(|token| refused.contains(&token)) {
                *found = None;
            }
            true
        })
    }
}

/// Who can give tokens.
#[derive(Debug, Clone, Copy)]
enum Source {
    /// An application with a secret.
    Secret,
    /// An application that a cluster vouches for.
    Workload,
    /// The identity of an app.
    Managed,
    /// Whoever has logged in.
    Tools,
    /// The identity of this machine.
    Machine,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Self::Secret => "service principal",
            Self::Workload => "workload identity",
            Self::Managed | Self::Machine => "managed identity",
            Self::Tools => "developer tools",
        }
    }

    async fn open(self, way: &Arc<Way>) -> std::result::Result<Arc<dyn TokenCredential>, String> {
        let transport: Arc<dyn HttpClient> = way.clone();
        let client_options = ClientOptions { transport: Some(Transport::new(transport)), ..ClientOptions::default() };
        let var = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
        let words = |error: azure_core::Error| said(&error);
        Ok(match self {
            Self::Secret => {
                let options = ClientSecretCredentialOptions { client_options };
                let secret = var("AZURE_CLIENT_SECRET")?.into();
                let (tenant, client) = (var("AZURE_TENANT_ID")?, var("AZURE_CLIENT_ID")?);
                ClientSecretCredential::new(&tenant, client, secret, Some(options)).map_err(words)?
            }
            Self::Workload => {
                let credential_options = ClientAssertionCredentialOptions { client_options };
                let options = WorkloadIdentityCredentialOptions { credential_options, ..Default::default() };
                WorkloadIdentityCredential::new(Some(options)).map_err(words)?
            }
            Self::Tools => DeveloperToolsCredential::new(None).map_err(words)?,
            Self::Managed => managed(client_options).map_err(words)?,
            Self::Machine => {
                let probe = Request::new("managed identity", "GET", way.directed(METADATA));
                match tokio::time::timeout(PROBE, way.client.exchange(&probe)).await {
                    // It wants to be asked in another way.
                    Ok(Ok(answer)) if answer.status == 400 => {
                        managed(ClientOptions { retry: RetryOptions::none(), ..client_options }).map_err(words)?
                    }
                    _ => return Err("this machine has none".to_owned()),
                }
            }
        })
    }
}

/// The identity of an app or a machine; one of many is named by the id of its application.
fn managed(client_options: ClientOptions) -> azure_core::Result<Arc<dyn TokenCredential>> {
    let named = std::env::var("AZURE_CLIENT_ID").ok().filter(|id| !id.is_empty());
    let user_assigned_id = named.map(azure_identity::UserAssignedId::ClientId);
    let options = ManagedIdentityCredentialOptions { user_assigned_id, client_options };
    ManagedIdentityCredential::new(Some(options)).map(|source| source as Arc<dyn TokenCredential>)
}

/// What was said, on one line, without where to read more.
fn said(error: &azure_core::Error) -> String {
    let all = error.to_string();
    let lines = all.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("To troubleshoot"));
    lines.collect::<Vec<_>>().join(" ")
}

fn none(failed: &[String]) -> ports::ProviderError {
    let message = format!("nobody gave a token: {}", failed.join("; "));
    ports::ProviderError { kind: ProviderErrorKind::Credentials, code: "NoCredentials".to_owned(), message }
}

/// Whoever needs no credentials.
#[derive(Debug)]
struct Nobody;

impl Credentials for Nobody {
    fn headers<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<Headers>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// How `azure_identity` makes its calls: as all others are made.
#[derive(Debug)]
struct Way {
    client: Client,
    endpoint: Option<String>,
}

impl Way {
    /// The address, or that of its host's directory at an endpoint.
    fn directed(&self, url: &str) -> String {
        match (&self.endpoint, url.split_once("://")) {
            (Some(endpoint), Some((_, rest))) => format!("{endpoint}/{rest}"),
            _ => url.to_owned(),
        }
    }
}

#[async_trait::async_trait]
impl HttpClient for Way {
    async fn execute_request(&self, asked: &azure_core::http::Request) -> azure_core::Result<AsyncRawResponse> {
        let mut request = Request::new("token", asked.method().as_str(), self.directed(asked.url().as_str()));
        let mut kind = "application/octet-stream".to_owned();
        for (name, value) in asked.headers().iter() {
            match name.as_str() {
                "content-type" => value.as_str().clone_into(&mut kind),
                // Another name for whoever calls.
                "user-agent" => {}
                other => request = request.header(other.to_owned(), value.as_str()),
            }
        }
        if let Sent::Bytes(bytes) = asked.body()
            && !bytes.is_empty()
        {
            request.body = Some(Body { kind, bytes: bytes.clone() });
        }
        let lost = |error: ports::ProviderError| azure_core::Error::with_message(ErrorKind::Io, error.message);
        let answer = self.client.exchange(&request).await.map_err(lost)?;
        let mut headers = Told::new();
        for (name, value) in &answer.headers {
            if let Ok(value) = value.to_str() {
                headers.insert(name.as_str().to_owned(), value.to_owned());
            }
        }
        Ok(AsyncRawResponse::from_bytes(answer.status.into(), headers, answer.bytes))
    }
}
