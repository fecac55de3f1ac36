//! The database and the cache of a tenant, and who may reach them.

use infrastructure_aws_network_outputs as network;
use infrastructure_vault_outputs as vault_server;
use ol::security_group::{Rule, ingress, no_egress};
use ol_data::{
    AlarmTopics, AmazonCache, AmazonDb, CACHE_PORT, CacheSettings, Database, Engine, EngineVersion, MARIADB_PORT,
    Through, Tier, ingress_from_each,
};
use plan::prelude::*;
use types_aws_ec2::{SecurityGroup, SecurityGroupHandle};
use types_aws_elasticache::ReplicationGroupHandle;

use crate::{Config, Tenant};

pub(crate) const CACHE_VERSION: &str = "7.2";
const CACHE_NODES: u8 = 3;

/// What the data stores need of their surroundings.
pub(crate) struct Surroundings<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) config: &'a Config,
    pub(crate) tier: Tier,
    pub(crate) network: &'a network::Outputs,
    pub(crate) vault: &'a vault_server::VaultServer,
    pub(crate) topics: AlarmTopics,
}

impl Surroundings<'_> {
    /// Declares the database.
    pub(crate) fn database(&self, version: &EngineVersion, plan: &mut Draft) -> Database {
        let Self { tenant, config, tier, network, .. } = self;
        let own = network.vpc(config.target_vpc);
        let vpc = if config.move_db { network.vpc(config.k8s_vpc.into()) } else { own };
        let access = self.database_access(&vpc.id, plan);
        let mut settings = tier.database();
        settings.storage_gb = config.db_storage_gb;
        settings.max_storage_gb = Some(config.db_max_storage_gb);
        if let Some(class) = &config.db_instance_size {
            settings.instance_size.clone_from(class);
        }
        let database = AmazonDb {
            engine: Engine::MariaDb,
            name: &format!("edxapp-db-{}", tenant.full_name),
            version,
            settings,
            monitoring: tier.monitoring(),
            topics: &self.topics,
            db_name: Some("edxapp"),
            password: &config.db_password,
            subnet_group: vpc.rds_subnet,
            security_groups: vec![access.id()],
            tags: &tenant.tags,
        };
        database.declare(plan)
    }

    fn database_access(&self, vpc: &Output<String>, plan: &mut Draft) -> SecurityGroupHandle {
        let Self { tenant, config, network, vault, .. } = self;
        let data = &network.data_vpc;
        let mariadb = Through::Tcp(MARIADB_PORT);
        let from_data = "Access to MariaDB from data VPC pod subnets";
        let from_vault = "Access to MariaDB from the Vault server security group and the whole edxapp VPC CIDR (web and worker nodes)";
        let groups = ingress([
            Rule::tcp(MARIADB_PORT)
                .group(&data.security_groups.orchestrator)
                .group(&data.security_groups.integrator)
                .description(from_data),
            Rule::tcp(MARIADB_PORT)
                .group(&vault.security_group)
                .cidr(&network.vpc(config.target_vpc).cidr)
                .description(from_vault),
        ]);
        let pods = &network.kubernetes(config.k8s_vpc).pod_subnet_cidrs;
        let rules = Output::concat([
            Output::known(groups),
            ingress_from_each(&data.kubernetes.pod_subnet_cidrs, mariadb, from_data),
            ingress_from_each(pods, mariadb, "Access to MariaDB from K8s application pods"),
        ]);
        SecurityGroup::new(format!("edxapp-db-access-{}", tenant.env))
            .group_description("Access from Edxapp instances to the associated MariaDB database")
            .security_group_ingress(rules)
            .security_group_egress(no_egress())
            .vpc_id(vpc)
            .tags(&tenant.tags)
            .declare(plan)
    }

    /// Declares the cache; it lies in the tenant's own VPC, also after the database has moved.
    pub(crate) fn cache(&self, family: &str, plan: &mut Draft) -> ReplicationGroupHandle {
        let Self { tenant, config, tier, network, .. } = self;
        let vpc = network.vpc(config.target_vpc);
        let name = format!("edxapp-redis-{}", tenant.full_name);
        let redis = Through::Tcp(CACHE_PORT);
        let pods = &network.kubernetes(config.k8s_vpc).pod_subnet_cidrs;
        let monitoring = &network.operations_vpc.kubernetes.pod_subnet_cidrs;
        let rules = Output::concat([
            ingress_from_each(pods, redis, "Allow access from edX to Redis for caching and queueing"),
            ingress_from_each(monitoring, redis, "Allow access from Operations VPC celery monitoring pods to Redis"),
        ]);
        let access = SecurityGroup::new(format!("edxapp-redis-cluster-{}", tenant.full_name))
            .group_description("Grant access to Redis from Open edX")
            .security_group_ingress(rules)
            .security_group_egress(no_egress())
            .vpc_id(&vpc.id)
            .tags(tenant.tags.named(&name))
            .declare(plan);
        let cache = AmazonCache {
            name: &name,
            description: "Redis cluster for edX platform tasks and caching",
            version: CACHE_VERSION,
            family,
            node_type: config.redis.instance_type.as_deref().unwrap_or(tier.cache_node()),
            settings: CacheSettings { nodes: CACHE_NODES, ..CacheSettings::default() },
            monitoring: tier.monitoring(),
            topics: &self.topics,
            auth_token: Some(&config.redis_auth_token),
            subnet_group: vpc.elasticache_subnet,
            security_groups: vec![access.id()],
            tags: &tenant.tags,
        };
        cache.declare(plan)
    }
}
