//! The IAM policies that other stacks share.

mod documents;

use infrastructure_aws_dns_outputs as dns;
use infrastructure_aws_policies_outputs as out;
use ol::iam;
use plan::prelude::*;
use types_aws_iam::ManagedPolicy;

/// The project.
pub fn project() -> Project {
    Project::new("infrastructure.aws.policies", plan)
}

/// Eleven policies, most of them for records in the hosted zones.
///
/// # Errors
/// What the linter finds.
pub fn plan(stack: &Stack, (): ()) -> Result<Plan<out::Outputs>> {
    let mut plan = stack.plan();
    let zones = stack.reference::<dns::Outputs>("default");
    let zones = [
        ("learn", &zones.learn),
        ("mitx", &zones.mitx),
        ("mitxonline", &zones.mitxonline),
        ("ocw", &zones.ocw),
        ("odl", &zones.odl),
        ("ol", &zones.ol),
        ("xpro", &zones.xpro),
    ];

    // Clients of the image registry start with a token that ECR gives them.
    let token = iam::Ignore::actions("CREDENTIALS_EXPOSURE", &["ecr:GetAuthorizationToken"]);
    let document = iam::checked(&mut plan, documents::describe_instances(), &[token]);
    let describe_instances = ManagedPolicy::new("describe-ec2-instances-policy")
        .managed_policy_name("describe-ec2-instances-policy")
        .path("/ol-operations/describe-ec2-instances-policy/")
        .description("Policy permitting EC2 describe instances capabilities for use with cloud auto-join systems.")
        .policy_document(document)
        .declare(&mut plan)
        .policy_arn();

    let [learn, mitx, mitxonline, ocw, odl, ol, xpro] = zones.map(|(name, zone)| {
        let described = format!("Grant permissions to create Route53 records in the {name} zone");
        records(&mut plan, &format!("{name}-zone"), &described, [&zone.id])
    });
    let names = zones.map(|(name, _)| name).join(", ");
    let described = format!(
        "Grant permissions to manage (create, update, delete) Route53 records across all managed zones ({names})"
    );
    let all = records(&mut plan, "all-zones", &described, zones.map(|(_, zone)| &zone.id));

    let document = iam::checked(&mut plan, documents::cloudwatch_logs(), &[]);
    let cloudwatch = ManagedPolicy::new("create-cloudwatch-log-group-policy")
        .managed_policy_name("allow-cloudwatch-log-access")
        .path("/ol-operations/global-policies/")
        .policy_document(document)
        .declare(&mut plan)
        .policy_arn();
    let document = iam::checked(&mut plan, documents::data_lake_landing_zone(), &[]);
    let landing_zone = ManagedPolicy::new("allow-writing-to-data-lake-landing-zone")
        .managed_policy_name("data-lake-landing-zone-write-only")
        .path("/ol-data/ingestion/write/")
        .policy_document(document)
        .declare(&mut plan)
        .policy_arn();

    plan.finish(out::Outputs {
        iam_policies: out::IamPolicies {
            describe_instances,
            cloudwatch_logging: cloudwatch,
            data_landing_policy_arn: landing_zone,
            route53_learn_zone_records: learn,
            route53_mitx_zone_records: mitx,
            route53_mitxonline_zone_records: mitxonline,
            route53_ocw_zone_records: ocw,
            route53_odl_zone_records: odl,
            route53_ol_zone_records: ol,
            route53_xpro_zone_records: xpro,
            route53_all_zones_records: all,
        },
    })
}

/// The policy for the records of some zones.
fn records<'a>(
    plan: &mut Draft,
    zones: &str,
    description: &str,
    ids: impl IntoIterator<Item = &'a Output<String>>,
) -> Output<String> {
    let name = format!("route53-{zones}-records-policy");
    let document = iam::checked(plan, iam::route53_records(ids), &[]);
    ManagedPolicy::new(format!("{zones}-route53-records-policy"))
        .managed_policy_name(&name)
        .path(format!("/ol-infrastructure/{name}/"))
        .description(description)
        .policy_document(document)
        .declare(plan)
        .policy_arn()
}
