//! What the world is made of: objects, and the keys that name them.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use ports::Owner;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use value::Map;

/// The name of an object within the world; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(String, String, String)", into = "(String, String, String)")]
pub(crate) struct Key(Arc<Parts>);

/// What a key is made of. The scope is where the vendor wants ids to be unique: `123456789012/us-east-1`, an account
/// alone, or a server.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Parts {
    pub(crate) ty: String,
    pub(crate) scope: String,
    pub(crate) id: String,
}

impl Key {
    pub(crate) fn new(ty: impl Into<String>, scope: impl Into<String>, id: impl Into<String>) -> Self {
        Self(Arc::new(Parts { ty: ty.into(), scope: scope.into(), id: id.into() }))
    }
}

impl Deref for Key {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl From<(String, String, String)> for Key {
    fn from((ty, scope, id): (String, String, String)) -> Self {
        Self::new(ty, scope, id)
    }
}

impl From<Key> for (String, String, String) {
    fn from(key: Key) -> Self {
        (key.ty.clone(), key.scope.clone(), key.id.clone())
    }
}

/// An object as the vendor has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Object {
    pub(crate) key: Key,
    /// What was given; secrets are sealed or digested.
    pub(crate) inputs: Properties,
    /// What the vendor has set.
    pub(crate) attributes: Properties,
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
    /// From when on a search shows it, in milliseconds of Unix time; 0 = at once.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) shown_at: u64,
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

/// Properties, which are parsed only when somebody looks: most of a world is read for its indices alone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Properties {
    text: Option<Box<RawValue>>,
    map: OnceLock<Map>,
}

impl Deref for Properties {
    type Target = Map;

    fn deref(&self) -> &Map {
        let text = || self.text.as_ref().and_then(|text| serde_json::from_str(text.get()).ok());
        self.map.get_or_init(|| text().unwrap_or_default())
    }
}

impl From<Map> for Properties {
    fn from(map: Map) -> Self {
        Self { text: None, map: OnceLock::from(map) }
    }
}

impl PartialEq for Properties {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.text {
            Some(text) => text.serialize(serializer),
            None => (**self).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { text: Some(Box::<RawValue>::deserialize(deserializer)?), map: OnceLock::new() })
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
