//! Sites: one account in one region, and the clients of its services.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use ports::ProviderErrorKind;
use tokio::sync::{Mutex, OnceCell};

use crate::Place;
use crate::failure::{self, Result, of, refused};

/// How often a call that may be repeated is tried.
const ATTEMPTS: u32 = 8;
/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(30);
/// How long it may take to be let in.
const CONNECT: Duration = Duration::from_secs(5);

/// The sites that a profile names, each made when it is first needed.
#[derive(Debug)]
pub(crate) struct Sites {
    places: BTreeMap<Option<String>, Place>,
    made: Mutex<BTreeMap<Option<String>, Arc<Site>>>,
}

/// One account in one region.
#[derive(Debug)]
pub(crate) struct Site {
    account: Option<String>,
    // Of calls that may be repeated: those that read, that change to a fixed value, that delete.
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) rds: aws_sdk_rds::Client,
    pub(crate) cache: aws_sdk_elasticache::Client,
    sts: aws_sdk_sts::Client,
    /// Of calls that must not happen twice.
    pub(crate) once: Once,
    entered: OnceCell<()>,
}

/// Clients that send a call once.
#[derive(Debug)]
pub(crate) struct Once {
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) rds: aws_sdk_rds::Client,
    pub(crate) cache: aws_sdk_elasticache::Client,
}

impl Sites {
    pub(crate) fn new(default: Place, instances: BTreeMap<String, Place>) -> Self {
        let named = instances.into_iter().map(|(name, place)| (Some(name), place));
        Self { places: named.chain([(None, default)]).collect(), made: Mutex::default() }
    }

    /// The site of an instance.
    ///
    /// # Errors
    /// If the profile has no such instance.
    pub(crate) async fn get(&self, instance: Option<&str>) -> Result<Arc<Site>> {
        let key = instance.map(str::to_owned);
        let place = self.places.get(&key).ok_or_else(|| {
            refused("NoInstance", format!("the profile has no instance `{}`", instance.unwrap_or_default()))
        })?;
        let mut made = self.made.lock().await;
        if let Some(site) = made.get(&key) {
            return Ok(site.clone());
        }
        let site = Arc::new(Site::open(place).await);
        made.insert(key, site.clone());
        Ok(site)
    }
}

impl Site {
    async fn open(place: &Place) -> Self {
        let config = load(place).await;
        // The first call of all: who cannot be reached need not be tried for long, since the engine tries again, too.
        let brief = config.to_builder().retry_config(RetryConfig::standard().with_max_attempts(2)).build();
        let once = config.to_builder().retry_config(RetryConfig::disabled()).build();
        Self {
            account: place.account.clone(),
            ec2: aws_sdk_ec2::Client::new(&config),
            once: Once {
                ec2: aws_sdk_ec2::Client::new(&once),
                rds: aws_sdk_rds::Client::new(&once),
                cache: aws_sdk_elasticache::Client::new(&once),
            },
            rds: aws_sdk_rds::Client::new(&config),
            cache: aws_sdk_elasticache::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&brief),
            entered: OnceCell::new(),
        }
    }

    /// Makes sure, before the first write, that the credentials are those of the account that the profile names.
    ///
    /// # Errors
    /// If they are another's, or nobody's.
    pub(crate) async fn enter(&self) -> Result<()> {
        let Some(expected) = &self.account else { return Ok(()) };
        let check = async || {
            let answer = self.sts.get_caller_identity().send().await.map_err(of("GetCallerIdentity"))?;
            let account = answer.account().ok_or_else(|| failure::without("GetCallerIdentity", "account"))?;
            if account == expected {
                return Ok(());
            }
            let message = format!("the credentials are those of account {account}, and the profile says {expected}");
            let mut error = refused("WrongAccount", message);
            error.kind = ProviderErrorKind::Credentials;
            Err(error)
        };
        self.entered.get_or_try_init(check).await.copied()
    }
}

async fn load(place: &Place) -> SdkConfig {
    let http =
        aws_smithy_http_client::Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).connect_timeout(CONNECT).build();
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http)
        .retry_config(RetryConfig::adaptive().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts);
    if let Some(region) = &place.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(endpoint) = &place.endpoint {
        loader = loader.endpoint_url(endpoint.clone());
    }
    loader.load().await
}
