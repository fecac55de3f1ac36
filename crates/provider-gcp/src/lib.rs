//! Google Cloud as a provider: objects in the words of its REST interfaces, driven by Google's own documents.
//!
//! Layer: L4, adapter. A method's path, parameters and shapes are those of the document; a small reviewed file says, type
//! by type, what no document says; all that types have in common is done once.
//! **Invariant:** a call that makes an object and could make a second one is never repeated before a look whether it did.
//! **Invariant:** nobody is asked for credentials before a call needs them.
#![cfg(feature = "rest")]

mod apply;
mod document;
mod entries;
mod failure;
mod json;
mod kind;
mod labels;
mod lent;
mod media;
mod member;
mod operation;
mod policy;
mod provider;
mod site;
mod thing;
mod token;
mod url;

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::Catalog;

/// Where an instance of the provider points; what it does not say is as the vendor has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The project that calls are charged to.
    pub account: Option<String>,
    /// The address of all interfaces, where it is not the vendor's: each host is a directory below it.
    pub endpoint: Option<String>,
}

/// Google Cloud: any number of projects.
#[derive(Debug, Clone)]
pub struct Gcp(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    catalog: Catalog,
    tokens: Arc<token::Tokens>,
    /// Another server stands in for the vendor's.
    stands_in: bool,
    sites: rest::Sites<Place, site::Site>,
}

impl Gcp {
    /// Google Cloud where the default instance and the named ones point. Calls nobody.
    pub fn new(default: Place, instances: BTreeMap<String, Place>) -> Self {
        Self::with(default, instances, None)
    }

    /// The same with a token of whoever calls, in place of the credentials that the machine has.
    pub fn with_token(default: Place, instances: BTreeMap<String, Place>, token: String) -> Self {
        Self::with(default, instances, Some(token))
    }

    fn with(default: Place, instances: BTreeMap<String, Place>, token: Option<String>) -> Self {
        let served = schemas_gcp::sources().into_iter().filter(|source| kind::of(source.name).is_some());
        let tokens = Arc::new(token::Tokens::new(token));
        let stands_in = default.endpoint.is_some();
        let sites = rest::Sites::new(default, instances);
        Self(Arc::new(Inner { catalog: Catalog::new(served), tokens, stands_in, sites }))
    }
}

impl Inner {
    /// The site of an instance.
    fn site(&self, instance: Option<&str>) -> rest::Result<Arc<site::Site>> {
        self.sites.get(instance, |place| site::Site::open(place, self.tokens.clone()))
    }
}

#[cfg(test)]
mod tests;
