//! The providers of a profile, by type.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use diag::Diagnostic;
use diff::NoInstance;
use ports::Provider;
use resource::Urn;
use schema::TypeSchema;
use state::{Kept, Site};
use value::Digest;

use crate::budget::{Budget, Budgeted};
use crate::catalog::nearest;

/// Where a provider instance points.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Instance {
    /// `account`, `region`, `endpoint`: what predictions may use, and what decides where its objects are.
    pub values: BTreeMap<String, String>,
}

/// The providers of a profile: the first that serves a type has it, if the profile gives it the type's family.
#[derive(Clone, Default)]
pub struct Providers {
    in_order: Vec<Arc<dyn Provider>>,
    drivers: Option<Drivers>,
    instances: BTreeMap<Option<String>, Instance>,
    explicit: BTreeSet<String>,
    schemas: OnceLock<Digest>,
}

/// Which provider has which types, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drivers {
    /// The provider of every family without one of its own.
    pub default: String,
    /// Those of families of types: `consul`.
    pub by_family: BTreeMap<String, String>,
}

impl Drivers {
    fn of(&self, ty: &str) -> &str {
        self.by_family.get(&family(ty)).unwrap_or(&self.default)
    }
}

impl Providers {
    /// Providers, asked in this order, and where their instances point; `None` is the default instance.
    pub fn new(providers: Vec<Arc<dyn Provider>>, instances: BTreeMap<Option<String>, Instance>) -> Self {
        Self::within(providers, instances, &BTreeMap::new())
    }

    /// The same, each within its API budget, by the provider's name.
    pub fn within(
        providers: Vec<Arc<dyn Provider>>,
        instances: BTreeMap<Option<String>, Instance>,
        budgets: &BTreeMap<String, Budget>,
    ) -> Self {
        let within = |provider: Arc<dyn Provider>| -> Arc<dyn Provider> {
            let budget = budgets.get(provider.name()).copied().unwrap_or_default();
            Arc::new(Budgeted::new(provider, budget))
        };
        let in_order = providers.into_iter().map(within).collect();
        Self { in_order, drivers: None, instances, explicit: BTreeSet::new(), schemas: OnceLock::new() }
    }

    /// The same, where each provider has the families that are given to it, and no others.
    #[must_use]
    pub fn driven(self, drivers: Drivers) -> Self {
        Self { drivers: Some(drivers), ..self }
    }

    /// The same, where the resources of some families of types (`aws`, `vault`) have to name their instance.
    #[must_use]
    pub fn explicit(self, families: impl IntoIterator<Item = String>) -> Self {
        Self { explicit: families.into_iter().collect(), ..self }
    }

    /// Where the objects of an instance are, for a type.
    ///
    /// # Errors
    /// If there is no such instance, or the type's resources must name one.
    pub fn site(&self, ty: &str, name: Option<&str>) -> Result<Site, NoInstance> {
        let family = family(ty);
        if name.is_none() && self.explicit.contains(&family) {
            return Err(NoInstance::Unnamed(family));
        }
        let key = name.map(str::to_owned);
        if key.is_some() && !self.instances.contains_key(&key) {
            let names = self.instances.keys().flatten().map(String::as_str);
            return Err(NoInstance::Unknown(nearest(name.unwrap_or_default(), names)));
        }
        Ok(self.settings(ty, self.instances.get(&key)))
    }

    /// The instance through which an object can be reached: the one that it was made through, if that still points to
    /// where the object is, or else another one that does.
    pub fn home(&self, ty: &str, kept: &Kept) -> Option<Option<String>> {
        let known = kept.provider.is_none() || self.instances.contains_key(&kept.provider);
        if known && (kept.site.is_empty() || self.settings(ty, self.instances.get(&kept.provider)) == kept.site) {
            return Some(kept.provider.clone());
        }
        let mut others = self.instances.iter().filter(|_| !kept.site.is_empty());
        let (name, _) = others.find(|(_, instance)| self.settings(ty, Some(instance)) == kept.site)?;
        Some(name.clone())
    }

    /// Those settings of an instance that decide where objects of a type are.
    fn settings(&self, ty: &str, instance: Option<&Instance>) -> Site {
        let names = self.of(ty).map_or(&[][..], |provider| provider.site_settings(ty));
        let values = instance.into_iter().flat_map(|instance| &instance.values);
        values.filter(|(name, _)| names.contains(&name.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    /// The provider that serves a type.
    pub fn of(&self, ty: &str) -> Option<&Arc<dyn Provider>> {
        self.of_family(ty).find(|provider| matches!(provider.schema(ty), Ok(Some(_)) | Err(_)))
    }

    /// The providers that have the family of a type.
    fn of_family(&self, ty: &str) -> impl Iterator<Item = &Arc<dyn Provider>> {
        let driver = self.drivers.as_ref().map(|drivers| drivers.of(ty));
        self.in_order.iter().filter(move |provider| driver.is_none_or(|driver| driver == provider.name()))
    }

    /// The schema of a type.
    ///
    /// # Errors
    /// If the schema itself is broken.
    pub fn schema(&self, ty: &str) -> Result<Option<&TypeSchema>, String> {
        for provider in self.of_family(ty) {
            if let Some(schema) = provider.schema(ty).map_err(|e| e.to_string())? {
                return Ok(Some(schema));
            }
        }
        Ok(None)
    }

    /// A type that is near to one that nobody serves.
    pub(crate) fn near(&self, ty: &str) -> Option<String> {
        let all: Vec<String> = self.in_order.iter().flat_map(|provider| provider.types()).collect();
        let wanted = ty.to_lowercase();
        let ends = |other: &&String| {
            let other = other.to_lowercase();
            other.strip_suffix(&wanted).is_some_and(|before| before.is_empty() || before.ends_with([':', '_']))
        };
        all.iter().find(ends).cloned().or_else(|| nearest(ty, all.iter().map(String::as_str)))
    }

    /// What stands for the schemas of all providers.
    pub fn schemas_digest(&self) -> Digest {
        *self.schemas.get_or_init(|| {
            let digests: Vec<Digest> = self.in_order.iter().map(|provider| provider.schemas_digest()).collect();
            Digest::of_parts("schemas/1", digests.iter().map(|digest| digest.as_bytes().as_slice()))
        })
    }

    /// Where an instance points.
    pub fn instance(&self, name: Option<&str>) -> Option<&Instance> {
        self.instances.get(&name.map(str::to_owned)).or_else(|| self.instances.get(&None))
    }

    /// How many steps may run at a time over all providers.
    pub fn concurrency(&self) -> usize {
        self.in_order.iter().map(|provider| provider.concurrency()).sum()
    }
}

/// The family of a type: `aws` of `AWS::EC2::VPC`, `vault` of `vault_mount`, `gcp` of `storage.googleapis.com/Bucket`,
/// `azure` of `Microsoft.Storage/storageAccounts`.
pub(crate) fn family(ty: &str) -> String {
    if ty.contains(".googleapis.com/") {
        return "gcp".to_owned();
    }
    if ty.starts_with("Microsoft.") {
        return "azure".to_owned();
    }
    ty.split([':', '_']).next().unwrap_or_default().to_lowercase()
}

/// No instance points to where an object is.
pub(crate) fn unreachable(urn: &Urn) -> Diagnostic {
    let message = format!("`{}` cannot be reached: no provider instance points to where it is", urn.name());
    Diagnostic::error("E0437", message)
        .hint("keep an instance with the earlier settings in the profile until it is gone")
}
