//! What the earlier program was told, with what it took for granted where nothing was said.

use std::collections::{BTreeMap, BTreeSet};

use plan::config::{FromNode, parse_yaml};
use plan::diag::Diagnostics;
use plan::value::Value;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::mapping::json_of;

/// A whole configuration.
#[derive(Debug)]
pub(crate) struct Centre {
    pub(crate) infrastructure: Infrastructure,
    pub(crate) datasets: BTreeMap<String, Dataset>,
}

impl Centre {
    /// Reads the two files, members, budgets and uploads standing with the datasets.
    pub(crate) fn read(infrastructure: &str, datasets: &str) -> Self {
        Self { infrastructure: read(infrastructure), datasets: read(datasets) }
    }

    pub(crate) fn gcp(&self) -> &Gcp {
        self.infrastructure.gcp.as_ref().expect("it needs Google Cloud")
    }

    pub(crate) fn azure(&self) -> &Azure {
        self.infrastructure.azure.as_ref().expect("a dataset is on Azure")
    }

    /// The name of the common dataset.
    pub(crate) fn common(&self) -> &str {
        &self.infrastructure.common_dataset
    }

    /// All datasets that one of them depends on: those that it names, and the common one.
    pub(crate) fn dependencies(&self, name: &str) -> BTreeSet<&str> {
        let dataset = &self.datasets[name];
        let named = dataset.depends_on.iter().chain(&dataset.depends_on_readonly).map(String::as_str);
        named.chain([self.common()]).filter(|other| *other != name).collect()
    }
}

/// Reads a file.
pub(crate) fn read<T: for<'de> Deserialize<'de>>(text: &str) -> T {
    let node = parse_yaml("oracle.yaml", text).expect("it is YAML");
    let value = Value::from_node(&node, &mut Diagnostics::new()).expect("it is plain");
    serde_json::from_value(json_of(&value)).expect("it is a configuration")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Cloud {
    Gcp,
    Azure,
}

impl Cloud {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gcp => "gcp",
            Self::Azure => "azure",
        }
    }
}

/// Something for some of the clouds.
pub(crate) type ByCloud<T> = BTreeMap<Cloud, T>;

#[derive(Debug, Deserialize)]
pub(crate) struct Infrastructure {
    pub(crate) budget_currency: String,
    pub(crate) common_dataset: String,
    pub(crate) config_destination: String,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) gcp: Option<Gcp>,
    pub(crate) azure: Option<Azure>,
    pub(crate) hail: Option<Hail>,
    pub(crate) analysis_runner: Option<On<AnalysisRunner>>,
    pub(crate) data_dropbox: Option<On<DataDropbox>>,
    pub(crate) web_service: Option<WebService>,
    pub(crate) notebooks: Option<On<Notebooks>>,
    pub(crate) cromwell: Option<On<Cromwell>>,
    pub(crate) metamist: MetamistSection,
    #[serde(default)]
    pub(crate) plugins_enabled: Vec<String>,
    pub(crate) billing: Billing,
    #[serde(default)]
    pub(crate) adhoc_groups: Vec<AdhocGroup>,
    #[serde(default)]
    pub(crate) disable_group_memberships: bool,
    #[serde(default)]
    pub(crate) group_prefix: String,
    #[serde(default = "thresholds")]
    pub(crate) budget_notification_thresholds: Vec<f64>,
}

fn thresholds() -> Vec<f64> {
    vec![0.5, 0.9, 1.0]
}

fn yes() -> bool {
    true
}

fn gcp_alone() -> BTreeSet<Cloud> {
    BTreeSet::from([Cloud::Gcp])
}

/// A section that speaks of Google Cloud alone.
#[derive(Debug, Deserialize)]
pub(crate) struct On<T> {
    pub(crate) gcp: T,
}

