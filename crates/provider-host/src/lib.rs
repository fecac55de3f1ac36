//! Machines as a provider: what is on them is looked at and made by one script for all that is asked at a time.
//!
//! Layer: L4, adapter. A host is reached by a connector: over the system's `ssh`, locally, or as a root directory.
//! **Invariant:** what has a path is changed only if it is what the step was planned from.
//! **Invariant:** a file is seen whole or not at all, and never with a mode that it is not to have.
//! **Invariant:** no secret is in an argument, an environment or an error.

mod connect;
mod failure;
mod host;
mod place;
mod provider;
mod ssh;

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::Catalog;

pub use connect::{Connector, Said};
pub use place::{BadPlace, Place};

/// Hosts, each an instance of the provider.
#[derive(Debug)]
pub struct Hosts {
    catalog: Catalog,
    hosts: BTreeMap<Option<String>, Arc<host::Host>>,
}

impl Hosts {
    /// The hosts of the named instances, and that of the default one, if there is one. Reaches none of them.
    pub fn new(places: impl IntoIterator<Item = (Option<String>, Place)>) -> Self {
        Self::connected(places.into_iter().map(|(name, place)| (name, place.connector())))
    }

    /// Hosts that are reached in ways of one's own.
    pub fn connected(connectors: impl IntoIterator<Item = (Option<String>, Arc<dyn Connector>)>) -> Self {
        let hosts = connectors.into_iter().map(|(name, connector)| (name, Arc::new(host::Host::new(connector))));
        Self { catalog: Catalog::new(schemas_host::sources()), hosts: hosts.collect() }
    }

    /// How often a host was gone to so far.
    pub fn trips(&self, instance: Option<&str>) -> usize {
        self.hosts.get(&instance.map(str::to_owned)).map_or(0, |host| host.trips())
    }
}
