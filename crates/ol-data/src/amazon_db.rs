//! A database on RDS, with its parameter group, replica and alarms.

use std::collections::BTreeMap;

use ol::Tags;
use plan::prelude::*;
use types_aws_iam as iam;
use types_aws_rds as rds;

use crate::database_settings::{BlueGreen, ReplicaSettings};
use crate::{AlarmTopics, DatabaseSettings, EngineVersion, MonitoringProfile, Upgrades};

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
    /// The version to make it with; see [`Upgrades`] for what comes later.
    pub version: &'a EngineVersion,
    /// How large and how safe it is.
    pub settings: DatabaseSettings,
    /// Which alarms it gets.
    pub monitoring: MonitoringProfile,
    /// Where its alarms go.
    pub topics: &'a AlarmTopics,
    /// The schema that is made with it, if one is.
    pub db_name: Option<&'a str>,
    /// The owner's password.
    pub password: &'a SealedSecret,
    /// The subnet group that it lies in.
    pub subnet_group: Output<String>,
    /// Who may reach it.
    pub security_groups: Vec<Output<String>>,
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
    #[track_caller]
    pub fn declare(&self, plan: &mut Draft) -> Database {
        for problem in self.settings.problems() {
            let message = format!("database `{}` {problem}", self.name);
            plan.report(Diagnostic::error("E0188", message).at(Place::caller()));
        }
        plan.construct("ol:AmazonDb", self.name, |plan| {
            let role = (self.settings.monitoring_interval > 0).then(|| self.monitoring_role(plan));
            let parameters = self.parameter_group(plan);
            let shared = Shared { parameters, role };
            let instance = self.instance(&shared, plan);
            let replica = self.settings.read_replica.as_ref();
            let replica = replica.map(|replica| self.replica(replica, &instance, &shared, plan));
            for alarm in self.monitoring.of_databases() {
                alarm.on_database(self.name, self.topics, self.tags, plan);
            }
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
        rds::DbParameterGroup::new(self.child("parameter-group", plan))
            .description(format!("Parameters of {}", self.name))
            .family(&self.version.family)
            .parameters(object!(self.parameters()))
            .tags(self.tags)
            .declare(plan)
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let usual = || self.engine.parameters().iter().copied().map(pair).collect();
        let mut parameters = self.settings.parameters.clone().unwrap_or_else(usual);
        if self.engine == Engine::Postgres && self.settings.read_replica.is_some() {
            // Otherwise the replica's long queries are cancelled.
            parameters.extend([pair(("hot_standby_feedback", "1"))]);
        }
        parameters
    }

    fn instance(&self, shared: &Shared, plan: &mut Draft) -> rds::DbInstanceHandle {
        let settings = &self.settings;
        let mut instance = rds::DbInstance::new(self.child("instance", plan))
            .db_instance_identifier(self.name)
            .engine(self.engine.as_str())
            .master_username(&settings.username)
            .master_user_password(self.password)
            .port(settings.port.unwrap_or(self.engine.port()).to_string())
            .db_instance_class(&settings.instance_size)
            .allocated_storage(settings.storage_gb.to_string())
            .storage_type(settings.storage_type.as_str())
            .multi_az(settings.multi_az)
            .db_subnet_group_name(&self.subnet_group)
            .vpc_security_groups(&self.security_groups)
            .publicly_accessible(settings.public_access)
            .backup_retention_period(settings.backup_days)
            .copy_tags_to_snapshot(true)
            .deletion_protection(settings.prevent_delete)
            .enable_iam_database_authentication(settings.iam_logins);
        if let Some(name) = self.db_name {
            instance = instance.db_name(name);
        }
        if let Some(iops) = settings.iops {
            instance = instance.iops(iops);
        }
        if let Some(throughput) = settings.storage_throughput {
            instance = instance.storage_throughput(throughput);
        }
        self.both(instance, shared).declare(plan)
    }

    fn replica(
        &self,
        replica: &ReplicaSettings,
        primary: &rds::DbInstanceHandle,
        shared: &Shared,
        plan: &mut Draft,
    ) -> rds::DbInstanceHandle {
        let made = rds::DbInstance::new(self.child("replica", plan))
            .db_instance_identifier(format!("{}-replica", self.name))
            .source_db_instance_identifier(primary.id())
            .db_instance_class(&replica.instance_size)
            .storage_type(replica.storage_type.as_str())
            .vpc_security_groups(replica.security_groups.as_ref().unwrap_or(&self.security_groups))
            .publicly_accessible(replica.public_access);
        self.both(made, shared).declare(plan)
    }

    /// What the primary and its replica have in common.
    fn both(&self, instance: rds::DbInstance, shared: &Shared) -> rds::DbInstance {
        let settings = &self.settings;
        let mut instance = instance
            .engine_version(&self.version.version)
            .allow_major_version_upgrade(true)
            .auto_minor_version_upgrade(true)
            .apply_immediately(true)
            .db_parameter_group_name(shared.parameters.id())
            .storage_encrypted(true)
            .monitoring_interval(settings.monitoring_interval)
            .enable_performance_insights(settings.performance_insights_days.is_some())
            .tags(self.tags);
        if settings.upgrades == Upgrades::ByVendor {
            instance = instance.ignore_changes(&["EngineVersion"]);
        }
        if let Some(most) = settings.max_storage_gb {
            instance = instance.max_allocated_storage(most);
        }
        if let Some(days) = settings.performance_insights_days {
            instance = instance.performance_insights_retention_period(days);
        }
        if let Some(role) = &shared.role {
            instance = instance.monitoring_role_arn(role.arn());
        }
        match settings.blue_green.map(BlueGreen::seconds) {
            Some(seconds) => instance.timeouts(seconds, seconds, seconds),
            None => instance,
        }
    }
}

/// What the primary and its replica share.
struct Shared {
    parameters: rds::DbParameterGroupHandle,
    role: Option<iam::RoleHandle>,
}
