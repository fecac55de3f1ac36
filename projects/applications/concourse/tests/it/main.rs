//! What the Concourse stacks plan.

use applications_concourse::project;
use plan::value::Value;
use testkit::{Given, Planned, evaluate};

const STACKS: [(&str, &str); 3] = [("CI", "ci"), ("QA", "qa"), ("Production", "production")];
const WORKERS: [&str; 3] = ["ocw", "infra", "generic"];

fn planned(environment: &str) -> Planned {
    let network = format!("infrastructure.aws.network.{environment}");
    let consul = format!("infrastructure.consul.operations.{environment}");
    let mut given = Given::stack(project(), environment)
        .output(&network, "operations_vpc.id", "vpc-1")
        .output(&network, "operations_vpc.subnet_ids", vec!["subnet-1", "subnet-2"])
        .output(&network, "operations_vpc.rds_subnet", "databases")
        .output(&network, "operations_vpc.security_groups.web", "sg-public")
        .output(&format!("infrastructure.aws.kms.{environment}"), "kms_ec2_ebs_key.arn", "arn:volumes")
        .output(&consul, "security_groups.consul_agent", "sg-agents")
        .output(&consul, "security_groups.consul_server", "sg-consul")
        .output(&consul, "datacenter", format!("operations-{}", environment.to_lowercase()))
        .output(&format!("infrastructure.vault.operations.{environment}"), "vault_server.security_group", "sg-vault")
        .output("infrastructure.monitoring.default", "notification_sns_topics.warning_sns_topic_arn", "arn:topic")
        .output("infrastructure.aws.dns.default", "odl_zone_id", "ZODL");
    for policy in ["describe_instances", "route53_odl_zone_records", "route53_all_zones_records"] {
        let name = format!("iam_policies.{policy}");
        given = given.output("infrastructure.aws.policies.default", &name, format!("arn:{policy}"));
    }
    given.evaluate()
}

#[test]
fn every_stack_has_its_resources() {
    for (stack, _) in STACKS {
        let concourse = planned(stack);
        let (policies, alarms) = if stack == "Production" { (12, 6) } else { (10, 4) };
        let wanted = [
            ("AWS::AutoScaling::AutoScalingGroup", 4),
            ("AWS::AutoScaling::LifecycleHook", 3),
            ("AWS::CloudWatch::Alarm", alarms),
            ("AWS::EC2::LaunchTemplate", 4),
            ("AWS::EC2::SecurityGroup", 3),
            ("AWS::EC2::SecurityGroupIngress", 3),
            ("AWS::ElasticLoadBalancingV2::Listener", 4),
            ("AWS::ElasticLoadBalancingV2::LoadBalancer", 4),
            ("AWS::ElasticLoadBalancingV2::TargetGroup", 4),
            ("AWS::IAM::InstanceProfile", 4),
            ("AWS::IAM::ManagedPolicy", policies),
            ("AWS::IAM::Role", 4),
            ("AWS::RDS::DBInstance", 1),
            ("AWS::RDS::DBParameterGroup", 1),
            ("AWS::Route53::RecordSet", 1),
            ("consul_node", 1),
            ("consul_service", 1),
            ("vault_aws_auth_backend_role", 3),
            ("vault_database_secret_backend_connection", 1),
            ("vault_database_secret_backend_role", 3),
            ("vault_generic_secret", 4),
            ("vault_mount", 2),
            ("vault_policy", 2),
        ];
        assert_eq!(concourse.by_type(), wanted.into_iter().collect(), "{stack}");
        assert_eq!(concourse.misfits(), Vec::<String>::new(), "{stack}");
    }
}

