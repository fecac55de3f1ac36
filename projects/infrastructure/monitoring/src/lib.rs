//! Topics for alarms, and the bucket and role by which Fastly delivers its access logs.

use infrastructure_aws_kms_outputs as kms;
use infrastructure_monitoring_outputs as out;
use ol::bucket::Encryption;
use ol::{Bucket, BusinessUnit, Tags, iam};
use plan::prelude::*;
use types_aws_iam::{ManagedPolicy, Role};
use types_aws_sns::{Subscription, Topic, TopicHandle};

/// Fastly's own account, as its documentation has it.
const FASTLY_ACCOUNT: &str = "717331877981";

/// What the stack file says.
#[derive(Debug, Config)]
pub struct Settings {
    /// Where alarms that page somebody go.
    pub rootly_critical_webhook_url: SealedSecret,
    /// Where other alarms go.
    pub rootly_warning_webhook_url: SealedSecret,
    /// The bucket for access logs.
    pub fastly_logging_bucket_name: String,
    /// Our number at Fastly, which it shows when it takes the role.
    pub fastly_customer_id: SealedSecret,
}

/// The project.
pub fn project() -> Project {
    Project::new("infrastructure.monitoring", plan)
}

/// Two generations of topics, a bucket, and a role for writing to it.
///
/// # Errors
/// What the linter finds.
pub fn plan(stack: &Stack, settings: Settings) -> Result<Plan<out::Outputs>> {
    let mut plan = stack.plan();
    let keys = stack.reference::<kms::Outputs>("Production");
    let tags = Tags::new(BusinessUnit::Operations, "operations-production");

    let opsgenie_sns_topics = topics(&mut plan, &tags, &settings, &OPSGENIE);
    let notification_sns_topics = topics(&mut plan, &tags, &settings, &NOTIFICATIONS);

    let name = &settings.fastly_logging_bucket_name;
    let bucket = Bucket::new(format!("monitoring-{name}"), tags)
        .bucket_name(name)
        .encryption(Encryption::Kms(Some(keys.kms_s3_data_analytics_key.id), true))
        .protect()
        .declare(&mut plan);
    let role = fastly_role(&mut plan, &settings);

    plan.finish(out::Outputs {
        opsgenie_sns_topics,
        notification_sns_topics,
        fastly_access_logging_bucket: out::Bucket { bucket_name: Output::known(name), bucket_arn: bucket.arn() },
        fastly_access_logging_iam_role: out::Role { role_name: role.role_name(), role_arn: role.arn() },
    })
}

/// A topic for alarms of one severity.
struct Named {
    name: &'static str,
    topic: &'static str,
    tag: &'static str,
    subscription: &'static str,
}

/// The topics for alarms that page somebody, and for the others.
struct Pair {
    critical: Named,
    warning: Named,
}

/// The older pair: some alarms still refer to its topics, which carry the name of one vendor and the tag of another.
const OPSGENIE: Pair = Pair {
    critical: Named {
        name: "monitoring-critical-alerts-sns-topic",
        topic: "OpsGenie_Critical_Notifications",
        tag: "Rootly Critical Notifications",
        subscription: "monitoring-critical-alerts-sns-topic-webhook-subscription",
    },
    warning: Named {
        name: "monitoring-warning-alerts-sns-topic",
        topic: "OpsGenie_Warning_Notifications",
        tag: "Rootly Warning Notifications",
        subscription: "monitoring-warning-alerts-sns-topic-subscription",
    },
};

/// The pair that alarms should use.
const NOTIFICATIONS: Pair = Pair {
    critical: Named {
        name: "monitoring-critical-notifications-sns-topic",
        topic: "Critical_Notifications",
        tag: "Critical Notifications",
        subscription: "monitoring-critical-notifications-sns-topic-webhook-subscription",
    },
    warning: Named {
        name: "monitoring-warning-notifications-sns-topic",
        topic: "Warning_Notifications",
        tag: "Warning Notifications",
        subscription: "monitoring-warning-notifications-sns-topic-webhook-subscription",
    },
};

fn topics(plan: &mut Draft, tags: &Tags, settings: &Settings, pair: &Pair) -> out::Topics {
    let mut subscribed = |named: &Named, webhook: &SealedSecret| named.declare(plan, tags, webhook).topic_arn();
    out::Topics {
        critical_sns_topic_arn: subscribed(&pair.critical, &settings.rootly_critical_webhook_url),
        warning_sns_topic_arn: subscribed(&pair.warning, &settings.rootly_warning_webhook_url),
    }
}

impl Named {
    /// The topic, with a webhook that gets what is published.
    fn declare(&self, plan: &mut Draft, tags: &Tags, webhook: &SealedSecret) -> TopicHandle {
        let topic = Topic::new(self.name).topic_name(self.topic).tags(tags.named(self.tag)).declare(plan);
        Subscription::new(self.subscription)
            .topic_arn(topic.topic_arn())
            .protocol("https")
            .endpoint(webhook)
            .declare(plan);
        topic
    }
}

/// The role that Fastly takes; it may write to the bucket and do nothing else.
fn fastly_role(plan: &mut Draft, settings: &Settings) -> types_aws_iam::RoleHandle {
    let objects = format!("arn:aws:s3:::{}/*", settings.fastly_logging_bucket_name);
    let document = iam::document([object!({ "Effect": "Allow", "Action": ["s3:PutObject"], "Resource": objects })]);
    let document = iam::checked(plan, document, &[]);
    let policy = ManagedPolicy::new("ol-fastly-access-logs-policy")
        .managed_policy_name("ol-fastly-access-logs-policy")
        .path("/ol-infrastructure/iam/fastly/")
        .policy_document(document)
        .declare(plan);
    let trust = object!({
        "Version": (iam::VERSION),
        "Statement": {
            "Sid": "S3LoggingTrustPolicy",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": { "AWS": FASTLY_ACCOUNT },
            "Condition": { "StringEquals": { "sts:ExternalId": (&settings.fastly_customer_id) } },
        },
    });
    Role::new("ol-fastly-access-logs-role")
        .assume_role_policy_document(trust)
        .managed_policy_arns([policy.policy_arn()])
        .declare(plan)
}
