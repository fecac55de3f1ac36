//! What the stacks of `substructure.vault.static_mounts` export.
//!
//! Layer: beside. **Invariant:** structs only, no plan code.

use plan::prelude::*;

/// The exports: a mount for each application.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "substructure.vault.static_mounts")]
pub struct Outputs {
    /// Secrets of Superset.
    pub superset_kv: Mount,
    /// Secrets of celery-monitoring.
    pub celery_monitoring_kv: Mount,
    /// Secrets of xqwatcher.
    pub xqwatcher_kv: Mount,
    /// Secrets of the services of the Digital Credentials Consortium.
    pub digital_credentials_kv: Mount,
    /// Secrets of the shared `ClickHouse` cluster.
    pub clickhouse_kv: Mount,
    /// Secrets that several applications share.
    pub operations_kv: Mount,
}

/// A mounted secrets engine.
#[derive(Clone, Debug, Outputs)]
pub struct Mount {
    /// Where it is mounted.
    pub path: Output<String>,
    /// The kind of engine.
    #[outputs(key = "type")]
    pub kind: Output<String>,
}
