//! Tokens: who calls. Nobody is asked for credentials before a call needs them.

use std::fmt;
use std::sync::Arc;

use gcp_auth::TokenProvider;
use ports::{BoxFuture, ProviderError, ProviderErrorKind};
use rest::{Credentials, Request, Result, bearer};
use tokio::sync::OnceCell;

/// A token that is taken as it is, where it is set: short runs, and servers that stand in for Google's.
const GIVEN: &str = "GOOGLE_OAUTH_ACCESS_TOKEN";

/// Where tokens come from.
#[derive(Default)]
pub(crate) struct Tokens {
    given: Option<String>,
    found: OnceCell<std::result::Result<Arc<dyn TokenProvider>, ProviderError>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    /// Those that the environment says, and this one instead if it is given.
    pub(crate) fn new(given: Option<String>) -> Self {
        let given = given.or_else(|| std::env::var(GIVEN).ok().filter(|token| !token.is_empty()));
        Self { given, found: OnceCell::new() }
    }

    /// A token that is good for a while.
    async fn get(&self, scope: &str) -> Result<String> {
        if let Some(given) = &self.given {
            return Ok(given.clone());
        }
        // Whoever has no credentials is told so once, quickly, and not looked for again with every call.
        let found = self.found.get_or_init(|| async { gcp_auth::provider().await.map_err(|e| without(&e)) }).await;
        let provider = found.as_ref().map_err(Clone::clone)?;
        let token = provider.token(&[scope]).await.map_err(|error| without(&error))?;
        Ok(token.as_str().to_owned())
    }
}

impl Credentials for Tokens {
    fn headers<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Vec<(&'static str, String)>>> {
        Box::pin(async move { Ok(vec![bearer(&self.get(&request.scope).await?)]) })
    }
}

fn without(error: &gcp_auth::Error) -> ProviderError {
    let message = match error {
        gcp_auth::Error::NoAuthMethod(..) => "no credentials of Google Cloud are found".to_owned(),
        other => format!("the credentials of Google Cloud give no token: {other}"),
    };
    ProviderError { kind: ProviderErrorKind::Credentials, code: "NoCredentials".to_owned(), message }
}
