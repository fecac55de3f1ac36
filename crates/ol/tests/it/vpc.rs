use ol::{BusinessUnit, KubernetesVpcConfig, Peering, Tags, Vpc, VpcConfig};
use plan::prelude::*;
use testkit::{Given, Planned};

#[derive(Config)]
struct Settings {
    data: KubernetesVpcConfig,
    other: VpcConfig,
}

fn zones(count: usize) -> Vec<String> {
    ["a", "b", "c", "d"][..count].iter().map(|zone| format!("us-east-1{zone}")).collect()
}

fn two_networks(stack: &Stack, settings: Settings) -> Result<Plan<()>> {
    let mut plan = stack.plan();
    let zones = zones(2);
    let tags = || Tags::new(BusinessUnit::Data, "data-qa");
    let data = Vpc::new("data-qa", &settings.data).zones(&zones).subnets(3).tags(tags()).declare(&mut plan);
    let other = Vpc::new("other-qa", &settings.other).zones(&zones).tags(tags()).declare(&mut plan);
    Peering::new("data-to-other", &data, &other).declare(&mut plan);
    plan.finish(())
}

fn given(config: &str) -> Planned {
    Given::stack(Project::new("test", two_networks), "QA").config(config).evaluate()
}

/// Settings of both networks, with the Kubernetes pairs given.
fn config(cidr: &str, service: &str, pairs: &[(&str, &str)], rest: &str) -> String {
    let pair =
        |(public, private): &(&str, &str)| format!("{{ public_cidr = \"{public}\", private_cidr = \"{private}\" }}");
    let pairs = pairs.iter().map(pair).collect::<Vec<_>>().join(", ");
    format!(
        "[data]\ncidr_block = \"{cidr}\"\nk8s_service_subnet = \"{service}\"\nk8s_subnet_pair_configs = [{pairs}]\n{rest}\n\
         [other]\ncidr_block = \"10.9.0.0/16\"\n"
    )
}

/// Blocks of public and private subnets.
type Pairs = &'static [(&'static str, &'static str)];

const PAIRS: Pairs = &[("10.2.124.0/24", "10.2.128.0/21"), ("10.2.125.0/24", "10.2.136.0/21")];

#[test]
fn a_network_has_as_many_resources_as_the_formula_says() {
    for (mode, gateways) in [("single", 1), ("all", 2)] {
        let rest = format!("k8s_nat_gateway_config = \"{mode}\"");
        let planned = given(&config("10.2.0.0/16", "10.110.0.0/23", PAIRS, &rest));
        let (subnets, pairs) = (3, 2);
        let kubernetes = 11 + 2 * subnets + 7 * pairs + 2 * gateways;
        let plain = 11 + 2 * subnets;
        let peering = 3 + pairs;
        assert_eq!(planned.count(), kubernetes + plain + peering, "{mode}");
        assert_eq!(planned.misfits(), Vec::<String>::new());
    }
}

#[test]
fn another_name_starts_the_names_of_everything_in_it() {
    let planned = given(&config("10.2.0.0/16", "10.110.0.0/23", PAIRS, "name = \"warehouse\""));
    assert_eq!(planned.names("AWS::EC2::VPC"), ["other-qa", "warehouse"]);
    assert_eq!(planned.names("AWS::EC2::VPCPeeringConnection"), ["warehouse-to-other-qa-vpc-peer"]);
    assert_eq!(planned.resource("AWS::EC2::Subnet", "warehouse-subnet-3").text("AvailabilityZone"), "us-east-1a");
}

