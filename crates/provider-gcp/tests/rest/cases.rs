//! Every type that is served, with what it is made with and what it is changed to.

use serde_json::{Value as Json, json};

pub(crate) struct Case {
    pub(crate) ty: &'static str,
    pub(crate) inputs: Json,
    pub(crate) changed: Option<Json>,
    /// What must be there before it.
    before: &'static [&'static str],
}

pub(crate) const PROJECT: &str = "cloudresourcemanager.googleapis.com/Project";
pub(crate) const BUCKET: &str = "storage.googleapis.com/Bucket";
pub(crate) const OBJECT: &str = "storage.googleapis.com/Object";
pub(crate) const ACCOUNT: &str = "iam.googleapis.com/ServiceAccount";
pub(crate) const KEY: &str = "iam.googleapis.com/ServiceAccountKey";
pub(crate) const SECRET: &str = "secretmanager.googleapis.com/Secret";
pub(crate) const REPOSITORY: &str = "artifactregistry.googleapis.com/Repository";
pub(crate) const POOL: &str = "iam.googleapis.com/WorkloadIdentityPool";
pub(crate) const GROUP: &str = "cloudidentity.googleapis.com/Group";
pub(crate) const BUDGET: &str = "billingbudgets.googleapis.com/Budget";
pub(crate) const SERVICE: &str = "serviceusage.googleapis.com/Service";
pub(crate) const MEMBERSHIP: &str = "cloudidentity.googleapis.com/Membership";
pub(crate) const SETTINGS: &str = "groupssettings.googleapis.com/Group";
pub(crate) const DATASET: &str = "bigquery.googleapis.com/Dataset";
pub(crate) const ACCESS: &str = "bigquery.googleapis.com/DatasetAccess";
pub(crate) const TABLE: &str = "bigquery.googleapis.com/Table";
pub(crate) const FUNCTION: &str = "cloudfunctions.googleapis.com/Function";
pub(crate) const JOB: &str = "cloudscheduler.googleapis.com/Job";
pub(crate) const ALERT: &str = "monitoring.googleapis.com/AlertPolicy";
pub(crate) const CHANNEL: &str = "monitoring.googleapis.com/NotificationChannel";
pub(crate) const TOPIC: &str = "pubsub.googleapis.com/Topic";
pub(crate) const SUBSCRIPTION: &str = "pubsub.googleapis.com/Subscription";
pub(crate) const RUN: &str = "run.googleapis.com/Service";
pub(crate) const VERSION: &str = "secretmanager.googleapis.com/SecretVersion";

const MEMBER: &str = "group:all@ex.org";

impl Case {
    /// What must be there before it, in order.
    pub(crate) fn prerequisites(&self) -> Vec<Case> {
        let mut all = Vec::new();
        for before in self.before {
            let before = of(before);
            all.extend(before.prerequisites());
            all.push(before);
        }
        all
    }
}

/// The case of a type.
pub(crate) fn of(ty: &str) -> Case {
    all().into_iter().find(|case| case.ty == ty).expect("there is a case for it")
}

