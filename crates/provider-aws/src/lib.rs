//! AWS as a provider: objects in `CloudFormation`'s words, made through the vendor's SDK.
//!
//! Layer: L4, adapter. A type is one small file that says how it is made, changed, deleted and looked at; all that types
//! have in common is done once: ownership tags, waiting, batched reads, failures.
//! **Invariant:** a call that makes an object and could make a second one is never repeated unless the vendor refused it.
//! **Invariant:** nobody is asked for credentials before a call needs them.
#![cfg(feature = "sdk")]

mod apply;
mod ec2;
mod elasticache;
mod failure;
mod kind;
mod labels;
mod look;
mod provider;
mod rds;
mod seen;
mod site;

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::Catalog;

/// Where an instance of the provider points; what it does not say is as the environment says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The account that calls must find themselves in before they write.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The address of all services, where it is not the vendor's.
    pub endpoint: Option<String>,
}

/// AWS: any number of accounts and regions.
#[derive(Debug, Clone)]
pub struct Aws(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    catalog: Catalog,
    sites: site::Sites,
    queue: look::Queue,
}

impl Aws {
    /// AWS where the default instance and the named ones point. Calls nobody.
    pub fn new(default: Place, instances: BTreeMap<String, Place>) -> Self {
        let served = schemas_aws::sources().into_iter().filter(|source| kind::of(source.name).is_some());
        Self(Arc::new(Inner {
            catalog: Catalog::new(served),
            sites: site::Sites::new(default, instances),
            queue: look::Queue::default(),
        }))
    }
}

#[cfg(test)]
mod tests;