#[test]
fn settings_that_do_not_fit_are_reported_where_they_stand() {
    const PAIR: &str = "E0104 projects/test/stacks/QA.toml:4 `data.k8s_subnet_pair_configs` has";
    let cases: &[(&str, &str, Pairs, &[&str])] = &[
        ("10.2.0.0/16", "10.110.0.0/23", PAIRS, &[]),
        (
            "11.2.0.0/22",
            "10.110.0.0/23",
            &[("11.2.1.0/24", "11.2.2.0/24")],
            &[
                "E0104 projects/test/stacks/QA.toml:2 `data.cidr_block` `11.2.0.0/22` is not private (RFC 1918)",
                "E0104 projects/test/stacks/QA.toml:2 `data.cidr_block` `11.2.0.0/22` must be a /16 to a /21",
            ],
        ),
        (
            "10.2.0.0/16",
            "10.2.200.0/23",
            PAIRS,
            &[
                "E0104 projects/test/stacks/QA.toml:3 `data.k8s_service_subnet` `10.2.200.0/23` must lie outside of the VPC's block `10.2.0.0/16`",
            ],
        ),
        (
            "10.2.0.0/16",
            "10.110.0.0/23",
            &[],
            &[
                "E0104 projects/test/stacks/QA.toml:4 `data.k8s_subnet_pair_configs` must list at least one pair of subnets",
            ],
        ),
        (
            "10.2.0.0/16",
            "10.110.0.0/23",
            &[("10.3.124.0/24", "10.2.128.0/21"), ("10.2.130.0/24", "10.2.140.128/25")],
            &[
                "`10.3.124.0/24`, which lies outside of the VPC's block `10.2.0.0/16`",
                "`10.2.128.0/21` and `10.2.130.0/24`, which overlap",
            ],
        ),
        (
            "10.2.0.0/16",
            "10.110.0.0/23",
            &[("10.2.124.128/25", "10.2.124.0/25")],
            &[
                "`10.2.124.128/25` and `10.2.124.0/25`, whose third octets are equal; their names come of it",
                "`10.2.124.128/25`, in which the NAT gateway's address `10.2.124.100` does not lie",
            ],
        ),
    ];
    for (cidr, service, pairs, wanted) in cases {
        let wanted: Vec<String> = wanted
            .iter()
            .map(|text| if text.starts_with('`') { format!("{PAIR} {text}") } else { (*text).to_owned() })
            .collect();
        assert_eq!(given(&config(cidr, service, pairs, "")).problems(), wanted, "{cidr} {pairs:?}");
    }
}

#[test]
fn subnets_that_do_not_fit_are_reported_where_the_network_is_declared() {
    fn plan(stack: &Stack, settings: Settings) -> Result<Plan<()>> {
        let mut plan = stack.plan();
        let zones = zones(2);
        let tags = Tags::new(BusinessUnit::Data, "data-qa");
        Vpc::new("data", &settings.data).zones(&zones).subnets(5).tags(tags.clone()).declare(&mut plan);
        Vpc::new("other", &settings.other).subnets(2).declare(&mut plan);
        Vpc::new("small", &VpcConfig { name: None, cidr_block: "10.4.0.0/21".parse().map_err(|e| bad(&e))? })
            .zones(&zones)
            .subnets(9)
            .tags(tags)
            .declare(&mut plan);
        plan.finish(())
    }
    fn bad(error: &plan::expr::CidrError) -> Diagnostic {
        Diagnostic::error("E0000", error.to_string())
    }
    let config = config("10.2.0.0/16", "10.110.0.0/23", &[("10.2.1.0/24", "10.2.128.0/21")], "");
    let planned = Given::stack(Project::new("test", plan), "QA").config(&config).evaluate();
    let told: Vec<String> =
        planned.problems().iter().filter_map(|p| p.split_once(" VPC ").map(|(_, told)| told.to_owned())).collect();
    let wanted = [
        "`data` has Kubernetes subnet `10.2.1.0/24` on top of subnet 2 (`10.2.1.0/24`)",
        "`data` gives `10.2.1.0/24` and subnet 2 (`10.2.1.0/24`) the same IPv6 block",
        "`other` has no tags",
        "`other` has no availability zones",
        "`other` has 2 subnets, but needs 3",
        "`small` has no room for 9 /24 subnets in `10.4.0.0/21`",
    ];
    assert_eq!(told, wanted);
    assert!(planned.problems()[0].starts_with("E0151 crates/ol/tests/it/vpc.rs:"), "the line that declares it");
}
