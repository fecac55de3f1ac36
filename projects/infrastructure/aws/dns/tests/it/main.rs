//! What the DNS stack plans.

use infrastructure_aws_dns::project;
use plan::value::Value;
use testkit::{Given, evaluate};

const ZONE: &str = "AWS::Route53::HostedZone";
const KEY: &str = "AWS::Route53::KeySigningKey";
const SIGNING: &str = "AWS::Route53::DNSSEC";

/// Slug, name of the zone, domain, who pays, environment, comment.
#[rustfmt::skip]
const ZONES: &[(&str, &str, &str, &str, &str, &str)] = &[
    ("mitxpro_legacy", "mitxpro_legacy_subdomain", "mitxpro.mit.edu", "mitxpro", "operations", "DNS Zone for legacy xPro resources"),
    ("odl", "mitodl_subdomain", "odl.mit.edu", "operations", "operations", "DNS Zone used for ODL resources"),
    ("ol", "mitol_subdomain", "ol.mit.edu", "operations", "operations", "DNS Zone used for Open Learning resources"),
    ("mitx", "mitx_subdomain", "mitx.mit.edu", "residential", "mitx", "DNS Zone used for MITx resources"),
    ("xpro", "xpro_subdomain", "xpro.mit.edu", "mitxpro", "xpro", "DNS Zone used for xPRO resources"),
    ("mitxonline", "mitxonline_subdomain", "mitxonline.mit.edu", "mitxonline", "mitxonline", "DNS Zone used for MITx Online resources"),
    ("ocw", "ocw_subdomain", "ocw.mit.edu", "open-courseware", "applications", "DNS Zone used for OCW resources"),
    ("learn", "learn_subdomain", "learn.mit.edu", "mit-open", "applications", "DNS Zone used for mitopen resources"),
    ("podcasts", "podcasts_subdomain", "podcasts.mit.edu", "mit-open", "applications", "DNS Zone used for mitopen resources"),
    ("podcast", "podcast_subdomain", "podcast.mit.edu", "mit-open", "applications", "DNS Zone used for mitopen resources"),
    ("chalkradioblog", "chalkradioblog_net", "chalkradioblog.net", "mit-open", "operations", "DNS Zone for Chalk Radio blog"),
    ("chalkradiopodcast_com", "chalkradiopodcast_com", "chalkradiopodcast.com", "mit-open", "operations", "DNS Zone for Chalk Radio podcast (.com)"),
    ("chalkradiopodcast_net", "chalkradiopodcast_net", "chalkradiopodcast.net", "mit-open", "operations", "DNS Zone for Chalk Radio podcast (.net)"),
    ("chalkradiopodcast_org", "chalkradiopodcast_org", "chalkradiopodcast.org", "mit-open", "operations", "DNS Zone for Chalk Radio podcast (.org)"),
    ("micromasters", "micromasters_subdomain", "micromasters.mit.edu", "micromasters", "applications", "DNS Zone for MicroMasters resources"),
    ("mitili", "mitili_subdomain", "mitili.mit.edu", "operations", "operations", "DNS Zone for MITILI resources"),
    ("mitlearning_com", "mitlearning_com", "mitlearning.com", "mit-open", "applications", "DNS Zone for MIT Learning (.com)"),
    ("mitlearning_net", "mitlearning_net", "mitlearning.net", "mit-open", "applications", "DNS Zone for MIT Learning (.net)"),
    ("mitlearning_org", "mitlearning_org", "mitlearning.org", "mit-open", "applications", "DNS Zone for MIT Learning (.org)"),
    ("mitopen_com", "mitopen_com", "mitopen.com", "mit-open", "applications", "DNS Zone for MIT Open (.com)"),
    ("mitopen_net", "mitopen_net", "mitopen.net", "mit-open", "applications", "DNS Zone for MIT Open (.net)"),
    ("mitopen_org", "mitopen_org", "mitopen.org", "mit-open", "applications", "DNS Zone for MIT Open (.org)"),
    ("mitx_pro", "mitx_pro", "mitx.pro", "mitxpro", "xpro", "DNS Zone for MITx Pro (.pro TLD)"),
    ("mitxpro_info", "mitxpro_info", "mitxpro.info", "mitxpro", "xpro", "DNS Zone for xPro (.info)"),
    ("mitxpro_net", "mitxpro_net", "mitxpro.net", "mitxpro", "xpro", "DNS Zone for xPro (.net)"),
    ("mitxpro_org", "mitxpro_org", "mitxpro.org", "mitxpro", "xpro", "DNS Zone for xPro (.org)"),
    ("open", "open_subdomain", "open.mit.edu", "mit-open", "applications", "DNS Zone for open.mit.edu resources"),
    ("teach", "teach_subdomain", "teach.mit.edu", "operations", "operations", "DNS Zone for teach.mit.edu resources"),
];

