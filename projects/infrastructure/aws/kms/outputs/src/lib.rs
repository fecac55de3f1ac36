//! What the KMS stacks export: the keys of one environment.
//!
//! **Invariant:** plain types only; every leaf is an output.

use plan::prelude::*;

/// The exports of one KMS stack.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "infrastructure.aws.kms")]
pub struct Outputs {
    /// For EBS volumes.
    pub kms_ec2_ebs_key: Key,
    /// For buckets with data for analysis.
    pub kms_s3_data_analytics_key: Key,
    /// For the secrets that deployments need.
    pub sops_infrastructure_secrets_key: Key,
    /// For unsealing Vault.
    pub vault_auto_unseal_key: Key,
}

/// A key and its alias.
#[derive(Clone, Debug, Outputs)]
pub struct Key {
    /// The id.
    pub id: Output<String>,
    /// The ARN.
    pub arn: Output<String>,
    /// The alias, with `alias/` before it.
    pub alias: Output<String>,
}