#[test]
fn servers_and_workers_are_as_many_and_as_large_as_their_files_say() {
    type Size = (&'static str, [&'static str; 3]);
    let sizes: [(&str, [Size; 4]); 3] = [
        (
            "CI",
            [
                ("t3a.medium", ["1", "1", "3"]),
                ("t3a.medium", ["1", "1", "10"]),
                ("t3a.medium", ["1", "1", "2"]),
                ("t3a.medium", ["1", "1", "2"]),
            ],
        ),
        (
            "QA",
            [
                ("m7a.large", ["2", "2", "4"]),
                ("m7a.xlarge", ["3", "5", "8"]),
                ("t3a.medium", ["1", "2", "2"]),
                ("t3a.medium", ["1", "2", "2"]),
            ],
        ),
        (
            "Production",
            [
                ("m7a.xlarge", ["3", "6", "8"]),
                ("m7a.2xlarge", ["3", "6", "8"]),
                ("m7a.4xlarge", ["2", "4", "10"]),
                ("m7a.xlarge", ["2", "4", "6"]),
            ],
        ),
    ];
    for (stack, sizes) in sizes {
        let concourse = planned(stack);
        let env = stack.to_lowercase();
        let workers = WORKERS.map(|worker| format!("concourse-worker-{env}-{worker}-alb"));
        let names = [format!("concourse-web-{env}")].into_iter().chain(workers);
        for (name, (ty, size)) in names.zip(sizes) {
            let group = concourse.resource("AWS::AutoScaling::AutoScalingGroup", &format!("{name}-auto-scale-group"));
            let found = [group.text("MinSize"), group.text("DesiredCapacity"), group.text("MaxSize")];
            assert_eq!(found, size, "{name}");
            assert_eq!(group.get("MaxInstanceLifetime"), &Value::Int(86_400), "{name}");
            let template = concourse.resource("AWS::EC2::LaunchTemplate", &format!("{name}-launch-template"));
            assert_eq!(template.text("LaunchTemplateData.InstanceType"), ty, "{name}");
            assert!(template.get("LaunchTemplateData.UserData").has_secret(), "{name}");
            let mixed = group.find("MixedInstancesPolicy").is_some();
            assert_eq!(mixed, name.contains("worker"), "{name}: those who work are spare capacity of many types");
        }
    }
}

#[test]
fn what_is_too_large_for_one_policy_is_split_as_it_always_was() {
    let concourse = planned("Production");
    let parts = |path: &str| {
        [0, 1, 2].map(|n| {
            let name = format!("cicd-iam-permissions-policy-pulumi_infra-production-{n}");
            let policy = concourse.resource("AWS::IAM::ManagedPolicy", &name);
            policy.get(&format!("PolicyDocument.Statement[0].{path}")).as_list().map_or(1, <[_]>::len)
        })
    };
    assert_eq!((parts("Action"), parts("Resource")), ([195, 171, 24], [1, 1, 22]));
    for work in
        ["base", "cloud_custodian", "ecr_push", "iam_drift_analysis", "infra", "ocw", "operations", "pulumi_state"]
    {
        let name = format!("cicd-iam-permissions-policy-{work}-production");
        let policy = concourse.resource("AWS::IAM::ManagedPolicy", &name);
        assert_eq!(policy.text("Path"), "/ol-infrastructure/iam/cicd-production/");
        assert!(policy.find("ManagedPolicyName").is_none(), "a policy gets a name of its own");
    }
}

#[test]
fn what_deploys_does_not_go_beyond_its_boundary() {
    for (stack, actions, services) in [("CI", 38, 29), ("QA", 38, 29), ("Production", 39, 30)] {
        let concourse = planned(stack);
        let env = stack.to_lowercase();
        let name = format!("concourse-instance-role-worker-infra-permissions-boundary-{env}");
        let boundary = concourse.resource("AWS::IAM::ManagedPolicy", &name);
        let count = |n: usize| {
            let actions = boundary.get(&format!("PolicyDocument.Statement[{n}].Action"));
            actions.as_list().map_or(0, <[_]>::len)
        };
        assert_eq!((count(0), count(1)), (actions, services), "{stack}");
        let role = |worker: &str| {
            concourse.resource("AWS::IAM::Role", &format!("concourse-instance-role-worker-{worker}-{env}"))
        };
        assert!(role("infra").origins("PermissionsBoundary")[0].ends_with(&format!("::{name}.PolicyArn")));
        assert!(role("ocw").find("PermissionsBoundary").is_none());
        let attached = |worker: &str| role(worker).get("ManagedPolicyArns").as_list().map_or(0, <[_]>::len);
        let wanted = if stack == "Production" { [4, 11, 5] } else { [4, 10, 4] };
        assert_eq!(WORKERS.map(attached), wanted, "{stack}");
    }
}

