//! What the monitoring stack exports: the topics for alarms, and where Fastly writes its access logs.
//!
//! **Invariant:** plain types only; every leaf is an output.

use plan::prelude::*;

/// The exports of the monitoring stack.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "infrastructure.monitoring")]
pub struct Outputs {
    /// The older topics; some alarms still refer to them.
    pub opsgenie_sns_topics: Topics,
    /// The topics for alarms.
    pub notification_sns_topics: Topics,
    /// The bucket for Fastly's access logs.
    pub fastly_access_logging_bucket: Bucket,
    /// The role that Fastly takes to write them.
    pub fastly_access_logging_iam_role: Role,
}

/// A topic for each severity.
#[derive(Clone, Debug, Outputs)]
pub struct Topics {
    /// Somebody is paged.
    pub critical_sns_topic_arn: Output<String>,
    /// Somebody looks when there is time.
    pub warning_sns_topic_arn: Output<String>,
}

/// A bucket.
#[derive(Clone, Debug, Outputs)]
pub struct Bucket {
    /// The name.
    pub bucket_name: Output<String>,
    /// The ARN.
    pub bucket_arn: Output<String>,
}

/// A role.
#[derive(Clone, Debug, Outputs)]
pub struct Role {
    /// The name.
    pub role_name: Output<String>,
    /// The ARN.
    pub role_arn: Output<String>,
}
