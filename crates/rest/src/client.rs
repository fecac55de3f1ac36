//! Calls over HTTP, again and again where that does no harm.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client as Hyper, Error};
use hyper_util::rt::TokioExecutor;
use ports::{BoxFuture, ProviderError, ProviderErrorKind};
use serde_json::Value as Json;

use crate::failure::{Refusal, Result, broken, refused};
use crate::pace::{LONGEST, Pace, rest};

/// How often a call that may be repeated is tried.
const ATTEMPTS: u32 = 8;
/// How often somebody who cannot be reached is tried: the engine tries again, too.
const REACHES: u32 = 2;
/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_mins(1);
/// How long it may take to be let in.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a throttled call waits at the most, over all.
const THROTTLED: Duration = Duration::from_mins(3);

/// The status of credentials that are not taken.
const UNAUTHORIZED: u16 = 401;

/// Who calls.
pub trait Credentials: Send + Sync + fmt::Debug {
    /// The headers that say so of a call; asked for before each attempt, and never shown to anybody.
    ///
    /// # Errors
    /// If there are no credentials, or they give none.
    fn headers<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Headers>>;
    /// Whether there are other ones now than these, which the vendor no longer takes (401). Asked once for each call,
    /// which has done nothing, and is made again then.
    fn renewed<'a>(&'a self, _request: &'a Request, _refused: &'a Headers) -> BoxFuture<'a, bool> {
        Box::pin(std::future::ready(false))
    }
}

/// Headers by their names.
pub type Headers = Vec<(&'static str, String)>;

/// What a vendor's answer means that is no success: the name of the call, and the answer.
pub type Classify = fn(&str, &Answer) -> Refusal;

/// The header of a token.
pub fn bearer(token: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {token}"))
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What people call it, for messages.
    pub name: String,
    /// `GET`, `PUT`, …
    pub verb: String,
    /// The whole address.
    pub url: String,
    /// Headers beside those of the credentials and of the body.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// What is sent along.
    pub body: Option<Body>,
    /// What a token has to be good for, where tokens know of that.
    pub scope: String,
    /// Whether it may be made again.
    pub repeat: Repeat,
}

/// What is sent along; it may hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Body {
    /// The type of the content.
    pub kind: String,
    /// The content.
    pub bytes: Bytes,
}

/// Whether a call may be made again that may have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// It does no harm.
    Freely,
    /// It could make a second object.
    Never,
}

/// What was answered.
#[derive(Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Bytes,
}

/// Whoever makes calls to one site.
pub struct Client {
    credentials: Arc<dyn Credentials>,
    classify: Classify,
    hyper: Hyper<HttpsConnector<HttpConnector>, Full<Bytes>>,
    pace: Pace,
}