#[test]
fn workers_are_asked_over_http_and_drained() {
    let concourse = planned("QA");
    let group = "concourse-worker-qa-ocw-alb";
    let targets = concourse.resource("AWS::ElasticLoadBalancingV2::TargetGroup", &format!("{group}-target-group"));
    for (path, wanted) in [
        ("HealthCheckPort", Value::from("8888")),
        ("HealthCheckProtocol", "HTTP".into()),
        ("HealthCheckIntervalSeconds", 30.into()),
        ("HealthCheckTimeoutSeconds", 20.into()),
        ("Port", 443.into()),
    ] {
        assert_eq!(targets.get(path), &wanted, "{path}");
    }
    let balancer = concourse.resource("AWS::ElasticLoadBalancingV2::LoadBalancer", &format!("{group}-load-balancer"));
    assert_eq!(balancer.text("Scheme"), "internal");
    assert_eq!((balancer.tag("OU"), balancer.tag("Name")), (Some("open-courseware"), Some("concourse-worker-ocw-qa")));
    let scaled = concourse.resource("AWS::AutoScaling::AutoScalingGroup", &format!("{group}-auto-scale-group"));
    assert_eq!(scaled.tag("concourse_type"), Some("worker-ocw"));
    let policy = "MixedInstancesPolicy";
    assert_eq!(scaled.text(&format!("{policy}.LaunchTemplate.Overrides[0].InstanceType")), "m7a.xlarge");
    assert_eq!(scaled.text(&format!("{policy}.LaunchTemplate.Overrides[4].InstanceType")), "m5.xlarge");
    assert_eq!(scaled.get(&format!("{policy}.InstancesDistribution.OnDemandBaseCapacity")), &Value::Int(1));
    let volume = "LaunchTemplateData.BlockDeviceMappings[0].Ebs";
    let template = concourse.resource("AWS::EC2::LaunchTemplate", &format!("{group}-launch-template"));
    let numbers = ["VolumeSize", "Throughput", "Iops"].map(|name| template.get(&format!("{volume}.{name}")).clone());
    assert_eq!(numbers, [1000, 600, 3000].map(Value::Int));
    let hook = concourse.resource("AWS::AutoScaling::LifecycleHook", "concourse-worker-ocw-qa-drain-hook");
    assert_eq!(
        [hook.text("LifecycleHookName"), hook.text("DefaultResult")],
        ["concourse-worker-ocw-qa-drain", "CONTINUE"]
    );
}

#[test]
fn the_database_is_one_copy_that_vault_makes_users_for() {
    for (stack, class, multi_az) in
        [("CI", "db.t4g.small", false), ("QA", "db.m7g.xlarge", false), ("Production", "db.m7g.xlarge", true)]
    {
        let concourse = planned(stack);
        let env = stack.to_lowercase();
        let name = format!("concourse-db-{env}");
        let database = concourse.resource("AWS::RDS::DBInstance", &format!("{name}-postgres-instance"));
        for (path, wanted) in [
            ("Engine", Value::from("postgres")),
            ("EngineVersion", "18.1".into()),
            ("DBInstanceClass", class.into()),
            ("AllocatedStorage", "334".into()),
            ("Port", "5432".into()),
            ("DBName", "concourse".into()),
            ("MultiAZ", multi_az.into()),
            ("DeletionProtection", multi_az.into()),
            ("MonitoringInterval", 0.into()),
            ("EnablePerformanceInsights", false.into()),
        ] {
            assert_eq!(database.get(path), &wanted, "{stack}: {path}");
        }
        assert!(database.get("MasterUserPassword").has_secret());
        let parameters = concourse.resource("AWS::RDS::DBParameterGroup", &format!("{name}-postgres-parameter-group"));
        assert_eq!(parameters.text("Family"), "postgres18");
        assert_eq!(parameters.get("Parameters").as_map().map(value_count), Some(9), "no replica, so nine");
    }
    let concourse = planned("QA");
    let role = |name: &str| {
        let role = concourse.resource("vault_database_secret_backend_role", &format!("concourse-database-role-{name}"));
        let count = |path: &str| role.get(path).as_list().map_or(0, <[_]>::len);
        (count("creation_statements"), count("revocation_statements"))
    };
    assert_eq!((role("admin"), role("app"), role("readonly")), ((3, 8), (11, 9), (10, 9)));
    let app = concourse.resource("vault_database_secret_backend_role", "concourse-database-role-app");
    assert!(app.text("creation_statements[10]").contains("CREATE EXTENSION pgcrypto;"));
    assert_eq!(
        app.text("creation_statements[8]"),
        r#"CREATE USER "{{name}}" WITH PASSWORD '{{password}}' VALID UNTIL '{{expiration}}' IN ROLE "concourse" INHERIT;"#
    );
}

