//! What the stack of shared IAM policies exports: their ARNs.
//!
//! **Invariant:** plain types only; every leaf is an output.

use plan::prelude::*;

/// The exports of the stack of shared IAM policies.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "infrastructure.aws.policies")]
pub struct Outputs {
    /// The ARNs of the policies.
    pub iam_policies: IamPolicies,
}

/// The ARNs of the shared policies.
#[derive(Clone, Debug, Outputs)]
pub struct IamPolicies {
    /// Describe EC2 instances, pull images and make image repositories.
    pub describe_instances: Output<String>,
    /// Write to the logs of `CloudWatch`.
    pub cloudwatch_logging: Output<String>,
    /// Write to the landing zone of the data lake.
    pub data_landing_policy_arn: Output<String>,
    /// Manage records in `learn.mit.edu`.
    pub route53_learn_zone_records: Output<String>,
    /// Manage records in `mitx.mit.edu`.
    pub route53_mitx_zone_records: Output<String>,
    /// Manage records in `mitxonline.mit.edu`.
    pub route53_mitxonline_zone_records: Output<String>,
    /// Manage records in `ocw.mit.edu`.
    pub route53_ocw_zone_records: Output<String>,
    /// Manage records in `odl.mit.edu`.
    pub route53_odl_zone_records: Output<String>,
    /// Manage records in `ol.mit.edu`.
    pub route53_ol_zone_records: Output<String>,
    /// Manage records in `xpro.mit.edu`.
    pub route53_xpro_zone_records: Output<String>,
    /// Manage records in all of these zones.
    pub route53_all_zones_records: Output<String>,
}
