//! The same for the types that plugins use.

use base64::Engine as _;
use serde_json::{Map, Value as Json, json};
use testkit::Resource;

use crate::mapping::{From, json_of};

/// The type and the inputs that a resource had; `None` for a type that no plugin uses.
pub(crate) fn inputs(resource: &Resource) -> Option<(&'static str, Json)> {
    let json = json_of(resource.properties());
    let from = From(json.as_object().cloned().unwrap_or_default());
    Some(match resource.ty() {
        "bigquery.googleapis.com/Dataset" => {
            let mut inputs = from.with(&["datasetId", "friendlyName", "description", "location", "labels"]);
            inputs.insert("project".into(), from.get("projectId"));
            ("gcp:bigquery/dataset:Dataset", Json::Object(inputs))
        }
        "bigquery.googleapis.com/DatasetAccess" => {
            let mut inputs = from.with(&["role", "userByEmail"]);
            inputs.insert("project".into(), from.step("dataset", 1));
            inputs.insert("datasetId".into(), from.step("dataset", 3));
            ("gcp:bigquery/datasetAccess:DatasetAccess", Json::Object(inputs))
        }
        "bigquery.googleapis.com/Table" => ("gcp:bigquery/table:Table", table(&from)),
        "cloudfunctions.googleapis.com/Function" => ("gcp:cloudfunctionsv2/function:Function", function(&from)),
        "cloudfunctions.googleapis.com/FunctionIamMember" => {
            let mut inputs = located(&from, "function");
            inputs.extend(from.with(&["role", "member"]));
            inputs.insert("cloudFunction".into(), from.step("function", 5));
            ("gcp:cloudfunctionsv2/functionIamMember:FunctionIamMember", Json::Object(inputs))
        }
        "cloudscheduler.googleapis.com/Job" => {
            let mut inputs = from.with(&["httpTarget", "schedule", "timeZone", "description"]);
            inputs.insert("project".into(), from.step("parent", 1));
            inputs.insert("region".into(), from.step("parent", 3));
            ("gcp:cloudscheduler/job:Job", Json::Object(inputs))
        }
        "monitoring.googleapis.com/NotificationChannel" => {
            let mut inputs = from.with(&["type", "displayName", "description", "labels"]);
            inputs.insert("project".into(), from.last("parent"));
            // What was read when the program ran is read when it is made.
            let token = latest(from.get("secretLabels")["auth_token"].as_str().expect("it is a secret"));
            inputs.insert("sensitiveLabels".into(), json!({ "authToken": token }));
            ("gcp:monitoring/notificationChannel:NotificationChannel", Json::Object(inputs))
        }
        "monitoring.googleapis.com/AlertPolicy" => {
            let names = ["displayName", "combiner", "notificationChannels", "alertStrategy", "conditions"];
            let mut inputs = from.with(&names);
            inputs.insert("project".into(), from.last("parent"));
            ("gcp:monitoring/alertPolicy:AlertPolicy", Json::Object(inputs))
        }
        "pubsub.googleapis.com/Topic" => ("gcp:pubsub/topic:Topic", json!({ "project": from.last("parent") })),
        "pubsub.googleapis.com/TopicIamMember" => ("gcp:pubsub/topicIAMPolicy:TopicIAMPolicy", policy(&from, "topic")),
        "pubsub.googleapis.com/Subscription" => ("gcp:pubsub/subscription:Subscription", subscription(&from)),
        "pubsub.googleapis.com/SubscriptionIamMember" => {
            ("gcp:pubsub/subscriptionIAMPolicy:SubscriptionIAMPolicy", policy(&from, "subscription"))
        }
        "run.googleapis.com/Service" => ("gcp:cloudrunv2/service:Service", service(&from)),
        _ => return None,
    })
}

/// The files of an archive take the place of its bytes, which no other program wrote so.
pub(crate) fn archive(from: &From) -> Json {
    json!({ "bucket": from.get("bucket"), "source": files(from).into_iter().map(|(name, _)| name).collect::<Vec<_>>() })
}

/// The files in an archive: nothing in it is compressed.
pub(crate) fn files(from: &From) -> Vec<(String, String)> {
    let text = from.get("contentBase64");
    let bytes = base64::engine::general_purpose::STANDARD.decode(text.as_str().expect("a text")).expect("base64");
    let (mut rest, mut found) = (&bytes[..], Vec::new());
    while rest.starts_with(b"PK\x03\x04") {
        let number = |at: usize| usize::from(rest[at]) | usize::from(rest[at + 1]) << 8;
        let (size, name) = (number(18) | number(20) << 16, number(26));
        let part = |start: usize, length: usize| String::from_utf8(rest[start..start + length].to_vec()).expect("text");
        found.push((part(30, name), part(30 + name, size)));
        rest = &rest[30 + name + size..];
    }
    found
}

