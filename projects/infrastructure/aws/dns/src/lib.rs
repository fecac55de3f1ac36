//! The public hosted zones, each signed with one shared key.
//!
//! The records that link a signed zone to its parent (DS) are not made here: parents and registrars get them by hand.

use infrastructure_aws_dns_outputs as out;
use ol::BusinessUnit::{self, Micromasters, MitOpen, MitxOnline, Ocw, Operations, Residential, Xpro};
use ol::{REGION, Tags};
use plan::prelude::*;
use types_aws_kms as kms;
use types_aws_route53 as route53;
use world::{AccountId, Region};

/// The project.
pub fn project() -> Project {
    Project::new("infrastructure.aws.dns", plan)
}

/// A signing key, and for each zone the zone, its signing key and its signing.
///
/// # Errors
/// If the world lock lacks the account or names a region in which Route 53 does not take keys.
pub fn plan(stack: &Stack, (): ()) -> Result<Plan<out::Outputs>> {
    let mut plan = stack.plan();
    let account = stack.world(AccountId)?;
    if stack.world(Region)? != REGION {
        plan.report(
            Diagnostic::error("E0153", format!("Route 53 takes signing keys of `{REGION}` only"))
                .hint("plan for that region"),
        );
    }
    let key = signing_key(&mut plan, &account);
    let outputs = zones(&mut plan, &key);
    plan.finish(outputs)
}

/// All zones: fourteen under `mit.edu`, fourteen of their own. One a line, however long: this is data.
#[rustfmt::skip]
fn zones(plan: &mut Draft, key: &kms::KeyHandle) -> out::Outputs {
    let mut zone = |slug, name, domain, unit, environment, comment| {
        Zone { slug, name, domain, unit, environment, comment }.declare(plan, key)
    };
    let legacy = zone("mitxpro_legacy", "mitxpro_legacy_subdomain", "mitxpro.mit.edu", Xpro, "operations", "DNS Zone for legacy xPro resources");
    let odl = zone("odl", "mitodl_subdomain", "odl.mit.edu", Operations, "operations", "DNS Zone used for ODL resources");
    out::Outputs {
        mitxpro_legacy_zone_id: legacy.id,
        odl_zone_id: odl.id.clone(),
        odl,
        mitxonline: zone("mitxonline", "mitxonline_subdomain", "mitxonline.mit.edu", MitxOnline, "mitxonline", "DNS Zone used for MITx Online resources"),
        xpro: zone("xpro", "xpro_subdomain", "xpro.mit.edu", Xpro, "xpro", "DNS Zone used for xPRO resources"),
        mitx: zone("mitx", "mitx_subdomain", "mitx.mit.edu", Residential, "mitx", "DNS Zone used for MITx resources"),
        ocw: zone("ocw", "ocw_subdomain", "ocw.mit.edu", Ocw, "applications", "DNS Zone used for OCW resources"),
        ol: zone("ol", "mitol_subdomain", "ol.mit.edu", Operations, "operations", "DNS Zone used for Open Learning resources"),
        learn: zone("learn", "learn_subdomain", "learn.mit.edu", MitOpen, "applications", "DNS Zone used for mitopen resources"),
        podcasts: zone("podcasts", "podcasts_subdomain", "podcasts.mit.edu", MitOpen, "applications", "DNS Zone used for mitopen resources"),
        podcast: zone("podcast", "podcast_subdomain", "podcast.mit.edu", MitOpen, "applications", "DNS Zone used for mitopen resources"),
        chalkradioblog: zone("chalkradioblog", "chalkradioblog_net", "chalkradioblog.net", MitOpen, "operations", "DNS Zone for Chalk Radio blog"),
        chalkradiopodcast_com: zone("chalkradiopodcast_com", "chalkradiopodcast_com", "chalkradiopodcast.com", MitOpen, "operations", "DNS Zone for Chalk Radio podcast (.com)"),
        chalkradiopodcast_net: zone("chalkradiopodcast_net", "chalkradiopodcast_net", "chalkradiopodcast.net", MitOpen, "operations", "DNS Zone for Chalk Radio podcast (.net)"),
        chalkradiopodcast_org: zone("chalkradiopodcast_org", "chalkradiopodcast_org", "chalkradiopodcast.org", MitOpen, "operations", "DNS Zone for Chalk Radio podcast (.org)"),
        micromasters: zone("micromasters", "micromasters_subdomain", "micromasters.mit.edu", Micromasters, "applications", "DNS Zone for MicroMasters resources"),
        mitili: zone("mitili", "mitili_subdomain", "mitili.mit.edu", Operations, "operations", "DNS Zone for MITILI resources"),
        mitlearning_com: zone("mitlearning_com", "mitlearning_com", "mitlearning.com", MitOpen, "applications", "DNS Zone for MIT Learning (.com)"),
        mitlearning_net: zone("mitlearning_net", "mitlearning_net", "mitlearning.net", MitOpen, "applications", "DNS Zone for MIT Learning (.net)"),
        mitlearning_org: zone("mitlearning_org", "mitlearning_org", "mitlearning.org", MitOpen, "applications", "DNS Zone for MIT Learning (.org)"),
        mitopen_com: zone("mitopen_com", "mitopen_com", "mitopen.com", MitOpen, "applications", "DNS Zone for MIT Open (.com)"),
        mitopen_net: zone("mitopen_net", "mitopen_net", "mitopen.net", MitOpen, "applications", "DNS Zone for MIT Open (.net)"),
        mitopen_org: zone("mitopen_org", "mitopen_org", "mitopen.org", MitOpen, "applications", "DNS Zone for MIT Open (.org)"),
        mitx_pro: zone("mitx_pro", "mitx_pro", "mitx.pro", Xpro, "xpro", "DNS Zone for MITx Pro (.pro TLD)"),
        mitxpro_info: zone("mitxpro_info", "mitxpro_info", "mitxpro.info", Xpro, "xpro", "DNS Zone for xPro (.info)"),
        mitxpro_net: zone("mitxpro_net", "mitxpro_net", "mitxpro.net", Xpro, "xpro", "DNS Zone for xPro (.net)"),
        mitxpro_org: zone("mitxpro_org", "mitxpro_org", "mitxpro.org", Xpro, "xpro", "DNS Zone for xPro (.org)"),
        open: zone("open", "open_subdomain", "open.mit.edu", MitOpen, "applications", "DNS Zone for open.mit.edu resources"),
        teach: zone("teach", "teach_subdomain", "teach.mit.edu", Operations, "operations", "DNS Zone for teach.mit.edu resources"),
    }
}

