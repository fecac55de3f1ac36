//! What the Vault stacks plan.

use infrastructure_vault::project;
use plan::value::Value;
use testkit::{Given, Planned, evaluate};

const CONFIG: &str = include_str!("../../stacks/operations.QA.toml");

fn given(environment: &str) -> Given {
    let network = format!("infrastructure.aws.network.{environment}");
    let kms = format!("infrastructure.aws.kms.{environment}");
    let consul = format!("infrastructure.consul.operations.{environment}");
    Given::stack(project(), &format!("operations.{environment}"))
        .output(&network, "operations_vpc.id", "vpc-1")
        .output(&network, "operations_vpc.subnet_ids", vec!["subnet-1", "subnet-2"])
        .output(&network, "operations_vpc.security_groups.web", "sg-web")
        .output(&kms, "kms_ec2_ebs_key.arn", "arn:volumes")
        .output(&kms, "vault_auto_unseal_key.arn", "arn:unsealing")
        .output(&kms, "vault_auto_unseal_key.id", "unsealing")
        .output(&consul, "security_groups.consul_agent", "sg-agents")
        .output("infrastructure.aws.private_ca.default", "root_ca.arn", "arn:root")
        .output("infrastructure.aws.private_ca.default", "root_ca.certificate", "root certificate")
        .output("infrastructure.aws.policies.default", "iam_policies.describe_instances", "arn:describe")
        .output("infrastructure.aws.policies.default", "iam_policies.route53_odl_zone_records", "arn:records")
        .output("infrastructure.aws.dns.default", "odl_zone_id", "ZODL")
}

fn planned(environment: &str) -> Planned {
    given(environment).evaluate()
}

#[test]
fn every_stack_has_its_servers_in_its_size() {
    for (stack, env, ty, count, disk, [targets, balancer], bucket) in [
        (
            "CI",
            "ci",
            "m7i.large",
            "3",
            200,
            ["vault-server-asg-operations-ci-t", "vault-server-asg-operations-ci-l"],
            "ol-infra-ci-vault-backups",
        ),
        (
            "QA",
            "qa",
            "m8i-flex.large",
            "5",
            100,
            ["vault-server-asg-operations-qa-t", "vault-server-asg-operations-qa-l"],
            "ol-infra-qa-vault-backups",
        ),
        (
            "Production",
            "production",
            "m8i-flex.large",
            "5",
            200,
            ["vault-server-asg-operations-prod", "vault-server-asg-operations-prod"],
            "ol-infra-production-vault-backups",
        ),
    ] {
        let vault = planned(stack);
        let wanted = [
            ("AWS::ACMPCA::Certificate", 1),
            ("AWS::AutoScaling::AutoScalingGroup", 1),
            ("AWS::EC2::LaunchTemplate", 1),
            ("AWS::EC2::SecurityGroup", 1),
            ("AWS::EC2::SecurityGroupIngress", 1),
            ("AWS::ElasticLoadBalancingV2::Listener", 1),
            ("AWS::ElasticLoadBalancingV2::LoadBalancer", 1),
            ("AWS::ElasticLoadBalancingV2::TargetGroup", 1),
            ("AWS::IAM::InstanceProfile", 1),
            ("AWS::IAM::ManagedPolicy", 1),
            ("AWS::IAM::Role", 1),
            ("AWS::Route53::RecordSet", 1),
            ("AWS::S3::Bucket", 1),
        ];
        assert_eq!(vault.by_type(), wanted.into_iter().collect(), "{stack}");
        let group = format!("vault-server-asg-operations-{env}");
        let scaled = vault.resource("AWS::AutoScaling::AutoScalingGroup", &format!("{group}-auto-scale-group"));
        assert_eq!([scaled.text("MinSize"), scaled.text("DesiredCapacity"), scaled.text("MaxSize")], [count; 3]);
        assert!(scaled.find("MaxInstanceLifetime").is_none());
        assert_eq!((scaled.tag("instance_type"), scaled.tag("ami_id")), (Some(ty), Some("ami-0dd8812943bfdca07")));
        let template = vault.resource("AWS::EC2::LaunchTemplate", &format!("{group}-launch-template"));
        assert_eq!(template.text("LaunchTemplateData.InstanceType"), ty);
        let volume = "LaunchTemplateData.BlockDeviceMappings[0].Ebs.VolumeSize";
        assert_eq!(template.get(volume), &Value::Int(disk));
        let name = |kind: &str, part: &str| {
            let ty = format!("AWS::ElasticLoadBalancingV2::{kind}");
            vault.resource(&ty, &format!("{group}-{part}")).text("Name").to_owned()
        };
        assert_eq!([name("TargetGroup", "target-group"), name("LoadBalancer", "load-balancer")], [targets, balancer]);
        assert_eq!(vault.resource("AWS::S3::Bucket", "vault-backup-bucket").text("BucketName"), bucket);
        let domain = format!("vault-{env}.odl.mit.edu");
        assert_eq!(vault.resource("AWS::Route53::RecordSet", "vault-server-dns-record").text("Name"), domain);
        assert_eq!(vault.output("vault_server.cluster_address").as_str(), Some(format!("https://{domain}").as_str()));
        let namespace = format!("operations.{env}");
        assert_eq!(vault.output("vault_server.environment_namespace").as_str(), Some(namespace.as_str()));
        assert_eq!(vault.misfits(), Vec::<String>::new(), "{stack}");
    }
}

