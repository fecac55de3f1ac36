//! Types of Consul, Helm, Kubernetes and Vault, written by hand in the names of the Terraform providers, and an overlay
//! for each.
//!
//! Layer: L1, model. **Invariant:** data only, no code that knows a type. A block that the providers allow once is a map
//! here, not a list of one.

use schema::Source;

#[cfg(test)]
mod tests;

macro_rules! sources {
    ($($name:literal),* $(,)?) => {
        &[$(Source {
            name: $name,
            schema: include_str!(concat!("../schemas/", $name, ".json")),
            overlay: include_str!(concat!("../overlays/", $name, ".toml")),
        }),*]
    };
}

const SOURCES: &[Source] = sources![
    "consul_node",
    "consul_prepared_query",
    "consul_service",
    "helm_release",
    "kubernetes_cluster_role_binding_v1",
    "kubernetes_manifest",
    "kubernetes_pod_disruption_budget_v1",
    "kubernetes_secret_v1",
    "kubernetes_service_account_v1",
    "vault_aws_auth_backend_role",
    "vault_database_secret_backend_connection",
    "vault_database_secret_backend_role",
    "vault_generic_secret",
    "vault_kubernetes_auth_backend_role",
    "vault_mount",
    "vault_policy",
];

/// The schemas and overlays, sorted by type.
pub fn sources() -> Vec<Source> {
    SOURCES.to_vec()
}
