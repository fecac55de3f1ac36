//! Services beside the clouds as providers, each under a name of its own: Hail Batch, metamist, GitHub.
//!
//! Layer: L4, adapter. One file a service; what they have in common is that whatever is there already is taken over.
//! **Invariant:** to make something again does no harm: whoever makes it looks first, or the service itself does.
//! **Invariant:** what a secret of GitHub holds leaves this process sealed to the key of its environment only.
#![cfg(feature = "rest")]

mod github;
mod google;
mod hail;
mod kind;
mod metamist;
mod provider;
mod site;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rest::Credentials;
use schema::Catalog;

use crate::kind::Vendor;

/// Where an instance of a service points; what it does not say is as the service has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The address of its interface. Hail's addresses are told by the resources: for it this is a server that stands in,
    /// on which each host is a directory.
    pub endpoint: Option<String>,
}

/// A service, wherever its instances are.
#[derive(Debug, Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    vendor: &'static Vendor,
    catalog: Catalog,
    credentials: Arc<dyn Credentials>,
    sites: rest::Sites<Place, site::Site>,
}

impl Service {
    /// Hail Batch. Calls nobody.
    pub fn hail(default: Place, instances: BTreeMap<String, Place>) -> Self {
        Self::of(&hail::VENDOR, default, instances, None)
    }

    /// Metamist. Calls nobody.
    pub fn metamist(default: Place, instances: BTreeMap<String, Place>) -> Self {
        Self::of(&metamist::VENDOR, default, instances, None)
    }

    /// GitHub. Calls nobody.
    pub fn github(default: Place, instances: BTreeMap<String, Place>) -> Self {
        Self::of(&github::VENDOR, default, instances, None)
    }

    /// The service of a name, with a token in place of the credentials that the machine has; `None` if there is none of
    /// that name.
    pub fn with_token(name: &str, default: Place, token: &str) -> Option<Self> {
        let vendor = [&hail::VENDOR, &metamist::VENDOR, &github::VENDOR].into_iter().find(|v| v.name == name)?;
        Some(Self::of(vendor, default, BTreeMap::new(), Some(token)))
    }

    fn of(vendor: &'static Vendor, default: Place, instances: BTreeMap<String, Place>, token: Option<&str>) -> Self {
        let served = schemas_gcp::sources().into_iter().filter(|source| vendor.kind(source.name).is_some());
        let credentials = (vendor.credentials)(token.map(str::to_owned));
        let sites = rest::Sites::new(default, instances);
        Self(Arc::new(Inner { vendor, catalog: Catalog::new(served), credentials, sites }))
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").field("service", &self.vendor.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
