//! Sites: where an instance points, and the calls that are made there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, RETRY_AFTER, USER_AGENT};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use ports::{ProviderError, ProviderErrorKind};
use serde_json::Value as Json;

use crate::Place;
use crate::failure::{Result, broken, of_answer, refused};
use crate::policy::Policies;
use crate::token::Tokens;
use crate::url::Request;

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
/// How long one wait may be.
const LONGEST: Duration = Duration::from_secs(30);

/// The sites that a profile names, each made when it is first needed.
#[derive(Debug)]
pub(crate) struct Sites {
    places: BTreeMap<Option<String>, Place>,
    tokens: Arc<Tokens>,
    made: Mutex<BTreeMap<Option<String>, Arc<Site>>>,
}

/// One place that calls are made to.
#[derive(Debug)]
pub(crate) struct Site {
    endpoint: Option<String>,
    account: Option<String>,
    tokens: Arc<Tokens>,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    pace: Mutex<Pace>,
    pub(crate) policies: Policies,
}

/// How slow calls have to be for now.
#[derive(Debug, Default)]
struct Pace {
    /// No call before.
    until: Option<Instant>,
    /// How long the last wait was.
    pause: Duration,
}

/// Whether a call may be made again that may have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It does no harm.
    Freely,
    /// It could make a second object.
    Never,
}

/// What is sent along.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) kind: String,
    pub(crate) bytes: Bytes,
}

impl Sites {
    pub(crate) fn new(default: Place, instances: BTreeMap<String, Place>, tokens: Tokens) -> Self {
        let named = instances.into_iter().map(|(name, place)| (Some(name), place));
        let places = named.chain([(None, default)]).collect();
        Self { places, tokens: Arc::new(tokens), made: Mutex::default() }
    }

    /// The site of an instance.
    ///
    /// # Errors
    /// If the profile has no such instance.
    pub(crate) fn get(&self, instance: Option<&str>) -> Result<Arc<Site>> {
        let key = instance.map(str::to_owned);
        let place = self.places.get(&key).ok_or_else(|| {
            refused("NoInstance", format!("the profile has no instance `{}`", instance.unwrap_or_default()))
        })?;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(site) = made.get(&key) {
            return Ok(site.clone());
        }
        let site = Arc::new(Site::open(place, self.tokens.clone())?);
        made.insert(key, site.clone());
        Ok(site)
    }
}

