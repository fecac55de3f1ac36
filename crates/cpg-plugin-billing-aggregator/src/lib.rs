//! The plugin `billing_aggregator`: functions that collect what the centre is billed, by the hour, into a table; one that
//! stops a project that spends too much, and one that reports every morning.
//!
//! Layer: library, pure. Programs are sources of the configuration: `functions/aggregate`, `functions/gcp_cost_control` and
//! `functions/gcp_cost_report_slack_bot`.

mod alerts;
mod check;
mod costs;
mod source;

use std::collections::BTreeMap;

use cpg::{Centre, Code, Function, Handle, Member, Plugin, Services};
use cpg_config::{Aggregator, Billing, Configuration, CostControls};
use plan::diag::Diagnostics;
use plan::{IntoExpr, Output, Result, object};

use crate::source::Source;

/// The name that it is enabled by.
const NAME: &str = "billing_aggregator";
/// What its archives and its table are made of.
const SOURCES: &str = "aggregate";
/// The columns of the table, among the sources.
const COLUMNS: &str = "aggregate_schema.json";

struct BillingAggregator;

/// The plugin.
pub fn plugin() -> &'static dyn Plugin {
    &BillingAggregator
}

impl Plugin for BillingAggregator {
    fn name(&self) -> &'static str {
        NAME
    }

    fn check(&self, configuration: &Configuration) -> Diagnostics {
        check::check(configuration)
    }

    fn main(&self, centre: &Centre<'_>) -> Result<()> {
        // What is missing was said by the check.
        match Work::of(centre) {
            Some(work) => work.all(),
            None => Ok(()),
        }
    }
}

/// What the plugin works with.
struct Work<'a> {
    centre: &'a Centre<'a>,
    billing: &'a Billing,
    aggregator: &'a Aggregator,
    controls: &'a CostControls,
    /// Who collects.
    coordinator: Member,
    services: Services<'a, 'a>,
}

impl<'a> Work<'a> {
    fn of(centre: &'a Centre<'a>) -> Option<Self> {
        let billing = centre.configuration().infrastructure.billing.as_ref()?;
        Some(Self {
            centre,
            billing,
            aggregator: billing.aggregator.as_ref()?,
            controls: billing.gcp_cost_controls.as_ref()?,
            coordinator: Member::Literal(billing.coordinator_machine_account.clone()?),
            services: centre.services("billing-aggregator", &billing.gcp.project_id),
        })
    }

    fn all(&self) -> Result<()> {
        let sources: Vec<&Source> =
            self.aggregator.functions.iter().filter_map(|name| Source::named(&name.value)).collect();
        let files: Vec<String> = sources.iter().map(|source| source.file()).collect();
        let needed: Vec<&str> = files.iter().map(String::as_str).chain([COLUMNS]).collect();
        let aggregate = self.centre.sources(SOURCES, &needed)?;
        let control = self.centre.sources("gcp_cost_control", &["main.py"])?;
        let report = self.centre.sources("gcp_cost_report_slack_bot", &["main.py"])?;

        let name = format!("{}aggregator-source-bucket", self.centre.storage_prefix());
        let bucket = self.centre.bucket("billing-aggregator-source-bucket", self.project(), &name);
        let archive = |name, files| self.centre.add_archive(name, &bucket, files);
        let code = archive("billing-aggregator-functions-source-code", &aggregate);
        let channel = self.slack_channel();
        for source in sources {
            self.collect(source, &code, &channel);
        }
        self.table(&aggregate)?;
        self.cost_control(&archive("billing-gcp-cost-control-source-code", &control));
        self.cost_report(&archive("billing-gcp-cost-report-source-code", &report), &channel);
        Ok(())
    }

