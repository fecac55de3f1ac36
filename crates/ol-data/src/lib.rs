//! Databases, caches, their alarms and their credentials, as the projects of Open Learning use them.
//!
//! Layer: beside the model, like the bindings that it uses. **Invariant:** what a construct declares follows from its
//! fields alone; what must be known of the world comes as an answer of the world lock.

mod access;
mod alarms;
mod amazon_cache;
mod amazon_db;
mod database_settings;
mod eks;
mod instance;
mod memcached;
mod postgres;
mod tier;
mod vault;
mod world;

use plan::PlanFunction;

pub use access::{RULES_FROM_BLOCKS, Through, ingress_from_each, rules_from_blocks};
pub use alarms::{AlarmSettings, AlarmTopics, Comparison, Level, Missing, MonitoringProfile, Statistic, Unit};
pub use amazon_cache::{AmazonCache, CACHE_PORT, CacheEngine, CacheSettings};
pub use amazon_db::{AmazonDb, DATABASE_OWNER, Database, Engine, MARIADB_PORT, POSTGRES_PORT};
pub use database_settings::{BlueGreen, DatabaseSettings, ReplicaSettings, StorageType, Upgrades};
pub use eks::{OIDC_TRUST_POLICY, Operator, Subjects, TrustRole, oidc_trust_policy};
pub use instance::{consul_of, tenant_of, vault_of};
pub use memcached::{MEMCACHED_PORT, Memcached};
pub use postgres::postgres_extension;
pub use tier::Tier;
pub use vault::{DatabaseBackend, DatabaseRole, Rights, policy_text};
pub use world::{CacheParameterGroupFamily, EngineVersion, RdsEngineVersion};

/// The named functions that plans made with this crate may call; for `Project::functions`.
pub const FUNCTIONS: &[PlanFunction] = &[OIDC_TRUST_POLICY, RULES_FROM_BLOCKS];
