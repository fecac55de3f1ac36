//! What the monitoring stack plans.

use infrastructure_monitoring::project;
use plan::value::Value;
use testkit::{Given, Planned, evaluate};

const BUCKET: &str = "monitoring-mitodl-fastly-access-logs-bucket";

fn planned() -> Planned {
    let key = "kms_s3_data_analytics_key.id";
    Given::stack(project(), "default").output("infrastructure.aws.kms.Production", key, "key-1").evaluate()
}

#[test]
fn topics_and_their_webhooks_are_in_pairs() {
    let monitoring = planned();
    assert_eq!(monitoring.count(), 11);
    for (logical, topic, title, subscription) in [
        ("critical-alerts", "OpsGenie_Critical", "Rootly Critical", "critical-alerts-sns-topic-webhook-subscription"),
        ("warning-alerts", "OpsGenie_Warning", "Rootly Warning", "warning-alerts-sns-topic-subscription"),
        ("critical-notifications", "Critical", "Critical", "critical-notifications-sns-topic-webhook-subscription"),
        ("warning-notifications", "Warning", "Warning", "warning-notifications-sns-topic-webhook-subscription"),
    ] {
        let logical = format!("monitoring-{logical}-sns-topic");
        let declared = monitoring.resource("AWS::SNS::Topic", &logical);
        assert_eq!(declared.text("TopicName"), format!("{topic}_Notifications"));
        assert_eq!(declared.tag("Name"), Some(format!("{title} Notifications").as_str()));
        let subscription = monitoring.resource("AWS::SNS::Subscription", &format!("monitoring-{subscription}"));
        assert!(subscription.origins("TopicArn")[0].ends_with(&format!("::{logical}.TopicArn")), "{logical}");
        assert!(subscription.get("Endpoint").has_secret(), "a webhook's address lets anybody raise an alarm");
    }
}

#[test]
fn the_bucket_is_closed_encrypted_and_protected() {
    let monitoring = planned();
    let bucket = monitoring.resource("AWS::S3::Bucket", BUCKET);
    let on = || Value::Bool(true);
    let rule = Value::map([
        ("BucketKeyEnabled", on()),
        ("ServerSideEncryptionByDefault", Value::map([("SSEAlgorithm", "aws:kms"), ("KMSMasterKeyID", "key-1")])),
    ]);
    let abort = Value::map([
        ("Id", Value::from("abort-incomplete-multipart-uploads")),
        ("Status", "Enabled".into()),
        ("AbortIncompleteMultipartUpload", Value::map([("DaysAfterInitiation", 7)])),
    ]);
    let transition =
        Value::map([("StorageClass", Value::from("INTELLIGENT_TIERING")), ("TransitionInDays", Value::Int(90))]);
    let tiering = Value::map([
        ("Id", Value::from("intelligent-tiering-transition")),
        ("Status", "Enabled".into()),
        ("Transitions", vec![transition].into()),
    ]);
    let closed = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
    let tags = [
        ("Environment", "operations-production"),
        ("Name", "mitodl-fastly-access-logs"),
        ("OU", "operations"),
        ("pulumi_managed", "true"),
    ];
    let tags: Vec<Value> = tags.iter().map(|(key, value)| Value::map([("Key", *key), ("Value", *value)])).collect();
    let owner = Value::map([("ObjectOwnership", "BucketOwnerEnforced")]);
    let wanted = Value::map([
        ("BucketName", Value::from("mitodl-fastly-access-logs")),
        ("PublicAccessBlockConfiguration", Value::map(closed.map(|key| (key, on())))),
        ("BucketEncryption", Value::map([("ServerSideEncryptionConfiguration", Value::from(vec![rule]))])),
        ("LifecycleConfiguration", Value::map([("Rules", Value::from(vec![abort, tiering]))])),
        ("OwnershipControls", Value::map([("Rules", Value::from(vec![owner]))])),
        ("Tags", tags.into()),
    ]);
    assert_eq!(bucket.properties(), &wanted);
    assert!(bucket.options().protect);
}

#[test]
fn fastly_may_write_objects_and_must_show_our_number() {
    let monitoring = planned();
    let role = monitoring.resource("AWS::IAM::Role", "ol-fastly-access-logs-role");
    let trust = "AssumeRolePolicyDocument.Statement";
    assert_eq!(role.text(&format!("{trust}.Principal.AWS")), "717331877981");
    assert!(role.get(&format!("{trust}.Condition.StringEquals[\"sts:ExternalId\"]")).has_secret());
    assert!(role.find("RoleName").is_none(), "the role gets a name of its own");
    let policy = monitoring.resource("AWS::IAM::ManagedPolicy", "ol-fastly-access-logs-policy");
    assert_eq!(policy.text("PolicyDocument.Statement[0].Resource"), "arn:aws:s3:::mitodl-fastly-access-logs/*");
    assert!(role.origins("ManagedPolicyArns")[0].ends_with("::ol-fastly-access-logs-policy.PolicyArn"));
}

#[test]
fn one_output_is_read_and_eight_are_exported() {
    let monitoring = evaluate(project(), "default");
    assert_eq!(monitoring.reads(), ["infrastructure.aws.kms.Production:kms_s3_data_analytics_key.id"]);
    let wanted = [
        "fastly_access_logging_bucket.bucket_arn",
        "fastly_access_logging_bucket.bucket_name",
        "fastly_access_logging_iam_role.role_arn",
        "fastly_access_logging_iam_role.role_name",
        "notification_sns_topics.critical_sns_topic_arn",
        "notification_sns_topics.warning_sns_topic_arn",
        "opsgenie_sns_topics.critical_sns_topic_arn",
        "opsgenie_sns_topics.warning_sns_topic_arn",
    ];
    assert_eq!(monitoring.outputs(), wanted);
}

#[test]
fn everything_fits_the_schemas() {
    let planned = evaluate(project(), "default");
    assert_eq!(planned.misfits(), Vec::<String>::new());
}
