//! Which workflows of GitHub may act as which accounts.

use std::collections::BTreeMap;

use plan::config::Placed;
use plan_macros::Config;

use crate::check::holds;
use crate::{Configuration, Dataset};

/// The pool of identities in each project.
pub const POOL: &str = "github-pool";
/// Its provider, which believes GitHub.
pub const PROVIDER: &str = "github-provider";

/// Which workflows of GitHub may act as which accounts.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct GithubWif {
    /// Projects by id.
    pub projects: BTreeMap<String, Placed<WifProject>>,
    /// Who may ask for temporary access.
    pub pam_broker: Option<PamBroker>,
}

/// A project whose registries workflows push to.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct WifProject {
    /// Its number.
    pub project_number: String,
    /// The region of its registries.
    pub location: String,
    /// The repositories whose workflows push there.
    pub repositories: Vec<Repository>,
}

/// A repository on GitHub.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct Repository {
    /// What accounts are named by.
    pub name: Placed<String>,
    /// `ORGANISATION/REPOSITORY`.
    pub github_repo: Placed<String>,
    /// Its environments.
    pub environments: Vec<Environment>,
}

/// An environment of a repository.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct Environment {
    /// Its name on GitHub.
    pub name: String,
    /// The registry that it pushes to.
    pub push_registry: String,
    /// Registries that it reads.
    #[config(default)]
    pub read_registries: Vec<String>,
}

/// Who may ask for temporary access.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct PamBroker {
    /// The project of the broker's account.
    pub project_id: String,
    /// The pool.
    pub wif_pool_name: String,
    /// The provider.
    pub wif_provider_name: String,
    /// The number of the project.
    pub project_number: String,
    /// `ORGANISATION/REPOSITORY`.
    pub github_repository: Placed<String>,
    /// The environment there.
    pub github_environment: String,
}

impl Configuration {
    /// The dataset that has a registry of images in a project.
    pub fn registry_owner(&self, project: &str, registry: &str) -> Option<&Dataset> {
        self.datasets.values().find(|dataset| holds(dataset, project, registry))
    }
}
