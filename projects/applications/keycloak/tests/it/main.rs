//! What the Keycloak stacks plan.

use applications_keycloak::project;
use plan::value::Value;
use testkit::{Given, Planned};

const STACKS: [&str; 3] = ["CI", "QA", "Production"];

fn given(environment: &str) -> Given {
    let network = format!("infrastructure.aws.network.{environment}");
    let cluster = format!("infrastructure.aws.eks.operations.{environment}");
    let vault = format!("infrastructure.vault.operations.{environment}");
    let url = format!("https://vault-{}.odl.mit.edu", environment.to_lowercase());
    let mut given = Given::stack(project(), environment)
        .output(&network, "operations_vpc.id", "vpc-1")
        .output(&network, "operations_vpc.cidr", "10.1.0.0/16")
        .output(&network, "operations_vpc.cidr_v6", "2600:1f18::/56")
        .output(&network, "operations_vpc.rds_subnet", "databases")
        .output(&network, "data_vpc.security_groups.integrator", "sg-integrator")
        .output(&network, "data_vpc.k8s_pod_subnet_cidrs", vec!["10.2.16.0/20", "10.2.32.0/20"])
        .output(&cluster, "namespaces", vec!["keycloak"])
        .output(&cluster, "vault_auth_endpoint", "k8s-operations")
        .output(&vault, "vault_server.security_group", "sg-vault")
        .output(&vault, "vault_server.cluster_address", url)
        .output("infrastructure.monitoring.default", "notification_sns_topics.warning_sns_topic_arn", "arn:topic");
    for policy in ["describe_instances", "route53_odl_zone_records"] {
        let name = format!("iam_policies.{policy}");
        given = given.output("infrastructure.aws.policies.default", &name, format!("arn:{policy}"));
    }
    given
}

fn planned(environment: &str) -> Planned {
    given(environment).evaluate()
}

#[test]
fn every_stack_has_its_resources() {
    for stack in STACKS {
        let keycloak = planned(stack);
        let (alarms, databases, roles) = if stack == "Production" { (6, 2, 2) } else { (4, 1, 1) };
        let wanted = [
            ("AWS::CloudWatch::Alarm", alarms),
            ("AWS::EC2::SecurityGroup", 2),
            ("AWS::EC2::SecurityGroupIngress", 3),
            ("AWS::IAM::InstanceProfile", 1),
            ("AWS::IAM::Role", roles),
            ("AWS::RDS::DBInstance", databases),
            ("AWS::RDS::DBParameterGroup", 1),
            ("kubernetes_cluster_role_binding_v1", 1),
            ("kubernetes_manifest", 23),
            ("kubernetes_pod_disruption_budget_v1", 1),
            ("kubernetes_service_account_v1", 1),
            ("vault_database_secret_backend_connection", 1),
            ("vault_database_secret_backend_role", 3),
            ("vault_generic_secret", 1),
            ("vault_kubernetes_auth_backend_role", 1),
            ("vault_mount", 2),
            ("vault_policy", 1),
        ];
        assert_eq!(keycloak.by_type(), wanted.into_iter().collect(), "{stack}");
        assert_eq!(keycloak.misfits(), Vec::<String>::new(), "{stack}");
        assert_eq!(keycloak.outputs(), ["keycloak.rds_host"]);
    }
}

