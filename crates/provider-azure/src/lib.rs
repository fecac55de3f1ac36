//! Azure as a provider: objects in the words of its resource manager, of Microsoft Graph for groups, and of the services
//! that hold contents.
//!
//! Layer: L4, adapter. Versions, bodies and what of them is the vendor's to say are those of the documents; a small
//! reviewed file says, type by type, what no document says; all that types have in common is done once.
//! **Invariant:** nothing is made before a look whether it is there, since a PUT would change what is somebody else's.
//! **Invariant:** nobody is asked for credentials before a call needs them, and a token is shown to nobody but its service.
#![cfg(feature = "rest")]

mod apply;
mod blob;
mod change;
mod credentials;
mod directory;
mod document;
mod failure;
mod kind;
mod operation;
mod owner;
mod provider;
mod revive;
mod site;
mod thing;

use std::collections::BTreeMap;
use std::sync::Arc;

use rest::Sites;
use schema::Catalog;

/// Where an instance of the provider points; what it does not say is as the vendor has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The subscription that names given once in the world are looked for in; all that can be seen, if it is not said.
    pub account: Option<String>,
    /// The address of all services, where it is not the vendor's: each host is a directory below it.
    pub endpoint: Option<String>,
    /// The address of storage, where it is yet another: each account is a directory below it.
    pub storage: Option<String>,
}

/// Azure: any number of subscriptions.
#[derive(Debug, Clone)]
pub struct Azure(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    catalog: Catalog,
    sites: Sites<Place, site::Site>,
    token: Given,
}

/// A token that was given.
struct Given(Option<String>);

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "given" } else { "none" })
    }
}

impl Azure {
    /// Azure where the default instance and the named ones point. Calls nobody.
    pub fn new(default: Place, instances: BTreeMap<String, Place>) -> Self {
        Self::with(default, instances, None)
    }

    /// The same with a token of whoever calls, in place of the credentials that the machine has.
    pub fn with_token(default: Place, instances: BTreeMap<String, Place>, token: String) -> Self {
        Self::with(default, instances, Some(token))
    }

    fn with(default: Place, instances: BTreeMap<String, Place>, token: Option<String>) -> Self {
        let served = schemas_azure::sources().into_iter().filter(|source| kind::of(source.name).is_some());
        let (catalog, sites) = (Catalog::new(served), Sites::new(default, instances));
        Self(Arc::new(Inner { catalog, sites, token: Given(token) }))
    }
}

#[cfg(test)]
mod tests;
