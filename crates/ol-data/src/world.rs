//! What data stores ask of the world, answered by the stack's world lock.

use plan::value::Value;
use plan::{FromValue, WorldQuery};

/// The newest minor version of a database engine, and the family of its parameter groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RdsEngineVersion {
    /// The engine: `mariadb`.
    pub engine: String,
    /// What the version starts with: `11.8`.
    pub major: String,
}

/// The answer to [`RdsEngineVersion`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineVersion {
    /// The full version: `11.8.3`.
    pub version: String,
    /// The family of parameter groups: `mariadb11.8`.
    pub family: String,
}

/// The family of the parameter groups of a version of a cache engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheParameterGroupFamily {
    /// The engine: `valkey`.
    pub engine: String,
    /// The version: `7.2`.
    pub version: String,
}

impl WorldQuery for RdsEngineVersion {
    type Answer = EngineVersion;
    const NAME: &'static str = "aws:rds-engine-version";

    fn arguments(&self) -> Value {
        Value::map([("engine", self.engine.as_str()), ("major", self.major.as_str())])
    }
}

impl WorldQuery for CacheParameterGroupFamily {
    type Answer = String;
    const NAME: &'static str = "aws:elasticache-parameter-group-family";

    fn arguments(&self) -> Value {
        Value::map([("engine", self.engine.as_str()), ("version", self.version.as_str())])
    }
}

impl FromValue for EngineVersion {
    fn from_value(value: &Value) -> Option<Self> {
        let map = value.as_map()?;
        let text = |key: &str| map.get(key).and_then(String::from_value);
        Some(Self { version: text("version")?, family: text("family")? })
    }
}
