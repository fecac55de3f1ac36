//! Tokens: who calls. Nobody is asked for credentials before a call needs them.

use std::fmt;
use std::sync::Arc;

use gcp_auth::{Error, TokenProvider};
use ports::{BoxFuture, ProviderError, ProviderErrorKind};
use rest::{Credentials, Headers, Request, Result, bearer};
use tokio::sync::Mutex;

/// A token that is taken as it is, where it is set: short runs, and servers that stand in for Google's.
const GIVEN: &str = "GOOGLE_OAUTH_ACCESS_TOKEN";

/// Where tokens come from.
#[derive(Default)]
pub(crate) struct Tokens {
    given: Option<String>,
    /// Whoever has no credentials is told so once, quickly, and not looked for again with every call.
    found: Mutex<Option<Found>>,
}

type Found = std::result::Result<Arc<dyn TokenProvider>, ProviderError>;

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    /// Those that the environment says, and this one instead if it is given.
    pub(crate) fn new(given: Option<String>) -> Self {
        let given = given.or_else(|| std::env::var(GIVEN).ok().filter(|token| !token.is_empty()));
        Self { given, found: Mutex::default() }
    }

    /// A token that is good for a while.
    async fn get(&self, scope: &str) -> Result<String> {
        if let Some(given) = &self.given {
            return Ok(given.clone());
        }
        let found = {
            let mut found = self.found.lock().await;
            match &*found {
                Some(found) => found.clone(),
                None => found.insert(gcp_auth::provider().await.map_err(|error| without(&error))).clone(),
            }
        };
        let token = found?.token(&[scope]).await.map_err(|error| without(&error))?;
        Ok(token.as_str().to_owned())
    }

    /// Looks for credentials anew, unless somebody else has done so since the token was given.
    async fn renew(&self, scope: &str, refused: &Headers) -> bool {
        if self.given.is_some() {
            return false;
        }
        let mut found = self.found.lock().await;
        let Some(Ok(provider)) = &*found else { return false };
        let token = provider.token(&[scope]).await.map(|token| bearer(token.as_str()));
        if token.is_ok_and(|token| refused.contains(&token)) {
            *found = None;
        }
        true
    }
}

impl Credentials for Tokens {
    fn headers<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Headers>> {
        Box::pin(async move { Ok(vec![bearer(&self.get(&request.scope).await?)]) })
    }

    fn renewed<'a>(&'a self, request: &'a Request, refused: &'a Headers) -> BoxFuture<'a, bool> {
        Box::pin(self.renew(&request.scope, refused))
    }
}

fn without(error: &Error) -> ProviderError {
    let (code, message) = match error {
        Error::NoAuthMethod(..) => ("NoCredentials", "no credentials of Google Cloud are found".to_owned()),
        // What is wrong with a file may be shown with what is in it.
        Error::Json(what, error) => {
            ("BadCredentials", format!("{what} (line {}, column {})", error.line(), error.column()))
        }
        other => ("BadCredentials", format!("the credentials of Google Cloud give no token: {other}")),
    };
    ProviderError { kind: ProviderErrorKind::Credentials, code: code.to_owned(), message }
}
