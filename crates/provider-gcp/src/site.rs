//! Sites: where an instance points, and the calls that are made there.

use std::sync::Arc;

use rest::{Answer, Body, Client, Repeat, Result};
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
}

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
        })
    }

    /// Makes a call and reads the answer as JSON; an answer without a body is null.
    ///
    /// # Errors
    /// If the vendor refuses it or cannot be reached, or nobody knows whether it happened.
    pub(crate) async fn call(&self, request: &Request, repeat: Repeat) -> Result<Json> {
        self.client.call(&self.sent(request, repeat)).await
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
