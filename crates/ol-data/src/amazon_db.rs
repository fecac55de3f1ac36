//! A database on RDS, with its parameter group, replica and alarms.

use std::collections::BTreeMap;

use ol::Tags;
use plan::prelude::*;
use types_aws_iam as iam;
use types_aws_rds as rds;

use crate::alarms::Alarms;
use crate::{DatabaseDefaults, EngineVersion, Tier};

/// The user that owns every database.
pub const DATABASE_OWNER: &str = "oldevops";
/// The port of `MariaDB`.
pub const MARIADB_PORT: u16 = 3306;
/// The port of `PostgreSQL`.
pub const POSTGRES_PORT: u16 = 5432;

/// What runs a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// `MariaDB`.
    MariaDb,
    /// `PostgreSQL`.
    Postgres,
}

impl Engine {
    /// The version that new databases get, without its last number.
    pub fn default_major(self) -> &'static str {
        match self {
            Self::MariaDb => "11.8",
            Self::Postgres => "18",
        }
    }

    /// The name, as RDS and the names of resources have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MariaDb => "mariadb",
            Self::Postgres => "postgres",
        }
    }

    /// The port.
    pub fn port(self) -> u16 {
        match self {
            Self::MariaDb => MARIADB_PORT,
            Self::Postgres => POSTGRES_PORT,
        }
    }

    /// The parameters of every database.
    fn parameters(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::MariaDb => &[
                ("character_set_client", "utf8mb4"),
                ("character_set_connection", "utf8mb4"),
                ("character_set_database", "utf8mb4"),
                ("character_set_filesystem", "utf8mb4"),
                ("character_set_results", "utf8mb4"),
                ("character_set_server", "utf8mb4"),
                ("collation_connection", "utf8mb4_unicode_ci"),
                ("collation_server", "utf8mb4_unicode_ci"),
                ("time_zone", "UTC"),
                ("log_slow_query", "1"),
                ("log_slow_query_time", "2"),
                ("rds.optimized_writes", "AUTO"),
            ],
            Self::Postgres => &[
                ("autovacuum", "1"),
                ("client_encoding", "UTF-8"),
                ("rds.force_ssl", "1"),
                ("rds.logical_replication", "1"),
                ("max_wal_senders", "20"),
                ("max_replication_slots", "10"),
                ("timezone", "UTC"),
                ("rds.blue_green_replication_type", "logical"),
                ("log_min_duration_statement", "1000"),
            ],
        }
    }
}

/// A database to be declared.
#[derive(Debug, Clone)]
pub struct AmazonDb<'a> {
    /// What runs it.
    pub engine: Engine,
    /// Its identifier, and what the names of its resources start with.
    pub name: &'a str,
    /// The version to make it with; later minor versions are AWS's to choose.
    pub version: &'a EngineVersion,
    /// How large and how safe it is.
    pub defaults: DatabaseDefaults,
    /// Which alarms it gets.
    pub tier: Tier,
    /// Where its alarms go.
    pub alarm_topic: Output<String>,
    /// The schema that is made with it.
    pub db_name: &'a str,
    /// The owner's password.
    pub password: &'a SealedSecret,
    /// Its size in GiB at first.
    pub storage_gb: i64,
    /// Its size in GiB at most.
    pub max_storage_gb: i64,
    /// The subnet group that it lies in.
    pub subnet_group: Output<String>,
    /// Who may reach it.
    pub security_group: Output<String>,
    /// Whether AWS's own identities may log in; with that, nobody who may use them can log in by password.
    pub iam_logins: bool,
    /// The tags of all its resources.
    pub tags: &'a Tags,
}

/// A declared database.
#[derive(Debug, Clone)]
pub struct Database {
    /// The instance that is written to.
    pub instance: rds::DbInstanceHandle,
    /// The instance that is only read, where there is one.
    pub replica: Option<rds::DbInstanceHandle>,
}

