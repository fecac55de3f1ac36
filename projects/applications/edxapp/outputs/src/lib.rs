//! What the stacks of `applications.edxapp` export.
//!
//! Layer: beside. **Invariant:** structs only, no plan code.

use plan::prelude::*;

/// The exports.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "applications.edxapp")]
pub struct Outputs {
    /// The tenant's platform.
    pub edxapp: Edxapp,
    /// The address of the database's read replica, where there is one.
    pub edxapp_read_replica: Option<Output<String>>,
    /// The security group of the application's pods.
    pub edxapp_k8s_app_security_group_id: Output<String>,
    /// The mounts in Vault into which other projects of the tenant write.
    pub vault_mounts: VaultMounts,
    /// What the workload takes from other stacks.
    pub workload: Workload,
}

/// One tenant's platform.
#[derive(Clone, Debug, Outputs)]
pub struct Edxapp {
    /// The tenant.
    pub deployment: Output<String>,
    /// The address of the database.
    pub mariadb: Output<String>,
    /// The bucket of the micro front ends.
    pub mfe_bucket: Output<String>,
    /// The address of the cache.
    pub redis: Output<String>,
    /// The password of the cache.
    pub redis_token: Output<String>,
    /// The configuration set with which mail is sent.
    pub ses_configuration_set: Output<String>,
}

/// Mounts in Vault, by their paths.
#[derive(Clone, Debug, Outputs)]
pub struct VaultMounts {
    /// The tenant's database credentials.
    pub mariadb: Output<String>,
    /// The tenant's static secrets.
    pub secrets: Output<String>,
}

/// Settings of the workload on Kubernetes that come from other stacks; the workload itself is not ported yet.
#[derive(Clone, Debug, Outputs)]
pub struct Workload {
    /// The origin from which the notes call the platform.
    pub edxnotes_origin: Output<String>,
    /// The API of the notes, inside and outside of the cluster.
    pub edxnotes_api: Output<String>,
    /// Where the content delivery network sends its logs.
    pub log_proxy_domain: Output<String>,
    /// The search cluster.
    pub opensearch_endpoint: Output<String>,
}
