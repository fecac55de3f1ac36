//! Requests: a method with its parameters, and the address that they make.

use rest::url::{encoded, with_query};
use rest::{Body, Repeat};
use serde_json::Value as Json;

use crate::kind::Call;

/// A call to be made.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) call: Call,
    /// What stands in the path.
    pub(crate) path: Vec<(String, String)>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Option<Json>,
    /// The version that it is about: with another one there it does nothing.
    pub(crate) etag: Option<String>,
    /// It carries or asks for content, not for what is known of it.
    pub(crate) content: Option<Content>,
}

/// Which way content goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Up,
    Down,
}

impl Request {
    /// A call without a body; `path` = what stands in its only place.
    pub(crate) fn new(call: Call, path: &str) -> Self {
        let path = call.method.in_path().map(|name| (name.to_owned(), path.to_owned())).collect();
        // A method that takes a body is sent one.
        let body = call.method.has_body().then(|| Json::Object(Default::default()));
        Self { call, path, query: Vec::new(), body, etag: None, content: None }
    }

    /// What people call it.
    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.call.document.name, self.call.name)
    }

    /// The call as it is sent.
    pub(crate) fn sent(&self, endpoint: Option<&str>, account: Option<&str>, repeat: Repeat) -> rest::Request {
        let method = self.call.method;
        let mut request = rest::Request::new(self.name(), &method.verb, self.url(endpoint)).scoped(&method.scope);
        request.body = self.body.as_ref().map(Body::json);
        request.headers.extend(self.etag.iter().map(|etag| ("if-match".into(), etag.clone())));
        request.headers.extend(account.map(|account| ("x-goog-user-project".into(), account.to_owned())));
        request.repeat = repeat;
        request
    }

    /// The address, at the vendor's or below another server's, where each host of the vendor is a directory.
    pub(crate) fn url(&self, endpoint: Option<&str>) -> String {
        let document = self.call.document;
        let template = match (self.content, &self.call.method.upload) {
            (Some(Content::Up), Some(path)) => path.clone(),
            _ => document.path(self.call.method),
        };
        let mut url = match endpoint {
            Some(endpoint) => format!("{endpoint}/{}/", document.host()),
            None => document.root_url.clone(),
        };
        let mut rest = template.as_str();
        while let Some((text, after)) = rest.split_once('{') {
            url.push_str(text);
            let (place, after) = after.split_once('}').unwrap_or((after, ""));
            let name = place.trim_start_matches('+');
            let value = self.path.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value);
            // A name with slashes stays one where the document says so.
            url.push_str(&encoded(value, place.starts_with('+')));
            rest = after;
        }
        url.push_str(rest);
        let content = match self.content {
            Some(Content::Up) => Some(("uploadType", "multipart")),
            Some(Content::Down) => Some(("alt", "media")),
            None => None,
        };
        let query = self.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        with_query(&url, content.into_iter().chain(query))
    }
}

#[cfg(test)]
mod tests {
    use super::Request;
    use crate::kind;

    #[test]
    fn an_address_is_made_of_the_document_and_what_is_given() {
        let cases = [
            (
                "secretmanager",
                "projects.secrets.addVersion",
                "projects/p/secrets/s",
                "https://secretmanager.googleapis.com/v1/projects/p/secrets/s:addVersion",
            ),
            ("storage", "buckets.get", "a b", "https://storage.googleapis.com/storage/v1/b/a%20b"),
            ("groupssettings", "groups.get", "g@ex.org", "https://www.googleapis.com/groups/v1/groups/g%40ex.org"),
        ];
        for (api, name, path, url) in cases {
            let request = Request::new(kind::call(api, name).expect("a method"), path);
            assert_eq!(request.url(None), url);
        }
        let mut request = Request::new(kind::call("storage", "buckets.insert").expect("a method"), "");
        request.query.push(("project".to_owned(), "p&q".to_owned()));
        let url = "http://127.0.0.1:1/storage.googleapis.com/storage/v1/b?project=p%26q";
        assert_eq!(request.url(Some("http://127.0.0.1:1")), url);
    }
}
