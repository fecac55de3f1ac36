//! The IAM policies of pipelines.

mod deploy;
mod work;

use std::collections::BTreeSet;

use ol::iam;
use plan::prelude::*;
use types_aws_iam::{ManagedPolicy, ManagedPolicyHandle};

use crate::Surroundings;

/// How large one of the policies may be; below what AWS takes, as it always was.
const MOST_BYTES: usize = 6000;

/// What a pipeline may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Config)]
pub enum Work {
    /// Looks at instances, and ends its own life in time.
    #[config(key = "base")]
    Base,
    /// Tidies what nobody uses.
    #[config(key = "cloud_custodian")]
    CloudCustodian,
    /// Pushes images.
    #[config(key = "ecr_push")]
    EcrPush,
    /// Compares rights with what is used of them.
    #[config(key = "iam_drift_analysis")]
    IamDriftAnalysis,
    /// Builds images.
    #[config(key = "infra")]
    Infra,
    /// Publishes `OpenCourseWare`.
    #[config(key = "ocw")]
    Ocw,
    /// Publishes what learners load.
    #[config(key = "operations")]
    Operations,
    /// Deploys infrastructure.
    #[config(key = "pulumi_infra")]
    PulumiInfra,
    /// Writes the state of infrastructure.
    #[config(key = "pulumi_state")]
    PulumiState,
}

/// Actions that are allowed on resources, maybe only under a condition: a key that equals a text.
struct Allowed {
    actions: &'static [&'static str],
    resources: &'static [&'static str],
    only: Option<(&'static str, &'static str)>,
}

const fn allow(actions: &'static [&'static str], resources: &'static [&'static str]) -> Allowed {
    Allowed { actions, resources, only: None }
}

impl Work {
    fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::CloudCustodian => "cloud_custodian",
            Self::EcrPush => "ecr_push",
            Self::IamDriftAnalysis => "iam_drift_analysis",
            Self::Infra => "infra",
            Self::Ocw => "ocw",
            Self::Operations => "operations",
            Self::PulumiInfra => "pulumi_infra",
            Self::PulumiState => "pulumi_state",
        }
    }

    fn allowed(self) -> &'static [Allowed] {
        match self {
            Self::Base => work::BASE,
            Self::CloudCustodian => work::CLOUD_CUSTODIAN,
            Self::EcrPush => work::ECR_PUSH,
            Self::IamDriftAnalysis => work::IAM_DRIFT_ANALYSIS,
            Self::Infra => work::INFRA,
            Self::Ocw => work::OCW,
            Self::Operations => work::OPERATIONS,
            Self::PulumiInfra => deploy::PULUMI_INFRA,
            Self::PulumiState => work::PULUMI_STATE,
        }
    }

    /// The findings of the linter that are meant.
    fn meant(self) -> Vec<iam::Ignore> {
        match self {
            Self::EcrPush => vec![iam::Ignore::actions("CREDENTIALS_EXPOSURE", &["ecr:GetAuthorizationToken"])],
            // What deploys rights has them.
            Self::PulumiInfra => {
                vec![iam::Ignore::issue("CREDENTIALS_EXPOSURE"), iam::Ignore::issue("PRIVILEGE_ESCALATION")]
            }
            _ => Vec::new(),
        }
    }

    fn document(self) -> Json {
        iam::document(self.allowed().iter().map(Allowed::statement))
    }
}

impl Allowed {
    fn statement(&self) -> Json {
        let resource = match self.resources {
            [one] => object!(*one),
            many => object!(many.to_vec()),
        };
        let actions = self.actions.to_vec();
        match self.only {
            None => object!({ "Effect": "Allow", "Action": actions, "Resource": resource }),
            Some((key, value)) => object!({
                "Effect": "Allow",
                "Action": actions,
                "Resource": resource,
                "Condition": { "StringEquals": { key: value } },
            }),
        }
    }
}

/// The policies of all work that is done here, in parts where they are too large for one.
pub(crate) struct Policies {
    made: Vec<(Work, Vec<ManagedPolicyHandle>)>,
}

impl Policies {
    /// Declares what is needed for some work, each policy once.
    pub(crate) fn declare(works: &BTreeSet<Work>, around: &Surroundings, plan: &mut Draft) -> Result<Self> {
        let mut made = Vec::new();
        for work in works {
            let document = iam::checked(plan, work.document(), &work.meant());
            let parts = iam::split(&document, MOST_BYTES, None)
                .map_err(|reason| Diagnostic::error("E0183", format!("policy `{}`: {reason}", work.name())))?;
            let only = parts.len() == 1;
            let declared = parts.into_iter().enumerate().map(|(n, part)| {
                let part_name = if only { String::new() } else { format!("-{n}") };
                ManagedPolicy::new(format!("cicd-iam-permissions-policy-{}-{}{part_name}", work.name(), around.env))
                    .path(format!("/ol-infrastructure/iam/cicd-{}/", around.env))
                    .policy_document(part)
                    .declare(plan)
            });
            made.push((*work, declared.collect()));
        }
        Ok(Self { made })
    }

    /// The ARNs of the policies for some work.
    pub(crate) fn arns(&self, works: &[Work]) -> Vec<Output<String>> {
        let made = works.iter().flat_map(|work| self.made.iter().filter(move |(made, _)| made == work));
        made.flat_map(|(_, parts)| parts).map(ManagedPolicyHandle::policy_arn).collect()
    }
}

/// Beyond what its policies allow a role must not go, whatever it gives to itself: the services that they name, and of
/// IAM the actions.
pub(crate) fn boundary(works: &[Work]) -> Json {
    let all: BTreeSet<&str> =
        works.iter().flat_map(|work| work.allowed()).flat_map(|allowed| allowed.actions).copied().collect();
    let (iam, others): (Vec<&str>, Vec<&str>) = all.into_iter().partition(|action| action.starts_with("iam:"));
    let services: BTreeSet<&str> =
        others.iter().filter_map(|action| action.split_once(':')).map(|(service, _)| service).collect();
    let services = services.into_iter().map(|service| format!("{service}:*")).collect();
    let allow = |actions: Vec<String>| object!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
    let iam = iam.into_iter().map(str::to_owned).collect();
    ol::iam::document([allow(iam), allow(services)])
}
