//! What plugins make: sources, functions, and what calls them. All names are as they are given.

use serde_json::{Value as Json, json};
use testkit::Workspace;

use super::made::Earlier;

/// Where the sources of functions are.
pub(crate) const SOURCES: &str = "configuration/cpg/functions";
pub(crate) const FUNCTION: &str = "gcp:cloudfunctionsv2/function:Function";

/// Where images of functions are kept: the region is the same everywhere.
pub(crate) fn images(project: &str) -> String {
    format!("projects/{project}/locations/australia-southeast1/repositories/gcf-artifacts")
}

/// The text of a source.
pub(crate) fn source(path: &str) -> String {
    Workspace::here().read(&format!("{SOURCES}/{path}")).expect("it is there")
}

/// Where a function answers.
pub(crate) fn url(region: &str, project: &str, function: &str) -> String {
    format!("https://{region}-{project}.cloudfunctions.net/{function}")
}

/// The latest version of a secret, as it was read when the program ran.
pub(crate) fn token(run: &Earlier<'_>) -> String {
    let billing = &run.centre.infrastructure.billing;
    let secret = &billing.aggregator.as_ref().expect("the plugin needs it").slack_token_secret_name;
    format!("latest of projects/{}/secrets/{secret}", billing.gcp.project_id)
}

impl Earlier<'_> {
    pub(crate) fn plugin_service(&mut self, plugin: &str, stem: &str, project: &str, after: &[String]) -> String {
        let name = format!("{plugin}-{stem}-service");
        let service = format!("{stem}.googleapis.com");
        let inputs = json!({ "service": service, "project": project, "disableOnDestroy": false });
        self.make_after("gcp:projects/service:Service", name.clone(), inputs, after);
        name
    }

    /// A bucket of sources; its name.
    pub(crate) fn sources(&mut self, name: &str, stem: &str, project: &str) -> String {
        let gcp = self.centre.gcp();
        let bucket = format!("{}{stem}-source-bucket", gcp.dataset_storage_prefix);
        let inputs = json!({
            "name": bucket, "location": gcp.region, "project": project, "uniformBucketLevelAccess": true,
        });
        self.make("gcp:storage/bucket:Bucket", name.to_owned(), inputs);
        bucket
    }

    /// An archive of the sources in a directory, not of those in directories within it; where it is.
    pub(crate) fn archive(&mut self, name: &str, bucket: &str, directory: &str) -> Json {
        let files = Workspace::here().list(&format!("{SOURCES}/{directory}")).expect("it is there");
        let endings = [".py", ".txt", ".json"];
        let files: Vec<String> =
            files.into_iter().filter(|file| endings.iter().any(|end| file.ends_with(end))).collect();
        let inputs = json!({ "bucket": bucket, "source": files });
        self.make("gcp:storage/bucketObject:BucketObject", name.to_owned(), inputs);
        json!({ "storageSource": { "bucket": bucket, "object": name } })
    }

    /// A table of `BigQuery`.
    pub(crate) fn table(
        &mut self,
        name: &str,
        (project, dataset, table): (&str, &str, &str),
        schema: &str,
        more: Json,
    ) {
        let mut inputs = json!({
            "project": project, "datasetId": dataset, "tableId": table, "deletionProtection": false,
            "schema": serde_json::from_str::<Json>(schema).expect("it is JSON"),
        });
        if let (Json::Object(inputs), Json::Object(more)) = (&mut inputs, more) {
            inputs.extend(more);
        }
        self.make("gcp:bigquery/table:Table", name.to_owned(), inputs);
    }
}
