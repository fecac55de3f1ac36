//! What the stacks of `infrastructure.vault` export.
//!
//! Layer: beside. **Invariant:** structs only, no plan code.

use plan::prelude::*;

/// The exports.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "infrastructure.vault")]
pub struct Outputs {
    /// The servers of the cluster.
    pub vault_server: VaultServer,
}

/// What others need of the servers.
#[derive(Clone, Debug, Outputs)]
pub struct VaultServer {
    /// The name of the bucket for backups.
    pub backup_bucket: Output<String>,
    /// The URL under which the cluster is found.
    pub cluster_address: Output<String>,
    /// The name of the environment within Vault: `operations.qa`.
    pub environment_namespace: Output<String>,
    /// The ARN of the servers' instance profile.
    pub instance_profile_arn: Output<String>,
    /// The ARN of the servers' role.
    pub instance_role_arn: Output<String>,
    /// The name under which the cluster is found.
    pub public_dns: Output<String>,
    /// The security group of the servers, from which they reach the databases.
    pub security_group: Output<String>,
    /// The VPC of the servers.
    pub vpc_id: Output<String>,
}
