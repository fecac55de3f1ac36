//! The database, how Vault makes its users, and how Consul finds it.

use ol_data::{
    AmazonDb, DatabaseBackend, DatabaseRole, Engine, EngineVersion, POSTGRES_PORT, Tier, postgres_extension,
};
use plan::prelude::*;
use types_aws_ec2::SecurityGroupHandle;
use types_consul as consul;
use types_consul::service::Check;

use crate::{Settings, Surroundings};

/// The database within the instance, and the role that owns what is in it.
const DATABASE: &str = "concourse";

/// What the database is made of.
pub(crate) struct Stores<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) around: &'a Surroundings,
    pub(crate) tier: Tier,
    pub(crate) version: &'a EngineVersion,
}

impl Stores<'_> {
    pub(crate) fn declare(&self, access: &SecurityGroupHandle, plan: &mut Draft) {
        let Self { settings, around, tier, version } = self;
        let mut of_database = tier.database();
        // What is here can be built again: one copy, measured by its alarms alone.
        of_database.read_replica = None;
        of_database.monitoring_interval = 0;
        of_database.performance_insights_days = None;
        of_database.storage_gb = settings.db_capacity;
        if let Some(class) = &settings.db_instance_size {
            of_database.instance_size.clone_from(class);
        }
        let database = AmazonDb {
            engine: Engine::Postgres,
            name: &format!("concourse-db-{}", around.env),
            version,
            settings: of_database,
            monitoring: tier.monitoring(),
            topics: &around.topics,
            db_name: Some(DATABASE),
            password: &settings.db_password,
            subnet_group: around.vpc.rds_subnet.clone(),
            security_groups: vec![access.id()],
            tags: &around.tags,
        };
        let address = database.declare(plan).instance.endpoint_address();
        self.users(&address, plan);
        self.service(&address, plan);
    }

    fn users(&self, address: &Output<String>, plan: &mut Draft) {
        let backend = DatabaseBackend {
            engine: Engine::Postgres,
            db_name: DATABASE,
            mount_point: format!("postgres-{DATABASE}"),
            host: address.clone(),
            password: &self.settings.db_password,
            roles: vec![
                DatabaseRole::postgres_admin(DATABASE),
                DatabaseRole::postgres_app(DATABASE).creating(&postgres_extension("pgcrypto")),
                DatabaseRole::postgres_readonly(),
            ],
            provider: &self.around.vault,
        };
        backend.declare(plan);
    }

    /// The database as a service, which Consul watches from outside.
    fn service(&self, address: &Output<String>, plan: &mut Draft) {
        let server = &self.around.consul_server;
        let node = consul::Node::new("concourse-instance-db-node")
            .name("concourse-postgres-db")
            .address(address)
            .provider(server)
            .declare(plan);
        let check = Check::new()
            .check_id("concourse-instance-db")
            .name("concourse-instance-id")
            .interval("10s")
            .timeout("60s")
            .status("passing")
            .tcp(text("{}:{}", [address.clone(), Output::known(POSTGRES_PORT.to_string())]));
        let outside = ["external-node", "external-probe"].map(|key| (key.to_owned(), "true"));
        consul::Service::new("concourse-instance-db-service")
            .node(node.name())
            .name("concourse-postgres")
            .port(POSTGRES_PORT)
            .meta(std::collections::BTreeMap::from(outside))
            .check([check])
            .provider(server)
            .declare(plan);
    }
}
