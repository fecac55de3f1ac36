//! From the clouds' own words to those of the Pulumi providers: reviewed type by type.
//!
//! What a provider was always told in the same way, and is a fact of the type or an option here, is put in as a constant.

use plan::value::Value;
use serde_json::{Map, Value as Json, json};
use testkit::Resource;

use crate::plugin_mapping;

/// The type and the inputs that a resource had.
pub(crate) fn inputs(resource: &Resource) -> (&'static str, Json) {
    let json = json_of(resource.properties());
    let from = From(json.as_object().cloned().unwrap_or_default());
    match resource.ty() {
        "serviceusage.googleapis.com/Service" => (
            "gcp:projects/service:Service",
            json!({ "service": from.get("service"), "project": from.last("parent"), "disableOnDestroy": !retained(resource) }),
        ),
        "cloudresourcemanager.googleapis.com/Project" => (
            "gcp:organizations/project:Project",
            json!({
                "projectId": from.get("projectId"), "name": from.get("displayName"), "orgId": from.last("parent"),
                "billingAccount": from.last("billingAccountName"),
                "deletionPolicy": if retained(resource) { "ABANDON" } else { "DELETE" },
            }),
        ),
        "billingbudgets.googleapis.com/Budget" => {
            let mut inputs = from.with(&["displayName", "amount", "budgetFilter", "thresholdRules"]);
            inputs.insert("allUpdatesRule".into(), from.get("notificationsRule"));
            inputs.insert("billingAccount".into(), from.last("parent"));
            ("gcp:billing/budget:Budget", Json::Object(inputs))
        }
        "storage.googleapis.com/Bucket" => ("gcp:storage/bucket:Bucket", bucket(&from)),
        "storage.googleapis.com/BucketIamMember" => {
            ("gcp:storage/bucketIAMMember:BucketIAMMember", Json::Object(from.with(&["bucket", "role", "member"])))
        }
        "storage.googleapis.com/Object" if from.get("contentBase64") != Json::Null => {
            ("gcp:storage/bucketObject:BucketObject", plugin_mapping::archive(&from))
        }
        "storage.googleapis.com/Object" => {
            ("gcp:storage/bucketObject:BucketObject", Json::Object(from.with(&["bucket", "name", "content"])))
        }
        "cloudresourcemanager.googleapis.com/ProjectIamMember" => {
            ("gcp:projects/iAMMember:IAMMember", Json::Object(from.with(&["project", "role", "member"])))
        }
        "iam.googleapis.com/ServiceAccount" => {
            let mut inputs = from.with(&["accountId", "displayName", "description"]);
            inputs.insert("project".into(), from.get("projectId"));
            // An account that is there is taken over.
            inputs.insert("createIgnoreAlreadyExists".into(), true.into());
            ("gcp:serviceaccount/account:Account", Json::Object(inputs))
        }
        "iam.googleapis.com/ServiceAccountIamMember" => (
            "gcp:serviceaccount/iAMMember:IAMMember",
            json!({ "serviceAccountId": from.get("serviceAccount"), "role": from.get("role"), "member": from.get("member") }),
        ),
        "iam.googleapis.com/ServiceAccountKey" => {
            ("gcp:serviceaccount/key:Key", json!({ "serviceAccountId": from.get("serviceAccount") }))
        }
        "cloudidentity.googleapis.com/Group" => {
            let names = ["parent", "groupKey", "displayName", "description", "labels", "initialGroupConfig"];
            ("gcp:cloudidentity/group:Group", Json::Object(from.with(&names)))
        }
        "cloudidentity.googleapis.com/Membership" => (
            "dynamic:GoogleGroupMembershipProvider",
            json!({ "group_key": from.get("group"), "member_key": from.get("preferredMemberKey")["id"] }),
        ),
        "groupssettings.googleapis.com/Group" => (
            "dynamic:GoogleGroupSettingsProvider",
            json!({
                "group_email": from.get("email"),
                "settings": { "allowExternalMembers": from.get("allowExternalMembers") },
            }),
        ),
        "secretmanager.googleapis.com/Secret" => {
            let mut inputs = from.with(&["secretId", "replication"]);
            inputs.insert("project".into(), from.last("parent"));
            ("gcp:secretmanager/secret:Secret", Json::Object(inputs))
        }
        "secretmanager.googleapis.com/SecretVersion" => (
            "gcp:secretmanager/secretVersion:SecretVersion",
            json!({ "secret": from.get("parent"), "secretData": from.get("payload")["data"] }),
        ),
        "secretmanager.googleapis.com/SecretIamMember" => (
            "gcp:secretmanager/secretIamMember:SecretIamMember",
            json!({
                "secretId": from.get("secret"), "project": from.step("secret", 1),
                "role": from.get("role"), "member": from.get("member"),
            }),
        ),
        "artifactregistry.googleapis.com/Repository" => {
            let mut inputs = from.with(&["repositoryId", "format", "description"]);
            inputs.insert("project".into(), from.step("parent", 1));
            inputs.insert("location".into(), from.step("parent", 3));
            ("gcp:artifactregistry/repository:Repository", Json::Object(inputs))
        }
        "artifactregistry.googleapis.com/RepositoryIamMember" => (
            "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
            json!({
                "project": from.step("repository", 1), "location": from.step("repository", 3),
                "repository": from.step("repository", 5), "role": from.get("role"), "member": from.get("member"),
            }),
        ),
        "run.googleapis.com/ServiceIamMember" => (
            "gcp:cloudrun/iamMember:IamMember",
            json!({
                "project": from.step("service", 1), "location": from.step("service", 3),
                "service": from.step("service", 5), "role": from.get("role"), "member": from.get("member"),
            }),
        ),
        "privilegedaccessmanager.googleapis.com/Entitlement" => {
            let names = [
                "entitlementId",
                "maxRequestDuration",
                "requesterJustificationConfig",
                "eligibleUsers",
                "privilegedAccess",
            ];
            let mut inputs = from.with(&names);
            let project = format!("projects/{}", from.step("parent", 1).as_str().unwrap_or_default());
            inputs.insert("parent".into(), project.into());
            inputs.insert("location".into(), from.step("parent", 3));
            ("gcp:privilegedaccessmanager/entitlement:entitlement", Json::Object(inputs))
        }
        "hail_user" => (
            "dynamic:HailBatchUserProvider",
            json!({
                "username": from.get("username"), "batch_uri": from.get("auth_url"), "token_category": from.get("cloud"),
            }),
        ),
        "hail_billing_project" => (
            "dynamic:HailBatchBillingProjectProvider",
            json!({ "name": from.get("name"), "batch_uri": from.get("batch_url"), "token_category": from.get("cloud") }),
        ),
        "hail_billing_project_member" => (
            "dynamic:HailBatchBillingProjectMembershipProvider",
            json!({ "billing_project": from.get("billing_project"), "user": from.get("user") }),
        ),
        "metamist_project" => ("dynamic:MetamistProjectProvider", json!({ "project_name": from.get("name") })),
        "metamist_project_members" => (
            "dynamic:MetamistProjectMembersProvider",
            json!({
                "project_name": from.get("project"), "read_members": from.get("readers"),
                "contribute_members": from.get("contributors"), "write_members": from.get("writers"),
            }),
        ),
        other => plugin_mapping::inputs(resource).unwrap_or_else(|| panic!("no mapping of {other}")),
    }
}

