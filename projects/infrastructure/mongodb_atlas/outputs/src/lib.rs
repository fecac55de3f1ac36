//! What the stacks of `infrastructure.mongodb_atlas` export; they are foreign until it is ported.
//!
//! Layer: beside. **Invariant:** structs only, no plan code.

use plan::prelude::*;

/// The exports.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "infrastructure.mongodb_atlas")]
pub struct Outputs {
    /// The database cluster.
    pub atlas_cluster: AtlasCluster,
}

/// What others need of the cluster.
#[derive(Clone, Debug, Outputs)]
pub struct AtlasCluster {
    /// The ways to connect; the one without replica names is at `[0].standard_srv`.
    pub connection_strings: Output<Json>,
}