#[derive(Debug, Deserialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) clouds: ByCloud<CloudUser>,
    #[serde(default)]
    pub(crate) can_access_internal_dataset_logs: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct CloudUser {
    pub(crate) id: String,
    pub(crate) hail_batch_username: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Gcp {
    pub(crate) customer_id: String,
    pub(crate) region: String,
    pub(crate) groups_domain: String,
    pub(crate) budget_notification_pubsub: Option<String>,
    pub(crate) config_bucket_name: String,
    pub(crate) dataset_storage_prefix: String,
    #[serde(default = "yes")]
    pub(crate) allow_external_group_members: bool,
    #[serde(default = "yes")]
    pub(crate) create_empty_groups: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Azure {
    pub(crate) region: String,
    pub(crate) dataset_storage_prefix: String,
    pub(crate) config_bucket_name: String,
    /// It was not there before; only what is mended reads it.
    pub(crate) budget_start: Option<String>,
    /// The same.
    #[serde(default)]
    pub(crate) budget_contacts: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Hail {
    pub(crate) gcp: HailOf,
    pub(crate) azure: Option<HailOf>,
    #[serde(default)]
    pub(crate) username_prefix: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct HailOf {
    pub(crate) hail_batch_url: String,
    pub(crate) hail_auth_url: String,
    pub(crate) git_credentials_secret_name: Option<String>,
    pub(crate) git_credentials_secret_project: Option<String>,
    pub(crate) wheel_bucket_name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct AnalysisRunner {
    pub(crate) project: String,
    pub(crate) cloud_run_instance_name: String,
    pub(crate) server_machine_account: String,
    pub(crate) logger_machine_account: String,
    pub(crate) container_registry_name: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct DataDropbox {
    pub(crate) project: String,
    pub(crate) server_machine_account: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WebService {
    pub(crate) gcp: WebServer,
    pub(crate) web_url_template: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WebServer {
    pub(crate) server_machine_account: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Notebooks {
    pub(crate) project: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Cromwell {
    pub(crate) access_group_id: String,
    pub(crate) runner_machine_account: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct MetamistSection {
    pub(crate) gcp: Metamist,
    pub(crate) slack_channel: Option<String>,
    pub(crate) etl: Option<Etl>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Etl {
    pub(crate) accessors: Vec<String>,
    pub(crate) by_type: BTreeMap<String, EtlType>,
    #[serde(default = "production")]
    pub(crate) environment: String,
    pub(crate) private_repo_packages: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) custom_audience_list: BTreeMap<String, Vec<String>>,
}

fn production() -> String {
    "PRODUCTION".to_owned()
}

#[derive(Debug, Deserialize)]
pub(crate) struct EtlType {
    pub(crate) parser_name: String,
    pub(crate) accessors: Vec<String>,
    pub(crate) analysis_group_dataset: Option<String>,
    #[serde(default)]
    pub(crate) default_parameters: Json,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Metamist {
    pub(crate) project: String,
    pub(crate) service_name: String,
    pub(crate) machine_account: String,
    pub(crate) legacy_machine_account: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Billing {
    pub(crate) gcp: BillingGcp,
    pub(crate) coordinator_machine_account: Option<String>,
    pub(crate) hail_aggregator_username: Option<String>,
    pub(crate) aggregator: Option<Aggregator>,
    pub(crate) gcp_cost_controls: Option<CostControls>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Aggregator {
    pub(crate) destination_bq_table: String,
    pub(crate) slack_channel: String,
    pub(crate) slack_token_secret_name: String,
    pub(crate) functions: Vec<String>,
    #[serde(default = "four")]
    pub(crate) interval_hours: i64,
    pub(crate) ica_raw_table: Option<String>,
    pub(crate) ica_api_secret_name: Option<String>,
}

fn four() -> i64 {
    4
}

#[derive(Debug, Deserialize)]
pub(crate) struct CostControls {
    pub(crate) machine_account: String,
    pub(crate) slack_channel: String,
    pub(crate) timezone: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct BillingGcp {
    pub(crate) project_id: String,
    pub(crate) account_id: String,
    pub(crate) source_bq_table: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct AdhocGroup {
    pub(crate) name: String,
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) members: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[expect(clippy::struct_excessive_bools, clippy::struct_field_names, reason = "so it is written")]
pub(crate) struct Dataset {
    pub(crate) gcp: DatasetGcp,
    #[serde(default)]
    pub(crate) budgets: ByCloud<Budget>,
    #[serde(default = "yes")]
    pub(crate) setup_test: bool,
    pub(crate) deployment_service_account_test: Option<String>,
    pub(crate) deployment_service_account_standard: Option<String>,
    pub(crate) deployment_service_account_full: Option<String>,
    #[serde(default)]
    pub(crate) create_container_registry: bool,
    #[serde(default = "gcp_alone")]
    pub(crate) deploy_locations: BTreeSet<Cloud>,
    #[serde(default)]
    pub(crate) is_internal_dataset: bool,
    #[serde(default)]
    pub(crate) enable_release: bool,
    #[serde(default)]
    pub(crate) enable_shared_project: bool,
    #[serde(default = "yes")]
    pub(crate) enable_metamist_project: bool,
    #[serde(default)]
    pub(crate) allow_notebook_tmp_main_read: bool,
    #[serde(default)]
    pub(crate) depends_on: Vec<String>,
    #[serde(default)]
    pub(crate) depends_on_readonly: Vec<String>,
    #[serde(default)]
    pub(crate) sm_read_only_sas: Vec<String>,
    #[serde(default)]
    pub(crate) sm_read_write_sas: Vec<String>,
    #[serde(default)]
    pub(crate) archive_age: u32,
    #[serde(default = "yes")]
    pub(crate) autoclass: bool,
    #[serde(default)]
    pub(crate) components: ByCloud<BTreeSet<String>>,
    #[serde(default)]
    pub(crate) members: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(crate) upload_config: Upload,
}

#[derive(Debug, Deserialize)]
pub(crate) struct DatasetGcp {
    pub(crate) project: String,
    #[serde(default)]
    pub(crate) region: String,
    pub(crate) hail_service_account_dataset_name_override: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Budget {
    pub(crate) monthly_budget: i64,
    pub(crate) shared_total_budget: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Upload {
    #[serde(default)]
    pub(crate) default_bucket: DefaultBucket,
    #[serde(default)]
    pub(crate) additional_buckets: Vec<AdditionalBucket>,
    #[serde(default)]
    pub(crate) dropboxes: Vec<Dropbox>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct DefaultBucket {
    #[serde(default)]
    pub(crate) uploaders: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct AdditionalBucket {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) uploaders: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Dropbox {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) allowed_filetypes: Vec<String>,
    pub(crate) uploaders: Vec<String>,
    pub(crate) max_concurrent_files: Option<i64>,
    pub(crate) description: Option<String>,
    pub(crate) max_file_size: Option<i64>,
    pub(crate) move_to_bucket: Option<String>,
    pub(crate) slack_notification_channel_id: Option<String>,
}

impl Dataset {
    /// Whether it has a component in a cloud.
    pub(crate) fn has(&self, cloud: Cloud, component: &str) -> bool {
        match (self.components.get(&cloud), cloud) {
            (Some(given), _) => given.contains(component),
            (None, Cloud::Gcp) => true,
            (None, Cloud::Azure) => {
                ["storage", "hail-accounts", "analysis-runner", "container-registry"].contains(&component)
            }
        }
    }

    /// Who is listed for a group.
    pub(crate) fn listed(&self, group: &str) -> &[String] {
        self.members.get(group).map_or(&[], Vec::as_slice)
    }

    /// The access levels, `test` only where there is such a namespace.
    pub(crate) fn levels(&self) -> Vec<&'static str> {
        ["standard", "full"].into_iter().chain(self.setup_test.then_some("test")).collect()
    }
}
