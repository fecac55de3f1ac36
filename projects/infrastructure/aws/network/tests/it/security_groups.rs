//! The security groups of Production, one a line.

use infrastructure_aws_network::project;
use testkit::evaluate;

/// Name, physical name, VPC, `OU`, `Environment`, `Name`, rules for what comes in, rules for what goes out. A rule with
/// an IPv4 and an IPv6 side counts twice, and nothing may go out where there is one rule that leads nowhere.
type Row = (&'static str, Option<&'static str>, &'static str, &'static str, &'static str, &'static str, usize, usize);

#[rustfmt::skip]
const GROUPS: &[Row] = &[
    ("ol-data-production-public-ssh-access", Some("ol-data-production-public-ssh"), "ol-data-production", "data", "data-production", "ol-data-production-public-ssh", 2, 2),
    ("ol-data-production-web-server", Some("ol-data-production-public-web"), "ol-data-production", "data", "data-production", "ol-data-production-public-web", 4, 2),
    ("ol-data-production-salt-minion", Some("ol-data-production-salt-minion"), "ol-data-production", "data", "data-production", "ol-data-production-salt-minion", 2, 2),
    ("ol-data-production-data-orchestrator", None, "ol-data-production", "data", "data-production", "ol-data-production-data-orchestrator", 0, 1),
    ("ol-data-production-data-integrator", None, "ol-data-production", "data", "data-production", "ol-data-production-data-integrator", 0, 2),
    ("mitx-production-public-ssh-access", Some("mitx-production-public-ssh"), "mitx-production", "residential", "mitx-production", "mitx-production-public-ssh", 2, 2),
    ("mitx-production-web-server", Some("mitx-production-public-web"), "mitx-production", "residential", "mitx-production", "mitx-production-public-web", 4, 2),
    ("mitx-production-salt-minion", Some("mitx-production-salt-minion"), "mitx-production", "residential", "mitx-production", "mitx-production-salt-minion", 2, 2),
    ("mitx-staging-production-public-ssh-access", Some("mitx-staging-production-public-ssh"), "mitx-staging-production", "residential-staging", "mitx-staging-production", "mitx-staging-production-public-ssh", 2, 2),
    ("mitx-staging-production-web-server", Some("mitx-staging-production-public-web"), "mitx-staging-production", "residential-staging", "mitx-staging-production", "mitx-staging-production-public-web", 4, 2),
    ("mitx-staging-production-salt-minion", Some("mitx-staging-production-salt-minion"), "mitx-staging-production", "residential-staging", "mitx-staging-production", "mitx-staging-production-salt-minion", 2, 2),
    ("mitx-online-production-public-ssh-access", Some("mitxonline-production-public-ssh"), "mitx-online-production", "mitxonline", "mitxonline-production", "mitxonline-production-public-ssh", 2, 2),
    ("mitx-online-production-web-server", Some("mitxonline-production-public-web"), "mitx-online-production", "mitxonline", "mitxonline-production", "mitxonline-production-public-web", 4, 2),
    ("mitx-online-production-salt-minion", Some("mitxonline-production-salt-minion"), "mitx-online-production", "mitxonline", "mitxonline-production", "mitxonline-production-salt-minion", 2, 2),
    ("mitxpro-production-web-server", Some("mitxpro-production-public-web"), "mitxpro-production", "mitxpro", "mitxpro-production", "mitxpro-production-public-web", 4, 2),
    ("mitxpro-production-public-ssh-access", Some("mitxpro-production-public-ssh"), "mitxpro-production", "mitxpro", "mitxpro-production", "mitxpro-production-public-ssh", 2, 2),
    ("mitxpro-production-salt-minion", Some("mitxpro-production-salt-minion"), "mitxpro-production", "mitxpro", "mitxpro-production", "mitxpro-production-salt-minion", 2, 2),
    ("applications-production-web-server", Some("applications-production-public-web"), "applications-production", "operations", "applications-production", "applications-production-public-web", 4, 2),
    ("applications-production-public-ssh-access", Some("applications-production-public-ssh"), "applications-production", "operations", "applications-production", "applications-production-public-ssh", 2, 2),
    ("applications-production-salt-minion", Some("applications-production-salt-minion"), "applications-production", "operations", "applications-production", "applications-production-salt-minion", 2, 2),
    ("operations-celery-monitoring", None, "operations", "operations", "operations-production", "operations-production-celery-monitoring", 0, 2),
    ("operations-web-server", Some("operations-production-public-web"), "operations", "operations", "operations-production", "operations-production-public-web", 4, 2),
    ("operations-public-ssh-access", Some("operations-production-public-ssh"), "operations", "operations", "operations-production", "operations-production-public-ssh", 2, 2),
    ("operations-salt-minion", Some("operations-production-salt-minion"), "operations", "data", "data-production", "operations-production-salt-minion", 2, 2),
];

#[test]
fn groups_of_production_are_as_they_always_were() {
    let production = evaluate(project(), "Production");
    assert_eq!(production.names("AWS::EC2::SecurityGroup").len(), GROUPS.len());
    for &(name, physical, vpc, unit, environment, title, coming_in, going_out) in GROUPS {
        let group = production.resource("AWS::EC2::SecurityGroup", name);
        assert_eq!(group.find("GroupName").and_then(|n| n.as_str()), physical, "{name}");
        assert!(group.origins("VpcId")[0].contains(&format!("::{vpc}.")), "{name}");
        let tags = ["OU", "business_unit", "Environment", "Name"].map(|tag| group.tag(tag).unwrap_or(""));
        assert_eq!(tags, [unit, unit, environment, title], "{name}");
        let rules = |key: &str| group.find(key).and_then(|rules| rules.as_list()).map_or(0, <[_]>::len);
        assert_eq!((rules("SecurityGroupIngress"), rules("SecurityGroupEgress")), (coming_in, going_out), "{name}");
    }
}

#[test]
fn rules_have_one_side_each() {
    let qa = evaluate(project(), "QA");
    let group = |name: &str| qa.resource("AWS::EC2::SecurityGroup", name);
    let salt = group("mitx-qa-salt-minion");
    assert_eq!(salt.text("SecurityGroupIngress[1].CidrIp"), "10.1.0.0/16", "the block of the operations VPC");
    assert_eq!(salt.get("SecurityGroupIngress[1].FromPort").as_int(), Some(19999));
    let web = group("operations-qa-web-server");
    assert_eq!(web.text("SecurityGroupIngress[3].CidrIpv6"), "::/0");
    assert_eq!(web.text("SecurityGroupIngress[3].Description"), "HTTPS access from the public internet");
    assert_eq!(web.text("SecurityGroupEgress[0].IpProtocol"), "-1");
    let orchestrator = group("ol-data-qa-data-orchestrator");
    assert_eq!(orchestrator.text("SecurityGroupEgress[0].CidrIp"), "127.0.0.1/32");
    assert_eq!(
        group("operations-celery-monitoring").text("GroupDescription"),
        "Security group for Leek service for Celery Monitoring"
    );
}
