//! A Redis or Valkey cache on `ElastiCache`, with its parameter group and alarms.

use std::collections::BTreeMap;

use ol::Tags;
use plan::prelude::*;
use types_aws_elasticache as elasticache;

use crate::memcached::name_problem;
use crate::{AlarmTopics, MonitoringProfile};

/// The port of Valkey and Redis.
pub const CACHE_PORT: u16 = 6379;

/// The longest name of a cache.
const NAME_LENGTH: usize = 40;
/// The most nodes that a cache has, or copies that a shard has.
const MOST_NODES: u8 = 5;

/// What runs a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Config)]
pub enum CacheEngine {
    /// Redis.
    #[config(key = "redis")]
    Redis,
    /// Valkey.
    #[config(key = "valkey")]
    Valkey,
}

/// A cache to be declared.
#[derive(Debug, Clone)]
pub struct AmazonCache<'a> {
    /// Its id, and what the names of its resources start with.
    pub name: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// The version of its engine.
    pub version: &'a str,
    /// The family of the version's parameter groups.
    pub family: &'a str,
    /// The type of each node.
    pub node_type: &'a str,
    /// How large and how safe it is.
    pub settings: CacheSettings,
    /// Which alarms it gets.
    pub monitoring: MonitoringProfile,
    /// Where its alarms go.
    pub topics: &'a AlarmTopics,
    /// The password, if it has one.
    pub auth_token: Option<&'a SealedSecret>,
    /// The subnet group that it lies in.
    pub subnet_group: Output<String>,
    /// Who may reach it.
    pub security_groups: Vec<Output<String>>,
    /// The tags of all its resources.
    pub tags: &'a Tags,
}

/// How large and how safe a cache is.
#[derive(Debug, Clone)]
pub struct CacheSettings {
    /// What runs it.
    pub engine: CacheEngine,
    /// How many nodes there are, the primary among them; in a cluster how many copies of each shard.
    pub nodes: u8,
    /// How many shards there are, if it is a cluster.
    pub shards: Option<u8>,
    /// Its port.
    pub port: u16,
    /// Parameters besides those that all caches have, or instead of them.
    pub parameters: BTreeMap<String, String>,
    /// Whether what it keeps is encrypted.
    pub encrypted: bool,
    /// Whether what it says is encrypted.
    pub encrypt_transit: bool,
    /// The key that it is encrypted with; without one `ElastiCache`'s.
    pub kms_key: Option<Output<String>>,
    /// How many days snapshots are kept.
    pub snapshot_days: u8,
    /// Whether the vendor chooses later minor versions.
    pub auto_upgrade: bool,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            engine: CacheEngine::Valkey,
            nodes: 1,
            shards: None,
            port: CACHE_PORT,
            parameters: BTreeMap::new(),
            encrypted: true,
            encrypt_transit: true,
            kms_key: None,
            snapshot_days: 5,
            auto_upgrade: true,
        }
    }
}

impl CacheEngine {
    /// The version that new caches get.
    pub const DEFAULT_VERSION: &'static str = "8.0";

    /// The name, as `ElastiCache` and the names of resources have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Valkey => "valkey",
        }
    }
}

