//! The encryption keys of one environment: for volumes, for buckets, for secrets, for unsealing Vault.

mod policies;

use infrastructure_aws_kms_outputs as out;
use ol::{BusinessUnit, Naming, Tags};
use plan::prelude::*;
use types_aws_kms as kms;
use world::AccountId;

/// The project.
pub fn project() -> Project {
    Project::new("infrastructure.aws.kms", plan)
}

/// Four keys, each with an alias.
///
/// # Errors
/// If the world lock lacks the account.
pub fn plan(stack: &Stack, (): ()) -> Result<Plan<out::Outputs>> {
    let mut plan = stack.plan();
    let account = stack.world(AccountId)?;
    let env = stack.env_suffix();
    let operations = Tags::new(BusinessUnit::Operations, format!("operations-{env}"));
    let owned = |tags: Tags| tags.with("Owner", "platform-engineering");

    let volumes = Key {
        name: format!("ec2-ebs-{env}"),
        description: format!("Key to encrypt/decrypt {env} EBS volumes"),
        policy: policies::volumes(&account),
        tags: operations.named(format!("ec2-ebs-{env}")),
        alias: format!("alias/ec2-ebs-{env}"),
    };
    let analytics = Key {
        name: format!("s3-data-analytics-{env}"),
        description: format!(
            "Key for encrypting data in S3 buckets used for analytical/warehousing purposes in {env} environments"
        ),
        policy: policies::buckets(&account),
        tags: owned(Tags::new(BusinessUnit::Data, format!("data-{env}"))),
        alias: format!("alias/s3-analytical-data-{env}"),
    };
    let secrets = Key {
        name: format!("infrastructure-secret-management-key-{env}"),
        description: format!(
            "Key for encrypting secrets used in building and deploying infrastructure in {env} environments."
        ),
        policy: policies::people(&account),
        tags: owned(operations.clone()),
        alias: format!("alias/infrastructure-secrets-{env}"),
    };
    let unsealing = Key {
        name: "vault-server-auto-unseal-kms-key".to_owned(),
        description: "Key for automatically initializing and unsealing Vault servers in an autoscale group".to_owned(),
        policy: policies::people(&account),
        tags: owned(operations),
        alias: format!("alias/vault-auto-unseal-{env}"),
    };
    let outputs = out::Outputs {
        kms_ec2_ebs_key: volumes.declare(&mut plan),
        kms_s3_data_analytics_key: analytics.declare(&mut plan),
        sops_infrastructure_secrets_key: secrets.declare(&mut plan),
        vault_auto_unseal_key: unsealing.declare(&mut plan),
    };
    plan.finish(outputs)
}

/// A key that encrypts and decrypts, with an alias.
struct Key {
    name: String,
    description: String,
    policy: Json,
    tags: Tags,
    alias: String,
}

impl Key {
    fn declare(self, plan: &mut Draft) -> out::Key {
        let key = kms::Key::new(&self.name)
            .description(self.description)
            .key_spec("SYMMETRIC_DEFAULT")
            .key_usage("ENCRYPT_DECRYPT")
            .enable_key_rotation(true)
            .enabled(true)
            .key_policy(self.policy)
            .tags(self.tags)
            .declare(plan);
        let alias = kms::Alias::new(format!("{}-alias", self.name))
            .alias_name(self.alias)
            .target_key_id(key.key_id())
            .declare(plan);
        out::Key { id: key.key_id(), arn: key.arn(), alias: alias.alias_name() }
    }
}
