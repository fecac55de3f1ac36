//! What the stacks of `infrastructure.vault` export; they are foreign until it is ported.
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
    /// The security group of the servers, from which they reach the databases.
    pub security_group: Output<String>,
}
