//! What the network stacks plan.

mod security_groups;

use std::collections::BTreeMap;

use infrastructure_aws_network::project;
use testkit::{Given, Planned, evaluate};

const SUBNET: &str = "AWS::EC2::Subnet";
const ROUTE: &str = "AWS::EC2::Route";

/// The resources of each type in CI and QA, where each VPC with Kubernetes has one NAT gateway.
const COUNTS: &[(&str, usize)] = &[
    ("AWS::EC2::EIP", 4),
    ("AWS::EC2::EgressOnlyInternetGateway", 7),
    ("AWS::EC2::InternetGateway", 7),
    ("AWS::EC2::NatGateway", 4),
    ("AWS::EC2::Route", 150),
    ("AWS::EC2::RouteTable", 23),
    ("AWS::EC2::SecurityGroup", 24),
    ("AWS::EC2::Subnet", 60),
    ("AWS::EC2::SubnetRouteTableAssociation", 60),
    ("AWS::EC2::VPC", 7),
    ("AWS::EC2::VPCCidrBlock", 7),
    ("AWS::EC2::VPCEndpoint", 7),
    ("AWS::EC2::VPCGatewayAttachment", 7),
    ("AWS::EC2::VPCPeeringConnection", 14),
    ("AWS::ElastiCache::SubnetGroup", 7),
    ("AWS::RDS::DBSubnetGroup", 7),
];

#[test]
fn each_stack_has_as_many_resources_as_it_always_had() {
    for (stack, nat_gateways, total) in [("CI", 4, 395), ("QA", 4, 395), ("Production", 16, 419)] {
        let planned = evaluate(project(), stack);
        let mut wanted: BTreeMap<&str, usize> = COUNTS.iter().copied().collect();
        wanted.insert("AWS::EC2::EIP", nat_gateways);
        wanted.insert("AWS::EC2::NatGateway", nat_gateways);
        assert_eq!(planned.by_type(), wanted, "{stack}");
        assert_eq!(planned.count(), total, "{stack}");
        assert_eq!(planned.plan().constructs.len(), 21, "{stack}");
    }
}

#[test]
fn vpcs_have_their_blocks_and_names() {
    let qa = evaluate(project(), "QA");
    for (name, block, title, unit, environment, subnets) in [
        ("applications-qa", "10.12.0.0/16", "OL Applications QA", "operations", "applications-qa", 5),
        ("ol-data-qa", "10.2.0.0/16", "QA Data Services", "data", "data-qa", 3),
        ("operations-qa", "10.1.0.0/16", "Operations QA", "operations", "operations-qa", 4),
        ("mitx-qa", "10.5.0.0/16", "MITx QA", "residential", "mitx-qa", 4),
        ("mitx-staging-qa", "10.30.0.0/16", "MITx QA Staging", "residential-staging", "mitx-staging-qa", 3),
        ("mitx-online-qa", "10.21.0.0/16", "MITx Online QA", "mitxonline", "mitxonline-qa", 5),
        ("mitxpro-qa", "10.6.0.0/16", "xPro QA", "mitxpro", "mitxpro-qa", 4),
    ] {
        let vpc = qa.resource("AWS::EC2::VPC", name);
        assert_eq!(vpc.text("CidrBlock"), block, "{name}");
        let tags =
            ["Name", "OU", "business_unit", "Environment", "pulumi_managed"].map(|tag| vpc.tag(tag).unwrap_or(""));
        assert_eq!(tags, [title, unit, unit, environment, "true"], "{name}");
        let prefix = format!("{name}-subnet-");
        assert_eq!(qa.names(SUBNET).iter().filter(|n| n.starts_with(&prefix)).count(), subnets, "{name}");
    }
    let production = evaluate(project(), "Production");
    assert_eq!(production.resource("AWS::EC2::VPC", "operations").text("CidrBlock"), "10.0.0.0/16");
}

