//! What the servers may do, and who may reach them.

use infrastructure_aws_policies_outputs::IamPolicies;
use ol::iam;
use ol::security_group::{Rule, ingress, no_egress};
use plan::prelude::*;
use types_aws_ec2::{SecurityGroup, SecurityGroupHandle, SecurityGroupIngress};
use types_aws_iam::{InstanceProfile, InstanceProfileHandle, ManagedPolicy, ManagedPolicyHandle, Role, RoleHandle};

use crate::Cluster;

/// The HTTP API.
const HTTP: u16 = 8200;
/// Calls among servers.
const CLUSTER: u16 = 8201;

/// What the servers are to AWS.
pub(crate) struct Identity {
    pub(crate) role: RoleHandle,
    pub(crate) profile: InstanceProfileHandle,
}

/// What the servers may do: unseal, make users for others, look at roles, write backups.
pub(crate) fn rights(cluster: &Cluster, bucket: &str, key: &Output<String>, plan: &mut Draft) -> ManagedPolicyHandle {
    let document = iam::document([
        object!({
            "Effect": "Allow",
            "Action": ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
            "Resource": key,
        }),
        object!({
            "Effect": "Allow",
            "Action": [
                "iam:AttachUserPolicy",
                "iam:CreateAccessKey",
                "iam:CreateUser",
                "iam:DeleteAccessKey",
                "iam:DeleteUser",
                "iam:DeleteUserPolicy",
                "iam:DetachUserPolicy",
                "iam:ListAccessKeys",
                "iam:ListAttachedUserPolicies",
                "iam:ListGroupsForUser",
                "iam:ListUserPolicies",
                "iam:PutUserPolicy",
                "iam:AddUserToGroup",
                "iam:RemoveUserFromGroup",
                "iam:TagUser",
            ],
            "Resource": ["arn:*:iam::*:user/vault-*", "arn:*:iam::*:group/*"],
        }),
        object!({ "Effect": "Allow", "Action": ["iam:GetRole"], "Resource": ["arn:*:iam::*:role/*"] }),
        object!({
            "Effect": "Allow",
            "Action": ["s3:GetObject*", "s3:PutObject", "s3:ListBucket*"],
            "Resource": [(format!("arn:aws:s3:::{bucket}")), (format!("arn:aws:s3:::{bucket}/*"))],
        }),
    ]);
    // Vault makes the users of whoever asks it for access to AWS; that is what it is for.
    let ignored = [
        iam::Ignore::actions("CREDENTIALS_EXPOSURE", &["iam:CreateAccessKey"]),
        iam::Ignore::actions(
            "PRIVILEGE_ESCALATION",
            &["iam:CreateAccessKey", "iam:AttachUserPolicy", "iam:PutUserPolicy", "iam:AddUserToGroup"],
        ),
    ];
    let document = iam::checked(plan, document, &ignored);
    ManagedPolicy::new("vault-policy")
        .path(&cluster.path)
        .description("AWS access permissions for Vault server instances")
        .policy_document(document)
        .declare(plan)
}

/// The role of the servers, as instances take it.
pub(crate) fn identity(
    cluster: &Cluster,
    policies: &IamPolicies,
    rights: &ManagedPolicyHandle,
    plan: &mut Draft,
) -> Identity {
    let policies =
        [policies.describe_instances.clone(), policies.route53_odl_zone_records.clone(), rights.policy_arn()];
    let role = Role::new("vault-instance-role")
        .path(&cluster.path)
        .assume_role_policy_document(iam::trust_of_instances())
        .managed_policy_arns(policies)
        .tags(&cluster.tags)
        .declare(plan);
    let profile = InstanceProfile::new(format!("vault-server-instance-profile-{}", cluster.environment))
        .path(&cluster.path)
        .roles([role.role_name()])
        .declare(plan);
    Identity { role, profile }
}

/// Anybody may use the API; the servers reach each other.
pub(crate) fn security_group(cluster: &Cluster, plan: &mut Draft) -> SecurityGroupHandle {
    let api = Rule::tcp(HTTP).anywhere().description("Allow traffic to Vault server API endpoints");
    let group = SecurityGroup::new("vault-server-security-group")
        .group_description("Network access controls for traffic to and from Vault servers")
        .security_group_ingress(ingress([api]))
        .security_group_egress(no_egress())
        .vpc_id(&cluster.vpc.id)
        .tags(cluster.named())
        .declare(plan);
    // A group cannot name itself before it is there.
    SecurityGroupIngress::new("vault-server-security-group-own")
        .group_id(group.id())
        .source_security_group_id(group.id())
        .ip_protocol("tcp")
        .from_port(HTTP)
        .to_port(CLUSTER)
        .description("Allow traffic between Vault server nodes in a cluster")
        .declare(plan);
    group
}
