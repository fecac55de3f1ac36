//! The providers of a profile, by type.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use ports::Provider;
use schema::TypeSchema;
use value::Digest;

use crate::budget::{Budget, Budgeted};

/// Where a provider instance points: what predictions may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Instance {
    /// `account`, `region` and the like.
    pub values: BTreeMap<String, String>,
}

/// The providers of a profile: the first that serves a type has it.
#[derive(Clone, Default)]
pub struct Providers {
    in_order: Vec<Arc<dyn Provider>>,
    instances: BTreeMap<Option<String>, Instance>,
    schemas: OnceLock<Digest>,
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
        Self { in_order: providers.into_iter().map(within).collect(), instances, schemas: OnceLock::new() }
    }

    /// The provider that serves a type.
    pub fn of(&self, ty: &str) -> Option<&Arc<dyn Provider>> {
        self.in_order.iter().find(|provider| matches!(provider.schema(ty), Ok(Some(_)) | Err(_)))
    }

    /// The schema of a type.
    ///
    /// # Errors
    /// If the schema itself is broken.
    pub fn schema(&self, ty: &str) -> Result<Option<&TypeSchema>, String> {
        for provider in &self.in_order {
            if let Some(schema) = provider.schema(ty).map_err(|e| e.to_string())? {
                return Ok(Some(schema));
            }
        }
        Ok(None)
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