impl AmazonDb<'_> {
    /// Declares the database and all that belongs to it.
    pub fn declare(&self, plan: &mut Draft) -> Database {
        plan.construct("ol:AmazonDb", self.name, |plan| {
            let role = (self.defaults.monitoring_interval > 0).then(|| self.monitoring_role(plan));
            let parameters = self.parameter_group(plan);
            let instance = self.instance(&parameters, role.as_ref(), plan);
            let replica = self
                .defaults
                .read_replica
                .map(|class| self.replica(class, &instance, &parameters, role.as_ref(), plan));
            let alarms = Alarms { tier: self.tier, topic: &self.alarm_topic, tags: self.tags };
            alarms.on_database(self.name, plan);
            Database { instance, replica }
        })
    }

    /// The name of a part: `NAME-mariadb-instance`.
    fn child(&self, part: &str, plan: &Draft) -> String {
        plan.child_name(&format!("{}-{part}", self.engine.as_str()))
    }

    fn monitoring_role(&self, plan: &mut Draft) -> iam::RoleHandle {
        iam::Role::new(plan.child_name("enhanced-monitoring-role"))
            .assume_role_policy_document(object!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Principal": { "Service": "monitoring.rds.amazonaws.com" },
                    "Action": "sts:AssumeRole",
                }],
            }))
            .managed_policy_arns(["arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"])
            .tags(self.tags)
            .declare(plan)
    }

    fn parameter_group(&self, plan: &mut Draft) -> rds::DbParameterGroupHandle {
        let engine = self.engine;
        // Otherwise the replica's long queries are cancelled.
        let feedback = engine == Engine::Postgres && self.defaults.read_replica.is_some();
        let more = feedback.then_some(("hot_standby_feedback", "1"));
        let parameters: BTreeMap<String, &str> =
            engine.parameters().iter().copied().chain(more).map(|(name, value)| (name.to_owned(), value)).collect();
        rds::DbParameterGroup::new(self.child("parameter-group", plan))
            .description(format!("Parameters of {}", self.name))
            .family(&self.version.family)
            .parameters(object!(parameters))
            .tags(self.tags)
            .declare(plan)
    }

    fn instance(
        &self,
        parameters: &rds::DbParameterGroupHandle,
        role: Option<&iam::RoleHandle>,
        plan: &mut Draft,
    ) -> rds::DbInstanceHandle {
        let instance = rds::DbInstance::new(self.child("instance", plan))
            .db_instance_identifier(self.name)
            .engine(self.engine.as_str())
            .db_name(self.db_name)
            .master_username(DATABASE_OWNER)
            .master_user_password(self.password)
            .port(self.engine.port().to_string())
            .db_instance_class(&self.defaults.instance_size)
            .allocated_storage(self.storage_gb.to_string())
            .multi_az(self.defaults.multi_az)
            .db_subnet_group_name(&self.subnet_group)
            .backup_retention_period(self.defaults.backup_days)
            .copy_tags_to_snapshot(true)
            .deletion_protection(self.defaults.prevent_delete)
            .enable_iam_database_authentication(self.iam_logins);
        self.both(instance, parameters, role).declare(plan)
    }

    fn replica(
        &self,
        class: &str,
        primary: &rds::DbInstanceHandle,
        parameters: &rds::DbParameterGroupHandle,
        role: Option<&iam::RoleHandle>,
        plan: &mut Draft,
    ) -> rds::DbInstanceHandle {
        let replica = rds::DbInstance::new(self.child("replica", plan))
            .db_instance_identifier(format!("{}-replica", self.name))
            .source_db_instance_identifier(primary.id())
            .db_instance_class(class);
        self.both(replica, parameters, role).declare(plan)
    }

    /// What the primary and its replica have in common.
    fn both(
        &self,
        instance: rds::DbInstance,
        parameters: &rds::DbParameterGroupHandle,
        role: Option<&iam::RoleHandle>,
    ) -> rds::DbInstance {
        let instance = instance
            .engine_version(&self.version.version)
            .ignore_changes(&["EngineVersion"])
            .allow_major_version_upgrade(true)
            .auto_minor_version_upgrade(true)
            .apply_immediately(true)
            .db_parameter_group_name(parameters.id())
            .max_allocated_storage(self.max_storage_gb)
            .storage_type("gp3")
            .storage_encrypted(true)
            .publicly_accessible(false)
            .vpc_security_groups([&self.security_group])
            .monitoring_interval(self.defaults.monitoring_interval)
            .enable_performance_insights(self.defaults.performance_insights_days.is_some())
            .tags(self.tags);
        let instance = match self.defaults.performance_insights_days {
            Some(days) => instance.performance_insights_retention_period(days),
            None => instance,
        };
        match role {
            Some(role) => instance.monitoring_role_arn(role.arn()),
            None => instance,
        }
    }
}
