//! What stops a project that spends too much, and what reports of it.

use cpg::{Code, Function, Handle, Member};
use plan::Output;

use crate::Work;

impl Work<'_> {
    /// The function that hears of budgets, and takes the billing account from a project that has spent its own.
    pub(crate) fn cost_control(&self, code: &Code) {
        let topic = self.centre.configuration().infrastructure.gcp.as_ref();
        let topic = topic.and_then(|gcp| gcp.budget_notification_pubsub.as_deref());
        let variables = vec![
            ("SLACK_CHANNEL", Output::known(&self.controls.slack_channel)),
            ("GCP_PROJECT", Output::known(self.project())),
        ];
        let before = self.before();
        let function = self.centre.function(
            &Function {
                kept: false,
                processors: Some("1"),
                variables,
                topic,
                ..self.small("gcp-cost-control", "gcp_cost_control", code, &self.controller())
            },
            &before.each_ref(),
        );
        self.tell("gcp_cost_control_cloud_function", &function);
    }

    /// The function that says every morning what was spent.
    pub(crate) fn cost_report(&self, code: &Code, channel: &Output<String>) {
        let variables = [
            ("QUERY_TIME_ZONE", Some(&self.controls.timezone)),
            ("SLACK_CHANNEL", Some(&self.controls.slack_channel)),
            ("BIGQUERY_BILLING_TABLE", self.billing.gcp.source_bq_table.as_ref()),
            ("BILLING_ACCOUNT_ID", Some(&self.billing.gcp.account_id)),
        ];
        let variables = variables.into_iter().filter_map(|(name, text)| Some((name, Output::known(text?)))).collect();
        let (name, before, account) = ("gcp-cost-reporting-cloud-function", self.before(), self.controller());
        let function = Function { variables, ..self.small(name, "slack_bot_cost_report", code, &account) };
        let function = self.centre.function(&function, &before.each_ref());
        self.tell("gcp_cost_reporting_cloud_function", &function);
        self.alert("GCP Cost Reporting", &function, channel);
        let about = "Triggers a daily cost report Cloud Function";
        let job = self.job("gcp-cost-reporting-job", Some(about), "0 9 * * *", &function, &account);
        self.tell("gcp_cost_reporting_cloud_scheduler_job", &job);
    }

    /// Who looks after costs.
    fn controller(&self) -> Member {
        Member::Literal(self.controls.machine_account.clone())
    }

    /// A function that takes little.
    fn small<'a>(&'a self, name: &'a str, entry_point: &'a str, code: &'a Code, account: &'a Member) -> Function<'a> {
        Function {
            name,
            id: None,
            project: self.project(),
            code,
            file: Some("main.py"),
            entry_point,
            kept: true,
            memory: "256M",
            processors: None,
            seconds: 540,
            variables: Vec::new(),
            secrets: Vec::new(),
            open: false,
            account,
            topic: None,
        }
    }

    /// Exports the full name of a thing.
    fn tell(&self, output: &str, thing: &Handle) {
        self.centre.export(&[output], &thing.attribute("name"));
    }
}
