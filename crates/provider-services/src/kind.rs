//! What a service is, and what each of its types is.

use std::sync::Arc;

use ports::{BoxFuture, ProviderError};
use rest::template::plain;
use rest::{Classify, Credentials, Result, refused};
use value::Map;

use crate::site::Site;

/// A service.
pub(crate) struct Vendor {
    pub(crate) name: &'static str,
    pub(crate) kinds: &'static [(&'static str, &'static dyn Kind)],
    /// What its answers mean that are no success.
    pub(crate) classify: Classify,
    /// What can be done about a failure.
    pub(crate) hint: fn(&ProviderError) -> Option<String>,
    /// Who calls; with a token that is given.
    pub(crate) credentials: fn(Option<String>) -> Arc<dyn Credentials>,
    /// How many steps may run at a time.
    pub(crate) concurrency: usize,
    /// Whose settings say where its objects are.
    pub(crate) settings: &'static [&'static str],
}

impl Vendor {
    /// What a type of the service is.
    pub(crate) fn kind(&self, ty: &str) -> Option<&'static dyn Kind> {
        self.kinds.iter().find(|(name, _)| *name == ty).map(|(_, kind)| *kind)
    }
}

/// What a call gives, later.
pub(crate) type Later<'a, T> = BoxFuture<'a, Result<T>>;

/// What a type is. Properties are at least those that its id is made of.
pub(crate) trait Kind: Send + Sync {
    /// What is there of an object; `None` = it is not there.
    fn look<'a>(&'a self, site: &'a Site, properties: &'a Map) -> Later<'a, Option<Map>>;
    /// Makes sure that an object is there and as it is wanted; gives what is there then.
    fn put<'a>(&'a self, site: &'a Site, inputs: &'a Map) -> Later<'a, Map>;
    /// Takes an object away; one that is gone already is a success.
    fn remove<'a>(&'a self, site: &'a Site, properties: &'a Map) -> Later<'a, ()>;
}

/// A property that is text.
///
/// # Errors
/// If it is missing.
pub(crate) fn text<'a>(properties: &'a Map, name: &str) -> Result<&'a str> {
    let missing = || refused("NoProperty", format!("`{name}` is missing"));
    properties.get(name).and_then(plain).filter(|text| !text.is_empty()).ok_or_else(missing)
}

/// Properties by name.
pub(crate) fn only(properties: &Map, names: &[&str]) -> Map {
    let named = names.iter().filter_map(|name| Some(((*name).to_owned(), properties.get(*name)?.clone())));
    named.collect()
}
