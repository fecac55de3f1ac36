//! What the stacks of `applications.concourse` export.
//!
//! Layer: beside. **Invariant:** structs only, no plan code.

use plan::prelude::*;

/// The exports.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "applications.concourse")]
pub struct Outputs {
    /// The ARN of the role of the workers that publish `OpenCourseWare`.
    #[outputs(key = "ocw-instance-role-arn")]
    pub ocw_instance_role_arn: Output<String>,
    /// The ARN of the role of the workers that deploy infrastructure.
    #[outputs(key = "infra-instance-role-arn")]
    pub infra_instance_role_arn: Output<String>,
    /// The ARN of the role of the workers that do the rest.
    #[outputs(key = "generic-instance-role-arn")]
    pub generic_instance_role_arn: Output<String>,
    /// The security group of all workers.
    pub worker_security_group: Output<String>,
}
