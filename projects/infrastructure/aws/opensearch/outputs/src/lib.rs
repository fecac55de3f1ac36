//! What the stacks of `infrastructure.aws.opensearch` export; they are foreign until it is ported.
//!
//! Layer: beside. **Invariant:** structs only, no plan code.

use plan::prelude::*;

/// The exports.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "infrastructure.aws.opensearch")]
pub struct Outputs {
    /// The search cluster.
    pub cluster: Cluster,
}

/// What others need of the cluster.
#[derive(Clone, Debug, Outputs)]
pub struct Cluster {
    /// The host name of its endpoint.
    pub endpoint: Output<String>,
}
