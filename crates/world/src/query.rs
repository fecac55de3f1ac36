//! The queries that projects ask.

use plan::WorldQuery;
use value::Value;

/// The availability zones of a region, sorted by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvailabilityZones {
    region: String,
}

impl AvailabilityZones {
    /// Those of a region: `us-east-1`.
    pub fn of(region: impl Into<String>) -> Self {
        Self { region: region.into() }
    }
}

impl WorldQuery for AvailabilityZones {
    type Answer = Vec<String>;
    const NAME: &'static str = "aws:availability-zones";

    fn arguments(&self) -> Value {
        Value::map([("region", self.region.as_str())])
    }
}

/// The id of the account that the stack's provider works in: twelve digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountId;

impl WorldQuery for AccountId {
    type Answer = String;
    const NAME: &'static str = "aws:account-id";

    fn arguments(&self) -> Value {
        Value::Map(value::Map::new())
    }
}

/// The region that the stack's provider works in: `us-east-1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region;

impl WorldQuery for Region {
    type Answer = String;
    const NAME: &'static str = "aws:region";

    fn arguments(&self) -> Value {
        Value::Map(value::Map::new())
    }
}

/// The id of the newest machine image of an owner whose name fits a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    region: String,
    owner: String,
    name: String,
}

impl Image {
    /// The newest image of an owner (an account id, or `amazon`) in a region whose name fits `name`; `*` fits anything.
    pub fn newest(region: impl Into<String>, owner: impl Into<String>, name: impl Into<String>) -> Self {
        Self { region: region.into(), owner: owner.into(), name: name.into() }
    }
}

impl WorldQuery for Image {
    type Answer = String;
    const NAME: &'static str = "aws:image";

    fn arguments(&self) -> Value {
        Value::map([("region", self.region.as_str()), ("owner", &self.owner), ("name", &self.name)])
    }
}

/// The ARN of the newest certificate that was issued for a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    region: String,
    domain: String,
}

impl Certificate {
    /// The newest one in a region whose domain is `domain`: `*.example.org`.
    pub fn issued(region: impl Into<String>, domain: impl Into<String>) -> Self {
        Self { region: region.into(), domain: domain.into() }
    }
}

impl WorldQuery for Certificate {
    type Answer = String;
    const NAME: &'static str = "aws:certificate";

    fn arguments(&self) -> Value {
        Value::map([("region", self.region.as_str()), ("domain", &self.domain)])
    }
}