fn value_count(map: &plan::value::Map) -> usize {
    map.len()
}

#[test]
fn instances_log_in_to_vault_by_image_profile_and_network() {
    let concourse = planned("QA");
    for (name, role, policy, profiles) in [
        ("concourse-web-ami-ec2-vault-auth", "concourse-web", "concourse-vault-policy", 1),
        ("concourse-worker-ami-ec2-vault-auth", "concourse-worker", "concourse-vault-policy", 3),
        ("concourse-vault-resource-ec2-vault-auth", "concourse-vault-resource", "concourse-vault-resource-policy", 3),
    ] {
        let login = concourse.resource("vault_aws_auth_backend_role", name);
        assert_eq!((login.text("role"), login.text("auth_type")), (role, "iam"));
        assert_eq!(login.get("bound_vpc_ids"), &Value::from(vec!["vpc-1"]));
        assert_eq!(login.get("bound_account_ids"), &Value::from(vec!["123456789012"]));
        assert_eq!(login.get("bound_iam_instance_profile_arns").as_list().map(<[_]>::len), Some(profiles), "{name}");
        let named = if policy == "concourse-vault-policy" { "concourse" } else { "concourse-vault" };
        assert_eq!(login.get("token_policies"), &Value::from(vec![named]));
    }
    let own = concourse.resource("vault_policy", "concourse-vault-policy");
    assert_eq!(own.text("policy").matches("path ").count(), 4);
    let pipeline = concourse.resource("vault_generic_secret", "concourse-pipeline-credentials-main");
    assert_eq!(pipeline.text("path"), "secret-concourse/main");
    assert!(pipeline.get("data_json").has_secret(), "pipelines' credentials are secrets");
}

#[test]
fn consul_watches_the_database() {
    let concourse = planned("QA");
    let service = concourse.resource("consul_service", "concourse-instance-db-service");
    assert_eq!((service.text("node"), service.text("name")), ("concourse-postgres-db", "concourse-postgres"));
    assert_eq!(service.text("check[0].check_id"), "concourse-instance-db");
    assert_eq!(service.text("meta.external-probe"), "true");
    let node = concourse.resource("consul_node", "concourse-instance-db-node");
    assert!(node.origins("address")[0].ends_with("concourse-db-qa-postgres-instance.Endpoint.Address"));
}

#[test]
fn four_outputs_are_exported_by_the_names_that_others_read() {
    let concourse = evaluate(project(), "Production");
    let wanted =
        ["generic-instance-role-arn", "infra-instance-role-arn", "ocw-instance-role-arn", "worker_security_group"];
    assert_eq!(concourse.outputs(), wanted);
}

#[test]
fn kinds_of_workers_that_others_rely_on_must_be_there() {
    let config = include_str!("../../stacks/QA.toml")
        .replace("name = \"ocw\"", "name = \"other\"")
        .replace("instance_type = \"general_purpose_xlarge\"", "instance_type = \"huge\"");
    let problems = Given::stack(project(), "QA").config(&config).evaluate().problems();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems.iter().any(|problem| problem.contains("no worker is called `ocw`")), "{problems:?}");
    assert!(problems.iter().any(|problem| problem.contains("no type of instances called `huge`")), "{problems:?}");
}
