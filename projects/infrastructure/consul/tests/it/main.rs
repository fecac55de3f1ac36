//! What the Consul stacks plan.

use infrastructure_consul::project;
use plan::value::Value;
use testkit::{Given, Planned, evaluate};

const NETWORK: [(&str, &str, &str); 7] = [
    ("operations_vpc", "vpc-operations", "10.1.0.0/16"),
    ("applications_vpc", "vpc-applications", "10.13.0.0/16"),
    ("data_vpc", "vpc-data", "10.2.0.0/16"),
    ("mitxonline_vpc", "vpc-mitxonline", "10.22.0.0/16"),
    ("residential_mitx_vpc", "vpc-mitx", "10.5.0.0/16"),
    ("residential_mitx_staging_vpc", "vpc-mitx-staging", "10.6.0.0/16"),
    ("xpro_vpc", "vpc-xpro", "10.8.0.0/16"),
];

fn planned(environment: &str) -> Planned {
    let network = format!("infrastructure.aws.network.{environment}");
    let mut given = Given::stack(project(), &format!("operations.{environment}"));
    for (vpc, id, cidr) in NETWORK {
        given = given.output(&network, &format!("{vpc}.id"), id).output(&network, &format!("{vpc}.cidr"), cidr);
    }
    given
        .output(&network, "operations_vpc.subnet_ids", vec!["subnet-1", "subnet-2", "subnet-3", "subnet-4"])
        .output(&network, "operations_vpc.security_groups.default", "sg-default")
        .output(&network, "operations_vpc.security_groups.web", "sg-web")
        .output(&format!("infrastructure.aws.kms.{environment}"), "kms_ec2_ebs_key.arn", "arn:key")
        .output("infrastructure.aws.policies.default", "iam_policies.describe_instances", "arn:describe")
        .output("infrastructure.aws.policies.default", "iam_policies.route53_odl_zone_records", "arn:records")
        .output("infrastructure.aws.dns.default", "odl_zone_id", "ZODL")
        .evaluate()
}

#[test]
fn every_stack_has_its_servers_in_its_size() {
    for (stack, env, ty, count, name) in [
        ("CI", "operations-ci", "t3a.nano", "3", "consul-operations-ci-autoscaling"),
        ("QA", "operations-qa", "t3a.micro", "3", "consul-operations-qa-autoscaling"),
        ("Production", "operations-production", "t3a.micro", "5", "consul-operations-production-aut"),
    ] {
        let consul = planned(stack);
        let wanted = [
            ("AWS::AutoScaling::AutoScalingGroup", 1),
            ("AWS::EC2::LaunchTemplate", 1),
            ("AWS::EC2::SecurityGroup", 2),
            ("AWS::EC2::SecurityGroupIngress", 2),
            ("AWS::ElasticLoadBalancingV2::Listener", 1),
            ("AWS::ElasticLoadBalancingV2::LoadBalancer", 1),
            ("AWS::ElasticLoadBalancingV2::TargetGroup", 1),
            ("AWS::IAM::InstanceProfile", 1),
            ("AWS::IAM::Role", 1),
            ("AWS::Route53::RecordSet", 1),
        ];
        assert_eq!(consul.by_type(), wanted.into_iter().collect(), "{stack}");
        let group = format!("consul-{env}-autoscaling-group");
        let scaled = consul.resource("AWS::AutoScaling::AutoScalingGroup", &format!("{group}-auto-scale-group"));
        assert_eq!([scaled.text("MinSize"), scaled.text("DesiredCapacity"), scaled.text("MaxSize")], [count; 3]);
        assert_eq!(scaled.tag("ami_id"), Some("ami-02ad5e566a3d9144d"), "{stack}");
        let template = consul.resource("AWS::EC2::LaunchTemplate", &format!("{group}-launch-template"));
        assert_eq!(template.text("LaunchTemplateData.InstanceType"), ty);
        for (kind, part) in [("LoadBalancer", "load-balancer"), ("TargetGroup", "target-group")] {
            let ty = format!("AWS::ElasticLoadBalancingV2::{kind}");
            assert_eq!(consul.resource(&ty, &format!("{group}-{part}")).text("Name"), name);
        }
        let record = consul.resource("AWS::Route53::RecordSet", "consul-server-dns-record");
        assert_eq!(record.text("Name"), format!("consul-{env}.odl.mit.edu"));
        assert_eq!([record.text("Type"), record.text("TTL"), record.text("HostedZoneId")], ["CNAME", "900", "ZODL"]);
        assert_eq!(consul.output("datacenter").as_str(), Some(env));
        assert_eq!(consul.misfits(), Vec::<String>::new(), "{stack}");
    }
}

