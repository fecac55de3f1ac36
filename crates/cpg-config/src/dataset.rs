//! What is said of one dataset.

use plan::config::Placed;
use plan::diag::Place;
use plan_macros::Config;

use crate::{ByCloud, Cloud};

/// A dataset, as far as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// What is said of it where datasets are declared.
    pub options: Options,
    /// Who is in its groups; nobody, if that was not read.
    pub members: Members,
    /// What it may cost; nothing, if that was not read.
    pub budgets: ByCloud<Placed<Budget>>,
    /// Who uploads what; nothing, if that was not read.
    pub upload: Option<Upload>,
    /// How much of it was read.
    pub extent: Extent,
}

/// How much of a dataset was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Its options alone.
    Options,
    /// Its options and members.
    Members,
    /// All.
    Whole,
}

impl Dataset {
    /// The datasets that it names as dependencies, of either kind.
    pub fn named_dependencies(&self) -> impl Iterator<Item = &Placed<String>> {
        self.options.depends_on.iter().chain(&self.options.depends_on_readonly)
    }

    /// Whether it is deployed to a cloud.
    pub fn is_in(&self, cloud: Cloud) -> bool {
        self.options.deploy_locations.iter().any(|location| location.value == cloud)
    }

    /// The clouds that it is deployed to, each once, always in one order.
    pub fn clouds(&self) -> impl Iterator<Item = Cloud> {
        [Cloud::Gcp, Cloud::Azure].into_iter().filter(|cloud| self.is_in(*cloud))
    }

    /// Whether it has a component in a cloud.
    pub fn has(&self, cloud: Cloud, component: Component) -> bool {
        match self.options.components.get(cloud) {
            Some(given) => given.value.contains(&component),
            None => Component::of(cloud).contains(&component),
        }
    }
}

/// What is said of a dataset where datasets are declared.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct Options {
    /// The name, if it is said once more; it must be the key.
    pub dataset: Option<Placed<String>>,
    /// Google Cloud; also for a dataset that is on Azure only.
    pub gcp: DatasetGcp,
    /// Azure.
    pub azure: Option<DatasetAzure>,
    /// What it may cost, unless a file of its own says that.
    pub budgets: Option<Placed<ByCloud<Placed<Budget>>>>,
    /// Makes the test namespace: buckets, accounts, and who is in its groups.
    #[config(default = true)]
    pub setup_test: bool,
    /// An account of old that has access level `test`.
    pub deployment_service_account_test: Option<String>,
    /// An account of old that has access level `standard`.
    pub deployment_service_account_standard: Option<String>,
    /// An account of old that has access level `full`.
    pub deployment_service_account_full: Option<String>,
    /// Makes registries of images; the common dataset needs them.
    #[config(default)]
    pub create_container_registry: bool,
    /// The clouds that it is in.
    #[config(default = gcp_alone())]
    pub deploy_locations: Vec<Placed<Cloud>>,
    /// Opens its logs and its Hail project to those who may see internal ones.
    #[config(default)]
    pub is_internal_dataset: bool,
    /// Makes a bucket of releases, for which those who read it pay.
    #[config(default)]
    pub enable_release: bool,
    /// Makes a further project with a fixed budget, by which releases are read.
    #[config(default)]
    pub enable_shared_project: bool,
    /// Makes projects in metamist.
    #[config(default = true)]
    pub enable_metamist_project: bool,
    /// Lets the notebooks' account read the main bucket for a time.
    #[config(default)]
    pub allow_notebook_tmp_main_read: bool,
    /// Datasets that whoever has access to this one has the same access to.
    #[config(default)]
    pub depends_on: Vec<Placed<String>>,
    /// Datasets that whoever has access to this one may read.
    #[config(default)]
    pub depends_on_readonly: Vec<Placed<String>>,
    /// Further accounts that read sample metadata.
    #[config(default)]
    pub sm_read_only_sas: Vec<Placed<String>>,
    /// Further accounts that read and write sample metadata.
    #[config(default)]
    pub sm_read_write_sas: Vec<Placed<String>>,
    /// After how many days the archive is archived.
    #[config(default)]
    pub archive_age: u32,
    /// Lets Google choose the storage class.
    #[config(default = true)]
    pub autoclass: bool,
    /// The components, where they are not all that there are.
    #[config(default)]
    pub components: ByCloud<Placed<Vec<Component>>>,
    /// Who is in its groups, unless a file of its own says that.
    pub members: Option<Placed<Members>>,
    /// Who uploads what, unless a file of its own says that.
    pub upload_config: Option<Placed<Upload>>,
}

fn gcp_alone() -> Vec<Placed<Cloud>> {
    vec![Placed { value: Cloud::Gcp, place: Place::start_of("") }]
}

/// A dataset on Google Cloud.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct DatasetGcp {
    /// Its project, which is made.
    pub project: String,
    /// Its region, where it is another one.
    pub region: Option<String>,
    /// What the names of its Hail users begin with instead of its own.
    pub hail_service_account_dataset_name_override: Option<String>,
}

/// A dataset on Azure.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct DatasetAzure {
    /// Its region, where it is another one. It is read and counts for nothing: all is where the centre is.
    pub region: Option<String>,
    /// Its storage account, where that is called by another name than its own, or where two names would come to one.
    pub account: Option<Placed<String>>,
}

