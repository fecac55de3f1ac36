//! What the stack of people and their groups plans.

use infrastructure_aws_iam::project;
use plan::value::Value;
use testkit::{Given, Planned, evaluate};

const DEPLOYER: &str = "arn:aws:iam::123456789012:role/deployer";

fn planned() -> Planned {
    Given::stack(project(), "default")
        .output("applications.concourse.Production", "infra-instance-role-arn", DEPLOYER)
        .evaluate()
}

fn people(kind: &str, numbers: &[u8]) -> Vec<String> {
    numbers.iter().map(|number| format!("{kind}-{number}")).collect()
}

#[test]
fn three_groups_have_their_members() {
    let iam = planned();
    let wanted =
        [("AWS::IAM::Group", 3), ("AWS::IAM::Role", 1), ("AWS::IAM::User", 4), ("AWS::IAM::UserToGroupAddition", 3)];
    assert_eq!(iam.by_type(), wanted.into_iter().collect());
    for (name, title, members) in [
        ("administrators", "Admins", people("admin", &[1, 2, 3, 4, 5, 6, 7, 8, 9])),
        ("eks-administrators", "EKSAdmins", people("admin", &[1, 2, 5, 7, 8, 9])),
        ("eks-developers", "EKSDevelopers", people("developer", &[1, 2, 3, 4])),
    ] {
        assert_eq!(iam.resource("AWS::IAM::Group", &format!("{name}-iam-group")).text("GroupName"), title);
        let membership = iam.resource("AWS::IAM::UserToGroupAddition", &format!("{name}-iam-group-membership"));
        assert_eq!(membership.get("Users"), &Value::from(members), "{name}");
        assert_eq!(membership.text("GroupName"), title);
    }
}

#[test]
fn developers_are_made_before_they_join() {
    let iam = planned();
    let joins = |name: &str| iam.resource("AWS::IAM::UserToGroupAddition", name).depends_on().len();
    assert_eq!(joins("eks-developers-iam-group-membership"), 4);
    assert_eq!(joins("administrators-iam-group-membership"), 0, "nobody here makes administrators");
    for name in people("developer", &[1, 2, 3, 4]) {
        let user = iam.resource("AWS::IAM::User", &format!("eks-developers-{name}-iam-user"));
        assert_eq!(user.text("UserName"), name);
        assert_eq!((user.tag("team"), user.tag("OU")), (Some("eks-developers"), None));
    }
}

#[test]
fn the_creator_of_clusters_trusts_those_who_run_them_and_what_deploys() {
    let iam = planned();
    let role = iam.resource("AWS::IAM::Role", "eks-cluster-creator-role");
    assert_eq!(role.text("Path"), "/ol-infrastructure/eks/shared/");
    assert!(role.find("RoleName").is_none(), "the role gets a name of its own");
    assert_eq!(role.get("ManagedPolicyArns"), &Value::from(vec!["arn:aws:iam::aws:policy/AdministratorAccess"]));
    let principal = "AssumeRolePolicyDocument.Statement[0].Principal";
    assert_eq!(role.text(&format!("{principal}.Service")), "ec2.amazonaws.com");
    let mut trusted: Vec<String> = people("user/admin", &[1, 2, 5, 7, 8, 9])
        .iter()
        .map(|who| format!("arn:aws:iam::123456789012:{who}"))
        .collect();
    trusted.push(DEPLOYER.to_owned());
    assert_eq!(role.get(&format!("{principal}.AWS")), &Value::from(trusted));
}

#[test]
fn one_output_is_read_and_seven_are_exported() {
    let iam = evaluate(project(), "default");
    assert_eq!(iam.reads(), ["applications.concourse.Production:infra-instance-role-arn"]);
    let groups = ["administrators", "eks_administrators"]
        .iter()
        .flat_map(|group| [format!("{group}.arn"), format!("{group}.name")]);
    let wanted: Vec<String> = groups
        .chain(["eks_cluster_creator_role_arn", "eks_developers.arn", "eks_developers.name"].map(str::to_owned))
        .collect();
    assert_eq!(iam.outputs(), wanted);
}

#[test]
fn everything_fits_the_schemas() {
    assert_eq!(evaluate(project(), "default").misfits(), Vec::<String>::new());
}