impl AmazonCache<'_> {
    /// Declares the cache and all that belongs to it.
    #[track_caller]
    pub fn declare(&self, plan: &mut Draft) -> elasticache::ReplicationGroupHandle {
        for problem in self.problems() {
            let message = format!("cache `{}` {problem}", self.name);
            plan.report(Diagnostic::error("E0189", message).at(Place::caller()));
        }
        plan.construct("ol:AmazonCache", self.name, |plan| {
            let parameters = self.parameter_group(plan);
            let cache = self.group(&parameters, plan);
            for alarm in self.monitoring.of_cache_nodes() {
                for node in self.node_names() {
                    alarm.on_cache_node(&node, self.topics, self.tags, plan);
                }
            }
            cache
        })
    }

    fn parameter_group(&self, plan: &mut Draft) -> elasticache::ParameterGroupHandle {
        let engine = self.settings.engine.as_str();
        let mut parameters = self.settings.parameters.clone();
        parameters.entry("maxmemory-policy".to_owned()).or_insert_with(|| "allkeys-lru".to_owned());
        if self.settings.shards.is_some() {
            parameters.insert("cluster-enabled".to_owned(), "yes".to_owned());
        }
        elasticache::ParameterGroup::new(plan.child_name(&format!("{engine}-{}-parameter-group", self.version)))
            .description(format!("Parameters of {}", self.name))
            .cache_parameter_group_family(self.family)
            .properties(parameters)
            .tags(self.tags)
            .declare(plan)
    }

    fn group(
        &self,
        parameters: &elasticache::ParameterGroupHandle,
        plan: &mut Draft,
    ) -> elasticache::ReplicationGroupHandle {
        let settings = &self.settings;
        let engine = settings.engine.as_str();
        // The vendor chooses the minor version of this major one.
        let sixth = self.version.starts_with('6');
        let mut group = elasticache::ReplicationGroup::new(plan.child_name(&format!("{engine}-elasticache-cluster")))
            .replication_group_id(self.name)
            .replication_group_description(self.description)
            .engine(engine)
            .engine_version(if sixth { "6.x" } else { self.version })
            .cache_node_type(self.node_type)
            .port(settings.port)
            .cache_parameter_group_name(parameters.id())
            .cache_subnet_group_name(&self.subnet_group)
            .security_group_ids(&self.security_groups)
            .at_rest_encryption_enabled(settings.encrypted)
            .transit_encryption_enabled(settings.encrypt_transit)
            .auto_minor_version_upgrade(settings.auto_upgrade)
            // AWS refuses fail-over without a second node to fail over to, and clusters without fail-over.
            .automatic_failover_enabled(settings.nodes > 1 || settings.shards.is_some())
            .snapshot_retention_limit(settings.snapshot_days)
            .tags(self.tags);
        if sixth {
            group = group.ignore_changes(&["EngineVersion"]);
        }
        if let Some(token) = self.auth_token {
            group = group.auth_token(token);
        }
        if let Some(key) = &settings.kms_key {
            group = group.kms_key_id(key);
        }
        group = match settings.shards {
            Some(shards) => group.num_node_groups(shards).replicas_per_node_group(settings.nodes),
            None => group.num_cache_clusters(settings.nodes),
        };
        group.declare(plan)
    }

    /// What the vendor calls the nodes: those of a shard are its primary and the copies.
    fn node_names(&self) -> Vec<String> {
        let Self { name, settings, .. } = self;
        match settings.shards {
            None => (1..=settings.nodes).map(|node| format!("{name}-{node:03}")).collect(),
            Some(shards) => {
                let nodes = 1..=settings.nodes + 1;
                let of_shard = |shard: u8| nodes.clone().map(move |node| format!("{name}-{shard:04}-{node:03}"));
                (1..=shards).flat_map(of_shard).collect()
            }
        }
    }

    fn problems(&self) -> Vec<String> {
        let CacheSettings { nodes, shards, port, encrypt_transit, snapshot_days, .. } = self.settings;
        let mut problems: Vec<String> = name_problem(self.name, NAME_LENGTH).into_iter().collect();
        if !(1..=MOST_NODES).contains(&nodes) {
            problems.push(format!("has {nodes} nodes: it must be 1 to {MOST_NODES}"));
        }
        if shards == Some(0) {
            problems.push("is a cluster of no shards: 1 is the least".to_owned());
        }
        if port == 0 {
            problems.push("listens at port 0: 1 is the least".to_owned());
        }
        if snapshot_days == 0 {
            problems.push("keeps snapshots for 0 days: 1 is the least".to_owned());
        }
        if self.auth_token.is_some() && !encrypt_transit {
            problems.push("has a password that it would say in clear: what it says must be encrypted".to_owned());
        }
        problems
    }
}