#[test]
fn servers_are_as_their_files_say() {
    for (stack, optimised, memory, tracing, variables) in
        [("CI", false, "2Gi", 1, 5), ("QA", true, "3Gi", 3, 4), ("Production", true, "3584Mi", 3, 4)]
    {
        let keycloak = planned(stack);
        let env = stack.to_lowercase();
        let servers = keycloak.resource("kubernetes_manifest", &format!("keycloak-{env}-keycloak"));
        for (path, wanted) in [
            ("apiVersion", Value::from("k8s.keycloak.org/v2beta1")),
            ("metadata.name", format!("keycloak-{env}").into()),
            ("metadata.labels[\"ol.mit.edu/stack\"]", format!("ol-application-keycloak.{stack}").into()),
            ("metadata.labels[\"ol.mit.edu/source_repository\"]", "github.com_keycloak_keycloak".into()),
            ("spec.instances", 3.into()),
            ("spec.startOptimized", optimised.into()),
            ("spec.resources.limits.memory", memory.into()),
            ("spec.resources.limits.cpu", "400m".into()),
            ("spec.db.port", 5432.into()),
            ("spec.db.poolMaxSize", 30.into()),
        ] {
            assert_eq!(servers.get(&format!("manifest.{path}")), &wanted, "{stack}: {path}");
        }
        let image = servers.text("manifest.spec.image");
        assert!(image.starts_with("123456789012.dkr.ecr.us-east-1.amazonaws.com/dockerhub/mitodl/keycloak@sha256:"));
        assert_eq!(servers.get("manifest.spec.tracing").as_map().map(value_count), Some(tracing), "{stack}");
        let variables_there = servers.get("manifest.spec.env").as_list().map(<[_]>::len);
        assert_eq!(variables_there, Some(variables), "{stack}");
        let key = servers.get("manifest.spec.env[2].value");
        assert_eq!(key.has_secret(), stack != "CI", "CI tells nobody how people find their way");
        let domain = if stack == "Production" { "sso.ol.mit.edu".to_owned() } else { format!("sso-{env}.ol.mit.edu") };
        assert_eq!(servers.text("manifest.spec.hostname.hostname"), domain);
    }
}

fn value_count(map: &plan::value::Map) -> usize {
    map.len()
}

#[test]
fn the_database_is_of_the_size_that_logins_need() {
    for (stack, class, storage, timeouts) in [
        ("CI", "db.t4g.small", "50", None),
        ("QA", "db.m7g.large", "50", None),
        ("Production", "db.m7g.xlarge", "100", Some(43_200)),
    ] {
        let keycloak = planned(stack);
        let name = format!("keycloak-{}-postgres-instance", stack.to_lowercase());
        let database = keycloak.resource("AWS::RDS::DBInstance", &name);
        for (path, wanted) in [
            ("DBInstanceClass", Value::from(class)),
            ("AllocatedStorage", storage.into()),
            ("EngineVersion", "18.1".into()),
            ("EnableIAMDatabaseAuthentication", false.into()),
        ] {
            assert_eq!(database.get(path), &wanted, "{stack}: {path}");
        }
        assert_eq!(database.options().timeouts.update, timeouts, "{stack}");
    }
    let production = planned("Production");
    let replica = production.resource("AWS::RDS::DBInstance", "keycloak-production-postgres-replica");
    assert_eq!(replica.text("DBInstanceClass"), "db.t4g.medium");
    let parameters = production.resource("AWS::RDS::DBParameterGroup", "keycloak-production-postgres-parameter-group");
    assert_eq!(parameters.get("Parameters.hot_standby_feedback"), &Value::from("1"));
}

#[test]
fn who_may_reach_the_database() {
    let keycloak = planned("QA");
    let group = keycloak.resource("AWS::EC2::SecurityGroup", "keycloak-database-security-group-keycloak-qa");
    assert_eq!(group.text("GroupName"), "keycloak-database-operations_vpc-keycloak-qa");
    let rules = group.get("SecurityGroupIngress").as_list().expect("a list");
    assert_eq!(rules.len(), 6, "servers, Vault, the VPC, the integrator, two subnets of pods");
    assert_eq!(group.get("SecurityGroupIngress[5].CidrIp"), &Value::from("10.2.32.0/20"));
    assert_eq!(group.get("SecurityGroupEgress").as_list().map(<[_]>::len), Some(2));
    let servers = keycloak.resource("AWS::EC2::SecurityGroup", "keycloak-server-security-group-keycloak-qa");
    assert_eq!(servers.get("SecurityGroupIngress[0].CidrIp"), &Value::from("0.0.0.0/0"));
    let own = keycloak.names("AWS::EC2::SecurityGroupIngress");
    let wanted = ["tcp-57800", "tcp-7800", "udp-7800"];
    assert_eq!(own, wanted.map(|rule| format!("keycloak-server-security-group-keycloak-qa-{rule}")));
}

