//! What the stacks of `applications.keycloak` export.
//!
//! Layer: beside. **Invariant:** structs only, no plan code.

use plan::prelude::*;

/// The exports.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "applications.keycloak")]
pub struct Outputs {
    /// What others need of Keycloak.
    pub keycloak: Keycloak,
}

/// What others need of Keycloak.
#[derive(Clone, Debug, Outputs)]
pub struct Keycloak {
    /// The host of the database.
    pub rds_host: Output<String>,
}
