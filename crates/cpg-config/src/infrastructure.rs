//! What holds for the whole centre.

use std::collections::BTreeMap;

use plan::config::Placed;
use plan::value::Value;
use plan_macros::Config;

use crate::ByCloud;

/// What holds for the whole centre: people, services, and where they are.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct Infrastructure {
    /// The domain of the organisation, by which its number is looked up.
    pub domain: String,
    /// The currency of budgets: `AUD`.
    pub budget_currency: String,
    /// The dataset that holds what belongs to no other.
    pub common_dataset: Placed<String>,
    /// Where exported configuration goes: `gs://BUCKET/PREFIX`.
    pub config_destination: Placed<String>,
    /// Every known person, by key.
    pub users: BTreeMap<String, Placed<User>>,
    /// The plugins that run, in this order.
    pub plugins_enabled: Vec<Placed<String>>,
    /// Google Cloud.
    pub gcp: Option<Gcp>,
    /// Azure.
    pub azure: Option<Azure>,
    /// Hail Batch.
    pub hail: Option<Hail>,
    /// The analysis runner.
    pub analysis_runner: Option<AnalysisRunner>,
    /// The service that takes in uploads.
    pub data_dropbox: Option<DataDropbox>,
    /// The web server of reports.
    pub web_service: Option<WebService>,
    /// Notebooks.
    pub notebooks: Option<Notebooks>,
    /// Cromwell.
    pub cromwell: Option<Cromwell>,
    /// Metamist, the sample metadata.
    pub metamist: Option<Metamist>,
    /// Billing.
    pub billing: Option<Billing>,
    /// Groups that belong to no dataset.
    #[config(default)]
    pub adhoc_groups: Vec<Placed<AdhocGroup>>,
    /// Makes no memberships of Google groups: the first half of a renaming that deletes before it creates.
    #[config(default)]
    pub disable_group_memberships: bool,
    /// Stands before the names of cloud groups, for two deployments in one organisation.
    pub group_prefix: Option<String>,
    /// The shares of a budget at which somebody is told.
    #[config(default = vec![0.5, 0.9, 1.0])]
    pub budget_notification_thresholds: Vec<f64>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct User {
    /// What names of resources are made of.
    pub id: Placed<String>,
    /// Who that is in each cloud.
    pub clouds: ByCloud<CloudUser>,
    /// Whether the logs of internal datasets are open to them.
    #[config(default)]
    pub can_access_internal_dataset_logs: bool,
}

/// A person in one cloud.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct CloudUser {
    /// The address on Google Cloud, the object id on Azure.
    pub id: Placed<String>,
    /// The name in Hail Batch.
    pub hail_batch_username: Option<String>,
}

/// Google Cloud.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct Gcp {
    /// The customer of Cloud Identity: `C0123abc`.
    pub customer_id: String,
    /// The region of all that has one.
    pub region: String,
    /// The domain of groups.
    pub groups_domain: String,
    /// The topic that hears of budgets; none hears if it is not given.
    pub budget_notification_pubsub: Option<String>,
    /// The bucket of exported configuration.
    pub config_bucket_name: String,
    /// Stands before the names of buckets.
    pub dataset_storage_prefix: String,
    /// Lets people of other domains into groups.
    #[config(default = true)]
    pub allow_external_group_members: bool,
    /// Makes groups without an owner, which takes more rights than making them with one.
    #[config(default = true)]
    pub create_empty_groups: bool,
}

/// Azure.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct Azure {
    /// The region of all that has one.
    pub region: String,
    /// The subscription.
    pub subscription: String,
    /// The tenant.
    pub tenant: String,
    /// Stands before the names of storage accounts.
    pub dataset_storage_prefix: String,
    /// The container of exported configuration, in the storage account of the common dataset.
    pub config_bucket_name: String,
    /// The first day of the month that budgets begin with: `2026-01-01`. Azure takes none before the month in which a
    /// budget is made.
    pub budget_start: Option<Placed<String>>,
    /// The addresses that hear of budgets; nobody hears if there are none.
    #[config(default)]
    pub budget_contacts: Vec<String>,
}

/// Hail Batch.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct Hail {
    /// The one on Google Cloud.
    pub gcp: HailGcp,
    /// The one on Azure.
    pub azure: Option<HailAzure>,
    /// Stands before the names of machine users.
    pub username_prefix: Option<String>,
}

/// Hail Batch on Google Cloud.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct HailGcp {
    /// Where batches are sent.
    pub hail_batch_url: String,
    /// Where users are made.
    pub hail_auth_url: String,
    /// The secret by which repositories are checked out.
    pub git_credentials_secret_name: Option<String>,
    /// The project of that secret.
    pub git_credentials_secret_project: Option<String>,
    /// The bucket of wheels.
    pub wheel_bucket_name: Option<String>,
}

/// Hail Batch on Azure.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct HailAzure {
    /// Where batches are sent.
    pub hail_batch_url: String,
    /// Where users are made.
    pub hail_auth_url: String,
}

/// The analysis runner.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct AnalysisRunner {
    /// The one on Google Cloud.
    pub gcp: AnalysisRunnerGcp,
}

/// The analysis runner on Google Cloud.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct AnalysisRunnerGcp {
    /// Its project.
    pub project: String,
    /// Its Cloud Run service.
    pub cloud_run_instance_name: String,
    /// The account of its server.
    pub server_machine_account: String,
    /// The account that writes to metamist what ran.
    pub logger_machine_account: String,
    /// Its registry of images.
    pub container_registry_name: String,
}

