//! Sites: where an instance points, and the calls that are made there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rest::{Answer, Body, Client, Repeat, Result, jittered};
use serde_json::Value as Json;

use crate::policy::Policies;
use crate::token::Tokens;
use crate::url::Request;
use crate::{Place, failure};

/// One place that calls are made to.
#[derive(Debug)]
pub(crate) struct Site {
    endpoint: Option<String>,
    account: Option<String>,
    client: Client,
    pub(crate) policies: Policies,
    /// Who makes what only one may make at a time, by place.
    alone: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// When an interface was enabled last.
    enabled: Mutex<Option<Instant>>,
}

/// How long an interface that was enabled may look as if it were not.
const NEW: Duration = Duration::from_mins(3);

impl Site {
    /// The site at a place.
    ///
    /// # Errors
    /// If the system's certificates cannot be read.
    pub(crate) fn open(place: &Place, tokens: Arc<Tokens>) -> Result<Self> {
        let plain = place.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        Ok(Self {
            endpoint: place.endpoint.as_deref().map(|endpoint| endpoint.trim_end_matches('/').to_owned()),
            account: place.account.clone(),
            client: Client::new(plain, tokens, failure::of)?,
            policies: Policies::default(),
            alone: Mutex::default(),
            enabled: Mutex::default(),
        })
    }

    /// Makes a call and reads the answer as JSON; an answer without a body is null.
    ///
    /// # Errors
    /// If the vendor refuses it or cannot be reached, or nobody knows whether it happened.
    pub(crate) async fn call(&self, request: &Request, repeat: Repeat) -> Result<Json> {
        let sent = self.sent(request, repeat);
        let mut pause = Duration::from_millis(500);
        loop {
            match self.client.call(&sent).await {
                // It was refused, so nothing has happened yet.
                Err(error) if failure::is_disabled(&error) && self.enables() => {
                    tokio::time::sleep(jittered(pause)).await;
                    pause = (pause * 2).min(Duration::from_secs(10));
                }
                ended => return ended,
            }
        }
    }

    /// What whoever has it makes alone at a place.
    pub(crate) fn alone(&self, place: &str) -> Arc<tokio::sync::Mutex<()>> {
        self.alone.lock().unwrap_or_else(PoisonError::into_inner).entry(place.to_owned()).or_default().clone()
    }

    /// Notes that an interface was enabled, which takes a while to get about.
    pub(crate) fn enabled(&self) {
        *self.enabled.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn enables(&self) -> bool {
        let enabled = self.enabled.lock().unwrap_or_else(PoisonError::into_inner);
        enabled.is_some_and(|enabled| enabled.elapsed() < NEW)
    }

    /// Makes a call with another body than JSON, and gives the whole answer.
    ///
    /// # Errors
    /// As those of [`Self::call`].
    pub(crate) async fn send(&self, request: &Request, body: Option<Body>, repeat: Repeat) -> Result<Answer> {
        self.client.send(&rest::Request { body, ..self.sent(request, repeat) }).await
    }

    fn sent(&self, request: &Request, repeat: Repeat) -> rest::Request {
        request.sent(self.endpoint.as_deref(), self.account.as_deref(), repeat)
    }
}