/// A zone to be declared.
struct Zone {
    /// What its signing and its export are named after.
    slug: &'static str,
    /// The name of the zone itself.
    name: &'static str,
    domain: &'static str,
    unit: BusinessUnit,
    /// The tag `Environment`.
    environment: &'static str,
    comment: &'static str,
}

fn signing_key(plan: &mut Draft, account: &str) -> kms::KeyHandle {
    let service = "dnssec-route53.amazonaws.com";
    let policy = object!({
        "Version": ol::iam::VERSION,
        "Statement": [
            {
                "Sid": "EnableIAMRootPermissions",
                "Effect": "Allow",
                "Principal": { "AWS": (format!("arn:aws:iam::{account}:root")) },
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "AllowRoute53DNSSECService",
                "Effect": "Allow",
                "Principal": { "Service": service },
                "Action": ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"],
                "Resource": "*",
            },
            {
                "Sid": "AllowRoute53DNSSECServiceGrant",
                "Effect": "Allow",
                "Principal": { "Service": service },
                "Action": "kms:CreateGrant",
                "Resource": "*",
                "Condition": { "Bool": { "kms:GrantIsForAWSResource": "true" } },
            },
        ],
    });
    let key = kms::Key::new("route53_dnssec_kms_key")
        .description("Shared KMS key for Route53 DNSSEC signing across all hosted zones")
        .key_spec("ECC_NIST_P256")
        .key_usage("SIGN_VERIFY")
        .enable_key_rotation(false)
        .pending_window_in_days(7)
        .key_policy(policy)
        .tags(Tags::new(Operations, "operations"))
        .declare(plan);
    kms::Alias::new("route53_dnssec_kms_key_alias")
        .alias_name("alias/route53-dnssec")
        .target_key_id(key.key_id())
        .declare(plan);
    key
}

impl Zone {
    fn declare(&self, plan: &mut Draft, key: &kms::KeyHandle) -> out::Zone {
        let zone = route53::HostedZone::new(self.name)
            .name(self.domain)
            .hosted_zone_config(route53::hosted_zone::HostedZoneConfig::new().comment(self.comment))
            .hosted_zone_tags(Tags::new(self.unit, self.environment))
            .declare(plan);
        let signing = route53::KeySigningKey::new(format!("{}_ksk", self.slug))
            .hosted_zone_id(zone.id())
            .key_management_service_arn(key.arn())
            .name("dnssec_ksk")
            .status("ACTIVE")
            .declare(plan);
        route53::Dnssec::new(format!("{}_dnssec", self.slug))
            .hosted_zone_id(zone.id())
            .depends_on(&signing)
            .declare(plan);
        out::Zone { id: zone.id(), domain: zone.name() }
    }
}
