//! Mail: who may send it, what becomes of it, and the records that say so.

use plan::prelude::*;
use types_aws_route53 as route53;
use types_aws_ses as ses;
use types_aws_ses::configuration_set::{ReputationOptions, SendingOptions};
use types_aws_ses::configuration_set_event_destination::{
    CloudWatchDestination, DimensionConfiguration, EventDestination,
};
use types_aws_ses::email_identity::{DkimAttributes, MailFromAttributes};

use crate::{Config, Tenant};

/// Declares the identities, their records and the configuration set; gives the set.
pub(crate) fn declare(
    tenant: &Tenant,
    config: &Config,
    zone: &Output<String>,
    plan: &mut Draft,
) -> ses::ConfigurationSetHandle {
    let bounces = format!("bounce.{}", config.mail_domain);
    let domain = ses::EmailIdentity::new("edxapp-ses-domain-identity")
        .email_identity(&config.mail_domain)
        .mail_from_attributes(MailFromAttributes::new().mail_from_domain(&bounces))
        .dkim_attributes(DkimAttributes::new().signing_enabled(true))
        .declare(plan);
    ses::EmailIdentity::new("edxapp-ses-mail-from-identity").email_identity(&config.sender_email_address).declare(plan);

    let mut record = |name: &str, of: Output<String>, ty: &str, value: Output<String>| {
        record(name, of, ty, value).hosted_zone_id(zone).declare(plan);
    };
    record(
        &format!("edxapp-ses-mail-from-mx-record-for-{}", tenant.full_name),
        Output::known(&bounces),
        "MX",
        Output::known("10 feedback-smtp.us-east-1.amazonses.com"),
    );
    record(
        "edxapp-ses-domain-mail-from-text-record",
        Output::known(&bounces),
        "TXT",
        Output::known("\"v=spf1 include:amazonses.com -all\""),
    );
    let keys = [
        (domain.dkim_dns_token_name1(), domain.dkim_dns_token_value1()),
        (domain.dkim_dns_token_name2(), domain.dkim_dns_token_value2()),
        (domain.dkim_dns_token_name3(), domain.dkim_dns_token_value3()),
    ];
    for (number, (name, value)) in keys.into_iter().enumerate() {
        record(&format!("edxapp-ses-domain-dkim-record-{number}"), name, "CNAME", value);
    }
    configuration_set(tenant, plan)
}

/// A record that lives five minutes, still without a zone.
pub(crate) fn record(name: &str, of: Output<String>, ty: &str, value: Output<String>) -> route53::RecordSet {
    route53::RecordSet::new(name).name(of).type_(ty).ttl("300").resource_records([value])
}

fn configuration_set(tenant: &Tenant, plan: &mut Draft) -> ses::ConfigurationSetHandle {
    let set = ses::ConfigurationSet::new("edxapp-ses-configuration-set")
        .name(format!("edxapp-{}", tenant.full_name))
        .reputation_options(ReputationOptions::new().reputation_metrics_enabled(true))
        .sending_options(SendingOptions::new().sending_enabled(true))
        .declare(plan);
    let dimension = format!("edxapp-{}", tenant.name);
    let metrics = CloudWatchDestination::new().dimension_configurations([DimensionConfiguration::new()
        .dimension_name(&dimension)
        .default_dimension_value(&dimension)
        .dimension_value_source("messageTag")]);
    ses::ConfigurationSetEventDestination::new("edxapp-ses-event-destination-routing")
        .configuration_set_name(set.id())
        .event_destination(
            EventDestination::new()
                .enabled(true)
                .matching_event_types([
                    "send",
                    "reject",
                    "bounce",
                    "complaint",
                    "delivery",
                    "open",
                    "click",
                    "renderingFailure",
                ])
                .cloud_watch_destination(metrics),
        )
        .declare(plan);
    set
}
