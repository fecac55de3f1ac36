//! The plugin that collects bills.

use serde_json::{Value as Json, json};

use super::config::{Aggregator, CostControls};
use super::functions::{FUNCTION, images, source, token, url};
use super::made::Earlier;

const BILLING: &str = "billing-aggregator";

/// What a function needs: memory, processors, seconds, and the minute in which it runs.
fn needs(function: &str) -> (&'static str, &'static str, i64, i64) {
    match function {
        "gcp" => ("1024M", "1", 3600, 1),
        "hail" => ("8Gi", "2", 3600, 2),
        "seqr" => ("16Gi", "4", 3600, 3),
        "seqr24" => ("16Gi", "4", 3600, 4),
        _ => ("1024M", "1", 540, 0),
    }
}

/// What a function is made of and runs as.
struct Function<'a> {
    name: &'a str,
    entry: &'a str,
    file: String,
    source: Json,
    service: Json,
    account: &'a str,
}

impl Earlier<'_> {
    pub(crate) fn billing(&mut self) {
        let centre = self.centre;
        let billing = &centre.infrastructure.billing;
        let Some(aggregator) = &billing.aggregator else { return };
        let project = billing.gcp.project_id.as_str();
        let bucket = self.sources(&format!("{BILLING}-source-bucket"), "aggregator", project);
        let sources = self.archive(&format!("{BILLING}-functions-source-code"), &bucket, "aggregate");
        for function in &aggregator.functions {
            self.collector(aggregator, function, &sources);
        }
        let (dataset, table) =
            aggregator.destination_bq_table.split_once('.').expect("a table").1.split_once('.').expect("a table");
        let more =
            json!({ "clusterings": ["topic"], "timePartitioning": { "type": "DAY", "field": "usage_end_time" } });
        let schema = source("aggregate/aggregate_schema.json");
        self.table(&format!("billing-{table}-table"), (project, dataset, table), &schema, more);
        let controls = billing.gcp_cost_controls.as_ref().expect("the plugin needs it");
        self.cost_control(controls, &bucket);
        self.cost_report(controls, &bucket);
    }

    /// A function that collects one kind of bills.
    fn collector(&mut self, aggregator: &Aggregator, function: &str, sources: &Json) {
        let billing = &self.centre.infrastructure.billing;
        let project = &billing.gcp.project_id;
        let hours = aggregator.interval_hours;
        let (memory, processors, seconds, minute) = needs(function);
        let account = billing.coordinator_machine_account.as_deref().expect("the plugin needs it");
        let name = format!("{BILLING}-{function}-billing-function");
        let service = json!({
            "availableMemory": memory, "availableCpu": processors, "timeoutSeconds": seconds,
            "environmentVariables": {
                "GCP_AGGREGATE_DEST_TABLE": aggregator.destination_bq_table,
                "GCP_BILLING_SOURCE_TABLE": billing.gcp.source_bq_table,
                "DEFAULT_INTERVAL_HOURS": if function == "gcp" { 24 * hours } else { hours },
                "BILLING_PROJECT_ID": project,
                "ICA_RAW_TABLE": aggregator.ica_raw_table,
                "ICA_API_SECRET_NAME": aggregator.ica_api_secret_name,
            },
        });
        let file = format!("{function}.py");
        self.http_function(Function {
            name: &name,
            entry: "from_request",
            file,
            source: sources.clone(),
            service,
            account,
        });
        let (first, rest) = function.split_at(1);
        self.alert(&format!("Aggregator {}{rest}", first.to_uppercase()), &name);
        let job = format!("{BILLING}-scheduler-job-{function}");
        let schedule = format!("{minute} */{hours} * * *");
        self.job(&job, &name, account, json!({ "schedule": schedule, "timeZone": "Australia/Sydney" }), true);
    }

    fn http_function(&mut self, function: Function<'_>) {
        let project = self.centre.infrastructure.billing.gcp.project_id.clone();
        let mut inputs = self.function_of(&function);
        inputs["project"] = project.as_str().into();
        inputs["buildConfig"]["dockerRepository"] = images(&project).into();
        let after = ["cloudfunctions", "cloudbuild"].map(|stem| self.plugin_service(BILLING, stem, &project, &[]));
        self.make_after(FUNCTION, function.name.to_owned(), inputs, &after);
    }

    /// What all functions of it have.
    fn function_of(&self, function: &Function<'_>) -> Json {
        let mut service = json!({
            "maxInstanceCount": 1, "minInstanceCount": 0, "ingressSettings": "ALLOW_INTERNAL_ONLY",
            "allTrafficOnLatestRevision": true, "serviceAccountEmail": function.account,
        });
        if let (Json::Object(all), Json::Object(own)) = (&mut service, function.service.clone()) {
            all.extend(own);
        }
        json!({
            "location": self.centre.gcp().region,
            "buildConfig": {
                "runtime": "python311", "entryPoint": function.entry, "source": function.source,
                "environmentVariables": { "GOOGLE_FUNCTION_SOURCE": function.file },
            },
            "serviceConfig": service,
        })
    }

    /// What tells people that a function failed.
    fn alert(&mut self, title: &str, function: &str) {
        let billing = &self.centre.infrastructure.billing;
        let project = &billing.gcp.project_id;
        let aggregator = billing.aggregator.as_ref().expect("it is there");
        let inputs = json!({
            "displayName": "Billing Aggregator Slack Notification Channel", "type": "slack", "project": project,
            "description": "Slack notification channel for all cost aggregator functions",
            "labels": { "channel_name": aggregator.slack_channel }, "sensitiveLabels": { "authToken": token(self) },
        });
        let name = format!("{BILLING}-slack-notification-channel");
        self.make("gcp:monitoring/notificationChannel:NotificationChannel", name, inputs);
        let (wide, wider) = (" ".repeat(16), " ".repeat(20));
        let of = |ty: &str, label: &str| {
            format!("{wider}resource.type=\"{ty}\"\n{wider}AND resource.labels.{label}=\"{function}\"\n")
        };
        let (one, other) = (of("cloud_function", "function_name"), of("cloud_run_revision", "service_name"));
        let filter =
            format!("\n{wide}((\n{one}{wide}) OR (\n{other}{wide}))\n{wide}AND severity>=WARNING\n{}", " ".repeat(12));
        let (first, rest) = title.split_at(1);
        let inputs = json!({
            "displayName": format!("{first}{} Billing Function Error Alert", rest.to_lowercase()), "combiner": "OR",
            "notificationChannels": [format!("projects/{project}/notificationChannels/1")],
            "alertStrategy": { "notificationRateLimit": { "period": "300s" } },
            "conditions": [{ "displayName": "Function warning/error", "conditionMatchedLog": { "filter": filter } }],
        });
        let name = format!("billing-{}-alert", title.to_lowercase().replace(' ', "-"));
        self.make_after("gcp:monitoring/alertPolicy:AlertPolicy", name, inputs, &[function.to_owned()]);
    }

    /// What calls a function.
    fn job(&mut self, name: &str, function: &str, account: &str, mut inputs: Json, waits: bool) {
        let project = self.centre.infrastructure.billing.gcp.project_id.clone();
        let url = url(&self.centre.gcp().region, &project, function);
        inputs["project"] = project.as_str().into();
        inputs["region"] = self.centre.gcp().region.as_str().into();
        inputs["httpTarget"] = json!({
            "uri": url, "httpMethod": "POST", "headers": { "Content-Type": "application/x-www-form-urlencoded" },
            "oidcToken": { "audience": url, "serviceAccountEmail": account },
        });
        let mut after = vec![self.plugin_service(BILLING, "cloudscheduler", &project, &[])];
        after.extend(waits.then(|| function.to_owned()));
        self.make_after("gcp:cloudscheduler/job:Job", name.to_owned(), inputs, &after);
    }

    /// What stops a project that spends too much; it says nothing of its own project.
    fn cost_control(&mut self, controls: &CostControls, bucket: &str) {
        let source = self.archive("billing-gcp-cost-control-source-code", bucket, "gcp_cost_control");
        let project = &self.centre.infrastructure.billing.gcp.project_id;
        let service = json!({
            "availableMemory": "256M", "availableCpu": 1, "timeoutSeconds": 540,
            "environmentVariables": { "SLACK_CHANNEL": controls.slack_channel, "GCP_PROJECT": project },
        });
        let account = &controls.machine_account;
        let (name, file) = ("gcp-cost-control", "main.py".to_owned());
        let mut inputs =
            self.function_of(&Function { name, entry: "gcp_cost_control", file, source, service, account });
        inputs["eventTrigger"] = json!({
            "eventType": "google.cloud.pubsub.topic.v1.messagePublished", "serviceAccountEmail": account,
            "pubsubTopic": self.centre.gcp().budget_notification_pubsub,
        });
        self.make(FUNCTION, name.to_owned(), inputs);
    }

    fn cost_report(&mut self, controls: &CostControls, bucket: &str) {
        let source = self.archive("billing-gcp-cost-report-source-code", bucket, "gcp_cost_report_slack_bot");
        let billing = &self.centre.infrastructure.billing.gcp;
        let service = json!({
            "availableMemory": "256M", "timeoutSeconds": 540,
            "environmentVariables": {
                "QUERY_TIME_ZONE": controls.timezone, "SLACK_CHANNEL": controls.slack_channel,
                "BIGQUERY_BILLING_TABLE": billing.source_bq_table, "BILLING_ACCOUNT_ID": billing.account_id,
            },
        });
        let account = &controls.machine_account;
        let (name, entry, file) = ("gcp-cost-reporting-cloud-function", "slack_bot_cost_report", "main.py".to_owned());
        self.http_function(Function { name, entry, file, source, service, account });
        self.alert("GCP Cost Reporting", name);
        let said = json!({
            "schedule": "0 9 * * *", "timeZone": controls.timezone,
            "description": "Triggers a daily cost report Cloud Function",
        });
        self.job("gcp-cost-reporting-job", name, account, said, false);
    }
}