/// The service that takes in uploads.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct DataDropbox {
    /// The one on Google Cloud.
    pub gcp: DataDropboxGcp,
}

/// The service that takes in uploads, on Google Cloud.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct DataDropboxGcp {
    /// Its project.
    pub project: String,
    /// The account of its server.
    pub server_machine_account: String,
}

/// The web server of reports.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct WebService {
    /// The one on Google Cloud.
    pub gcp: WebServiceGcp,
    /// The address of a dataset's reports, with `{namespace}` and `{dataset}` in it.
    pub web_url_template: Option<Placed<String>>,
}

/// The web server of reports on Google Cloud.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct WebServiceGcp {
    /// The account of the server.
    pub server_machine_account: String,
}

/// Notebooks.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct Notebooks {
    /// Those on Google Cloud.
    pub gcp: NotebooksGcp,
}

/// Notebooks on Google Cloud.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct NotebooksGcp {
    /// Their project.
    pub project: String,
}

/// Cromwell.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct Cromwell {
    /// The one on Google Cloud.
    pub gcp: CromwellGcp,
}

/// Cromwell on Google Cloud.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct CromwellGcp {
    /// The group of those who may use it, which exists: `groups/…`.
    pub access_group_id: String,
    /// The account that runs workflows.
    pub runner_machine_account: String,
}

/// Metamist.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct Metamist {
    /// The one on Google Cloud.
    pub gcp: MetamistGcp,
    /// The channel that hears of its work.
    pub slack_channel: Option<String>,
    /// What takes in metadata.
    pub etl: Option<MetamistEtl>,
}

/// Metamist on Google Cloud.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct MetamistGcp {
    /// Its project.
    pub project: String,
    /// Its Cloud Run service.
    pub service_name: String,
    /// Its account.
    pub machine_account: String,
    /// The account that it had before.
    pub legacy_machine_account: String,
}

/// What takes in metadata.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct MetamistEtl {
    /// Who sends metadata; each gets an account.
    pub accessors: Vec<Placed<String>>,
    /// How each type of metadata is read.
    pub by_type: BTreeMap<String, EtlType>,
    /// The environment of the service.
    #[config(default = "PRODUCTION".to_owned())]
    pub environment: String,
    /// Packages of the private index that the loader needs.
    pub private_repo_packages: Option<Vec<String>>,
    /// Further audiences of the services.
    #[config(default)]
    pub custom_audience_list: BTreeMap<String, Placed<Vec<String>>>,
}

/// How a type of metadata is read.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct EtlType {
    /// The parser.
    pub parser_name: String,
    /// Who may send it.
    pub accessors: Vec<Placed<String>>,
    /// The dataset whose analysts may send it, too.
    pub analysis_group_dataset: Option<Placed<String>>,
    /// What the parser is told.
    pub default_parameters: Option<Value>,
}

/// Billing.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct Billing {
    /// Where bills come from.
    pub gcp: BillingGcp,
    /// The account that collects them.
    pub coordinator_machine_account: Option<String>,
    /// The user of Hail Batch that collects them.
    pub hail_aggregator_username: Option<String>,
    /// What collects them.
    pub aggregator: Option<Aggregator>,
    /// What stops a project that spends too much.
    pub gcp_cost_controls: Option<CostControls>,
}

/// Where bills come from.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct BillingGcp {
    /// The project.
    pub project_id: String,
    /// The billing account.
    pub account_id: String,
    /// The table that bills are exported to.
    pub source_bq_table: Option<String>,
}

/// What collects bills.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct Aggregator {
    /// The table that they are collected in: `PROJECT.DATASET.TABLE`.
    pub destination_bq_table: Placed<String>,
    /// The channel that hears of failures.
    pub slack_channel: String,
    /// The secret by which it speaks there.
    pub slack_token_secret_name: String,
    /// The functions, one a source of bills.
    pub functions: Vec<Placed<String>>,
    /// A sheet.
    pub billing_sheet_id: Option<String>,
    /// A table of sums by month.
    pub monthly_summary_table: Option<String>,
    /// How many hours lie between two runs.
    #[config(default)]
    pub interval_hours: Interval,
    /// The table of what ICA bills.
    pub ica_raw_table: Option<String>,
    /// The secret of ICA.
    pub ica_api_secret_name: Option<String>,
}

/// How many hours lie between two runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval(pub Placed<i64>);

/// What stops a project that spends too much.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct CostControls {
    /// The account.
    pub machine_account: String,
    /// The channel that hears of it.
    pub slack_channel: String,
    /// The topic; it is read and counts for nothing, since budgets name theirs.
    pub pubsub_topic: String,
    /// The time zone of reports.
    pub timezone: String,
}

/// A group that belongs to no dataset.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct AdhocGroup {
    /// Its name.
    pub name: Placed<String>,
    /// What it is for.
    pub description: String,
    /// Keys of users.
    #[config(default)]
    pub members: Vec<Placed<String>>,
}

impl Default for Interval {
    fn default() -> Self {
        Self(Placed { value: 4, place: plan::diag::Place::start_of("") })
    }
}

impl plan::config::FromNode for Interval {
    fn from_node(node: &plan::config::Node, found: &mut plan::diag::Diagnostics) -> Option<Self> {
        Placed::from_node(node, found).map(Self)
    }

    fn shape() -> plan::config::Shape {
        plan::config::Shape::Int(1, 24)
    }
}
