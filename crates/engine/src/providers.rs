//! The providers of a profile, by type.

use std::collections::BTreeMap;
use std::sync::Arc;

use ports::Provider;
use schema::TypeSchema;

/// Where a provider instance points: what predictions may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Instance {
    /// `account`, `region` and the like.
    pub values: BTreeMap<String, String>,
}

/// The providers of a profile: the first that serves a type has it.
#[derive(Clone, Default)]
pub struct Providers {
    providers: Vec<Arc<dyn Provider>>,
    instances: BTreeMap<Option<String>, Instance>,
}

impl Providers {
    /// Providers, asked in this order, and where their instances point; `None` is the default instance.
    pub fn new(providers: Vec<Arc<dyn Provider>>, instances: BTreeMap<Option<String>, Instance>) -> Self {
        Self { providers, instances }
    }

    /// The provider that serves a type.
    pub fn of(&self, ty: &str) -> Option<&Arc<dyn Provider>> {
        self.providers.iter().find(|provider| matches!(provider.schema(ty), Ok(Some(_)) | Err(_)))
    }

    /// The schema of a type.
    ///
    /// # Errors
    /// If the schema itself is broken.
    pub fn schema(&self, ty: &str) -> Result<Option<&TypeSchema>, String> {
        for provider in &self.providers {
            if let Some(schema) = provider.schema(ty).map_err(|e| e.to_string())? {
                return Ok(Some(schema));
            }
        }
        Ok(None)
    }

    /// Where an instance points.
    pub fn instance(&self, name: Option<&str>) -> Option<&Instance> {
        self.instances.get(&name.map(str::to_owned)).or_else(|| self.instances.get(&None))
    }

    /// How many steps may run at a time over all providers.
    pub fn concurrency(&self) -> usize {
        self.providers.iter().map(|provider| provider.concurrency()).sum()
    }
}
