//! What the stack of shared IAM policies plans.

use infrastructure_aws_policies::project;
use testkit::{Given, Planned, evaluate};

const POLICY: &str = "AWS::IAM::ManagedPolicy";
const ZONES: [&str; 7] = ["learn", "mitx", "mitxonline", "ocw", "odl", "ol", "xpro"];

fn with_zones() -> Planned {
    let given = Given::stack(project(), "default");
    let output = |given: Given, zone: &&str| {
        given.output("infrastructure.aws.dns.default", &format!("{zone}.id"), format!("Z{}", zone.to_uppercase()))
    };
    ZONES.iter().fold(given, output).evaluate()
}

#[test]
fn eleven_policies_are_named_as_their_arns_say() {
    let policies = with_zones();
    assert_eq!(policies.by_type(), [(POLICY, 11)].into_iter().collect());
    let mut named = vec![
        (
            "describe-ec2-instances-policy",
            "/ol-operations/describe-ec2-instances-policy/describe-ec2-instances-policy".to_owned(),
        ),
        ("create-cloudwatch-log-group-policy", "/ol-operations/global-policies/allow-cloudwatch-log-access".to_owned()),
        (
            "allow-writing-to-data-lake-landing-zone",
            "/ol-data/ingestion/write/data-lake-landing-zone-write-only".to_owned(),
        ),
    ];
    let zones: Vec<String> =
        ZONES.map(|zone| format!("{zone}-zone")).into_iter().chain(["all-zones".to_owned()]).collect();
    let logical: Vec<String> = zones.iter().map(|zones| format!("{zones}-route53-records-policy")).collect();
    for (zones, logical) in zones.iter().zip(&logical) {
        let name = format!("route53-{zones}-records-policy");
        named.push((logical, format!("/ol-infrastructure/{name}/{name}")));
    }
    for (logical, arn) in named {
        let policy = policies.resource(POLICY, logical);
        assert_eq!(format!("{}{}", policy.text("Path"), policy.text("ManagedPolicyName")), arn);
    }
    assert!(policies.resource(POLICY, "create-cloudwatch-log-group-policy").find("Description").is_none());
    let all = policies.resource(POLICY, "all-zones-route53-records-policy");
    assert!(all.text("Description").ends_with("managed zones (learn, mitx, mitxonline, ocw, odl, ol, xpro)"));
}

#[test]
fn records_are_managed_in_the_zones_that_the_dns_stack_exports() {
    let policies = with_zones();
    let resources = |logical: &str| {
        let policy = policies.resource(POLICY, logical);
        let value = policy.get("PolicyDocument.Statement[0].Resource");
        let texts = value.as_list().unwrap_or_default().iter().filter_map(|r| r.as_str().map(str::to_owned));
        texts.collect::<Vec<_>>()
    };
    let zone = |id: &str| format!("arn:aws:route53:::hostedzone/{id}");
    let change = "arn:aws:route53:::change/*".to_owned();
    assert_eq!(resources("odl-zone-route53-records-policy"), [zone("ZODL"), change.clone()]);
    let all = ["ZLEARN", "ZMITX", "ZMITXONLINE", "ZOCW", "ZODL", "ZOL", "ZXPRO"].map(zone);
    assert_eq!(resources("all-zones-route53-records-policy"), [all.as_slice(), &[change]].concat());
}

#[test]
fn only_zone_ids_are_read() {
    let policies = evaluate(project(), "default");
    assert_eq!(policies.reads(), ZONES.map(|zone| format!("infrastructure.aws.dns.default:{zone}.id")));
    assert_eq!(policies.outputs().len(), 11);
    let document = policies.resource(POLICY, "describe-ec2-instances-policy");
    assert_eq!(document.get("PolicyDocument.Statement[1].Action").as_list().map(<[_]>::len), Some(15));
}

#[test]
fn everything_fits_the_schemas() {
    let planned = evaluate(project(), "default");
    assert_eq!(planned.misfits(), Vec::<String>::new());
}
