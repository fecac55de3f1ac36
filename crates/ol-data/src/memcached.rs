//! A Memcached cache on `ElastiCache`, with its parameter group.

use std::collections::BTreeMap;

use ol::Tags;
use plan::prelude::*;
use types_aws_elasticache as elasticache;

/// The port of Memcached.
pub const MEMCACHED_PORT: u16 = 11_211;

const ENGINE: &str = "memcached";
/// The shortest name of a cache.
const LEAST_NAME_LENGTH: usize = 2;
/// The longest.
const NAME_LENGTH: usize = 50;
/// The most nodes that one has.
const MOST_NODES: u8 = 20;

/// A cache to be declared. It keeps nothing, asks for no password, and no alarm watches it.
#[derive(Debug, Clone)]
pub struct Memcached<'a> {
    /// Its name, which the names of its resources start with.
    pub name: &'a str,
    /// The version of Memcached.
    pub version: &'a str,
    /// The family of the version's parameter groups.
    pub family: &'a str,
    /// The type of each node.
    pub node_type: &'a str,
    /// How many nodes there are; several are spread over zones.
    pub nodes: u8,
    /// Its port.
    pub port: u16,
    /// Parameters that differ from the family's.
    pub parameters: BTreeMap<String, String>,
    /// Whether the vendor chooses later minor versions.
    pub auto_upgrade: bool,
    /// The subnet group that it lies in.
    pub subnet_group: Output<String>,
    /// Who may reach it.
    pub security_groups: Vec<Output<String>>,
    /// The tags of all its resources.
    pub tags: &'a Tags,
}

impl Memcached<'_> {
    /// The version that new caches get.
    pub const DEFAULT_VERSION: &'static str = "1.5.16";
    /// How many nodes there are, if nothing else is said.
    pub const NODES: u8 = 3;

    /// Declares the cache and its parameter group.
    #[track_caller]
    pub fn declare(&self, plan: &mut Draft) -> elasticache::CacheClusterHandle {
        for problem in self.problems() {
            let message = format!("cache `{}` {problem}", self.name);
            plan.report(Diagnostic::error("E0189", message).at(Place::caller()));
        }
        plan.construct("ol:Memcached", self.name, |plan| {
            let group = format!("{ENGINE}-{}-parameter-group", self.version);
            let parameters = elasticache::ParameterGroup::new(plan.child_name(&group))
                .description(format!("Parameters of {}", self.name))
                .cache_parameter_group_family(self.family)
                .properties(self.parameters.clone())
                .tags(self.tags)
                .declare(plan);
            elasticache::CacheCluster::new(plan.child_name(&format!("{ENGINE}-elasticache-cluster")))
                .cluster_name(self.name)
                .engine(ENGINE)
                .engine_version(self.version)
                .az_mode(if self.nodes > 1 { "cross-az" } else { "single-az" })
                .cache_node_type(self.node_type)
                .num_cache_nodes(self.nodes)
                .port(self.port)
                .auto_minor_version_upgrade(self.auto_upgrade)
                .cache_parameter_group_name(parameters.id())
                .cache_subnet_group_name(&self.subnet_group)
                .vpc_security_group_ids(&self.security_groups)
                .tags(self.tags)
                .declare(plan)
        })
    }

    fn problems(&self) -> Vec<String> {
        let mut problems: Vec<String> = name_problem(self.name, NAME_LENGTH).into_iter().collect();
        if !(1..=MOST_NODES).contains(&self.nodes) {
            problems.push(format!("has {} nodes: it must be 1 to {MOST_NODES}", self.nodes));
        }
        if self.port == 0 {
            problems.push("listens at port 0: 1 is the least".to_owned());
        }
        problems
    }
}

/// What is wrong with a cache's name.
pub(crate) fn name_problem(name: &str, most: usize) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let good = (LEAST_NAME_LENGTH..=most).contains(&name.len()) && name.chars().all(fits);
    (!good)
        .then(|| format!("cannot be called that: a name is {LEAST_NAME_LENGTH} to {most} letters, digits and hyphens"))
}
