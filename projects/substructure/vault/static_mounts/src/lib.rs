//! Places in Vault for the static secrets of applications that make none of their own.
//!
//! Layer: L6, a project.

use std::collections::BTreeMap;

use plan::prelude::*;
use substructure_vault_static_mounts_outputs::{Mount, Outputs};
use types_vault as vault;

/// The project.
pub fn project() -> Project {
    Project::new("substructure.vault.static_mounts", plan)
}

/// Plans the mounts of one Vault.
pub fn plan(stack: &Stack, (): ()) -> Result<Plan<Outputs>> {
    let mut plan = stack.plan();
    let server = ol_data::vault_of(stack);
    let mut mount = |application: &str, purpose: &str| {
        let mount = vault::Mount::new(format!("{application}-vault-kv-secrets-mount"))
            .path(format!("secret-{application}"))
            .type_("kv-v2")
            .description(format!("Static secrets storage for {purpose}"))
            .options(BTreeMap::from([("version".to_owned(), "2")]))
            .provider(&server)
            .declare(&mut plan);
        Mount { path: mount.path(), kind: mount.type_() }
    };
    let outputs = Outputs {
        superset_kv: mount("superset", "Superset"),
        celery_monitoring_kv: mount("celery-monitoring", "celery-monitoring"),
        xqwatcher_kv: mount("xqwatcher", "xqwatcher"),
        digital_credentials_kv: mount("digital-credentials", "Digital Credentials Consortium services"),
        clickhouse_kv: mount("clickhouse", "the shared ClickHouse LLMOps cluster"),
    };
    plan.finish(outputs)
}
