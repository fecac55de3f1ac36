//! How large and how safe a database is.

use std::collections::BTreeMap;

use plan::prelude::*;

use crate::amazon_db::DATABASE_OWNER;

/// How large and how safe a database is.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// The instance class.
    pub instance_size: String,
    /// Its size in GiB at first.
    pub storage_gb: u32,
    /// Its size in GiB at most; without one it does not grow.
    pub max_storage_gb: Option<u32>,
    /// What it is kept on.
    pub storage_type: StorageType,
    /// Operations a second, where the storage takes a number.
    pub iops: Option<u32>,
    /// MiB a second, where the storage takes a number.
    pub storage_throughput: Option<u32>,
    /// Whether a standby runs in another zone.
    pub multi_az: bool,
    /// Whether AWS refuses to delete it.
    pub prevent_delete: bool,
    /// How many days backups are kept; 0 = there are none.
    pub backup_days: u8,
    /// Whether it has a public address.
    pub public_access: bool,
    /// Whether AWS's own identities may log in; with that, nobody who may use them can log in by password.
    pub iam_logins: bool,
    /// Who owns it.
    pub username: String,
    /// Its port; without one the engine's.
    pub port: Option<u16>,
    /// Parameters instead of those that all databases of the engine have.
    pub parameters: Option<BTreeMap<String, String>>,
    /// The copy that is only read, if there is one.
    pub read_replica: Option<ReplicaSettings>,
    /// Every how many seconds the operating system is measured; 0 = never.
    pub monitoring_interval: u8,
    /// How many days of performance insights are kept, if there are any.
    pub performance_insights_days: Option<u16>,
    /// Whether changes are made on a copy, which then takes the place.
    pub blue_green: Option<BlueGreen>,
    /// Who says when another version is run.
    pub upgrades: Upgrades,
}

/// The copy that is only read.
#[derive(Debug, Clone)]
pub struct ReplicaSettings {
    /// The instance class.
    pub instance_size: String,
    /// What it is kept on.
    pub storage_type: StorageType,
    /// Whether it has a public address.
    pub public_access: bool,
    /// Who may reach it; without them whoever may reach the database.
    pub security_groups: Option<Vec<Output<String>>>,
}

/// What a database is kept on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Config)]
pub enum StorageType {
    /// Disks that turn.
    #[config(key = "magnetic")]
    Magnetic,
    /// Solid.
    #[config(key = "ssd")]
    Ssd,
    /// Solid, with operations that are paid for.
    #[config(key = "performance")]
    Performance,
}

/// Changes on a copy, which then takes the place of the database.
///
/// `CloudFormation` has no words for it: what it changes here is how long a change may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlueGreen {
    /// After how many minutes a change has failed.
    pub timeout_minutes: u32,
}

/// Who says when another version is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upgrades {
    /// The vendor, within a major version: the world lock is only asked for new databases.
    ByVendor,
    /// The world lock: what it says is run, also if it is another major version.
    ByLock,
}

/// What the vendor measures the operating system at, in seconds.
const INTERVALS: [u8; 7] = [0, 1, 5, 10, 15, 30, 60];
/// How many days the vendor keeps performance insights.
const INSIGHTS: [u16; 2] = [7, 731];
/// The most days that backups are kept.
const BACKUP_DAYS: u8 = 35;

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self {
            instance_size: "db.m7g.large".to_owned(),
            storage_gb: 50,
            max_storage_gb: Some(1000),
            storage_type: StorageType::Ssd,
            iops: None,
            storage_throughput: None,
            multi_az: true,
            prevent_delete: true,
            backup_days: 30,
            public_access: false,
            iam_logins: true,
            username: DATABASE_OWNER.to_owned(),
            port: None,
            parameters: None,
            read_replica: None,
            monitoring_interval: 0,
            performance_insights_days: None,
            blue_green: None,
            upgrades: Upgrades::ByVendor,
        }
    }
}

impl Default for ReplicaSettings {
    fn default() -> Self {
        Self {
            instance_size: "db.t4g.medium".to_owned(),
            storage_type: StorageType::Ssd,
            public_access: false,
            security_groups: None,
        }
    }
}

impl Default for BlueGreen {
    fn default() -> Self {
        Self { timeout_minutes: 720 }
    }
}

impl BlueGreen {
    /// After how many seconds a change has failed.
    pub(crate) fn seconds(self) -> u32 {
        self.timeout_minutes.saturating_mul(60)
    }
}

impl StorageType {
    /// The vendor's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Magnetic => "standard",
            Self::Ssd => "gp3",
            Self::Performance => "io1",
        }
    }
}

impl DatabaseSettings {
    /// What is out of its range, as ends of sentences.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.backup_days > BACKUP_DAYS {
            problems.push(format!("keeps backups for {} days: {BACKUP_DAYS} is the most", self.backup_days));
        }
        if self.storage_gb == 0 {
            problems.push("has no room: 1 GiB is the least".to_owned());
        }
        if let Some(most) = self.max_storage_gb.filter(|most| *most < self.storage_gb.max(1)) {
            problems.push(format!("grows to {most} GiB at most, but has {} at first", self.storage_gb));
        }
        if self.port == Some(0) {
            problems.push("listens at port 0: 1 is the least".to_owned());
        }
        if !INTERVALS.contains(&self.monitoring_interval) {
            let (given, allowed) = (self.monitoring_interval, listed(&INTERVALS));
            problems.push(format!("measures its system every {given} seconds: it must be one of {allowed}"));
        }
        if let Some(days) = self.performance_insights_days.filter(|days| !INSIGHTS.contains(days)) {
            let allowed = listed(&INSIGHTS);
            problems.push(format!("keeps performance insights for {days} days: it must be one of {allowed}"));
        }
        if self.blue_green.is_some_and(|copies| copies.timeout_minutes == 0) {
            problems.push("gives changes no time: a minute is the least".to_owned());
        }
        problems
    }
}

fn listed<T: ToString>(allowed: &[T]) -> String {
    allowed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