/// What clouds choose of these types.
pub(crate) fn chooses(ty: &str) -> bool {
    ["cloudfunctions.", "monitoring.", "pubsub."].iter().any(|api| ty.starts_with(api))
        || ["secretmanager.googleapis.com/SecretVersion", "storage.googleapis.com/Object"].contains(&ty)
}

/// By attribute: what was not named is called as in the program.
pub(crate) fn chosen(resource: &Resource) -> Vec<(&'static str, String)> {
    let text = |at: &str| resource.find(at).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let (parent, name) = (text("parent"), resource.name().to_owned());
    let place: Vec<&str> = parent.split('/').collect();
    match resource.ty() {
        "cloudfunctions.googleapis.com/Function" => vec![
            ("url", format!("https://{}-{}.cloudfunctions.net/{name}", place[3], place[1])),
            ("serviceConfig.uri", format!("https://{name}.run.example")),
            ("name", format!("{parent}/functions/{name}")),
            ("functionId", name),
        ],
        "monitoring.googleapis.com/NotificationChannel" => vec![("name", format!("{parent}/notificationChannels/1"))],
        "pubsub.googleapis.com/Topic" => vec![("name", format!("{parent}/topics/{name}"))],
        "pubsub.googleapis.com/Subscription" => vec![("name", format!("{parent}/subscriptions/{name}"))],
        "secretmanager.googleapis.com/SecretVersion" => {
            let at = resource.find("parent").and_then(|value| value.as_str());
            let secret =
                at.map_or_else(|| "projects/ex-metamist/secrets/accessor-configuration".to_owned(), str::to_owned);
            vec![("name", format!("{secret}/versions/1"))]
        }
        "storage.googleapis.com/Object" if resource.find("contentBase64").is_some() => vec![("name", name)],
        _ => Vec::new(),
    }
}

fn located(from: &From, name: &str) -> Map<String, Json> {
    [("project", 1), ("location", 3)].into_iter().map(|(key, step)| (key.to_owned(), from.step(name, step))).collect()
}

fn table(from: &From) -> Json {
    let mut inputs = from.with(&["datasetId", "tableId", "labels", "timePartitioning"]);
    inputs.insert("project".into(), from.get("projectId"));
    inputs.insert("schema".into(), from.get("schema")["fields"].clone());
    inputs.insert("clusterings".into(), from.get("clustering")["fields"].clone());
    // Whether it may be deleted is for a program to say, here.
    inputs.insert("deletionProtection".into(), false.into());
    Json::Object(inputs)
}

fn function(from: &From) -> Json {
    let mut inputs = located(from, "parent");
    inputs.extend(from.with(&["buildConfig", "serviceConfig", "eventTrigger"]));
    inputs.insert("name".into(), from.get("functionId"));
    assert_eq!(from.get("environment"), "GEN_2", "the provider knew of no other");
    let service = inputs["serviceConfig"].as_object_mut().expect("it runs somehow");
    if let Some(secrets) = service.get_mut("secretEnvironmentVariables") {
        for secret in secrets.as_array_mut().into_iter().flatten() {
            let text = |key: &str| secret[key].as_str().expect("a text");
            let name =
                format!("projects/{}/secrets/{}/versions/{}", text("projectId"), text("secret"), text("version"));
            *secret = json!({ text("key"): latest(&name) });
        }
    }
    Json::Object(inputs)
}

fn policy(from: &From, of: &str) -> Json {
    json!({
        "project": from.step(of, 1), of: from.last(of),
        "policyData": [{ "role": from.get("role"), "members": [from.get("member")] }],
    })
}

fn subscription(from: &From) -> Json {
    let mut inputs =
        from.with(&["ackDeadlineSeconds", "expirationPolicy", "retryPolicy", "deadLetterPolicy", "pushConfig"]);
    inputs.insert("project".into(), from.last("parent"));
    inputs.insert("topic".into(), from.last("topic"));
    // Never is an empty time there, and no time here.
    if let Some(policy) = inputs.get_mut("expirationPolicy").filter(|policy| **policy == json!({})) {
        *policy = json!({ "ttl": "" });
    }
    Json::Object(inputs)
}

fn service(from: &From) -> Json {
    let mut inputs = located(from, "parent");
    inputs.extend(from.with(&["ingress", "customAudiences", "template"]));
    inputs.insert("name".into(), from.get("serviceId"));
    for container in inputs["template"]["containers"].as_array_mut().into_iter().flatten() {
        let container = container.as_object_mut().expect("a container");
        let env = container.remove("env").unwrap_or_default();
        container.insert("envs".into(), env);
    }
    Json::Object(inputs)
}

/// The latest version of a secret, as the fixture writes it.
fn latest(version: &str) -> String {
    format!("latest of {}", version.strip_suffix("/versions/latest").expect("the latest one"))
}
