//! Overlays: lifecycle facts that published schemas lack, reviewed by hand, one TOML file a type.

use std::collections::BTreeMap;

use serde::Deserialize;
use value::{Map, Path, Segment, Value};

/// The overlay of one type; the default is that of a type about which nothing more is known.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overlay {
    /// The property that holds the physical name, if the type has one.
    pub name: Option<Name>,
    /// What makes two objects the same for the vendor.
    pub identity: Option<Identity>,
    /// What a person finds an object by where the type has no identity; more than one may have it.
    pub found_by: Option<Identity>,
    /// How a call whose answer was lost is settled.
    pub settle: Settle,
    /// How long the vendor knows the token of a call, in seconds; none = for ever. After that a repetition would make
    /// a second object, so the ownership tag is searched for.
    pub token_seconds: Option<u32>,
    /// Seconds after a write until a read is sure to see it.
    pub consistency_seconds: u32,
    /// Losing the object loses data.
    pub stateful: bool,
    /// There is no update: every change replaces.
    pub no_update: bool,
    /// Two objects of one identity cannot be there at a time, so replacement deletes first.
    pub delete_before_replace: bool,
    /// Further paths at which a change replaces.
    pub create_only: Vec<Path>,
    /// Further lists whose order has no meaning.
    pub unordered: Vec<Path>,
    /// Properties and attributes that are secrets whatever the program says.
    pub secret: Vec<Path>,
    /// What the vendor sets where the program says nothing.
    pub defaults: Map,
    /// Attributes that can be told from properties before the create: `arn:aws:s3:::{BucketName}`. `{account}` and
    /// `{region}` are those of the provider instance.
    pub predict: BTreeMap<String, String>,
    /// Attributes that the vendor sets anew in an update, each with the properties whose change does it; none = any.
    pub renewed: BTreeMap<Path, Vec<String>>,
    /// Lists of tags or the map of tags, if the type has one.
    pub tags: Option<String>,
    /// Properties that hold the ids of other objects: property path to the types that may stand there.
    pub references: BTreeMap<String, Vec<String>>,
    /// How long create, update and delete may take, in seconds; absent = 20 minutes each.
    pub timeout_seconds: Option<[u32; 3]>,
    /// How long create, update and delete take in the sandbox at latency factor 1, in milliseconds.
    pub latency_ms: [u32; 3],
    /// What it says of who may do what.
    pub access: Option<Access>,
}

/// What an object says of who may do what.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Access {
    /// Somebody has a role on an object.
    Grant {
        /// The property that names the object; it is called so, too.
        on: Path,
        /// The property that names the role.
        role: Path,
        /// The property that says who.
        member: Path,
        /// The property that says when the role counts, if there is one.
        #[serde(default)]
        condition: Option<Path>,
        /// What roles let do, by the last part of their names; another role stands for itself.
        #[serde(default)]
        actions: BTreeMap<String, Vec<String>>,
    },
    /// Somebody is in a group.
    Member {
        /// The property that names the group.
        group: Path,
        /// The property that says who.
        member: Path,
    },
    /// It is somebody who can have access.
    Subject {
        /// What is shown for it, with properties in braces.
        shown: String,
        /// The properties and attributes that others name it by.
        by: Vec<Path>,
        /// Whether others can be in it.
        #[serde(default)]
        group: bool,
    },
}

/// The physical name of a type.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// The property.
    pub property: String,
    /// The greatest number of characters.
    pub max: usize,
    /// Whether a name is made where the program gives none; otherwise the vendor makes one.
    #[serde(default = "yes")]
    pub auto: bool,
    /// Whether only lower-case letters are allowed.
    #[serde(default)]
    pub lower: bool,
}

fn yes() -> bool {
    true
}

/// What makes two objects the same for the vendor.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The properties that are unique together. A property that the type lacks in a case counts as null.
    pub properties: Vec<String>,
}

impl Identity {
    /// What of an object's properties is its identity, and nothing else.
    pub fn within(&self, properties: &Map) -> Map {
        let mut found = Map::new();
        for path in self.paths() {
            let (first, rest) = path.segments().split_at(1);
            let value = path.first_key().and_then(|key| properties.get(key)?.at(&Path::from(rest.to_vec())));
            if let Some(value) = value {
                put(&mut found, first, rest, value);
            }
        }
        found
    }

    /// Where the properties are.
    pub fn paths(&self) -> impl Iterator<Item = Path> {
        self.properties.iter().filter_map(|property| property.parse().ok()).filter(|path: &Path| !path.is_root())
    }
}

/// Puts a value into maps within maps.
fn put(map: &mut Map, first: &[Segment], rest: &[Segment], value: &Value) {
    let [Segment::Key(key)] = first else { return };
    if rest.is_empty() {
        map.insert(key.clone(), value.clone());
    } else if let Value::Map(inner) = map.entry(key.clone()).or_insert_with(|| Value::Map(Map::new())) {
        let (first, rest) = rest.split_at(1);
        put(inner, first, rest, value);
    }
}

/// How a call whose answer was lost is settled at the next run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settle {
    /// Read the natural identity of the recorded request.
    Identity,
    /// Search for the ownership tag until the consistency delay has passed.
    #[default]
    Tag,
    /// Repeat with the recorded token.
    Token,
    /// Only a person can tell.
    Ask,
}