impl Site {
    fn open(place: &Place, tokens: Arc<Tokens>) -> Result<Self> {
        let mut http = HttpConnector::new();
        http.set_connect_timeout(Some(CONNECT));
        http.enforce_http(false);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let plain = place.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        let https = HttpsConnectorBuilder::new();
        let https = if plain {
            // Nobody's certificate is looked at, so none need be found.
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
        Ok(Self {
            endpoint: place.endpoint.as_deref().map(|endpoint| endpoint.trim_end_matches('/').to_owned()),
            account: place.account.clone(),
            tokens,
            client: Client::builder(TokioExecutor::new()).build(connector),
            pace: Mutex::default(),
            policies: Policies::default(),
        })
    }

    /// Makes a call and reads the answer as JSON; an answer without a body is null.
    ///
    /// # Errors
    /// If the vendor refuses it or cannot be reached, or nobody knows whether it happened.
    pub(crate) async fn call(&self, request: &Request, repeat: Repeat) -> Result<Json> {
        let body =
            request.body.as_ref().map(|json| Body { kind: "application/json".into(), bytes: json.to_string().into() });
        let bytes = self.send(request, body, repeat).await?;
        if bytes.is_empty() {
            return Ok(Json::Null);
        }
        let name = request.name();
        let nonsense = |_| broken(ProviderErrorKind::Lost, "BadAnswer", &name, "the answer is no JSON");
        serde_json::from_slice(&bytes).map_err(nonsense)
    }

    /// Makes a call and gives the bytes of its answer.
    ///
    /// # Errors
    /// As those of [`Self::call`].
    pub(crate) async fn send(&self, request: &Request, body: Option<Body>, repeat: Repeat) -> Result<Bytes> {
        let start = Instant::now();
        let mut attempt = 0;
        loop {
            self.keep_pace().await;
            let (error, asked) = match self.once(request, body.clone()).await {
                Ok(bytes) => {
                    self.faster();
                    return Ok(bytes);
                }
                Err(failed) => failed,
            };
            attempt += 1;
            let again = match error.kind {
                ProviderErrorKind::Throttled => start.elapsed() < THROTTLED,
                ProviderErrorKind::Unavailable => attempt < REACHES,
                ProviderErrorKind::Lost => repeat == Repeat::Freely && attempt < ATTEMPTS,
                _ => false,
            };
            if !again {
                return Err(error);
            }
            if error.kind == ProviderErrorKind::Throttled {
                self.slower(asked);
            } else {
                let pause = asked.unwrap_or(Duration::from_millis(100 << attempt.min(7)));
                tokio::time::sleep(jittered(pause.min(LONGEST))).await;
            }
        }
    }

    /// Waits while the vendor wants fewer calls: one that was throttled slows all of the site.
    async fn keep_pace(&self) {
        let until = self.pace.lock().unwrap_or_else(PoisonError::into_inner).until;
        if let Some(until) = until {
            tokio::time::sleep_until(until.into()).await;
        }
    }

    fn slower(&self, asked: Option<Duration>) {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        // Many calls that were on their way at a time are throttled together, and that counts once.
        if pace.until.is_some_and(|until| until > now) {
            return;
        }
        pace.pause = asked.unwrap_or((pace.pause * 2).max(Duration::from_millis(100))).min(LONGEST);
        pace.until = Some(now + jittered(pace.pause));
    }

    fn faster(&self) {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        if pace.until.is_some_and(|until| until <= Instant::now()) {
            pace.until = None;
            pace.pause /= 2;
        }
    }

    /// One attempt; a failure with how long the vendor wants to be left alone.
    async fn once(
        &self,
        request: &Request,
        body: Option<Body>,
    ) -> std::result::Result<Bytes, (ProviderError, Option<Duration>)> {
        let name = request.name();
        let unasked = |error| (error, None);
        let token = self.tokens.get(&request.call.method.scope).await.map_err(unasked)?;
        let url = request.url(self.endpoint.as_deref());
        let mut builder = hyper::Request::builder()
            .method(request.call.method.verb.as_str())
            .uri(url)
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .header(USER_AGENT, "groundplan");
        if let Some(account) = &self.account {
            builder = builder.header("x-goog-user-project", account);
        }
        let bytes = body.map_or_else(Bytes::new, |body| {
            if let Some(headers) = builder.headers_mut()
                && let Ok(kind) = body.kind.parse()
            {
                headers.insert(CONTENT_TYPE, kind);
            }
            body.bytes
        });
        // What is wrong with it may hold the token, so it is not passed on.
        let sent = builder.body(Full::new(bytes));
        let sent = sent.map_err(|_| unasked(refused("BadRequest", format!("{name}: there is no such address"))))?;
        let lost = |code: &str, said: &str| unasked(broken(ProviderErrorKind::Lost, code, &name, said));
        let exchange = async {
            let answer = self.client.request(sent).await.map_err(|error| unasked(unsent(&name, &error)))?;
            let (parts, body) = answer.into_parts();
            let bytes = body.collect().await.map_err(|_| lost("ConnectionBroke", "the answer broke off"))?.to_bytes();
            if parts.status.is_success() {
                return Ok(bytes);
            }
            let json = serde_json::from_slice(&bytes).unwrap_or_default();
            Err((of_answer(&name, parts.status.as_u16(), &json), retry_after(&parts.headers)))
        };
        match tokio::time::timeout(ATTEMPT, exchange).await {
            Ok(ended) => ended,
            Err(_) => Err(lost("NoAnswer", "no answer in time")),
        }
    }
}

/// What is wrong with a call that got no answer: what was never sent has not happened.
fn unsent(call: &str, error: &hyper_util::client::legacy::Error) -> ProviderError {
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

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The pause and up to a quarter more, so that those who were refused together do not come back together.
pub(crate) fn jittered(pause: Duration) -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    pause + pause / 4 * (now.subsec_nanos() % 1000) / 1000
}
