//! Types of Google Cloud, and of services that run on it, in the words of their REST interfaces, and an overlay for each.
//! Google's are completed from Google's own documents (`ci/gcp/schemas.py`).
//!
//! Layer: L1, model. **Invariant:** data only, no code that knows a type. A member of a policy is a type of its own, since
//! policies are changed by many hands at a time.

use schema::Source;

#[cfg(test)]
mod tests;

macro_rules! sources {
    ($($name:literal = $file:literal),* $(,)?) => {
        &[$(Source {
            name: $name,
            schema: include_str!(concat!("../schemas/", $file, ".json")),
            overlay: include_str!(concat!("../overlays/", $file, ".toml")),
        }),*]
    };
}

const SOURCES: &[Source] = sources![
    "artifactregistry.googleapis.com/Repository" = "artifactregistry-repository",
    "artifactregistry.googleapis.com/RepositoryIamMember" = "artifactregistry-repositoryiammember",
    "bigquery.googleapis.com/Dataset" = "bigquery-dataset",
    "bigquery.googleapis.com/DatasetAccess" = "bigquery-datasetaccess",
    "bigquery.googleapis.com/Table" = "bigquery-table",
    "billingbudgets.googleapis.com/Budget" = "billingbudgets-budget",
    "cloudfunctions.googleapis.com/Function" = "cloudfunctions-function",
    "cloudfunctions.googleapis.com/FunctionIamMember" = "cloudfunctions-functioniammember",
    "cloudidentity.googleapis.com/Group" = "cloudidentity-group",
    "cloudidentity.googleapis.com/Membership" = "cloudidentity-membership",
    "cloudresourcemanager.googleapis.com/Project" = "cloudresourcemanager-project",
    "cloudresourcemanager.googleapis.com/ProjectIamMember" = "cloudresourcemanager-projectiammember",
    "cloudscheduler.googleapis.com/Job" = "cloudscheduler-job",
    "github_environment" = "github-environment",
    "github_environment_secret" = "github-environmentsecret",
    "groupssettings.googleapis.com/Group" = "groupssettings-group",
    "hail_billing_project" = "hail-billingproject",
    "hail_billing_project_member" = "hail-billingprojectmember",
    "hail_user" = "hail-user",
    "iam.googleapis.com/ServiceAccount" = "iam-serviceaccount",
    "iam.googleapis.com/ServiceAccountIamMember" = "iam-serviceaccountiammember",
    "iam.googleapis.com/ServiceAccountKey" = "iam-serviceaccountkey",
    "iam.googleapis.com/WorkloadIdentityPool" = "iam-workloadidentitypool",
    "iam.googleapis.com/WorkloadIdentityPoolProvider" = "iam-workloadidentitypoolprovider",
    "metamist_project" = "metamist-project",
    "metamist_project_members" = "metamist-projectmembers",
    "monitoring.googleapis.com/AlertPolicy" = "monitoring-alertpolicy",
    "monitoring.googleapis.com/NotificationChannel" = "monitoring-notificationchannel",
    "privilegedaccessmanager.googleapis.com/Entitlement" = "privilegedaccessmanager-entitlement",
    "pubsub.googleapis.com/Subscription" = "pubsub-subscription",
    "pubsub.googleapis.com/SubscriptionIamMember" = "pubsub-subscriptioniammember",
    "pubsub.googleapis.com/Topic" = "pubsub-topic",
    "pubsub.googleapis.com/TopicIamMember" = "pubsub-topiciammember",
    "run.googleapis.com/Service" = "run-service",
    "run.googleapis.com/ServiceIamMember" = "run-serviceiammember",
    "secretmanager.googleapis.com/Secret" = "secretmanager-secret",
    "secretmanager.googleapis.com/SecretIamMember" = "secretmanager-secretiammember",
    "secretmanager.googleapis.com/SecretVersion" = "secretmanager-secretversion",
    "serviceusage.googleapis.com/Service" = "serviceusage-service",
    "storage.googleapis.com/Bucket" = "storage-bucket",
    "storage.googleapis.com/BucketIamMember" = "storage-bucketiammember",
    "storage.googleapis.com/Object" = "storage-object",
];

/// The schemas and overlays, sorted by type.
pub fn sources() -> Vec<Source> {
    SOURCES.to_vec()
}
