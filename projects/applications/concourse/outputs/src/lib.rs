//! What the stacks of `applications.concourse` export; they are foreign until it is ported.
//!
//! Layer: beside. **Invariant:** structs only, no plan code.

use plan::prelude::*;

/// The exports.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "applications.concourse")]
pub struct Outputs {
    /// The ARN of the role of the workers that deploy infrastructure.
    #[outputs(key = "infra-instance-role-arn")]
    pub infra_instance_role_arn: Output<String>,
}
