//! Places in Vault for the static secrets of applications that make none of their own.
//!
//! Layer: L6, a project.

use std::collections::BTreeMap;

use plan::prelude::*;
use substructure_vault_static_mounts_outputs::{Mount, Outputs};
use types_vault as vault;

/// The engine that keeps versions.
const VERSIONED: &str = "kv-v2";

/// The project.
pub fn project() -> Project {
    Project::new("substructure.vault.static_mounts", plan)
}

/// Plans the mounts of one Vault.
pub fn plan(stack: &Stack, (): ()) -> Result<Plan<Outputs>> {
    let mut plan = stack.plan();
    let server = ol_data::vault_of(stack);
    let mut declare = |application: &str, purpose: &str, engine: &str| {
        let mount = vault::Mount::new(format!("{application}-vault-kv-secrets-mount"))
            .path(format!("secret-{application}"))
            .type_(engine)
            .description(format!("Static secrets storage for {purpose}"))
            .provider(&server);
        let versions = BTreeMap::from([("version".to_owned(), "2")]);
        let mount = if engine == VERSIONED { mount.options(versions) } else { mount }.declare(&mut plan);
        Mount { path: mount.path(), kind: mount.type_() }
    };
    // What is in it has no versions: it is as old as Vault.
    let operations_kv = declare("operations", "what applications share", "kv");
    let mut mount = |application: &str, purpose: &str| declare(application, purpose, VERSIONED);
    let outputs = Outputs {
        superset_kv: mount("superset", "Superset"),
        celery_monitoring_kv: mount("celery-monitoring", "celery-monitoring"),
        xqwatcher_kv: mount("xqwatcher", "xqwatcher"),
        digital_credentials_kv: mount("digital-credentials", "Digital Credentials Consortium services"),
        clickhouse_kv: mount("clickhouse", "the shared ClickHouse LLMOps cluster"),
        operations_kv,
    };
    plan.finish(outputs)
}