#[test]
fn subnets_go_round_the_zones() {
    let given = |stack: &str, vpc: &str| {
        let block = format!("{vpc}-ipv6-cidr-block");
        Given::stack(project(), stack)
            .attribute("AWS::EC2::VPCCidrBlock", &block, "Ipv6CidrBlock", "2600:1f18:4c6:ab00::/56")
            .evaluate()
    };
    let (data, online) = (given("QA", "ol-data-qa"), given("Production", "mitx-online-production"));
    for (planned, name, block, block_v6, zone) in [
        (&data, "ol-data-qa-subnet-1", "10.2.0.0/24", "ab00", "us-east-1a"),
        (&data, "ol-data-qa-subnet-3", "10.2.2.0/24", "ab02", "us-east-1c"),
        (&data, "ol-data-qa-k8s-public-124-subnet", "10.2.124.0/24", "ab7c", "us-east-1a"),
        (&data, "ol-data-qa-k8s-public-127-subnet", "10.2.127.0/24", "ab7f", "us-east-1d"),
        (&data, "ol-data-qa-k8s-private-136-subnet", "10.2.136.0/21", "ab88", "us-east-1b"),
        (&online, "mitx-online-production-subnet-4", "10.22.3.0/24", "ab03", "us-east-1d"),
        // There is no us-east-1e for us.
        (&online, "mitx-online-production-subnet-5", "10.22.4.0/24", "ab04", "us-east-1f"),
    ] {
        let subnet = planned.resource(SUBNET, name);
        let expected = [block, zone, &format!("2600:1f18:4c6:{block_v6}::/64")].map(str::to_owned);
        assert_eq!(
            [subnet.text("CidrBlock"), subnet.text("AvailabilityZone"), subnet.text("Ipv6CidrBlock")],
            expected,
            "{name}"
        );
        assert_eq!(subnet.depends_on().len(), 1, "{name}");
    }
    let private = data.resource(SUBNET, "ol-data-qa-k8s-private-128-subnet");
    assert_eq!(private.tag("Name"), Some("ol-data-qa-k8s-pod-128-subnet"));
    assert_eq!(private.tag("kubernetes.io/role/elb"), None);
    assert_eq!(private.options().aliases[0].urn.name(), "ol-data-qa-k8s-pod-128-subnet");
    assert_eq!(data.resource(SUBNET, "ol-data-qa-k8s-public-124-subnet").tag("kubernetes.io/role/elb"), Some("1"));
}

#[test]
fn nat_gateways_stand_where_the_names_say() {
    let places = |planned: &Planned| {
        let gateways = planned.resources("AWS::EC2::NatGateway");
        let mut places: Vec<String> = gateways.iter().map(|nat| nat.text("PrivateIpAddress").to_owned()).collect();
        places.sort();
        places
    };
    assert_eq!(places(&evaluate(project(), "QA")), ["10.1.127.100", "10.12.126.100", "10.2.125.100", "10.5.125.100"]);
    let production = evaluate(project(), "Production");
    let wanted = ["10.0.124.100", "10.0.125.100", "10.0.126.100", "10.0.127.100"];
    assert_eq!(places(&production)[..4], wanted);

    let qa = evaluate(project(), "QA");
    let nat = "mitx-qa-k8s-subnets-125-nat-gateway";
    assert_eq!(
        qa.resource("AWS::EC2::EIP", &format!("{nat}-eip")).depends_on(),
        ["mitx-qa-internet-gateway-attachment"]
    );
    for octet in [128, 136, 144, 152] {
        let route = qa.resource(ROUTE, &format!("mitx-qa-k8s-private-{octet}-default-external-ipv4-network-route"));
        let origin = route.origins("NatGatewayId");
        assert!(origin[0].contains(nat), "one gateway for all: {origin:?}");
    }
    let route = production.resource(ROUTE, "mitx-production-k8s-private-152-default-external-ipv4-network-route");
    assert!(route.origins("NatGatewayId")[0].contains("mitx-production-k8s-subnets-127-nat-gateway"));
}