fn case(ty: &'static str, before: &'static [&'static str], inputs: Json, changed: Option<Json>) -> Case {
    Case { ty, inputs, changed, before }
}

fn member(ty: &'static str, before: &'static [&'static str], property: &str, on: &str) -> Case {
    case(ty, before, json!({ property: on, "role": "roles/viewer", "member": MEMBER }), None)
}

pub(crate) fn all() -> Vec<Case> {
    let account = "projects/ex-alpha/serviceAccounts/loader@ex-alpha.iam.gserviceaccount.com";
    let secret = "projects/ex-alpha/secrets/key";
    let place = "projects/ex-alpha/locations/australia-southeast1";
    let (repository, service) = (format!("{place}/repositories/images"), format!("{place}/services/api"));
    let mut all = vec![
        member("storage.googleapis.com/BucketIamMember", &[BUCKET], "bucket", "ex-alpha-main"),
        member("cloudresourcemanager.googleapis.com/ProjectIamMember", &[PROJECT], "project", "ex-alpha"),
        member("iam.googleapis.com/ServiceAccountIamMember", &[ACCOUNT], "serviceAccount", account),
        member("secretmanager.googleapis.com/SecretIamMember", &[SECRET], "secret", secret),
        member("artifactregistry.googleapis.com/RepositoryIamMember", &[REPOSITORY], "repository", &repository),
        member("run.googleapis.com/ServiceIamMember", &[], "service", &service),
    ];
    let function = format!("{place}/functions/load");
    let (topic, subscription) = ("projects/ex-alpha/topics/new", "projects/ex-alpha/subscriptions/load");
    all.extend([
        member("cloudfunctions.googleapis.com/FunctionIamMember", &[FUNCTION], "function", &function),
        member("pubsub.googleapis.com/TopicIamMember", &[TOPIC], "topic", topic),
        member("pubsub.googleapis.com/SubscriptionIamMember", &[SUBSCRIPTION], "subscription", subscription),
    ]);
    all.extend(tables());
    all.extend(functions(place));
    all.extend(messages());
    all.extend(alerts());
    all.extend(storage());
    all.extend(projects());
    all.extend(accounts());
    all.extend(secrets(secret));
    all.extend(groups());
    all.extend(access());
    all.push(case(
        REPOSITORY,
        &[],
        json!({ "parent": place, "repositoryId": "images", "format": "DOCKER", "description": "old" }),
        Some(json!({ "parent": place, "repositoryId": "images", "format": "DOCKER", "labels": { "a": "b" } })),
    ));
    all
}

fn storage() -> Vec<Case> {
    let made = json!({
        "name": "ex-alpha-main", "project": "ex-alpha", "location": "australia-southeast1",
        "iamConfiguration": { "uniformBucketLevelAccess": { "enabled": true } },
        "versioning": { "enabled": true },
        "labels": { "bucket": "ex-alpha-main", "old": "1" },
        "billing": { "requesterPays": false },
        "lifecycle": { "rule": [
            { "action": { "type": "Delete" }, "condition": { "daysSinceNoncurrentTime": 30, "isLive": false } },
        ] },
        "softDeletePolicy": { "retentionDurationSeconds": "0" },
        "autoclass": { "enabled": true },
    });
    let changed = json!({
        "name": "ex-alpha-main", "project": "ex-alpha", "location": "australia-southeast1",
        "iamConfiguration": { "uniformBucketLevelAccess": { "enabled": true } },
        "versioning": { "enabled": false },
        "labels": { "bucket": "ex-alpha-main" },
        "lifecycle": { "rule": [
            { "action": { "type": "SetStorageClass", "storageClass": "ARCHIVE" }, "condition": { "age": 30 } },
        ] },
    });
    let file = "config/a b.toml";
    vec![
        case(BUCKET, &[], made, Some(changed)),
        case(
            OBJECT,
            &[BUCKET],
            json!({ "bucket": "ex-alpha-main", "name": file, "content": "a = 1\n", "contentType": "text/plain" }),
            Some(json!({ "bucket": "ex-alpha-main", "name": file, "content": "a = 2\n" })),
        ),
    ]
}

fn projects() -> Vec<Case> {
    let made = json!({
        "projectId": "ex-alpha", "parent": "organizations/1", "displayName": "Alpha",
        "labels": { "team": "a" }, "billingAccountName": "billingAccounts/1",
    });
    let changed = json!({
        "projectId": "ex-alpha", "parent": "folders/2", "displayName": "Alpha 2",
        "billingAccountName": "billingAccounts/2",
    });
    let budget = json!({
        "parent": "billingAccounts/1", "displayName": "alpha",
        "amount": { "specifiedAmount": { "currencyCode": "AUD", "units": "100", "nanos": 0 } },
        "budgetFilter": { "projects": ["projects/ex-alpha"], "calendarPeriod": "MONTH" },
        "thresholdRules": [{ "thresholdPercent": 0.5 }, { "thresholdPercent": 1.0 }],
    });
    let other = json!({
        "parent": "billingAccounts/1", "displayName": "alpha",
        "amount": { "specifiedAmount": { "currencyCode": "AUD", "units": "200" } },
        "budgetFilter": { "projects": ["projects/ex-alpha"], "calendarPeriod": "MONTH" },
    });
    vec![
        case(PROJECT, &[], made, Some(changed)),
        case(BUDGET, &[], budget, Some(other)),
        case(SERVICE, &[], json!({ "parent": "projects/ex-alpha", "service": "batch.googleapis.com" }), None),
    ]
}

fn accounts() -> Vec<Case> {
    let place = "projects/ex-alpha/locations/global";
    let pool = format!("{place}/workloadIdentityPools/github");
    let provider = |mapping: &str| {
        json!({
            "parent": pool, "workloadIdentityPoolProviderId": "actions",
            "attributeMapping": { "google.subject": mapping }, "oidc": { "issuerUri": "https://ex.org" },
        })
    };
    let mut other = provider("assertion.aud");
    other["attributeCondition"] = "true".into();
    vec![
        case(
            ACCOUNT,
            &[PROJECT],
            json!({ "projectId": "ex-alpha", "accountId": "loader", "displayName": "Loader" }),
            Some(json!({ "projectId": "ex-alpha", "accountId": "loader", "description": "loads" })),
        ),
        case(KEY, &[ACCOUNT], json!({ "serviceAccount": "loader@ex-alpha.iam.gserviceaccount.com" }), None),
        case(
            POOL,
            &[PROJECT],
            json!({ "parent": place, "workloadIdentityPoolId": "github", "displayName": "GitHub" }),
            Some(json!({ "parent": place, "workloadIdentityPoolId": "github", "disabled": true })),
        ),
        case("iam.googleapis.com/WorkloadIdentityPoolProvider", &[POOL], provider("assertion.sub"), Some(other)),
    ]
}

fn secrets(secret: &str) -> Vec<Case> {
    let made = json!({
        "parent": "projects/ex-alpha", "secretId": "key",
        "replication": { "userManaged": { "replicas": [{ "location": "australia-southeast1" }] } },
    });
    let mut labelled = made.clone();
    labelled["labels"] = json!({ "a": "b" });
    let version = json!({ "parent": secret, "payload": { "data": "aGVsbG8=" } });
    vec![case(SECRET, &[], made, Some(labelled)), case(VERSION, &[SECRET], version, None)]
}

fn groups() -> Vec<Case> {
    let made = json!({
        "groupKey": { "id": "all@ex.org" }, "parent": "customers/C1", "displayName": "all",
        "labels": { "cloudidentity.googleapis.com/groups.discussion_forum": "" }, "initialGroupConfig": "EMPTY",
    });
    let mut changed = made.clone();
    changed["displayName"] = "everybody".into();
    changed["description"] = "x".into();
    let membership = json!({ "group": "groups/g00000001", "preferredMemberKey": { "id": "ana@ex.org" } });
    vec![
        case(GROUP, &[], made, Some(changed)),
        case(MEMBERSHIP, &[GROUP], membership, None),
        case(
            SETTINGS,
            &[GROUP],
            json!({ "email": "all@ex.org", "allowExternalMembers": "true" }),
            Some(json!({ "email": "all@ex.org", "allowExternalMembers": "false" })),
        ),
    ]
}

fn access() -> Vec<Case> {
    let made = json!({
        "parent": "projects/ex-alpha/locations/global", "entitlementId": "read", "maxRequestDuration": "3600s",
        "eligibleUsers": [{ "principals": [MEMBER] }],
        "requesterJustificationConfig": { "unstructured": {} },
        "privilegedAccess": { "gcpIamAccess": {
            "resourceType": "cloudresourcemanager.googleapis.com/Project",
            "resource": "//cloudresourcemanager.googleapis.com/projects/ex-alpha",
            "roleBindings": [{ "role": "roles/viewer" }],
        } },
    });
    let mut changed = made.clone();
    changed["maxRequestDuration"] = "7200s".into();
    vec![case("privilegedaccessmanager.googleapis.com/Entitlement", &[], made, Some(changed))]
}

fn tables() -> Vec<Case> {
    let dataset = json!({
        "projectId": "ex-alpha", "datasetId": "billing", "location": "australia-southeast1",
        "friendlyName": "Billing", "labels": { "a": "b" },
    });
    let renamed = json!({
        "projectId": "ex-alpha", "datasetId": "billing", "location": "australia-southeast1", "description": "new",
    });
    let column = |name: &str, kind: &str| json!({ "name": name, "type": kind, "mode": "NULLABLE" });
    let table = |fields: Vec<Json>| {
        json!({
            "projectId": "ex-alpha", "datasetId": "billing", "tableId": "costs", "schema": { "fields": fields },
            "timePartitioning": { "type": "DAY", "field": "day" }, "clustering": { "fields": ["topic"] },
        })
    };
    let columns = vec![column("day", "TIMESTAMP"), column("topic", "STRING")];
    let more = [columns.clone(), vec![column("cost", "FLOAT")]].concat();
    let access = json!({
        "dataset": "projects/ex-alpha/datasets/billing", "role": "WRITER", "userByEmail": "loader@ex-alpha.iam.gserviceaccount.com",
    });
    vec![
        case(DATASET, &[], dataset, Some(renamed)),
        case(ACCESS, &[DATASET], access, None),
        case(TABLE, &[DATASET], table(columns), Some(table(more))),
    ]
}

fn functions(place: &str) -> Vec<Case> {
    let function = |memory: &str| {
        json!({
            "parent": place, "functionId": "load", "environment": "GEN_2", "labels": { "a": "b" },
            "buildConfig": {
                "runtime": "python312", "entryPoint": "main", "environmentVariables": {},
                "source": { "storageSource": { "bucket": "ex-functions", "object": "load.zip" } },
            },
            "serviceConfig": {
                "availableMemory": memory, "timeoutSeconds": 540, "maxInstanceCount": 1, "allTrafficOnLatestRevision": true,
                "ingressSettings": "ALLOW_INTERNAL_ONLY", "serviceAccountEmail": "loader@ex-alpha.iam.gserviceaccount.com",
                "environmentVariables": { "A": "b" },
            },
            "eventTrigger": {
                "eventType": "google.cloud.pubsub.topic.v1.messagePublished", "pubsubTopic": "projects/ex-alpha/topics/new",
                "retryPolicy": "RETRY_POLICY_DO_NOT_RETRY",
            },
        })
    };
    let job = |schedule: &str| {
        json!({
            "parent": place, "jobId": "nightly", "schedule": schedule, "timeZone": "Australia/Sydney",
            "httpTarget": {
                "uri": "https://load-x.a.run.app", "httpMethod": "GET",
                "oidcToken": { "serviceAccountEmail": "loader@ex-alpha.iam.gserviceaccount.com" },
            },
        })
    };
    let service = |image: &str| {
        json!({
            "parent": place, "serviceId": "api", "ingress": "INGRESS_TRAFFIC_ALL", "labels": { "a": "b" },
            "template": {
                "serviceAccount": "loader@ex-alpha.iam.gserviceaccount.com", "timeout": "600s",
                "containers": [{ "image": image, "env": [{ "name": "A", "value": "b" }] }],
            },
        })
    };
    vec![
        case(FUNCTION, &[], function("512M"), Some(function("1G"))),
        case(JOB, &[], job("0 3 * * *"), Some(job("0 4 * * *"))),
        case(RUN, &[], service("images/api:1"), Some(service("images/api:2"))),
    ]
}

fn messages() -> Vec<Case> {
    let topic = |labels: Json| json!({ "parent": "projects/ex-alpha", "topicId": "new", "labels": labels });
    let subscription = |seconds: u32| {
        json!({
            "parent": "projects/ex-alpha", "subscriptionId": "load", "topic": "projects/ex-alpha/topics/new",
            "ackDeadlineSeconds": seconds, "expirationPolicy": { "ttl": "2678400s" },
            "retryPolicy": { "minimumBackoff": "10s", "maximumBackoff": "600s" },
            "pushConfig": {
                "pushEndpoint": "https://load-x.a.run.app",
                "oidcToken": { "serviceAccountEmail": "loader@ex-alpha.iam.gserviceaccount.com" },
            },
        })
    };
    vec![
        case(TOPIC, &[], topic(json!({ "a": "b" })), Some(topic(json!({ "c": "d" })))),
        case(SUBSCRIPTION, &[TOPIC], subscription(60), Some(subscription(600))),
    ]
}

fn alerts() -> Vec<Case> {
    let channel = |title: &str| {
        json!({
            "parent": "projects/ex-alpha", "type": "slack", "displayName": title, "labels": { "channel_name": "#costs" },
            "secretLabels": { "auth_token": "projects/ex-alpha/secrets/key/versions/latest" },
        })
    };
    let alert = |filter: &str| {
        json!({
            "parent": "projects/ex-alpha", "displayName": "Errors", "combiner": "OR", "userLabels": { "a": "b" },
            "conditions": [{ "displayName": "errors", "conditionMatchedLog": { "filter": filter } }],
            "alertStrategy": { "notificationRateLimit": { "period": "300s" } },
        })
    };
    vec![
        case(CHANNEL, &[VERSION], channel("Costs"), Some(channel("All costs"))),
        case(ALERT, &[], alert("severity>=WARNING"), Some(alert("severity>=ERROR"))),
    ]
}