#[test]
fn the_servers_may_unseal_make_users_and_write_backups() {
    let vault = planned("QA");
    let policy = vault.resource("AWS::IAM::ManagedPolicy", "vault-policy");
    assert_eq!(policy.text("Path"), "/ol-applications/vault/operations/qa/");
    let statement = |n: usize, key: &str| policy.get(&format!("PolicyDocument.Statement[{n}].{key}")).clone();
    assert_eq!(statement(0, "Resource"), Value::from("arn:unsealing"));
    assert_eq!(statement(1, "Action").as_list().map(<[_]>::len), Some(15));
    assert_eq!(statement(2, "Resource"), Value::from(vec!["arn:*:iam::*:role/*"]));
    let bucket = "arn:aws:s3:::ol-infra-qa-vault-backups";
    assert_eq!(statement(3, "Resource"), Value::from(vec![bucket.to_owned(), format!("{bucket}/*")]));
    let role = vault.resource("AWS::IAM::Role", "vault-instance-role");
    assert_eq!(role.text("AssumeRolePolicyDocument.Statement.Principal.Service"), "ec2.amazonaws.com");
    assert_eq!(role.tag("Owner"), Some("platform-engineering"));
    assert_eq!(role.origins("ManagedPolicyArns").len(), 1, "the other two are of the stack of shared policies");
}

#[test]
fn backups_sink_and_go() {
    let vault = planned("Production");
    let bucket = vault.resource("AWS::S3::Bucket", "vault-backup-bucket");
    for (path, wanted) in [
        ("LifecycleConfiguration.Rules[0].Id", Value::from("delete_older_than_one_year")),
        ("LifecycleConfiguration.Rules[0].ExpirationInDays", 365.into()),
        ("LifecycleConfiguration.Rules[2].Transitions[0].TransitionInDays", 30.into()),
        ("IntelligentTieringConfigurations[0].Tierings[0].Days", 90.into()),
        ("IntelligentTieringConfigurations[0].Tierings[1].Days", 180.into()),
        ("PublicAccessBlockConfiguration.BlockPublicAcls", true.into()),
    ] {
        assert_eq!(bucket.get(path), &wanted, "{path}");
    }
    let by = "BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault";
    assert_eq!(bucket.text(&format!("{by}.KMSMasterKeyID")), "unsealing");
}

