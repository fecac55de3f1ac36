//! What is mended of the plugins.

use serde_json::{Value as Json, json};

use super::functions::{FUNCTION, images};
use super::made::{Earlier, Resources};
use super::mended::{add, of};

pub(crate) fn projects(run: &Earlier<'_>, made: &mut Resources) {
    let billing = run.centre.infrastructure.billing.gcp.project_id.as_str();
    for (name, inputs) in of(made, FUNCTION) {
        if name == "gcp-cost-control" {
            inputs["project"] = billing.into();
        }
    }
    for (_, inputs) in of(made, "gcp:monitoring/alertPolicy:AlertPolicy") {
        inputs["project"] = billing.into();
    }
    for (_, inputs) in of(made, "gcp:cloudrunv2/service:Service") {
        inputs["project"] = run.centre.infrastructure.metamist.gcp.project.as_str().into();
    }
}

pub(crate) fn accounts(_: &Earlier<'_>, made: &mut Resources) {
    for (name, inputs) in of(made, "gcp:serviceaccount/account:Account") {
        if name.starts_with("metamist-etl-") {
            inputs["createIgnoreAlreadyExists"] = true.into();
        }
    }
}

pub(crate) fn texts(_: &Earlier<'_>, made: &mut Resources) {
    for (_, inputs) in of(made, FUNCTION) {
        let service = &mut inputs["serviceConfig"];
        if let Some(hours) = service["environmentVariables"]["DEFAULT_INTERVAL_HOURS"].as_i64() {
            service["environmentVariables"]["DEFAULT_INTERVAL_HOURS"] = hours.to_string().into();
        }
        if let Some(processors) = service["availableCpu"].as_i64() {
            service["availableCpu"] = processors.to_string().into();
        }
    }
}

pub(crate) fn tokens(run: &Earlier<'_>, made: &mut Resources) {
    let mut found = false;
    for (_, inputs) in of(made, FUNCTION) {
        let service = inputs["serviceConfig"].as_object_mut().expect("it runs");
        let variables =
            service.get_mut("environmentVariables").and_then(Json::as_object_mut).expect("it is told something");
        if let Some(token) = variables.remove("SLACK_BOT_TOKEN") {
            service.insert("secretEnvironmentVariables".to_owned(), json!([{ "SLACK_BOT_TOKEN": token }]));
            found = true;
        }
    }
    if found {
        let billing = &run.centre.infrastructure.billing;
        let project = &billing.gcp.project_id;
        let secret = &billing.aggregator.as_ref().expect("the token is of it").slack_token_secret_name;
        let account =
            format!("metamist-etl-sa@{}.iam.gserviceaccount.com", run.centre.infrastructure.metamist.gcp.project);
        let inputs = json!({
            "project": project, "secretId": format!("projects/{project}/secrets/{secret}"),
            "role": "roles/secretmanager.secretAccessor", "member": format!("serviceAccount:{account}"),
        });
        let name = "metamist-etl-notification-slack-token-access".to_owned();
        add(made, "gcp:secretmanager/secretIamMember:SecretIamMember", name, inputs);
    }
}

/// A new version of the secret counts at once; before, whatever was told of it was made anew.
pub(crate) fn latest(_: &Earlier<'_>, made: &mut Resources) {
    let latest = |variable: &mut Json| {
        let version = variable.as_str().and_then(|text| text.strip_suffix("/versions/1")).expect("a version");
        *variable = format!("{version}/versions/latest").into();
    };
    for (_, inputs) in of(made, FUNCTION) {
        inputs["serviceConfig"]["environmentVariables"].get_mut("CONFIGURATION_SECRET").into_iter().for_each(latest);
    }
    for (_, inputs) in of(made, "gcp:cloudrunv2/service:Service") {
        let variables = inputs["template"]["containers"][0]["envs"].as_array_mut().into_iter().flatten();
        let ours = variables.filter(|variable| variable["name"] == "CONFIGURATION_SECRET");
        ours.for_each(|variable| latest(&mut variable["value"]));
    }
}

pub(crate) fn image_region(run: &Earlier<'_>, made: &mut Resources) {
    let region = &run.centre.gcp().region;
    for (_, inputs) in of(made, FUNCTION) {
        let project = inputs["project"].as_str().unwrap_or_default();
        let images = images(project).replace("australia-southeast1", region);
        if inputs["buildConfig"].get("dockerRepository").is_some() {
            inputs["buildConfig"]["dockerRepository"] = images.into();
        }
    }
}

pub(crate) fn clock(run: &Earlier<'_>, made: &mut Resources) {
    let Some(controls) = &run.centre.infrastructure.billing.gcp_cost_controls else { return };
    for (_, inputs) in of(made, "gcp:cloudscheduler/job:Job") {
        inputs["timeZone"] = controls.timezone.as_str().into();
    }
}

/// What did not wait for what it needs, but was lucky; and accounts are waited for by reading their addresses.
const WAITS: [(&str, &str, &[&str]); 4] = [
    (
        FUNCTION,
        "gcp-cost-control",
        &["billing-aggregator-cloudbuild-service", "billing-aggregator-cloudfunctions-service"],
    ),
    (
        "gcp:cloudscheduler/job:Job",
        "gcp-cost-reporting-job",
        &["billing-aggregator-cloudscheduler-service", "gcp-cost-reporting-cloud-function"],
    ),
    (TOPIC, "metamist-etl-notification", &["metamist-pubsub-service"]),
    (TOPIC, "metamist-etl-notification-dead-letters-topic", &["metamist-pubsub-service"]),
];
const TOPIC: &str = "gcp:pubsub/topic:Topic";

/// What plugins wait for.
pub(crate) fn waits(run: &Earlier<'_>, told: &mut Resources) {
    let mut wait = |ty: &str, name: &str, after: Json| {
        let key = (ty.to_owned(), name.to_owned());
        if run.made.contains_key(&key) {
            told.entry(key).or_insert_with(|| json!({}))["dependsOn"] = after;
        }
    };
    for (ty, name, after) in WAITS {
        wait(ty, name, json!(after));
    }
    for function in ["metamist-etl-extract", "metamist-etl-load"] {
        wait("gcp:cloudrunv2/service:Service", &format!("{function}-external"), json!([function]));
    }
    let etl = run.centre.infrastructure.metamist.etl.as_ref();
    if etl.is_some_and(|etl| etl.private_repo_packages.is_some()) {
        let services = ["metamist-cloudbuild-service", "metamist-cloudfunctions-service", "python-artifact-registry"];
        wait(FUNCTION, "metamist-etl-load", json!(services));
    }
    for ((ty, name), told) in told.iter_mut().filter(|((ty, _), _)| ty == FUNCTION) {
        let after = told["dependsOn"].as_array_mut().unwrap_or_else(|| panic!("{ty} waits for something"));
        after.retain(|name| !name.as_str().is_some_and(|name| name.ends_with("-service-account")));
        if ["metamist-etl-extract", "metamist-etl-load"].contains(&name.as_str()) {
            after.push("metamist-etl-accessor-configuration".into());
            after.sort_by_key(Json::to_string);
        }
    }
}