fn retained(resource: &Resource) -> bool {
    resource.options().retain_on_delete
}

/// A bucket: settings that stand in tables are flat there, and live objects are called another thing.
fn bucket(from: &From) -> Json {
    let mut inputs = from.with(&["name", "project", "location", "labels", "versioning", "autoclass"]);
    inputs.insert(
        "uniformBucketLevelAccess".into(),
        from.get("iamConfiguration")["uniformBucketLevelAccess"]["enabled"].clone(),
    );
    inputs.insert("requesterPays".into(), from.get("billing")["requesterPays"].clone());
    if let Some(seconds) = from.get("softDeletePolicy")["retentionDurationSeconds"].as_str() {
        let policy = json!({ "retentionDurationSeconds": seconds.parse::<i64>().expect("a number") });
        inputs.insert("softDeletePolicy".into(), policy);
    }
    let mut rules = from.get("lifecycle")["rule"].clone();
    for rule in rules.as_array_mut().into_iter().flatten() {
        let condition = rule["condition"].as_object_mut().expect("a rule has a condition");
        if let Some(live) = condition.remove("isLive") {
            condition.insert("withState".into(), if live == true { "LIVE" } else { "ARCHIVED" }.into());
        }
        if let Some(prefixes) = condition.remove("matchesPrefix") {
            condition.insert("matchesPrefixes".into(), prefixes);
        }
    }
    inputs.insert("lifecycleRules".into(), rules);
    Json::Object(inputs)
}

/// The properties of a resource.
pub(crate) struct From(pub(crate) Map<String, Json>);

impl From {
    pub(crate) fn get(&self, name: &str) -> Json {
        self.0.get(name).cloned().unwrap_or(Json::Null)
    }

    /// Those of the given properties that are set.
    pub(crate) fn with(&self, names: &[&str]) -> Map<String, Json> {
        let given = names.iter().filter_map(|name| Some(((*name).to_owned(), self.0.get(*name)?.clone())));
        given.collect()
    }

    /// The last step of a full name.
    pub(crate) fn last(&self, name: &str) -> Json {
        let text = self.get(name);
        text.as_str().and_then(|text| text.rsplit('/').next()).map_or(Json::Null, Json::from)
    }

    /// A step of a full name: `projects/P/locations/L`.
    pub(crate) fn step(&self, name: &str, step: usize) -> Json {
        let text = self.get(name);
        text.as_str().and_then(|text| text.split('/').nth(step)).map_or(Json::Null, Json::from)
    }
}

/// A value as JSON; secrets are only said to be some.
pub(crate) fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        // The fixture writes whole numbers as such.
        Value::Float(number) if number.fract() == 0.0 => {
            format!("{number:.0}").parse::<i64>().map_or(Json::Null, Json::from)
        }
        Value::Float(number) => (*number).into(),
        Value::String(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(json_of).collect(),
        Value::Map(map) => Json::Object(map.iter().map(|(key, item)| (key.clone(), json_of(item))).collect()),
        Value::Secret(_) => "(secret)".into(),
        Value::Unknown(unknown) => format!("(unknown: {unknown:?})").into(),
    }
}
