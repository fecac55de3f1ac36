//! Sites: where an instance points, and the calls that are made there.

use std::sync::Arc;

use rest::url::{encoded, with_query};
use rest::{Answer, Client, Request};
use serde_json::Value as Json;

use crate::Place;
use crate::credentials::Tokens;
use crate::failure::{Result, of_answer, refused};

/// The host of the resource manager.
const MANAGEMENT: &str = "management.azure.com";

/// One place that calls are made to.
#[derive(Debug)]
pub(crate) struct Site {
    client: Client,
    place: Place,
}

/// Which service a call is made to; each wants a token of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Service {
    Management,
    Directory,
    /// The vault of a name.
    Vault(String),
    /// The storage account of a name.
    Storage(String),
}

impl Service {
    fn host(&self) -> String {
        match self {
            Self::Management => MANAGEMENT.to_owned(),
            Self::Directory => "graph.microsoft.com".to_owned(),
            Self::Vault(name) => format!("{name}.vault.azure.net"),
            Self::Storage(name) => format!("{name}.blob.core.windows.net"),
        }
    }

    /// What a token has to be good for.
    fn scope(&self) -> &'static str {
        match self {
            Self::Management => "https://management.azure.com/.default",
            Self::Directory => "https://graph.microsoft.com/.default",
            Self::Vault(_) => "https://vault.azure.net/.default",
            Self::Storage(_) => "https://storage.azure.com/.default",
        }
    }
}

impl Site {
    pub(crate) fn open(place: &Place, token: Option<String>) -> Result<Self> {
        let mut place = place.clone();
        for address in [&mut place.endpoint, &mut place.storage].into_iter().flatten() {
            address.truncate(address.trim_end_matches('/').len());
        }
        let plain = [&place.endpoint, &place.storage].into_iter().flatten().all(|url| url.starts_with("http://"))
            && place.endpoint.is_some();
        let tokens = Arc::new(Tokens::new(token, place.endpoint.clone(), plain)?);
        Ok(Self { client: Client::new(plain, tokens, of_answer)?, place })
    }

    /// The subscription that the profile names.
    pub(crate) fn account(&self) -> Option<&str> {
        self.place.account.as_deref()
    }

    /// A call to a service; `path` begins with a slash.
    pub(crate) fn request(&self, service: &Service, name: &str, verb: &str, path: &str) -> Request {
        let path = encoded(path, true);
        let url = match (service, &self.place.storage, &self.place.endpoint) {
            (Service::Storage(account), Some(storage), _) => format!("{storage}/{account}{path}"),
            (_, _, Some(endpoint)) => format!("{endpoint}/{}{path}", service.host()),
            _ => format!("https://{}{path}", service.host()),
        };
        Request::new(name, verb, url).scoped(service.scope())
    }

    /// A call to the resource manager, about what has this id.
    pub(crate) fn about(&self, call: crate::kind::Call, id: &str) -> Request {
        let mut request = self.request(&Service::Management, call.name, &call.method.verb, id);
        request.url = with_query(&request.url, [("api-version", call.document.version.as_str())]);
        request
    }

    /// A look at an address that the resource manager has given.
    ///
    /// # Errors
    /// If it is not one of its own: nobody else is shown a token.
    pub(crate) fn follow(&self, name: &str, url: &str) -> Result<Request> {
        let own = match &self.place.endpoint {
            Some(endpoint) => format!("{endpoint}/{MANAGEMENT}/"),
            None => format!("https://{MANAGEMENT}/"),
        };
        // Ports that go without saying are said by some.
        let given = url.replacen(&format!("https://{MANAGEMENT}:443/"), &format!("https://{MANAGEMENT}/"), 1);
        if !given.get(..own.len()).is_some_and(|start| start.eq_ignore_ascii_case(&own)) {
            return Err(refused("BadAddress", format!("{name}: an answer leads elsewhere")));
        }
        Ok(Request::new(name, "GET", given).scoped(Service::Management.scope()))
    }

    /// Makes a call.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer> {
        self.client.send(request).await
    }

    /// Makes a call and reads the answer as JSON.
    pub(crate) async fn call(&self, request: &Request) -> Result<Json> {
        self.client.call(request).await
    }
}

#[cfg(test)]
mod tests {
    use super::{Service, Site};
    use crate::Place;

    fn site(place: &Place) -> Site {
        Site::open(place, Some("token".to_owned())).expect("it opens")
    }

    #[test]
    fn hosts_are_directories_of_an_endpoint() {
        let site = site(&Place { endpoint: Some("http://127.0.0.1:1/".into()), ..Place::default() });
        let url = |service: &Service, path: &str| site.request(service, "c", "GET", path).url;
        assert_eq!(
            url(&Service::Management, "/subscriptions/s/resourceGroups/a (b)"),
            "http://127.0.0.1:1/management.azure.com/subscriptions/s/resourceGroups/a%20%28b%29"
        );
        assert_eq!(url(&Service::Vault("v".into()), "/secrets/s"), "http://127.0.0.1:1/v.vault.azure.net/secrets/s");
        let storage = Service::Storage("a".into());
        assert_eq!(url(&storage, "/c/x y"), "http://127.0.0.1:1/a.blob.core.windows.net/c/x%20y");
    }

    #[test]
    fn a_token_is_shown_to_nobody_else() {
        let site = site(&Place { endpoint: Some("http://127.0.0.1:1".into()), ..Place::default() });
        assert!(site.follow("c", "http://127.0.0.1:1/management.azure.com/operations/1?a=b").is_ok());
        for url in ["https://ex.org/", "http://127.0.0.1:1/management.azure.com.ex.org/", "http://127.0.0.1:1/x"] {
            assert_eq!(site.follow("c", url).expect_err("it is refused").code, "BadAddress", "{url}");
        }
    }
}
