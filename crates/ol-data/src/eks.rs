//! How workloads on a cluster get at AWS and at Vault.

use ol::Tags;
use plan::prelude::*;
use plan::value::Value;
use types_aws_iam as iam;

/// The longest name that trust roles get; IAM allows one character more.
const ROLE_NAME_LENGTH: usize = 63;

/// A role that service accounts of a cluster can take.
#[derive(Debug, Clone)]
pub struct TrustRole<'a> {
    /// The name of the cluster, as it stands in names and paths.
    pub cluster: &'a str,
    /// The name of the role without the cluster's.
    pub name: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// The account that the cluster is in.
    pub account: &'a str,
    /// The URL of the issuer of the cluster's identities.
    pub issuer: Output<String>,
    /// The Kubernetes namespace of the service account.
    pub namespace: &'a str,
    /// The service account.
    pub service_account: &'a str,
    /// The policies that it has.
    pub policies: Vec<Output<String>>,
    /// Its tags.
    pub tags: &'a Tags,
}

impl TrustRole<'_> {
    /// Declares the role.
    pub fn declare(&self, plan: &mut Draft) -> iam::RoleHandle {
        let name = format!("{}-{}-trust-role", self.cluster, self.name);
        let subject = format!("system:serviceaccount:{}:{}", self.namespace, self.service_account);
        let trust: Output<Json> = oidc_trust_policy(&self.issuer, self.account, subject).cast();
        let role = iam::Role::new(&name)
            .role_name(name.chars().take(ROLE_NAME_LENGTH).collect::<String>())
            .path(format!("/ol-infrastructure/eks/{}/", self.cluster))
            .description(self.description)
            .assume_role_policy_document(trust)
            .max_session_duration(3600)
            .tags(self.tags);
        let role = if self.policies.is_empty() { role } else { role.managed_policy_arns(&self.policies) };
        role.declare(plan)
    }
}

/// The policy by which one subject of an issuer may take a role. A function, because the issuer stands in keys.
#[plan_fn]
pub fn oidc_trust_policy(issuer: String, account: String, subject: String) -> Value {
    let host = issuer.trim_start_matches("https://");
    let same = Value::map([(format!("{host}:aud"), "sts.amazonaws.com"), (format!("{host}:sub"), subject.as_str())]);
    let provider = format!("arn:aws:iam::{account}:oidc-provider/{host}");
    let statement = Value::map([
        ("Effect", Value::from("Allow")),
        ("Principal", Value::map([("Federated", provider)])),
        ("Action", "sts:AssumeRoleWithWebIdentity".into()),
        ("Condition", Value::map([("StringEquals", same)])),
    ]);
    Value::map([("Version", Value::from("2012-10-17")), ("Statement", Value::List(vec![statement]))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_without_its_scheme_stands_in_keys() {
        let arguments = ["https://oidc.example/id/A", "123456789012", "system:serviceaccount:ns:sa"].map(Value::from);
        let policy = (OIDC_TRUST_POLICY.call)(&arguments).expect("a policy");
        let at = |path: &str| policy.at(&path.parse().expect("a path")).cloned();
        assert_eq!(
            at("Statement[0].Principal.Federated"),
            Some("arn:aws:iam::123456789012:oidc-provider/oidc.example/id/A".into())
        );
        let condition = at("Statement[0].Condition.StringEquals").expect("a condition");
        let condition = condition.as_map().expect("a map");
        assert_eq!(condition.get("oidc.example/id/A:sub"), Some(&"system:serviceaccount:ns:sa".into()));
    }
}