#[test]
fn peerings_route_both_ways() {
    let qa = evaluate(project(), "QA");
    let peerings = [
        "applications-qa-to-mitx-online-qa",
        "applications-qa-to-mitxpro-qa",
        "mitx-staging-qa-to-mitx-qa",
        "ol-data-qa-to-applications-qa",
        "ol-data-qa-to-mitx-online-qa",
        "ol-data-qa-to-mitx-qa",
        "ol-data-qa-to-mitx-staging-qa",
        "ol-data-qa-to-mitxpro-qa",
        "operations-qa-to-applications-qa",
        "operations-qa-to-mitx-online-qa",
        "operations-qa-to-mitx-qa",
        "operations-qa-to-mitx-staging-qa",
        "operations-qa-to-mitxpro-qa",
        "operations-qa-to-ol-data-qa",
    ];
    let names: Vec<String> = peerings.iter().map(|peering| format!("{peering}-vpc-peer")).collect();
    assert_eq!(qa.names("AWS::EC2::VPCPeeringConnection"), names);
    let peering = qa.resource("AWS::EC2::VPCPeeringConnection", "mitx-staging-qa-to-mitx-qa-vpc-peer");
    assert_eq!(peering.tag("Name"), Some("mitx-staging-qa to mitx-qa peer"));
    assert_eq!(peering.parent(), Some("ol-mitx-staging-qa-to-mitx-qa-vpc-peer"));
    for (name, table, block) in [
        ("mitx-staging-qa-to-mitx-qa-route", "mitx-staging-qa-route-table", "10.5.0.0/16"),
        ("mitx-qa-to-mitx-staging-qa-route", "mitx-qa-route-table", "10.30.0.0/16"),
        ("mitx-qa-3-to-mitx-staging-qa-k8s-route", "mitx-qa-k8s-private-152-route-table", "10.30.0.0/16"),
    ] {
        let route = qa.resource(ROUTE, name);
        assert_eq!(route.text("DestinationCidrBlock"), block, "{name}");
        assert!(route.origins("RouteTableId")[0].contains(&format!("::{table}.")), "{name}");
    }
}

#[test]
fn exports_are_those_that_others_read() {
    let qa = evaluate(project(), "QA");
    let count = |vpc: &str| qa.outputs().iter().filter(|path| path.starts_with(&format!("{vpc}."))).count();
    let counts = ["applications_vpc", "data_vpc", "mitxonline_vpc", "operations_vpc", "xpro_vpc"].map(count);
    assert_eq!(counts, [24, 26, 15, 26, 15], "eleven of all, nine of Kubernetes, four or six groups");
    for (path, value) in [
        ("operations_vpc.name", "operations-qa"),
        ("operations_vpc.cidr", "10.1.0.0/16"),
        ("operations_vpc.region", "us-east-1"),
        ("operations_vpc.rds_subnet", "operations-qa-db-subnet-group"),
        ("operations_vpc.elasticache_subnet", "operations-qa-cache-subnet-group"),
        ("operations_vpc.k8s_service_subnet_cidr", "10.110.80.0/23"),
    ] {
        assert_eq!(qa.output(path).as_str(), Some(value), "{path}");
    }
    let list = |path: &str| {
        let value = qa.output(path);
        let items = value.as_list().unwrap_or_default().iter();
        items.filter_map(|item| item.as_str().map(str::to_owned)).collect::<Vec<_>>().join(" ")
    };
    for (path, items) in [
        ("xpro_vpc.subnet_zones", "us-east-1a us-east-1b us-east-1c us-east-1d"),
        ("data_vpc.k8s_pod_subnet_cidrs", "10.2.128.0/21 10.2.136.0/21 10.2.144.0/21 10.2.152.0/21"),
        ("data_vpc.k8s_public_subnet_zones", "us-east-1a us-east-1b us-east-1c us-east-1d"),
        ("residential_mitx_staging_vpc.peers", "operations_vpc"),
        ("mitxonline_vpc.peers", "data_vpc operations_vpc"),
    ] {
        assert_eq!(list(path), items, "{path}");
    }
    assert!(qa.output("data_vpc.security_groups.orchestrator").has_unknown());
}

#[test]
fn an_environment_without_blocks_says_which_keys_are_missing() {
    let file = "projects/infrastructure/aws/network/stacks/Dev.toml";
    let missing =
        |line: u32, key: &str, name: &str| format!("E0102 {file}:{line} missing key `{key}` | add `{name} = …` here");
    let of = |line: u32, vpc: &str| {
        ["k8s_service_subnet", "k8s_subnet_pair_configs"].map(|key| missing(line, &format!("{vpc}.{key}"), key))
    };
    let whole = |key: &str| missing(1, key, key);
    let wanted = [
        vec![whole("apps_vpc")],
        of(3, "data_vpc").to_vec(),
        vec![whole("mitx_online_vpc")],
        of(6, "operations_vpc").to_vec(),
        vec![whole("residential_staging_vpc"), whole("residential_vpc"), whole("xpro_vpc")],
    ];
    assert_eq!(evaluate(project(), "Dev").problems(), wanted.concat());
}

#[test]
fn everything_fits_the_schemas() {
    for stack in ["CI", "QA", "Production"] {
        let planned = evaluate(project(), stack);
        assert_eq!(planned.misfits(), Vec::<String>::new(), "{stack}");
    }
}
