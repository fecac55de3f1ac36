//! The tables that say what came, and what became of it.

use cpg::Centre;
use plan::{IntoExpr, Result, object, text};

use crate::Work;

/// The dataset of all tables.
pub(crate) const DATASET: &str = "metamist";
/// What came.
pub(crate) const DATA: &str = "etl-data";
/// What became of it.
pub(crate) const LOGS: &str = "etl-logs";
/// Where the columns of each are, below `functions/` of the configuration.
const COLUMNS: &str = "etl";

impl Work<'_> {
    /// The dataset, who may write in it, and its tables.
    pub(crate) fn tables(&self) -> Result<()> {
        let [bigquery] = self.enabled(["bigquery"]);
        let name = "metamist-etl-bigquery-dataset";
        let dataset = self.centre.declare("bigquery.googleapis.com/Dataset", name, |dataset| {
            dataset.set("projectId", self.project().into());
            dataset.set("datasetId", DATASET.into());
            dataset.set("friendlyName", "metamist bigquery dataset".into());
            dataset.set("description", "Metamist related bigquery tables".into());
            dataset.set("location", self.centre.region().into());
            dataset.set("labels", object!({ "project": "metamist" }).into_expr());
            Centre::wait(dataset, &[&bigquery]);
        });
        let id = dataset.attribute::<String>("datasetId");
        for (who, account) in [("extract", &self.accounts.extract), ("load", &self.accounts.load)] {
            let name = format!("metamist-etl-bq-dataset-{who}-service-access");
            self.centre.declare("bigquery.googleapis.com/DatasetAccess", &name, |access| {
                let within = format!("projects/{}/datasets/{{}}", self.project());
                access.set("dataset", text(&within, [&id]).into_expr());
                access.set("role", "WRITER".into());
                access.set("userByEmail", self.address(account).into_expr());
            });
        }
        let files = ["bq_schema.json", "bq_log_schema.json"];
        let sources = self.centre.sources(COLUMNS, &files)?;
        let named = [("metamist-etl-bigquery-table", DATA), ("metamist-etl-bigquery-table-logs", LOGS)];
        for ((name, table), file) in named.into_iter().zip(files) {
            let path = format!("{}/{file}", self.centre.source_path(COLUMNS));
            let columns = cpg::columns(&path, sources.get(file).map_or("", String::as_str))?;
            self.centre.declare("bigquery.googleapis.com/Table", name, |declared| {
                declared.set("projectId", self.project().into());
                declared.set("datasetId", id.clone().into_expr());
                declared.set("tableId", table.into());
                declared.set("labels", object!({ "project": "metamist" }).into_expr());
                declared.set("schema", columns);
            });
        }
        self.role("metamist-etl-bq-job-user-role", "roles/bigquery.jobUser", &self.accounts.load);
        Ok(())
    }

    /// The full name of a table, as programs write it.
    pub(crate) fn table_name(&self, table: &str) -> String {
        format!("{}.{DATASET}.{table}", self.project())
    }
}
