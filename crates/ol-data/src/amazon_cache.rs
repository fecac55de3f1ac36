//! A Valkey cache on `ElastiCache`, with its parameter group and alarms.

use std::collections::BTreeMap;

use ol::Tags;
use plan::prelude::*;
use types_aws_elasticache as elasticache;

use crate::{AlarmTopics, MonitoringProfile};

/// The port of Valkey and Redis.
pub const CACHE_PORT: u16 = 6379;

/// A cache to be declared.
#[derive(Debug, Clone)]
pub struct AmazonCache<'a> {
    /// Its id, and what the names of its resources start with.
    pub name: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// The version of Valkey.
    pub version: &'a str,
    /// The family of the version's parameter groups.
    pub family: &'a str,
    /// The type of each node.
    pub node_type: &'a str,
    /// How many nodes there are, the primary among them.
    pub nodes: u8,
    /// Which alarms it gets.
    pub monitoring: MonitoringProfile,
    /// Where its alarms go.
    pub topics: &'a AlarmTopics,
    /// The password.
    pub auth_token: &'a SealedSecret,
    /// The subnet group that it lies in.
    pub subnet_group: Output<String>,
    /// Who may reach it.
    pub security_group: Output<String>,
    /// The tags of all its resources.
    pub tags: &'a Tags,
}

impl AmazonCache<'_> {
    /// Declares the cache and all that belongs to it.
    pub fn declare(&self, plan: &mut Draft) -> elasticache::ReplicationGroupHandle {
        plan.construct("ol:AmazonCache", self.name, |plan| {
            let parameters =
                elasticache::ParameterGroup::new(plan.child_name(&format!("valkey-{}-parameter-group", self.version)))
                    .description(format!("Parameters of {}", self.name))
                    .cache_parameter_group_family(self.family)
                    .properties(BTreeMap::from([("maxmemory-policy".to_owned(), "allkeys-lru")]))
                    .tags(self.tags)
                    .declare(plan);
            let cache = elasticache::ReplicationGroup::new(plan.child_name("valkey-elasticache-cluster"))
                .replication_group_id(self.name)
                .replication_group_description(self.description)
                .engine("valkey")
                .engine_version(self.version)
                .cache_node_type(self.node_type)
                .num_cache_clusters(self.nodes)
                .port(CACHE_PORT)
                .cache_parameter_group_name(parameters.id())
                .cache_subnet_group_name(&self.subnet_group)
                .security_group_ids([&self.security_group])
                .at_rest_encryption_enabled(true)
                .transit_encryption_enabled(true)
                .auth_token(self.auth_token)
                .auto_minor_version_upgrade(true)
                // AWS refuses fail-over without a second node to fail over to.
                .automatic_failover_enabled(self.nodes > 1)
                .snapshot_retention_limit(5)
                .tags(self.tags)
                .declare(plan);
            for alarm in self.monitoring.of_cache_nodes() {
                for node in 1..=self.nodes {
                    alarm.on_cache_node(&format!("{}-{node:03}", self.name), self.topics, self.tags, plan);
                }
            }
            cache
        })
    }
}
