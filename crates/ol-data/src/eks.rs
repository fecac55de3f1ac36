//! How workloads on a cluster get at AWS and at Vault.

use ol::Tags;
use plan::prelude::*;
use plan::value::Value;
use types_aws_iam as iam;

/// The longest name that trust roles get; IAM allows one character more.
const ROLE_NAME_LENGTH: usize = 63;
/// What the identifiers of service accounts begin with.
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";
/// For how many seconds IAM lets a role be taken, at least and at most.
const SESSIONS: (u32, u32) = (3600, 43_200);

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
    /// Who may take it.
    pub subjects: Subjects<'a>,
    /// How those are compared with who asks.
    pub operator: Operator,
    /// How many seconds it is taken for at most.
    pub session_seconds: u32,
    /// The policies that it has.
    pub policies: Vec<Output<String>>,
    /// Its tags.
    pub tags: &'a Tags,
}

/// Who may take a role.
#[derive(Debug, Clone)]
pub enum Subjects<'a> {
    /// Service accounts of a namespace.
    Accounts {
        /// The namespace.
        namespace: &'a str,
        /// Their names.
        names: Vec<&'a str>,
    },
    /// Whoever has one of these identifiers: `system:serviceaccount:NAMESPACE:NAME`.
    Identifiers(Vec<String>),
}

/// How subjects are compared with who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// They are the same.
    Equals,
    /// They fit, where `*` stands for anything.
    Like,
}

impl Operator {
    /// The name, as IAM has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equals => "StringEquals",
            Self::Like => "StringLike",
        }
    }
}

impl Subjects<'_> {
    fn identifiers(&self) -> Vec<String> {
        match self {
            Self::Accounts { namespace, names } => {
                names.iter().map(|name| format!("{SERVICE_ACCOUNT}{namespace}:{name}")).collect()
            }
            Self::Identifiers(identifiers) => identifiers.clone(),
        }
    }
}

impl TrustRole<'_> {
    /// How many seconds a role is taken for at most, if nothing else is said.
    pub const SESSION_SECONDS: u32 = 3600;

    /// Declares the role.
    #[track_caller]
    pub fn declare(&self, plan: &mut Draft) -> iam::RoleHandle {
        for problem in self.problems() {
            let message = format!("trust role `{}` {problem}", self.name);
            plan.report(Diagnostic::error("E0190", message).at(Place::caller()));
        }
        let name = format!("{}-{}-trust-role", self.cluster, self.name);
        let (subjects, operator) = (self.subjects.identifiers(), self.operator.as_str());
        let trust: Output<Json> = oidc_trust_policy(&self.issuer, self.account, subjects, operator).cast();
        let role = iam::Role::new(&name)
            .role_name(name.chars().take(ROLE_NAME_LENGTH).collect::<String>())
            .path(format!("/ol-infrastructure/eks/{}/", self.cluster))
            .description(self.description)
            .assume_role_policy_document(trust)
            .max_session_duration(self.session_seconds)
            .tags(self.tags);
        let role = if self.policies.is_empty() { role } else { role.managed_policy_arns(&self.policies) };
        role.declare(plan)
    }

    fn problems(&self) -> Vec<String> {
        let subjects = self.subjects.identifiers();
        let mut problems = Vec::new();
        if subjects.is_empty() {
            problems.push("can be taken by nobody: name a service account".to_owned());
        }
        for subject in subjects.iter().filter(|subject| !subject.starts_with(SERVICE_ACCOUNT)) {
            problems.push(format!("can be taken by `{subject}`: that must begin with `{SERVICE_ACCOUNT}`"));
        }
        let (least, most) = SESSIONS;
        if !(least..=most).contains(&self.session_seconds) {
            let given = self.session_seconds;
            problems.push(format!("is taken for {given} seconds at most: that must be {least} to {most}"));
        }
        problems
    }
}

/// The policy by which subjects of an issuer may take a role: a statement for each. A function, because the issuer stands
/// in keys.
#[plan_fn]
pub fn oidc_trust_policy(issuer: String, account: String, subjects: Vec<String>, operator: String) -> Value {
    let host = issuer.trim_start_matches("https://");
    let provider = format!("arn:aws:iam::{account}:oidc-provider/{host}");
    let statement = |subject: String| {
        let same = [(format!("{host}:aud"), "sts.amazonaws.com".to_owned()), (format!("{host}:sub"), subject)];
        Value::map([
            ("Effect", Value::from("Allow")),
            ("Principal", Value::map([("Federated", provider.as_str())])),
            ("Action", "sts:AssumeRoleWithWebIdentity".into()),
            ("Condition", Value::map([(operator.as_str(), Value::map(same))])),
        ])
    };
    let statements = subjects.into_iter().map(statement).collect();
    Value::map([("Version", Value::from("2012-10-17")), ("Statement", Value::List(statements))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_without_its_scheme_stands_in_keys() {
        let subjects = vec!["system:serviceaccount:ns:sa", "system:serviceaccount:ns:other"];
        let arguments: [Value; 4] =
            ["https://oidc.example/id/A".into(), "123456789012".into(), subjects.into(), "StringLike".into()];
        let policy = (OIDC_TRUST_POLICY.call)(&arguments).expect("a policy");
        let at = |path: &str| policy.at(&path.parse().expect("a path")).cloned();
        assert_eq!(
            at("Statement[0].Principal.Federated"),
            Some("arn:aws:iam::123456789012:oidc-provider/oidc.example/id/A".into())
        );
        let condition = at("Statement[1].Condition.StringLike").expect("a condition");
        let condition = condition.as_map().expect("a map");
        assert_eq!(condition.get("oidc.example/id/A:sub"), Some(&"system:serviceaccount:ns:other".into()));
    }
}
