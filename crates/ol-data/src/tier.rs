//! What stacks of an environment get by default.

use plan::prelude::*;

use crate::{DatabaseSettings, MonitoringProfile, ReplicaSettings};

/// How much a stack's data stores are worth: what sizes, copies and alarms follow from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// Continuous integration: small, silent, may be lost.
    Ci,
    /// Quality assurance: small, watched, may be lost.
    Qa,
    /// Production: large, copied, watched, protected.
    Production,
}

impl Tier {
    /// The tier of a stack, by its environment.
    ///
    /// # Errors
    /// If no defaults are known for the environment.
    #[track_caller]
    pub fn of(stack: &Stack) -> Result<Self> {
        match stack.environment() {
            "CI" => Ok(Self::Ci),
            "QA" => Ok(Self::Qa),
            "Production" => Ok(Self::Production),
            other => Err(Diagnostic::error("E0170", format!("data stores have no defaults for environment `{other}`"))
                .at(Place::caller())
                .hint("name the stack after one of `CI`, `QA`, `Production`")
                .into()),
        }
    }

    /// The defaults of a database.
    pub fn database(self) -> DatabaseSettings {
        let small = DatabaseSettings {
            instance_size: "db.t4g.small".to_owned(),
            multi_az: false,
            prevent_delete: false,
            backup_days: 1,
            ..DatabaseSettings::default()
        };
        match self {
            Self::Ci => small,
            Self::Qa => DatabaseSettings { instance_size: "db.t4g.medium".to_owned(), backup_days: 7, ..small },
            Self::Production => DatabaseSettings {
                read_replica: Some(ReplicaSettings::default()),
                monitoring_interval: 60,
                performance_insights_days: Some(7),
                ..DatabaseSettings::default()
            },
        }
    }

    /// The node type of a cache.
    pub fn cache_node(self) -> &'static str {
        match self {
            Self::Ci | Self::Qa => "cache.t4g.small",
            Self::Production => "cache.r7g.large",
        }
    }

    /// Which alarms data stores get.
    pub fn monitoring(self) -> MonitoringProfile {
        match self {
            Self::Ci => MonitoringProfile::Ci,
            Self::Qa => MonitoringProfile::Qa,
            Self::Production => MonitoringProfile::Production,
        }
    }
}