#[test]
fn servers_are_reached_from_their_vpc_and_by_those_of_its_peers() {
    let consul = planned("QA");
    let servers = consul.resource("AWS::EC2::SecurityGroup", "consul-server-operations-qa-security-group");
    assert_eq!(servers.text("GroupName"), "operations-qa-consul-server");
    assert_eq!(servers.text("GroupDescription"), "Access control between Consul severs and agents");
    let rules = servers.get("SecurityGroupIngress").as_list().unwrap_or_default();
    let told = |rule: &Value| {
        let text = |key: &str| rule.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let port = |key: &str| rule.get(key).and_then(Value::as_int).unwrap_or_default();
        format!("{} {}-{} {}", text("IpProtocol"), port("FromPort"), port("ToPort"), text("CidrIp"))
    };
    let near = ["tcp 8500-8500", "udp 8500-8500", "tcp 8600-8600", "udp 8600-8600", "tcp 8300-8301", "udp 8300-8301"];
    let near = near.map(|rule| format!("{rule} 10.1.0.0/16")).into_iter();
    let far = NETWORK[1..].iter().map(|(_, _, cidr)| format!("tcp 8300-8302 {cidr}"));
    assert_eq!(rules.iter().map(told).collect::<Vec<_>>(), near.chain(far).collect::<Vec<_>>());

    let agents = "consul-agent-operations-qa-security-group";
    let group = consul.resource("AWS::EC2::SecurityGroup", agents);
    assert_eq!(group.get("SecurityGroupIngress").as_list().map(<[_]>::len), Some(2));
    assert_eq!(group.text("SecurityGroupEgress[0].CidrIp"), "127.0.0.1/32", "agents ask nobody");
    for protocol in ["tcp", "udp"] {
        let own = consul.resource("AWS::EC2::SecurityGroupIngress", &format!("{agents}-own-{protocol}"));
        assert_eq!((own.text("IpProtocol"), own.get("FromPort")), (protocol, &Value::Int(8301)));
        assert_eq!(own.origins("GroupId"), own.origins("SourceSecurityGroupId"));
    }
}

#[test]
fn servers_find_each_other_by_tags_and_keep_their_secrets() {
    let consul = planned("QA");
    let template =
        consul.resource("AWS::EC2::LaunchTemplate", "consul-operations-qa-autoscaling-group-launch-template");
    let data = |path: &str| template.get(&format!("LaunchTemplateData.{path}")).clone();
    assert!(data("UserData").has_secret());
    assert_eq!(data("KeyName"), Value::from("oldevops"));
    assert_eq!(data("BlockDeviceMappings[0].Ebs.KmsKeyId"), Value::from("arn:key"));
    assert_eq!(data("BlockDeviceMappings[0].Ebs.VolumeSize"), Value::Int(100));
    let tags = data("TagSpecifications[0].Tags");
    let tag = |key: &str| {
        let tags = tags.as_list().unwrap_or_default();
        let found = tags.iter().find(|tag| tag.get("Key").and_then(Value::as_str) == Some(key));
        found.and_then(|tag| tag.get("Value")).and_then(Value::as_str).map(str::to_owned)
    };
    assert_eq!(tag("consul_env").as_deref(), Some("operations-qa"));
    assert_eq!(tag("consul_vpc").as_deref(), Some("vpc-operations"));
    assert_eq!(tag("Name").as_deref(), Some("consul-operations-qa"));
    let groups = data("SecurityGroupIds");
    assert_eq!(groups.as_list().map(<[_]>::len), Some(3));
    let role = consul.resource("AWS::IAM::Role", "consul-instance-role-operations-qa");
    assert_eq!(role.get("ManagedPolicyArns"), &Value::from(vec!["arn:describe", "arn:records"]));
}

#[test]
fn the_load_balancer_asks_the_agent() {
    let consul = planned("Production");
    let group = "consul-operations-production-autoscaling-group";
    let targets = consul.resource("AWS::ElasticLoadBalancingV2::TargetGroup", &format!("{group}-target-group"));
    assert_eq!(targets.text("HealthCheckPath"), "/v1/agent/host");
    assert_eq!(
        (targets.get("HealthyThresholdCount"), targets.get("HealthCheckTimeoutSeconds")),
        (&3.into(), &3.into())
    );
    let balancer = consul.resource("AWS::ElasticLoadBalancingV2::LoadBalancer", &format!("{group}-load-balancer"));
    assert_eq!(balancer.get("SecurityGroups"), &Value::from(vec!["sg-default", "sg-web"]));
    assert_eq!(balancer.tag("Name"), Some("consul-lb-operations-production"));
    let listener = consul.resource("AWS::ElasticLoadBalancingV2::Listener", &format!("{group}-load-balancer-listener"));
    assert!(
        listener.text("Certificates[0].CertificateArn").starts_with("arn:aws:acm:us-east-1:123456789012:certificate/")
    );
}

#[test]
fn four_stacks_are_read() {
    let reads = evaluate(project(), "operations.QA").reads();
    let of = |project: &str| reads.iter().filter(|read| read.starts_with(project)).count();
    assert_eq!(of("infrastructure.aws.network.QA:"), 4 + 2 * NETWORK.len() - 1, "{reads:?}");
    for (project, leaves) in [
        ("infrastructure.aws.kms.QA:kms_ec2_ebs_key.arn", 1),
        ("infrastructure.aws.policies.default:", 2),
        ("infrastructure.aws.dns.default:odl_zone_id", 1),
    ] {
        assert_eq!(of(project), leaves, "{project}");
    }
}
