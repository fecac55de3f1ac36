//! From the address in `groundplan.toml` to a cache.

use ports::RemoteCache;
use ureq::Agent;

use crate::http::{self, HttpCache};
use crate::role::TierName;

/// What a cache is shown, and what it is believed by; all of it from the environment of the run.
#[derive(Clone, Default)]
pub struct Credentials {
    /// The bearer token for caches over HTTP: `$GROUNDPLAN_CACHE_TOKEN`.
    pub token: Option<String>,
    /// Certificates in PEM form that are trusted instead of the public ones: the file `$SSL_CERT_FILE`.
    pub roots: Option<Vec<u8>>,
    /// `$AWS_ACCESS_KEY_ID`.
    pub key: Option<String>,
    /// `$AWS_SECRET_ACCESS_KEY`.
    pub secret: Option<String>,
    /// `$AWS_SESSION_TOKEN`.
    pub session: Option<String>,
    /// `$AWS_REGION`.
    pub region: Option<String>,
    /// `$AWS_ENDPOINT_URL`: where S3 is, if it is not Amazon's.
    pub endpoint: Option<String>,
}

/// Why an address gives no cache.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Its scheme is not one that this runner knows.
    #[error("no cache can be reached by `{0}`: addresses start with http://, https:// or s3://")]
    Scheme(String),
    /// The credentials are not there.
    #[error("a cache in S3 needs $AWS_ACCESS_KEY_ID and $AWS_SECRET_ACCESS_KEY")]
    NoCredentials,
    /// The certificates cannot be read.
    #[error("the certificates of $SSL_CERT_FILE cannot be read: {0}")]
    Roots(String),
}

/// The cache of a tier, which lies below the address of the whole. Nothing is asked yet.
///
/// # Errors
/// If the address is none, or what it needs is missing.
pub fn connect(
    address: &str,
    tier: &TierName,
    credentials: &Credentials,
) -> Result<Box<dyn RemoteCache>, ConnectError> {
    let agent = http::agent(credentials.roots.as_deref()).map_err(ConnectError::Roots)?;
    let address = address.trim_end_matches('/');
    match address.split_once("://") {
        Some(("http" | "https", _)) => {
            Ok(Box::new(HttpCache::new(agent, &format!("{address}/{tier}"), credentials.token.clone())))
        }
        Some(("s3", rest)) => bucket(agent, rest, tier, credentials),
        _ => Err(ConnectError::Scheme(address.to_owned())),
    }
}

#[cfg(feature = "s3")]
fn bucket(
    agent: Agent,
    rest: &str,
    tier: &TierName,
    credentials: &Credentials,
) -> Result<Box<dyn RemoteCache>, ConnectError> {
    use crate::s3::{self, S3Cache};
    let (Some(key), Some(secret)) = (credentials.key.clone(), credentials.secret.clone()) else {
        return Err(ConnectError::NoCredentials);
    };
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let prefix = if prefix.is_empty() { format!("{tier}/") } else { format!("{prefix}/{tier}/") };
    let region = credentials.region.clone().unwrap_or_else(|| "us-east-1".to_owned());
    let bucket = match &credentials.endpoint {
        Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
        None => format!("https://{bucket}.s3.{region}.amazonaws.com"),
    };
    let credentials = s3::Credentials { key, secret, session: credentials.session.clone() };
    Ok(Box::new(S3Cache { agent, bucket, prefix, region, credentials }))
}

#[cfg(not(feature = "s3"))]
fn bucket(_: Agent, rest: &str, _: &TierName, _: &Credentials) -> Result<Box<dyn RemoteCache>, ConnectError> {
    Err(ConnectError::Scheme(format!("s3://{rest}")))
}