/// What a dataset may cost.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct Budget {
    /// In a month.
    pub monthly_budget: i64,
    /// In all, for its shared project.
    pub shared_total_budget: Option<i64>,
    /// It is read and counts for nothing: all budgets are in one currency.
    pub currency: Option<String>,
}

/// A part of what a dataset is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Config)]
pub enum Component {
    /// Buckets, and who may read and write them.
    Storage,
    /// Dataproc.
    Spark,
    /// Cromwell.
    Cromwell,
    /// Notebooks.
    Notebooks,
    /// Users and a project in Hail Batch.
    HailAccounts,
    /// Who may read and write sample metadata.
    Metamist,
    /// Registries of images.
    ContainerRegistry,
    /// Who may start analyses.
    AnalysisRunner,
}

impl Component {
    /// The components that a dataset has in a cloud if nothing is said.
    pub fn of(cloud: Cloud) -> &'static [Self] {
        match cloud {
            Cloud::Azure => &[Self::Storage, Self::HailAccounts, Self::AnalysisRunner, Self::ContainerRegistry],
            Cloud::Gcp | Cloud::DryRun => &[
                Self::Storage,
                Self::Spark,
                Self::Cromwell,
                Self::Notebooks,
                Self::HailAccounts,
                Self::Metamist,
                Self::ContainerRegistry,
                Self::AnalysisRunner,
            ],
        }
    }

    /// The name in configuration files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Storage => "storage",
            Self::Spark => "spark",
            Self::Cromwell => "cromwell",
            Self::Notebooks => "notebooks",
            Self::HailAccounts => "hail-accounts",
            Self::Metamist => "metamist",
            Self::ContainerRegistry => "container-registry",
            Self::AnalysisRunner => "analysis-runner",
        }
    }
}

/// Who is in the groups of a dataset: keys of users.
#[derive(Debug, Clone, Default, PartialEq, Config)]
pub struct Members {
    /// Those who answer for the data.
    #[config(default, key = "data-manager")]
    pub data_manager: Vec<Placed<String>>,
    /// Those who analyse them.
    #[config(default)]
    pub analysis: Vec<Placed<String>>,
    /// Those who read sample metadata.
    #[config(default, key = "metadata-access")]
    pub metadata_access: Vec<Placed<String>>,
    /// Those who add to sample metadata.
    #[config(default, key = "metadata-contribute")]
    pub metadata_contribute: Vec<Placed<String>>,
    /// Those who change sample metadata.
    #[config(default, key = "metadata-write")]
    pub metadata_write: Vec<Placed<String>>,
    /// Those who read reports.
    #[config(default, key = "web-access")]
    pub web_access: Vec<Placed<String>>,
    /// Those who read releases.
    #[config(default, key = "release-access")]
    pub release_access: Vec<Placed<String>>,
    /// Those who may ask to read the main bucket for a time.
    #[config(default, key = "tmp-main-read-access")]
    pub tmp_main_read_access: Vec<Placed<String>>,
}

impl Members {
    /// The groups in the order in which they are filled, and who is listed for each.
    pub fn groups(&self) -> [(&'static str, &[Placed<String>]); 8] {
        [
            ("data-manager", &self.data_manager),
            ("analysis", &self.analysis),
            ("metadata-access", &self.metadata_access),
            ("metadata-contribute", &self.metadata_contribute),
            ("metadata-write", &self.metadata_write),
            ("web-access", &self.web_access),
            ("release-access", &self.release_access),
            ("tmp-main-read-access", &self.tmp_main_read_access),
        ]
    }
}

/// Who uploads what.
#[derive(Debug, Clone, Default, PartialEq, Config)]
pub struct Upload {
    /// The bucket that every dataset has.
    #[config(default)]
    pub default_bucket: DefaultBucket,
    /// Further ones.
    #[config(default)]
    pub additional_buckets: Vec<AdditionalBucket>,
    /// What the dropbox service takes in.
    #[config(default)]
    pub dropboxes: Vec<Dropbox>,
}

/// The upload bucket that every dataset has.
#[derive(Debug, Clone, Default, PartialEq, Config)]
pub struct DefaultBucket {
    /// Keys of users.
    #[config(default)]
    pub uploaders: Vec<Placed<String>>,
}

/// A further upload bucket.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct AdditionalBucket {
    /// The end of its name.
    pub name: Placed<String>,
    /// Keys of users.
    #[config(default)]
    pub uploaders: Vec<Placed<String>>,
}

/// What the dropbox service takes in.
#[derive(Debug, Clone, PartialEq, Config)]
pub struct Dropbox {
    /// What its bucket is called by.
    pub id: Placed<String>,
    /// For people.
    pub name: String,
    /// The endings of files that it takes in.
    pub allowed_filetypes: Vec<String>,
    /// Keys of users.
    pub uploaders: Vec<Placed<String>>,
    /// How many files at a time.
    pub max_concurrent_files: Option<i64>,
    /// For people.
    pub description: Option<String>,
    /// How large a file may be.
    pub max_file_size: Option<i64>,
    /// The upload bucket that complete files go to: `default`, or one of the additional ones.
    pub move_to_bucket: Option<Placed<String>>,
    /// The channel that hears of uploads.
    pub slack_notification_channel_id: Option<String>,
}
