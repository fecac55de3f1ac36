//! What a stack file says.

use std::collections::BTreeMap;

use infrastructure_aws_network_outputs::VpcName;
use ol::{BusinessUnit, InstanceType};
use plan::prelude::*;

use crate::policies::Work;

/// The configuration of one Concourse.
#[derive(Debug, Config)]
pub struct Settings {
    /// The VPC of everything.
    #[config(default = VpcName::Operations)]
    pub target_vpc: VpcName,
    /// The name under which it is found.
    pub web_host_domain: String,
    /// The password of the database's owner.
    pub db_password: SealedSecret,
    /// The size of the database in GiB.
    pub db_capacity: u32,
    /// The class of the database; without it the environment's.
    pub db_instance_size: Option<String>,
    /// The type of the servers that people see.
    #[config(default = InstanceType::BurstableMedium)]
    pub web_instance_type: InstanceType,
    /// The size of their disks in GiB.
    #[config(default = 25)]
    pub web_disk_size: u32,
    /// How many there are.
    pub web_auto_scale: Scale,
    /// What they do.
    pub web_iam_policies: Vec<Work>,
    /// Those who work, by kind.
    pub workers: Vec<Worker>,
    /// What the servers that people see are told.
    pub web_secrets: BTreeMap<String, SealedSecret>,
    /// What those who work are told.
    pub worker_secrets: BTreeMap<String, SealedSecret>,
    /// What pipelines are told, by path.
    pub pipeline_secrets: BTreeMap<String, BTreeMap<String, SealedSecret>>,
    /// Where logs, metrics and traces go.
    pub grafana: Grafana,
}

/// How many instances there are.
#[derive(Debug, Config)]
pub struct Scale {
    /// At first.
    #[config(default = 1)]
    pub desired: u16,
    /// At least.
    #[config(default = 1)]
    pub min: u16,
    /// At most.
    #[config(default = 5)]
    pub max: u16,
    /// After how many seconds an instance is replaced.
    pub max_instance_lifetime_seconds: Option<u32>,
}

/// One kind of those who work.
#[derive(Debug, Config)]
pub struct Worker {
    /// What it is called.
    pub name: String,
    /// The team that it works for; without one for all.
    pub concourse_team: Option<String>,
    /// The tags of the work that it does; without any all that has none.
    #[config(default)]
    pub concourse_tags: Vec<String>,
    /// Tags of its instances.
    pub aws_tags: WorkerTags,
    /// How many there are.
    pub auto_scale: Scale,
    /// What its pipelines do.
    pub iam_policies: Vec<Work>,
    /// The type of its instances: `burstable_large`, or as the vendor calls it.
    #[config(default = Placed { value: "burstable_large".to_owned(), place: Place::caller() })]
    pub instance_type: Placed<String>,
    /// The size of their disks in GiB.
    #[config(default = 3000)]
    pub disk_size_gb: u32,
    /// What the disks carry, in MiB a second.
    #[config(default = 125)]
    pub disk_throughput: u32,
    /// What the disks do in a second.
    #[config(default = 3000)]
    pub disk_iops: u32,
    /// Whether its instances may be taken away.
    #[config(default = true)]
    pub use_spot_instances: bool,
    /// Which types will do as well.
    pub spot_options: Option<SpotOptions>,
}

/// Tags of instances.
#[derive(Debug, Config)]
pub struct WorkerTags {
    /// Who pays.
    #[config(key = "OU")]
    pub unit: BusinessUnit,
}

/// Which types will do as well.
#[derive(Debug, Config)]
pub struct SpotOptions {
    /// The types, as the vendor calls them.
    pub instance_type_overrides: Vec<String>,
    /// How many instances are not taken away.
    #[config(default = 0)]
    pub on_demand_base_capacity: u16,
}

/// Our account at Grafana.
#[derive(Debug, Config)]
pub struct Grafana {
    /// The key of those who send from here.
    pub api_key: SealedSecret,
    /// Where logs go.
    pub loki_endpoint: String,
    /// The key for logs.
    pub loki_api_key: SealedSecret,
    /// The user who writes logs.
    pub loki_user_id: SealedSecret,
    /// Where metrics go.
    pub prometheus_endpoint: String,
    /// The key for metrics.
    pub prometheus_api_key: SealedSecret,
    /// The user who writes metrics.
    pub prometheus_user_id: SealedSecret,
    /// Where traces go.
    pub tempo_endpoint: String,
    /// The key for traces.
    pub tempo_api_key: SealedSecret,
    /// The user who writes traces.
    pub tempo_user_id: SealedSecret,
}