#[test]
fn the_servers_show_a_certificate_of_the_root_and_keep_its_key() {
    let vault = planned("QA");
    let certificate = vault.resource("AWS::ACMPCA::Certificate", "vault-server-listener-tls-certificate-2026");
    assert_eq!(certificate.text("CertificateAuthorityArn"), "arn:root");
    assert!(certificate.text("CertificateSigningRequest").starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
    assert_eq!(
        certificate.get("Validity"),
        &Value::map([("Type", Value::from("YEARS")), ("Value", Value::Float(2.0))])
    );
    assert!(certificate.find("TemplateArn").is_none(), "the vendor's template for what signs nothing");
    let template = vault.resource("AWS::EC2::LaunchTemplate", "vault-server-asg-operations-qa-launch-template");
    let user_data = template.get("LaunchTemplateData.UserData");
    assert!(user_data.has_unknown(), "it holds the certificate");
    let groups = template.get("LaunchTemplateData.SecurityGroupIds");
    assert_eq!(groups.as_list().map(|groups| groups[1..].to_vec()), Some(vec!["sg-web".into(), "sg-agents".into()]));
}

#[test]
fn the_api_is_open_and_the_servers_reach_each_other() {
    let vault = planned("QA");
    let group = vault.resource("AWS::EC2::SecurityGroup", "vault-server-security-group");
    let rules = group.get("SecurityGroupIngress").as_list().unwrap_or_default();
    let from = |key: &str| rules.iter().filter_map(|rule| rule.get(key).and_then(Value::as_str)).collect::<Vec<_>>();
    assert_eq!((from("CidrIp"), from("CidrIpv6")), (vec!["0.0.0.0/0"], vec!["::/0"]));
    assert_eq!(group.text("SecurityGroupEgress[0].CidrIp"), "127.0.0.1/32");
    let own = vault.resource("AWS::EC2::SecurityGroupIngress", "vault-server-security-group-own");
    assert_eq!((own.get("FromPort"), own.get("ToPort")), (&Value::Int(8200), &Value::Int(8201)));
    let targets =
        vault.resource("AWS::ElasticLoadBalancingV2::TargetGroup", "vault-server-asg-operations-qa-target-group");
    assert_eq!(targets.text("HealthCheckPath"), "/v1/sys/health?uninitcode=499");
    assert_eq!(targets.text("Matcher.HttpCode"), "200,429,499");
}

#[test]
fn clusters_that_cannot_vote_are_refused() {
    for size in [1, 2, 4, 6, 9] {
        let config = CONFIG.replace("cluster_size = 5", &format!("cluster_size = {size}"));
        let problems = given("QA").config(&config).evaluate().problems();
        assert_eq!(problems.len(), 1, "{size}: {problems:?}");
        assert!(problems[0].contains(&format!("a cluster of {size} Vault servers")), "{problems:?}");
    }
}

#[test]
fn six_stacks_are_read() {
    let reads = evaluate(project(), "operations.QA").reads();
    let wanted = [
        "infrastructure.aws.dns.default:odl_zone_id",
        "infrastructure.aws.kms.QA:kms_ec2_ebs_key.arn",
        "infrastructure.aws.kms.QA:vault_auto_unseal_key.arn",
        "infrastructure.aws.kms.QA:vault_auto_unseal_key.id",
        "infrastructure.aws.network.QA:operations_vpc.id",
        "infrastructure.aws.network.QA:operations_vpc.security_groups.web",
        "infrastructure.aws.network.QA:operations_vpc.subnet_ids",
        "infrastructure.aws.policies.default:iam_policies.describe_instances",
        "infrastructure.aws.policies.default:iam_policies.route53_odl_zone_records",
        "infrastructure.aws.private_ca.default:root_ca.arn",
        "infrastructure.aws.private_ca.default:root_ca.certificate",
        "infrastructure.consul.operations.QA:security_groups.consul_agent",
    ];
    assert_eq!(reads, wanted);
}
