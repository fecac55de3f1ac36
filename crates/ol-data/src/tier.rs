//! What stacks of an environment get by default.

use plan::prelude::*;

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

/// The defaults of a database.
#[derive(Debug, Clone, PartialEq)]
pub struct DatabaseDefaults {
    /// The instance class.
    pub instance_size: String,
    /// Whether a standby runs in another zone.
    pub multi_az: bool,
    /// Whether AWS refuses to delete it.
    pub prevent_delete: bool,
    /// How many days backups are kept.
    pub backup_days: i64,
    /// The class of a read replica, if there is one.
    pub read_replica: Option<&'static str>,
    /// Every how many seconds the operating system is measured; 0 = never.
    pub monitoring_interval: i64,
    /// How many days of performance insights are kept, if there are any.
    pub performance_insights_days: Option<i64>,
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
    pub fn database(self) -> DatabaseDefaults {
        let small = DatabaseDefaults {
            instance_size: "db.t4g.small".to_owned(),
            multi_az: false,
            prevent_delete: false,
            backup_days: 1,
            read_replica: None,
            monitoring_interval: 0,
            performance_insights_days: None,
        };
        match self {
            Self::Ci => small,
            Self::Qa => DatabaseDefaults { instance_size: "db.t4g.medium".to_owned(), backup_days: 7, ..small },
            Self::Production => DatabaseDefaults {
                instance_size: "db.m7g.large".to_owned(),
                multi_az: true,
                prevent_delete: true,
                backup_days: 30,
                read_replica: Some("db.t4g.medium"),
                monitoring_interval: 60,
                performance_insights_days: Some(7),
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
}
