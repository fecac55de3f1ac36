//! Certificates of ACM's, which proves by DNS records that the names are ours.

use std::collections::BTreeMap;

use plan::prelude::*;
use types_aws_certificatemanager as acm;
use types_aws_certificatemanager::certificate::DomainValidationOption;

use crate::Tags;

/// A certificate to be declared. It is there when it is issued, so whoever refers to it waits for that.
#[derive(Clone, Debug)]
pub struct Certificate {
    name: String,
    domain: String,
    /// The names with the zones that the proofs go into: of `*.example.org` and `example.org` there is one.
    zones: BTreeMap<String, Output<String>>,
    others: Vec<String>,
    tags: Tags,
}

impl Certificate {
    /// A certificate for a domain whose records are in a hosted zone; its resources are named after `name`.
    pub fn new(name: impl Into<String>, domain: impl Into<String>, zone: impl Arg<String>, tags: Tags) -> Self {
        let domain = domain.into();
        let zones = BTreeMap::from([(proven(&domain), Output::known(zone))]);
        Self { name: name.into(), domain, zones, others: Vec::new(), tags }
    }

    /// Another name that it holds for, in a hosted zone of its own or in the same.
    pub fn also(mut self, domain: impl Into<String>, zone: impl Arg<String>) -> Self {
        let domain = domain.into();
        self.zones.entry(proven(&domain)).or_insert_with(|| Output::known(zone));
        if domain != self.domain && !self.others.contains(&domain) {
            self.others.push(domain);
        }
        self
    }

    /// Puts it into the plan.
    #[track_caller]
    pub fn declare(self, plan: &mut Draft) -> acm::CertificateHandle {
        let Self { name, domain, zones, others, tags } = self;
        plan.construct("ol:aws:Certificate", &name, |plan| {
            let options: Vec<_> = zones
                .iter()
                .map(|(name, zone)| DomainValidationOption::new().domain_name(name).hosted_zone_id(zone))
                .collect();
            let made = acm::Certificate::new(plan.child_name("acm-certificate"))
                .domain_name(domain)
                .validation_method("DNS")
                .domain_validation_options(options)
                .tags(tags);
            let made = if others.is_empty() { made } else { made.subject_alternative_names(others) };
            made.declare(plan)
        })
    }
}

/// The name that is proven: a star is part of what it stands before.
fn proven(domain: &str) -> String {
    domain.strip_prefix("*.").unwrap_or(domain).to_owned()
}
