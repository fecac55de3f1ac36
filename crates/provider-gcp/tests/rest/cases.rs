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
    vec![
        case(SECRET, &[], made, Some(labelled)),
        case("secretmanager.googleapis.com/SecretVersion", &[SECRET], version, None),
    ]
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