#[test]
fn the_operator_comes_first_and_is_of_one_version() {
    let keycloak = planned("CI");
    let kinds = |kind: &str| {
        let objects = keycloak.resources("kubernetes_manifest");
        objects.iter().filter(|object| object.text("manifest.kind") == kind).count()
    };
    let there = ["CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "Deployment"];
    assert_eq!(there.map(kinds), [4, 3, 1, 1, 4, 1]);
    let operator = keycloak.resource("kubernetes_manifest", "keycloak-ci-keycloak-operator-deployment");
    let container = "manifest.spec.template.spec.containers[0]";
    assert_eq!(operator.text(&format!("{container}.image")), "quay.io/keycloak/keycloak-operator:26.7.2");
    assert_eq!(operator.options().depends_on.len(), 4, "the definitions of its kinds");
    let definition = keycloak.resource("kubernetes_manifest", "keycloak-ci-keycloak-operator-keycloaks");
    assert!(definition.find("manifest.metadata.namespace").is_none(), "a definition is of the whole cluster");
    let servers = keycloak.resource("kubernetes_manifest", "keycloak-ci-keycloak");
    assert_eq!(servers.options().depends_on.len(), 2, "the operator, and a user of the database");
}

#[test]
fn users_of_the_database_come_out_of_vault() {
    let keycloak = planned("QA");
    let wanted = keycloak.resource("kubernetes_manifest", "keycloak-operator-db-creds-qa");
    for (path, value) in [
        ("kind", "VaultDynamicSecret"),
        ("metadata.name", "keycloak-db-creds"),
        ("spec.mount", "postgres-keycloak"),
        ("spec.path", "creds/app"),
        ("spec.vaultAuthRef", "keycloak-operator-auth"),
        ("spec.destination.transformation.templates.password.text", "{{ .Secrets.password }}"),
        ("spec.destination.transformation.templates.port.text", "5432"),
    ] {
        assert_eq!(wanted.text(&format!("manifest.{path}")), value, "{path}");
    }
    let login =
        keycloak.resource("vault_kubernetes_auth_backend_role", "keycloak-operator-k8s-vault-auth-backend-role-qa");
    assert_eq!((login.text("backend"), login.text("role_name")), ("k8s-operations", "keycloak-operator"));
    let connection = keycloak.resource("kubernetes_manifest", "keycloak-operator-vault-connection");
    assert_eq!(connection.text("manifest.spec.address"), "https://vault-qa.odl.mit.edu");
    let policy = keycloak.resource("vault_policy", "keycloak-operator-vault-policy");
    assert_eq!(policy.text("policy").matches("path ").count(), 5);
    let told = keycloak.resource("vault_generic_secret", "keycloak-server-configuration-secrets");
    assert_eq!(told.text("path"), "secret-keycloak/keycloak-secrets");
    assert!(told.get("data_json").has_secret());
}

#[test]
fn people_come_in_through_the_gateway() {
    let keycloak = planned("Production");
    let gateway = keycloak.resource("kubernetes_manifest", "keycloak-traefik-gateway-resource");
    for (path, wanted) in [
        ("metadata.annotations[\"cert-manager.io/cluster-issuer\"]", "letsencrypt-production"),
        ("spec.gatewayClassName", "traefik"),
        ("spec.listeners[0].hostname", "sso.ol.mit.edu"),
        ("spec.listeners[0].tls.certificateRefs[0].name", "keycloak-tls-cert"),
    ] {
        assert_eq!(gateway.text(&format!("manifest.{path}")), wanted, "{path}");
    }
    let route = keycloak.resource("kubernetes_manifest", "keycloak-keycloak-https-httproute-resource");
    assert_eq!(route.text("manifest.spec.rules[0].backendRefs[0].name"), "keycloak-production-service");
    let redirect = keycloak.resource("kubernetes_manifest", "keycloak-http-redirect-httproute-resource");
    assert_eq!(redirect.get("manifest.spec.parentRefs[0].port"), &Value::Int(8000));
    let budget = keycloak.resource("kubernetes_pod_disruption_budget_v1", "keycloak-production-keycloak-pdb");
    assert_eq!(budget.text("spec.selector.match_labels[\"app.kubernetes.io/instance\"]"), "keycloak-production");
}
