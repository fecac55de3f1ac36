//! Caches that speak Bazel's HTTP protocol: `GET` and `PUT` of `ac/KEY` and `cas/KEY`.

use std::time::Duration;

use ports::{CacheError, RemoteCache, Space};
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// The longest body that is read.
const LONGEST: u64 = 64 << 20;

/// How long it may take until somebody answers at all.
const CONNECT: Duration = Duration::from_secs(2);

/// A cache below an address.
pub(crate) struct HttpCache {
    agent: Agent,
    /// Without a slash at its end.
    address: String,
    token: Option<String>,
}

impl HttpCache {
    /// The cache below an address; `token` is shown to it, if there is one.
    pub(crate) fn new(agent: Agent, address: &str, token: Option<String>) -> Self {
        Self { agent, address: address.trim_end_matches('/').to_owned(), token }
    }

    fn address(&self, space: Space, key: &str) -> String {
        format!("{}/{}/{key}", self.address, space.name())
    }

    fn authorization(&self) -> Option<String> {
        self.token.as_ref().map(|token| format!("Bearer {token}"))
    }
}

impl RemoteCache for HttpCache {
    fn get(&self, space: Space, key: &str, within: Duration) -> Result<Option<Vec<u8>>, CacheError> {
        get(&self.agent, &self.address(space, key), self.authorization(), within)
    }

    fn put(&self, space: Space, key: &str, bytes: &[u8], within: Duration) -> Result<(), CacheError> {
        put(&self.agent, &self.address(space, key), self.authorization(), bytes, within)
    }
}

/// What makes calls. `roots` are certificates in PEM form that are trusted instead of the public ones.
pub(crate) fn agent(roots: Option<&[u8]>) -> Result<Agent, String> {
    let roots = match roots {
        None => RootCerts::WebPki,
        Some(text) => {
            let items = parse_pem(text).filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
                Ok(_) => None,
                Err(error) => Some(Err(error.to_string())),
            });
            RootCerts::new_with_certs(&items.collect::<Result<Vec<Certificate<'static>>, String>>()?)
        }
    };
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(CONNECT))
        .max_idle_connections(64)
        .max_idle_connections_per_host(64)
        .user_agent(concat!("groundplan/", env!("CARGO_PKG_VERSION")))
        .tls_config(TlsConfig::builder().root_certs(roots).build());
    Ok(config.build().into())
}

pub(crate) fn get(
    agent: &Agent,
    url: &str,
    authorization: Option<String>,
    within: Duration,
) -> Result<Option<Vec<u8>>, CacheError> {
    let mut request = agent.get(url).config().timeout_global(Some(within)).build();
    if let Some(text) = authorization {
        request = request.header("Authorization", text);
    }
    let mut response = request.call().map_err(|error| failed(&error))?;
    match response.status().as_u16() {
        200 => {
            let body = response.body_mut().with_config().limit(LONGEST).read_to_vec();
            body.map(Some).map_err(|error| failed(&error))
        }
        // There is nothing.
        204 | 404 => Ok(None),
        other => Err(refused("GET", other)),
    }
}

pub(crate) fn put(
    agent: &Agent,
    url: &str,
    authorization: Option<String>,
    bytes: &[u8],
    within: Duration,
) -> Result<(), CacheError> {
    let mut request = agent.put(url).config().timeout_global(Some(within)).build();
    if let Some(text) = authorization {
        request = request.header("Authorization", text);
    }
    let response = request.header("Content-Type", "application/octet-stream").send(bytes);
    match response.map_err(|error| failed(&error))?.status().as_u16() {
        200 | 201 | 202 | 204 => Ok(()),
        other => Err(refused("PUT", other)),
    }
}

fn refused(what: &str, status: u16) -> CacheError {
    let why = match status {
        401 | 403 => ": it wants another token, or other credentials",
        413 | 507 => ": it is full",
        _ => "",
    };
    CacheError(format!("it answers {status} to {what}{why}"))
}

fn failed(error: &ureq::Error) -> CacheError {
    // Addresses may hold a signature, and are left out.
    CacheError(match error {
        ureq::Error::Timeout(_) => "it does not answer in time".to_owned(),
        ureq::Error::ConnectionFailed | ureq::Error::HostNotFound => "it cannot be reached".to_owned(),
        ureq::Error::Io(error) => format!("the connection failed: {}", error.kind()),
        ureq::Error::BodyExceedsLimit(_) => "it sends more than any entry has".to_owned(),
        ureq::Error::Tls(what) => format!("no safe connection: {what}"),
        ureq::Error::Rustls(error) => format!("no safe connection: {error}"),
        _ => "it does not speak HTTP as it should".to_owned(),
    })
}
