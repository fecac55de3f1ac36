//! The groups of people, the users that are made here, and the role that makes clusters.

mod people;

use applications_concourse_outputs as concourse;
use ol::iam;
use plan::prelude::*;
use types_aws_iam::{Group, Role, User, UserToGroupAddition};
use types_common::Tag;
use world::AccountId;

use people::{ADMINISTRATORS, CLUSTER_ADMINISTRATORS, CLUSTER_DEVELOPERS};

/// What the stack exports. No project here reads it yet; the clusters will.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "infrastructure.aws.iam")]
pub struct Exports {
    /// Those who may do everything.
    pub administrators: GroupExport,
    /// Those who run the clusters.
    pub eks_administrators: GroupExport,
    /// Those who run their own workloads on the clusters.
    pub eks_developers: GroupExport,
    /// The ARN of the role that makes clusters.
    pub eks_cluster_creator_role_arn: Output<String>,
}

/// A group.
#[derive(Clone, Debug, Outputs)]
pub struct GroupExport {
    /// The ARN.
    pub arn: Output<String>,
    /// The name.
    pub name: Output<String>,
}

/// The project.
pub fn project() -> Project {
    Project::new("infrastructure.aws.iam", plan)
}

/// Three groups with their members, four users, a role.
///
/// # Errors
/// If the world lock lacks the account.
pub fn plan(stack: &Stack, (): ()) -> Result<Plan<Exports>> {
    let mut plan = stack.plan();
    let account = stack.world(AccountId)?;
    let deployer = stack.reference::<concourse::Outputs>("Production").infra_instance_role_arn;

    let developers: Vec<_> = CLUSTER_DEVELOPERS.iter().map(|name| developer(&mut plan, name)).collect();
    // Of the other members no stack knows more than the name.
    let made: Vec<&dyn AsDependency> = developers.iter().map(|user| user as &dyn AsDependency).collect();
    let administrators = group(&mut plan, "administrators", "Admins", &ADMINISTRATORS, &[]);
    let eks_administrators = group(&mut plan, "eks-administrators", "EKSAdmins", &CLUSTER_ADMINISTRATORS, &[]);
    let eks_developers = group(&mut plan, "eks-developers", "EKSDevelopers", &CLUSTER_DEVELOPERS, &made);
    let creator = Role::new("eks-cluster-creator-role")
        .path("/ol-infrastructure/eks/shared/")
        .managed_policy_arns(["arn:aws:iam::aws:policy/AdministratorAccess"])
        .assume_role_policy_document(trust(&account, &deployer))
        .declare(&mut plan);

    plan.finish(Exports {
        administrators,
        eks_administrators,
        eks_developers,
        eks_cluster_creator_role_arn: creator.arn(),
    })
}

/// A user, who has no rights but those of the groups.
fn developer(plan: &mut Draft, name: &str) -> types_aws_iam::UserHandle {
    User::new(format!("eks-developers-{name}-iam-user"))
        .user_name(name)
        .tags([Tag::new("team", "eks-developers")])
        .declare(plan)
}

/// A group and its members, once those of them are there that are made here.
fn group(plan: &mut Draft, name: &str, title: &str, members: &[&str], made: &[&dyn AsDependency]) -> GroupExport {
    let group = Group::new(format!("{name}-iam-group")).group_name(title).declare(plan);
    let membership = UserToGroupAddition::new(format!("{name}-iam-group-membership"))
        .group_name(group.group_name())
        .users(members.to_vec());
    made.iter().fold(membership, |membership, user| membership.depends_on(*user)).declare(plan);
    GroupExport { arn: group.arn(), name: group.group_name() }
}

/// Who may take the role that makes clusters: EC2, those who run the clusters, and what deploys infrastructure.
fn trust(account: &str, deployer: &Output<String>) -> Json {
    let people = CLUSTER_ADMINISTRATORS.map(|name| Output::known(format!("arn:aws:iam::{account}:user/{name}")));
    let trusted: Vec<Output<String>> = people.into_iter().chain([deployer.clone()]).collect();
    iam::document([object!({
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": { "Service": "ec2.amazonaws.com", "AWS": trusted },
    })])
}
