//! What the world is made of: objects, and the keys that name them.

use ports::Owner;
use serde::{Deserialize, Serialize};
use value::Map;

/// The name of an object within the world.
///
/// The scope is where the vendor wants ids to be unique: `123456789012/us-east-1`, an account alone, or a server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(String, String, String)", into = "(String, String, String)")]
pub(crate) struct Key {
    pub(crate) ty: String,
    pub(crate) scope: String,
    pub(crate) id: String,
}

impl From<(String, String, String)> for Key {
    fn from((ty, scope, id): (String, String, String)) -> Self {
        Self { ty, scope, id }
    }
}

impl From<Key> for (String, String, String) {
    fn from(key: Key) -> Self {
        (key.ty, key.scope, key.id)
    }
}

/// An object as the vendor has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Object {
    pub(crate) key: Key,
    /// What was given; secrets are sealed or digested.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) inputs: Map,
    /// What the vendor has set.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) attributes: Map,
    /// The texts by which other objects may refer to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) handles: Vec<String>,
    /// The objects that it refers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) uses: Vec<Key>,
    /// The natural identity, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) identity: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "tag")]
    pub(crate) owner: Option<Owner>,
    /// The token of the create.
    pub(crate) token: String,
    /// When it is ready, in milliseconds of Unix time; 0 = at once. Before that it is pending.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) ready_at: u64,
    #[serde(default, skip_serializing_if = "Health::is_well")]
    pub(crate) health: Health,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// How an object is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Health {
    /// Well.
    #[default]
    Well,
    /// It is there but does not work, as an injected fault wanted.
    Unhealthy(String),
    /// It is scheduled for deletion: kept for a while, of no more use.
    Doomed,
}

impl Health {
    fn is_well(&self) -> bool {
        *self == Self::Well
    }
}

impl Object {
    /// The given or the set value of a property.
    pub(crate) fn get(&self, name: &str) -> Option<&value::Value> {
        self.inputs.get(name).filter(|v| !v.is_null()).or_else(|| self.attributes.get(name))
    }

    /// The text of a property.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// Whether it is scheduled for deletion.
    pub(crate) fn is_doomed(&self) -> bool {
        self.health == Health::Doomed
    }
}

/// The stored form of an owner.
mod tag {
    use ports::Owner;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde asks for it")]
    pub(super) fn serialize<S: Serializer>(owner: &Option<Owner>, serializer: S) -> Result<S::Ok, S::Error> {
        let form = owner.as_ref().map(|o| (&o.organisation, &o.stack_id, &o.urn, o.incarnation));
        form.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Owner>, D::Error> {
        let form = Option::<(String, String, String, u64)>::deserialize(deserializer)?;
        Ok(form.map(|(organisation, stack_id, urn, incarnation)| Owner { organisation, stack_id, urn, incarnation }))
    }
}
