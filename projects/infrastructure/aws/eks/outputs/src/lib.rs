//! What the stacks of `infrastructure.aws.eks` export; they are foreign until it is ported.
//!
//! Layer: beside. **Invariant:** structs only, no plan code.

use plan::prelude::*;

/// The exports.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "infrastructure.aws.eks")]
pub struct Outputs {
    /// The identities of the cluster, as AWS lists them; the issuer is at `[0].oidcs[0].issuer`.
    pub cluster_identities: Output<Json>,
    /// The path of Vault's Kubernetes authentication for the cluster.
    pub vault_auth_endpoint: Output<String>,
    /// The namespaces that the cluster has.
    pub namespaces: Output<Vec<String>>,
}
