//! The database, and how Vault makes its users.

use ol::security_group::{Rule, egress, ingress};
use ol_data::{
    AlarmTopics, AmazonDb, BlueGreen, DatabaseBackend, DatabaseRole, Engine, EngineVersion, POSTGRES_PORT, Through,
    Tier, ingress_from_each,
};
use plan::prelude::*;
use types_aws_ec2::{SecurityGroup, SecurityGroupHandle};

use crate::servers::vpc_key;
use crate::{KEYCLOAK, Settings, Surroundings};

/// Where Vault makes the users.
pub(crate) const MOUNT: &str = "postgres-keycloak";

/// What the database is made of.
pub(crate) struct Stores<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) around: &'a Surroundings,
    pub(crate) version: &'a EngineVersion,
}

impl Stores<'_> {
    /// Declares the database and its users; gives its host.
    pub(crate) fn declare(
        &self,
        servers: &SecurityGroupHandle,
        topics: &AlarmTopics,
        plan: &mut Draft,
    ) -> Output<String> {
        let Self { settings, around, version } = self;
        let access = self.access(servers, plan);
        let mut of_database = around.tier.database();
        // People log in all day long: the environments' classes are too small.
        match around.tier {
            Tier::Ci => {}
            Tier::Qa => "db.m7g.large".clone_into(&mut of_database.instance_size),
            Tier::Production => "db.m7g.xlarge".clone_into(&mut of_database.instance_size),
        }
        of_database.storage_gb = settings.db_capacity;
        of_database.blue_green = settings.db_use_blue_green.then(BlueGreen::default);
        // Those who only read would no longer get in by password.
        of_database.iam_logins = false;
        let database = AmazonDb {
            engine: Engine::Postgres,
            name: &format!("keycloak-{}", around.env),
            version,
            settings: of_database,
            monitoring: around.tier.monitoring(),
            topics,
            db_name: Some(KEYCLOAK),
            password: &settings.rds_password,
            subnet_group: around.vpc.rds_subnet.clone(),
            security_groups: vec![access.id()],
            tags: &around.tags,
        };
        let host = database.declare(plan).instance.endpoint_address();
        let backend = DatabaseBackend {
            engine: Engine::Postgres,
            db_name: KEYCLOAK,
            mount_point: MOUNT.to_owned(),
            host: host.clone(),
            password: &settings.rds_password,
            roles: vec![
                DatabaseRole::postgres_admin(KEYCLOAK),
                DatabaseRole::postgres_app(KEYCLOAK),
                DatabaseRole::postgres_readonly(),
            ],
            provider: &around.vault,
        };
        backend.declare(plan);
        host
    }

    fn access(&self, servers: &SecurityGroupHandle, plan: &mut Draft) -> SecurityGroupHandle {
        let Self { settings, around, .. } = self;
        let Surroundings { env, vpc, network, .. } = around;
        let name = vpc_key(settings);
        let near = format!(
            "Access to Postgres on 5432 from the keycloak server and Vault server security groups, and the whole {name} CIDR"
        );
        let from_data = "Allow access from data VPC pod subnets.";
        let data = &network.data_vpc;
        let known = ingress([
            Rule::tcp(POSTGRES_PORT)
                .group(servers.id())
                .group(&around.vault_server.security_group)
                .cidr(&vpc.cidr)
                .description(near),
            Rule::tcp(POSTGRES_PORT).group(&data.security_groups.integrator).description(from_data),
        ]);
        let pods = ingress_from_each(&data.kubernetes.pod_subnet_cidrs, Through::Tcp(POSTGRES_PORT), from_data);
        let within = Rule::all().cidr(&vpc.cidr).cidr_v6(&vpc.cidr_v6);
        SecurityGroup::new(format!("keycloak-database-security-group-keycloak-{env}"))
            .group_name(format!("keycloak-database-{name}-keycloak-{env}"))
            .group_description("Access control for the keycloak database")
            .security_group_ingress(Output::concat([Output::known(known), pods]))
            .security_group_egress(egress([within.description("Allow all outbound traffic within the VPC")]))
            .vpc_id(&vpc.id)
            .tags(&around.tags)
            .declare(plan)
    }
}
