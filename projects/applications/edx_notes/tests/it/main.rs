//! The notes as the stack files make them.

use std::collections::BTreeSet;

use plan::value::Value;
use testkit::{Given, Workspace};

const GROUP: &str = "AWS::EC2::SecurityGroup";

/// A stack with what it reads of others given.
fn qa(stack: &str, platform: &str, network: &str, cluster: &str) -> Given {
    Given::stack(applications_edx_notes::project(), stack)
        .output(platform, "vault_mounts.secrets", "secret-mitx")
        .output(platform, "edxapp.mariadb", "db.example")
        .output(network, "residential_mitx_vpc.id", "vpc-1")
        .output(
            network,
            "residential_mitx_vpc.k8s_pod_subnet_cidrs",
            Value::List(vec!["10.1.0.0/21".into(), "10.1.8.0/21".into()]),
        )
        .output(cluster, "cluster_identities[0].oidcs[0].issuer", "https://oidc.example/id/A")
        .output(cluster, "vault_auth_endpoint", "k8s-residential")
}

#[test]
fn every_tenant_has_five_resources_in_every_environment() {
    let stacks = Workspace::here().stacks("applications.edx_notes");
    assert_eq!(stacks.len(), 12);
    let mut domains = BTreeSet::new();
    for stack in stacks {
        let planned = testkit::evaluate(applications_edx_notes::project(), &stack);
        assert_eq!(planned.problems(), [""; 0], "{stack}");
        let types: Vec<(&str, usize)> = planned.by_type().into_iter().collect();
        assert_eq!(
            types,
            [
                (GROUP, 1),
                ("AWS::IAM::Role", 1),
                ("vault_generic_secret", 1),
                ("vault_kubernetes_auth_backend_role", 1),
                ("vault_policy", 1)
            ],
            "{stack}"
        );
        let platform = format!("applications.edxapp.{stack}:edxapp.mariadb");
        assert!(
            planned.reads().contains(&platform),
            "{stack} reads the database of its own tenant: {:?}",
            planned.reads()
        );
        domains.insert(planned.output("notes_domain").as_str().expect("known without any other stack").to_owned());
    }
    assert_eq!(domains.len(), 12);
}

#[test]
fn names_and_rights_are_those_of_the_tenant() {
    let given = qa(
        "mitx.QA",
        "applications.edxapp.mitx.QA",
        "infrastructure.aws.network.QA",
        "infrastructure.aws.eks.residential.QA",
    );
    let planned = given.evaluate();
    let role = planned.resource("AWS::IAM::Role", "residential-qa-edx-notes-mitx-trust-role");
    assert_eq!(role.text("RoleName"), "residential-qa-edx-notes-mitx-trust-role");
    assert_eq!(role.text("Path"), "/ol-infrastructure/eks/residential-qa/");
    assert_eq!(
        role.text("AssumeRolePolicyDocument.Statement[0].Principal.Federated"),
        "arn:aws:iam::123456789012:oidc-provider/oidc.example/id/A"
    );
    assert_eq!(role.find("ManagedPolicyArns"), None, "it may do nothing yet");
    let group = planned.resource(GROUP, "edx-notes-app-sg-mitx-qa");
    assert_eq!(group.text("SecurityGroupIngress[1].CidrIp"), "10.1.8.0/21");
    assert_eq!((group.tag("Name"), group.tag("OU")), (Some("edx-notes-app-mitx-qa"), Some("residential")));
    let policy = planned.resource("vault_policy", "edx-notes-mitx-server-vault-policy");
    assert!(policy.text("policy").contains("path \"mariadb-mitx/creds/notes\" {\n  capabilities = [\"read\"]\n}"));
    let binding =
        planned.resource("vault_kubernetes_auth_backend_role", "edx-notes-mitx-k8s-vault-auth-backend-role-qa");
    assert_eq!(
        (binding.text("backend"), binding.text("bound_service_account_namespaces[0]")),
        ("k8s-residential", "mitx-openedx")
    );
    assert_eq!(planned.output("workload.db_host").as_str(), Some("db.example"));
}

#[test]
fn secrets_stay_sealed_and_wait_for_the_mount_of_the_platform() {
    let planned = testkit::evaluate(applications_edx_notes::project(), "mitx.QA");
    let secret = planned.resource("vault_generic_secret", "edx-notes-mitx-qa-configuration-secrets");
    assert!(matches!(secret.get("data_json"), Value::Secret(_)), "{:?}", secret.get("data_json"));
    assert_eq!(secret.origins("path"), ["applications.edxapp.mitx.QA:vault_mounts.secrets"]);
}

#[test]
fn a_vpc_that_is_none_is_reported_with_those_that_are() {
    let config = "business_unit = \"mitx\"\ntarget_vpc = \"mitx_vpc\"\ndomain = \"notes.example\"\n\
        openedx_release = \"ulmo\"\n[secrets]\n";
    let planned = Given::stack(applications_edx_notes::project(), "mitx.QA").config(config).evaluate();
    let problems = planned.problems().join("\n");
    assert!(problems.contains("E0104") && problems.contains("`residential_mitx_vpc`"), "{problems}");
}