#[test]
fn each_zone_is_signed_with_the_shared_key() {
    let dns = evaluate(project(), "default");
    assert_eq!(dns.count(), 2 + 3 * ZONES.len());
    assert_eq!(ZONES.len(), 28);
    for &(slug, name, domain, unit, environment, comment) in ZONES {
        let zone = dns.resource(ZONE, name);
        assert_eq!([zone.text("Name"), zone.text("HostedZoneConfig.Comment")], [domain, comment], "{slug}");
        assert_eq!(["OU", "Environment"].map(|tag| zone.tag(tag)), [Some(unit), Some(environment)], "{slug}");
        let key = dns.resource(KEY, &format!("{slug}_ksk"));
        assert_eq!([key.text("Name"), key.text("Status")], ["dnssec_ksk", "ACTIVE"], "{slug}");
        assert!(key.origins("HostedZoneId")[0].ends_with(&format!("::{name}.Id")), "{slug}");
        assert!(key.origins("KeyManagementServiceArn")[0].ends_with("::route53_dnssec_kms_key.Arn"), "{slug}");
        let signing = dns.resource(SIGNING, &format!("{slug}_dnssec"));
        assert!(signing.origins("HostedZoneId")[0].ends_with(&format!("::{name}.Id")), "{slug}");
        assert_eq!(signing.depends_on(), [format!("{slug}_ksk")], "signing starts when there is a key");
    }
}

#[test]
fn the_signing_key_is_what_route_53_wants() {
    let dns = evaluate(project(), "default");
    let key = dns.resource("AWS::KMS::Key", "route53_dnssec_kms_key");
    assert_eq!([key.text("KeySpec"), key.text("KeyUsage")], ["ECC_NIST_P256", "SIGN_VERIFY"]);
    assert_eq!(key.get("PendingWindowInDays").as_int(), Some(7));
    assert_eq!(key.text("KeyPolicy.Statement[0].Principal.AWS"), "arn:aws:iam::123456789012:root");
    assert_eq!(key.text("KeyPolicy.Statement[2].Condition.Bool[\"kms:GrantIsForAWSResource\"]"), "true");
    let alias = dns.resource("AWS::KMS::Alias", "route53_dnssec_kms_key_alias");
    assert_eq!(alias.text("AliasName"), "alias/route53-dnssec");
}

#[test]
fn exports_have_the_zone_of_their_name() {
    let given = ZONES.iter().fold(Given::stack(project(), "default"), |given, (slug, name, ..)| {
        given.attribute(ZONE, name, "Id", format!("Z-{slug}"))
    });
    let dns = given.evaluate();
    assert_eq!(dns.outputs().len(), 2 + 2 * 27);
    for (slug, _, domain, ..) in ZONES {
        let id = format!("Z-{slug}");
        if *slug == "mitxpro_legacy" {
            assert_eq!(dns.output("mitxpro_legacy_zone_id").as_str(), Some(id.as_str()));
        } else {
            assert_eq!(dns.output(&format!("{slug}.id")).as_str(), Some(id.as_str()));
            assert_eq!(dns.output(&format!("{slug}.domain")).as_str(), Some(*domain));
        }
    }
    assert_eq!(dns.output("odl_zone_id").as_str(), Some("Z-odl"));
}

#[test]
fn another_region_is_refused() {
    let lock = testkit::Workspace::here().read("projects/infrastructure/aws/dns/stacks/default.lock.toml");
    let lock = lock.expect("the lock is there").replace(
        "answer = \"us-east-1\"\nat = \"2026-08-22T00:00:00Z\"\ndigest = \"54f655f081f24d7cfea63420020529b1447e545410b2f6efd70c8fc169dd69d1\"",
        &format!("answer = \"eu-west-1\"\nat = \"2026-08-22T00:00:00Z\"\ndigest = \"{}\"", Value::from("eu-west-1").digest()),
    );
    let problems = Given::stack(project(), "default").lock(&lock).evaluate().problems();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with("E0153 "), "{problems:?}");
}

#[test]
fn everything_fits_the_schemas() {
    let planned = evaluate(project(), "default");
    assert_eq!(planned.misfits(), Vec::<String>::new());
}