impl Client {
    /// Whoever calls with these credentials; `plain` = no certificate is ever looked at, since all addresses begin with
    /// `http://`.
    ///
    /// # Errors
    /// If the system's certificates cannot be read.
    pub fn new(plain: bool, credentials: Arc<dyn Credentials>, classify: Classify) -> Result<Self> {
        let mut http = HttpConnector::new();
        http.set_connect_timeout(Some(CONNECT));
        http.enforce_http(false);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let https = HttpsConnectorBuilder::new();
        let https = if plain {
            let config = rustls::ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(|error| refused("NoTls", error.to_string()))?;
            https.with_tls_config(config.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
        } else {
            https
                .with_provider_and_native_roots(provider)
                .map_err(|error| refused("NoTls", format!("the system's certificates cannot be read: {error}")))?
        };
        let connector = https.https_or_http().enable_http1().enable_http2().wrap_connector(http);
        let hyper = Hyper::builder(TokioExecutor::new()).build(connector);
        Ok(Self { credentials, classify, hyper, pace: Pace::default() })
    }

    /// Makes a call and reads the answer as JSON; an answer without a body is null.
    ///
    /// # Errors
    /// If the vendor refuses it or cannot be reached, or nobody knows whether it happened.
    pub async fn call(&self, request: &Request) -> Result<Json> {
        self.send(request).await?.json(&request.name)
    }

    /// Makes a call and gives the whole answer.
    ///
    /// # Errors
    /// As those of [`Self::call`].
    pub async fn send(&self, request: &Request) -> Result<Answer> {
        let start = Instant::now();
        let mut attempt = 0;
        let mut renewed = false;
        loop {
            self.pace.keep().await;
            let signed = self.credentials.headers(request).await?;
            let (Refusal { error, pause }, status) = match self.once(request, &signed).await {
                Ok(answer) => {
                    self.pace.faster();
                    return Ok(answer);
                }
                Err(failed) => failed,
            };
            if status == Some(UNAUTHORIZED) && !renewed && self.credentials.renewed(request, &signed).await {
                renewed = true;
                continue;
            }
            attempt += 1;
            let again = match error.kind {
                ProviderErrorKind::Throttled => start.elapsed() + pause.unwrap_or_default() < THROTTLED,
                ProviderErrorKind::Unavailable => attempt < REACHES,
                ProviderErrorKind::Lost => request.repeat == Repeat::Freely && attempt < ATTEMPTS,
                _ => false,
            };
            if !again {
                return Err(match pause.filter(|pause| *pause >= THROTTLED) {
                    Some(pause) => {
                        let message = format!("{}; it asks for {} seconds of rest", error.message, pause.as_secs());
                        ProviderError { message, ..error }
                    }
                    None => error,
                });
            }
            if error.kind == ProviderErrorKind::Throttled {
                self.pace.slower(pause);
            } else {
                rest(pause.unwrap_or(Duration::from_millis(100 << attempt.min(7))).min(LONGEST)).await;
            }
        }
    }

    /// Makes one attempt at a call and gives the answer, whatever its status.
    ///
    /// # Errors
    /// If there is none.
    pub async fn exchange(&self, request: &Request) -> Result<Answer> {
        let signed = self.credentials.headers(request).await?;
        self.exchange_as(request, &signed).await
    }

    async fn exchange_as(&self, request: &Request, signed: &Headers) -> Result<Answer> {
        let name = request.name.as_str();
        let mut builder = hyper::Request::builder().method(request.verb.as_str()).uri(&request.url);
        // What is wrong with it may hold a token, so it is not passed on.
        let bad = |what: &str| refused("BadRequest", format!("{name}: there is no such {what}"));
        if let Some(headers) = builder.headers_mut() {
            headers.insert(USER_AGENT, HeaderValue::from_static("groundplan"));
            let own = request.headers.iter().map(|(key, text)| (key.as_ref(), text));
            for (key, text) in own.chain(signed.iter().map(|(key, text)| (*key, text))) {
                let key = HeaderName::from_bytes(key.as_bytes()).map_err(|_| bad("header"))?;
                let mut value = HeaderValue::from_str(text).map_err(|_| bad("header"))?;
                value.set_sensitive(true);
                headers.insert(key, value);
            }
            if let Some(body) = &request.body {
                headers.insert(CONTENT_TYPE, HeaderValue::from_str(&body.kind).map_err(|_| bad("content"))?);
            }
        }
        let bytes = request.body.as_ref().map(|body| body.bytes.clone()).unwrap_or_default();
        let sent = builder.body(Full::new(bytes)).map_err(|_| bad("address"))?;
        let lost = |code: &str, said: &str| broken(ProviderErrorKind::Lost, code, name, said);
        let exchange = async {
            let answer = self.hyper.request(sent).await.map_err(|error| unsent(name, &error))?;
            let (parts, body) = answer.into_parts();
            let bytes = body.collect().await.map_err(|_| lost("ConnectionBroke", "the answer broke off"))?.to_bytes();
            Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, bytes })
        };
        match tokio::time::timeout(ATTEMPT, exchange).await {
            Ok(ended) => ended,
            Err(_) => Err(lost("NoAnswer", "no answer in time")),
        }
    }

    /// One attempt; a failure with the status of the answer, if there was one.
    async fn once(&self, request: &Request, signed: &Headers) -> std::result::Result<Answer, (Refusal, Option<u16>)> {
        let unanswered = |error| (Refusal { error, pause: None }, None);
        let answer = self.exchange_as(request, signed).await.map_err(unanswered)?;
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        Err(((self.classify)(&request.name, &answer), Some(answer.status)))
    }
}

impl Request {
    /// A call without a body, which may be repeated if it only reads.
    pub fn new(name: impl Into<String>, verb: &str, url: impl Into<String>) -> Self {
        let repeat = if verb == "GET" || verb == "HEAD" { Repeat::Freely } else { Repeat::Never };
        Self {
            name: name.into(),
            verb: verb.to_owned(),
            url: url.into(),
            headers: Vec::new(),
            body: None,
            scope: String::new(),
            repeat,
        }
    }

    /// The same with a body.
    #[must_use]
    pub fn with(mut self, body: &Json) -> Self {
        self.body = Some(Body::json(body));
        self
    }

    /// The same, which does no harm if it happens twice.
    #[must_use]
    pub fn freely(mut self) -> Self {
        self.repeat = Repeat::Freely;
        self
    }

    /// The same for a token that is good for something.
    #[must_use]
    pub fn scoped(mut self, scope: impl Into<String>) -> Self {
        self.scope = scope.into();
        self
    }

    /// The same with a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

impl Body {
    /// JSON as a body.
    pub fn json(json: &Json) -> Self {
        Self { kind: "application/json".to_owned(), bytes: json.to_string().into() }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("kind", &self.kind).field("length", &self.bytes.len()).finish()
    }
}

impl Answer {
    /// An answer with some headers.
    pub fn new(status: u16, headers: &[(&'static str, &'static str)], body: impl Into<Bytes>) -> Self {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        Self { status, headers: headers.iter().map(pair).collect(), bytes: body.into() }
    }

    /// The text of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; none is null.
    ///
    /// # Errors
    /// If it is something else: then nobody knows what happened.
    pub fn json(&self, call: &str) -> Result<Json> {
        if self.bytes.is_empty() {
            return Ok(Json::Null);
        }
        let nonsense = |_| broken(ProviderErrorKind::Lost, "BadAnswer", call, "the answer is no JSON");
        serde_json::from_slice(&self.bytes).map_err(nonsense)
    }

    /// The body as JSON, where it is some.
    pub fn told(&self) -> Json {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }
}

/// What an answer holds may be a secret.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("pace", &self.pace).finish_non_exhaustive()
    }
}

/// What is wrong with a call that got no answer: what was never sent has not happened.
fn unsent(call: &str, error: &Error) -> ProviderError {
    let (kind, code) = if error.is_connect() {
        (ProviderErrorKind::Unavailable, "Unreachable")
    } else {
        (ProviderErrorKind::Lost, "ConnectionBroke")
    };
    let mut said = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(source) = next {
        said = format!("{said}: {source}");
        next = source.source();
    }
    broken(kind, code, call, &said)
}
