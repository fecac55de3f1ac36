//! What is kept in Vault, and who may read it.

use std::collections::BTreeMap;

use ol::REGION;
use plan::prelude::*;
use types_aws_iam::InstanceProfileHandle;
use types_vault as vault;

use crate::{Settings, Surroundings};

/// Who logs in.
#[derive(Clone, Copy)]
pub(crate) enum Login {
    /// The servers that people see.
    Web,
    /// Those who work.
    Worker,
    /// What pipelines read by themselves, as those who work.
    Resource,
}

/// Declares the secrets and the policies; gives the policies.
pub(crate) fn secrets(settings: &Settings, around: &Surroundings, plan: &mut Draft) -> Policies {
    let mount = vault::Mount::new("concourse-app-secrets")
        .path("secret-concourse")
        .type_("kv-v2")
        .description("Generic secrets storage for Concourse application deployment")
        .provider(&around.vault)
        .declare(plan);
    let mut secret = |name: String, path: &str, content: &BTreeMap<String, SealedSecret>| {
        let content: BTreeMap<String, Output<String>> =
            content.iter().map(|(key, secret)| (key.clone(), secret.into())).collect();
        vault::GenericSecret::new(name)
            .path(text("{}/{}", [mount.path(), Output::known(path)]))
            .data_json(Output::<Json>::known(Json::of(content)).to_json())
            .provider(&around.vault)
            .declare(plan);
    };
    secret("concourse-web-secret-values".to_owned(), "web", &settings.web_secrets);
    secret("concourse-worker-secret-values".to_owned(), "worker", &settings.worker_secrets);
    for (path, content) in &settings.pipeline_secrets {
        secret(format!("concourse-pipeline-credentials-{path}"), path, content);
    }
    let mut policy = |logical: &str, name: &str, rules: &[(&str, &[&str])]| {
        let text: Vec<String> = rules.iter().map(|(path, rights)| rule(path, rights)).collect();
        vault::Policy::new(logical).name(name).policy(text.join("\n")).provider(&around.vault).declare(plan)
    };
    Policies {
        own: policy(
            "concourse-vault-policy",
            "concourse",
            &[
                ("postgres-concourse/creds/app", &["read"]),
                ("secret-concourse/*", &["read"]),
                ("secret-operations/sso/concourse", &["read"]),
                ("sys/leases/renew", &["update"]),
            ],
        ),
        resource: policy(
            "concourse-vault-resource-policy",
            "concourse-vault",
            &[("*", &["read", "list"]), ("secret-data/*", &["read", "list"]), ("sys/leases/renew", &["update"])],
        ),
    }
}

/// The policies in Vault.
pub(crate) struct Policies {
    own: vault::PolicyHandle,
    resource: vault::PolicyHandle,
}

fn rule(path: &str, rights: &[&str]) -> String {
    let rights: Vec<String> = rights.iter().map(|right| format!("\"{right}\"")).collect();
    format!("path \"{path}\" {{\n  capabilities = [{}]\n}}\n", rights.join(", "))
}

/// Lets instances of an image log in, if they have one of the profiles.
pub(crate) fn login(
    who: Login,
    profiles: &[InstanceProfileHandle],
    image: &str,
    policies: &Policies,
    around: &Surroundings,
    plan: &mut Draft,
) {
    let (name, role, policy) = match who {
        Login::Web => ("concourse-web-ami-ec2-vault-auth", "concourse-web", &policies.own),
        Login::Worker => ("concourse-worker-ami-ec2-vault-auth", "concourse-worker", &policies.own),
        Login::Resource => ("concourse-vault-resource-ec2-vault-auth", "concourse-vault-resource", &policies.resource),
    };
    let arns: Vec<Output<String>> = profiles.iter().map(InstanceProfileHandle::arn).collect();
    vault::AwsAuthBackendRole::new(name)
        .backend("aws")
        .auth_type("iam")
        .role(role)
        .inferred_entity_type("ec2_instance")
        .inferred_aws_region(REGION)
        .bound_iam_instance_profile_arns(arns)
        .bound_ami_ids([image])
        .bound_account_ids([&around.account])
        .bound_vpc_ids([&around.vpc.id])
        .token_policies([policy.name()])
        .provider(&around.vault)
        .declare(plan);
}
