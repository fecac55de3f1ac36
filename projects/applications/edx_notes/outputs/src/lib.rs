//! What the stacks of `applications.edx_notes` export.
//!
//! Layer: beside. **Invariant:** structs only, no plan code.

use plan::prelude::*;

/// The exports.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "applications.edx_notes")]
pub struct Outputs {
    /// The name of the Kubernetes deployment.
    pub k8s_deployment_name: Output<String>,
    /// The namespace in the cluster.
    pub k8s_namespace: Output<String>,
    /// The name of the Kubernetes service.
    pub k8s_service_name: Output<String>,
    /// The host name of the notes.
    pub notes_domain: Output<String>,
    /// The security group of the pods.
    pub security_group_id: Output<String>,
    /// What the workload takes from other stacks.
    pub workload: Workload,
}

/// Settings of the workload on Kubernetes that come from other stacks; the workload itself is not ported yet.
#[derive(Clone, Debug, Outputs)]
pub struct Workload {
    /// The host of the database.
    pub db_host: Output<String>,
    /// The host of the search cluster.
    pub elasticsearch_dsl_host: Output<String>,
}
