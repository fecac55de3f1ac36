//! What was seen of an object, and the sheet that it is written on.

use ports::{Find, Found};
use schema::TypeSchema;
use value::{Map, Segment, Value};

use crate::labels;

/// Tags: key and value.
pub(crate) type Tags = Vec<(String, String)>;

/// How far an object is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It can be used.
    #[default]
    Ready,
    /// It will be usable.
    Coming,
    /// It is about to be gone.
    Going,
    /// The vendor could not make it, and says why.
    Broken(String),
}

/// An object as a look shows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Seen {
    /// Properties and attributes in `CloudFormation`'s words.
    pub(crate) properties: Map,
    /// All tags, those of ownership too.
    pub(crate) tags: Tags,
    /// What tags are hung on; `None` = it can have none.
    pub(crate) tagged: Option<String>,
    /// How far it is.
    pub(crate) stage: Stage,
    /// It waits for a call of ours before it can be used.
    pub(crate) waits: bool,
}

impl Seen {
    /// An object of which nothing is known yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Sets a property, if there is a value.
    pub(crate) fn set<V: Into<Value>>(mut self, name: &str, value: Option<V>) -> Self {
        if let Some(value) = value {
            self.properties.insert(name.to_owned(), value.into());
        }
        self
    }

    /// Sets a list.
    pub(crate) fn list<V: Into<Value>>(self, name: &str, items: impl IntoIterator<Item = V>) -> Self {
        let items: Vec<Value> = items.into_iter().map(Into::into).collect();
        self.set(name, Some(Value::List(items)))
    }

    /// Sets how far it is.
    pub(crate) fn at(mut self, stage: Stage) -> Self {
        self.stage = stage;
        self
    }

    /// Sets whether it waits for a call of ours.
    pub(crate) fn waiting(mut self, waits: bool) -> Self {
        self.waits = waits;
        self
    }

    /// Sets the tags and what they hang on.
    pub(crate) fn tagged(mut self, on: Option<&str>, tags: impl IntoIterator<Item = (String, String)>) -> Self {
        self.tags = tags.into_iter().collect();
        self.tagged = on.map(str::to_owned);
        let own = labels::of_the_program(&self.tags);
        let list = own.map(|(key, value)| Value::map([("Key", key.as_str()), ("Value", value.as_str())]));
        self.properties.insert("Tags".to_owned(), Value::List(list.collect()));
        self
    }

    /// The text of a property.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.properties.get(name)?.as_str()
    }

    /// The id: the parts of the primary identifier, joined as Cloud Control joins them.
    pub(crate) fn id(&self, schema: &TypeSchema) -> String {
        let part = |path: &value::Path| match path.segments() {
            [Segment::Key(key)] => self.text(key).unwrap_or_default().to_owned(),
            _ => String::new(),
        };
        schema.primary_identifier.iter().map(part).collect::<Vec<_>>().join("|")
    }

    /// Whether it is the one that is looked for.
    pub(crate) fn is(&self, schema: &TypeSchema, find: &Find) -> bool {
        match find {
            Find::Id(id) => self.id(schema) == *id,
            Find::Identity(given) => given.iter().all(|(name, value)| {
                let there = self.properties.get(name).or_else(|| schema.overlay.defaults.get(name));
                value.is_null() || there == Some(value)
            }),
            Find::Owner(owner) => labels::owner(&self.tags).as_ref() == Some(owner),
        }
    }

    /// What the engine is told.
    pub(crate) fn found(self, schema: &TypeSchema) -> Found {
        let unhealthy = match &self.stage {
            Stage::Ready if self.waits => Some("it waits for its last call".to_owned()),
            Stage::Ready => None,
            Stage::Coming => Some("it is not ready yet".to_owned()),
            Stage::Going => Some("it is being deleted".to_owned()),
            Stage::Broken(reason) => Some(reason.clone()),
        };
        Found { id: self.id(schema), owner: labels::owner(&self.tags), observed: self.properties, unhealthy }
    }
}