    /// The project of everything here.
    fn project(&self) -> &'a str {
        &self.billing.gcp.project_id
    }

    /// What has to be there before a function.
    fn before(&self) -> [Handle; 2] {
        [self.services.get("cloudfunctions"), self.services.get("cloudbuild")]
    }

    /// A function that collects from one source, by the clock, and tells when it fails.
    fn collect(&self, source: &Source, code: &Code, channel: &Output<String>) {
        let before = self.before();
        let name = format!("billing-aggregator-{}-billing-function", source.name);
        let file = source.file();
        let function = self.centre.function(
            &Function {
                name: &name,
                id: None,
                project: self.project(),
                code,
                file: Some(&file),
                entry_point: "from_request",
                kept: true,
                memory: source.memory,
                processors: Some(source.processors),
                seconds: source.seconds,
                variables: self.variables(source),
                secrets: Vec::new(),
                open: false,
                account: &self.coordinator,
                topic: None,
            },
            &before.each_ref(),
        );
        self.alert(&format!("Aggregator {}", source.title()), &function, channel);
        let name = format!("billing-aggregator-scheduler-job-{}", source.name);
        let hours = self.aggregator.interval_hours.0.value;
        let schedule = format!("{} */{hours} * * *", source.minute);
        self.job(&name, None, &schedule, &function, &self.coordinator);
    }

    /// What a function that collects is told.
    fn variables(&self, source: &Source) -> Vec<(&'static str, Output<String>)> {
        let Billing { gcp, .. } = self.billing;
        let Aggregator { destination_bq_table, ica_raw_table, ica_api_secret_name, interval_hours, .. } =
            self.aggregator;
        let hours = interval_hours.0.value * source.rounds;
        let given = [
            ("GCP_AGGREGATE_DEST_TABLE", Some(&destination_bq_table.value)),
            ("GCP_BILLING_SOURCE_TABLE", gcp.source_bq_table.as_ref()),
            ("DEFAULT_INTERVAL_HOURS", Some(&hours.to_string())),
            ("BILLING_PROJECT_ID", Some(&gcp.project_id)),
            ("ICA_RAW_TABLE", ica_raw_table.as_ref()),
            ("ICA_API_SECRET_NAME", ica_api_secret_name.as_ref()),
        ];
        given.into_iter().filter_map(|(name, text)| Some((name, Output::known(text?)))).collect()
    }

    /// A call of a function by the clock.
    fn job(&self, name: &str, about: Option<&str>, schedule: &str, function: &Handle, caller: &Member) -> Handle {
        let scheduler = self.services.get("cloudscheduler");
        self.centre.declare("cloudscheduler.googleapis.com/Job", name, |job| {
            let place = format!("projects/{}/locations/{}", self.project(), self.centre.region());
            job.set("parent", place.as_str().into());
            if let Some(about) = about {
                job.set("description", about.into());
            }
            job.set("schedule", schedule.into());
            job.set("timeZone", self.controls.timezone.as_str().into());
            let url = function.attribute::<String>("url");
            let target = object!({
                "uri": &url,
                "httpMethod": "POST",
                "headers": { "Content-Type": "application/x-www-form-urlencoded" },
                "oidcToken": { "audience": &url, "serviceAccountEmail": self.centre.member_id(caller) },
            });
            job.set("httpTarget", target.into_expr());
            Centre::wait(job, &[function, &scheduler]);
        })
    }

    /// The table that all is collected in.
    fn table(&self, sources: &BTreeMap<String, String>) -> Result<()> {
        let parts: Vec<&str> = self.aggregator.destination_bq_table.value.split('.').collect();
        let &[project, dataset, table] = &parts[..] else { return Ok(()) };
        let path = format!("{}/{COLUMNS}", self.centre.source_path(SOURCES));
        let columns = cpg::columns(&path, sources.get(COLUMNS).map_or("", String::as_str))?;
        self.centre.declare("bigquery.googleapis.com/Table", &format!("billing-{table}-table"), |declared| {
            declared.set("projectId", project.into());
            declared.set("datasetId", dataset.into());
            declared.set("tableId", table.into());
            declared.set("schema", columns);
            declared.set("clustering", object!({ "fields": ["topic"] }).into_expr());
            declared.set("timePartitioning", object!({ "type": "DAY", "field": "usage_end_time" }).into_expr());
        });
        Ok(())
    }
}
