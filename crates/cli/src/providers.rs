//! The providers of a profile: the sandbox, and what this runner was built with.

#[cfg(any(feature = "aws", feature = "azure", feature = "gcp", feature = "services"))]
use std::collections::BTreeMap;
use std::sync::Arc;

use config_load::Profile;
use diag::{Diagnostic, Diagnostics};
use engine::{Drivers, Instance, Providers};
use ports::Provider;

use crate::exit::Result;
use crate::session::Session;

/// The driver that is embedded.
const SANDBOX: &str = "sandbox";

/// The driver of machines.
const HOST: &str = "host";

/// The providers of a session's profile, where their instances point, and how fast they may be called.
///
/// # Errors
/// If this runner was built without one of them.
pub(crate) fn of(session: &Session<'_>) -> Result<Providers> {
    let profile = &session.profile;
    let mut names: Vec<&str> =
        std::iter::once(&profile.provider).chain(profile.providers.values()).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let mut providers: Vec<Arc<dyn Provider>> = Vec::new();
    for name in names {
        providers.push(match name {
            SANDBOX => Arc::new(session.sandbox()?),
            other => live(profile, other)?,
        });
    }
    let named = profile.instances.iter().map(|(name, instance)| (Some(name.clone()), profile.site(Some(instance))));
    let instances = named.chain([(None, profile.site(None))]).map(|(name, values)| (name, Instance { values }));
    let budgets = profile.budgets.iter().map(|(name, budget)| {
        let config_load::Budget { calls_per_second, burst, concurrency } = *budget;
        let concurrency = concurrency.and_then(|most| usize::try_from(most).ok());
        (name.clone(), engine::Budget { calls_per_second, burst, concurrency })
    });
    let drivers = Drivers { default: profile.provider.clone(), by_family: profile.providers.clone() };
    let providers = Providers::within(providers, instances.collect(), &budgets.collect()).driven(drivers);
    Ok(providers.explicit(profile.explicit_instances.iter().cloned()))
}

/// A provider of the live world.
fn live(profile: &Profile, name: &str) -> Result<Arc<dyn Provider>> {
    match name {
        HOST => Ok(Arc::new(hosts(profile)?)),
        #[cfg(feature = "aws")]
        "aws" => Ok(Arc::new(aws(profile))),
        #[cfg(feature = "azure")]
        "azure" => Ok(Arc::new(azure(profile))),
        #[cfg(feature = "gcp")]
        "gcp" => Ok(Arc::new(gcp(profile))),
        #[cfg(feature = "services")]
        "hail" => Ok(Arc::new(service(profile, name, provider_services::Service::hail))),
        #[cfg(feature = "services")]
        "metamist" => Ok(Arc::new(service(profile, name, provider_services::Service::metamist))),
        #[cfg(feature = "services")]
        "github" => Ok(Arc::new(service(profile, name, provider_services::Service::github))),
        _ => {
            let message =
                format!("profile `{}` needs the provider `{name}`, without which this runner was built", profile.name);
            let problem = Diagnostic::error("E0705", message);
            let feature = match name {
                "aws" | "azure" | "gcp" => Some(name),
                "hail" | "metamist" | "github" => Some("services"),
                _ => None,
            };
            Err(match feature {
                Some(feature) => problem.hint(format!(
                    "build it with `cargo build -p runner --features {feature}`, as docs/{feature}.md says, or use `--profile sandbox`"
                )),
                None => problem.hint("use `--profile sandbox`"),
            }.into())
        }
    }
}

/// The machines that instances say where they are; no other instance is one.
fn hosts(profile: &Profile) -> Result<provider_host::Hosts> {
    let endpoints = profile.instances.iter().map(|(name, instance)| (Some(name.clone()), &instance.endpoint));
    let endpoints = endpoints.chain([(None, &profile.endpoint)]);
    let mut places = Vec::new();
    let mut found = Diagnostics::new();
    for (name, endpoint) in endpoints.filter_map(|(name, endpoint)| Some((name, endpoint.as_ref()?))) {
        match endpoint.parse() {
            Ok(place) => places.push((name, place)),
            // The instance may be a server of another driver's.
            Err(provider_host::BadPlace) if endpoint.starts_with("http") => {}
            Err(provider_host::BadPlace) => {
                let whose = name.map_or_else(|| "the profile".to_owned(), |name| format!("the instance `{name}`"));
                let message = format!("`{endpoint}`, the `endpoint` of {whose}, is no place of a machine");
                found.push(
                    Diagnostic::error("E0850", message)
                        .at(profile.place.clone())
                        .hint("write `ssh://user@host`, `ssh://host:port`, `local:` or `root:/directory`"),
                );
            }
        }
    }
    found.into_result(provider_host::Hosts::new(places)).map_err(Into::into)
}

/// AWS where the profile's instances point.
#[cfg(feature = "aws")]
fn aws(profile: &Profile) -> provider_aws::Aws {
    let place = |mut site: BTreeMap<String, String>| provider_aws::Place {
        account: site.remove("account"),
        region: site.remove("region"),
        endpoint: site.remove("endpoint"),
    };
    let instances = profile.instances.iter();
    let instances = instances.map(|(name, instance)| (name.clone(), place(profile.site(Some(instance)))));
    provider_aws::Aws::new(place(profile.site(None)), instances.collect())
}

/// Azure where the profile's instances point.
#[cfg(feature = "azure")]
fn azure(profile: &Profile) -> provider_azure::Azure {
    let place = |instance| provider_azure::Place {
        account: profile.site(instance).remove("account"),
        endpoint: profile.endpoint("azure", instance),
        storage: None,
    };
    let instances = profile.instances.iter().map(|(name, instance)| (name.clone(), place(Some(instance))));
    provider_azure::Azure::new(place(None), instances.collect())
}

/// Google Cloud where the profile's instances point.
#[cfg(feature = "gcp")]
fn gcp(profile: &Profile) -> provider_gcp::Gcp {
    let place = |instance: Option<&config_load::Instance>| provider_gcp::Place {
        account: profile.site(instance).remove("account"),
        endpoint: profile.endpoint("gcp", instance),
    };
    let instances = profile.instances.iter().map(|(name, instance)| (name.clone(), place(Some(instance))));
    provider_gcp::Gcp::new(place(None), instances.collect())
}

/// A service beside the clouds where the profile's instances point. What the profile says of a server without saying
/// whose is not about it.
#[cfg(feature = "services")]
fn service(
    profile: &Profile,
    name: &str,
    open: fn(provider_services::Place, BTreeMap<String, provider_services::Place>) -> provider_services::Service,
) -> provider_services::Service {
    let place = |endpoint: Option<&String>| provider_services::Place { endpoint: endpoint.cloned() };
    let instances = profile.instances.iter();
    let instances = instances.map(|(name, instance)| (name.clone(), place(instance.endpoint.as_ref())));
    open(place(profile.endpoints.get(name)), instances.collect())
}
