//! The documents: versions of the interfaces, and the shapes of what they take.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map as Object, Value as Json};

macro_rules! documents {
    ($($name:literal),* $(,)?) => { &[$(include_str!(concat!("../documents/", $name, ".json"))),*] };
}

const TEXTS: &[&str] = documents![
    "authorization",
    "consumption",
    "containerregistry",
    "graph",
    "keyvault",
    "msi",
    "resources",
    "storage",
    "subscriptions",
    "vault",
];

/// One interface.
#[derive(Debug, Deserialize)]
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) version: String,
    methods: BTreeMap<String, Method>,
    schemas: BTreeMap<String, Shape>,
}

/// One method.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Method {
    #[serde(rename = "httpMethod")]
    pub(crate) verb: String,
    #[cfg(test)]
    pub(crate) path: String,
    request: Option<String>,
}

/// The shape of a value.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shape {
    #[serde(rename = "$ref")]
    reference: Option<String>,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    properties: BTreeMap<String, Shape>,
    items: Option<Box<Shape>>,
    additional_properties: Option<Box<Shape>>,
}

/// The document of an interface.
pub(crate) fn named(name: &str) -> Option<&'static Document> {
    static ALL: OnceLock<Vec<Document>> = OnceLock::new();
    let read = || TEXTS.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    ALL.get_or_init(read).iter().find(|document: &&Document| document.name == name)
}

impl Document {
    /// A method by its name.
    pub(crate) fn method(&self, name: &str) -> Option<&Method> {
        self.methods.get(name)
    }

    /// The shape of what a method takes.
    pub(crate) fn request(&self, method: &Method) -> Option<&Shape> {
        self.schemas.get(method.request.as_deref()?)
    }

    fn resolve<'a>(&'a self, shape: &'a Shape) -> &'a Shape {
        shape.reference.as_deref().and_then(|name| self.schemas.get(name)).unwrap_or(shape)
    }

    /// What stands in the envelope that most properties are in.
    fn inner<'a>(&'a self, shape: &'a Shape) -> Option<&'a Shape> {
        shape.properties.get("properties").map(|inner| self.resolve(inner))
    }

    /// The shape of a property that can be sent, in the envelope or beside it.
    pub(crate) fn settable<'a>(&'a self, shape: &'a Shape, name: &str) -> Option<&'a Shape> {
        let within = |shape: &'a Shape| shape.properties.get(name).filter(|property| !property.read_only);
        let found = within(shape).or_else(|| self.inner(shape).and_then(within));
        found.map(|property| self.resolve(property)).filter(|_| name != "properties")
    }

    /// Whether a property is a map, whose entries are the program's.
    pub(crate) fn is_map(&self, shape: &Shape, name: &str) -> bool {
        self.settable(shape, name).is_some_and(|shape| shape.additional_properties.is_some())
    }

    /// What of an answer can be sent back.
    pub(crate) fn sendable(&self, shape: &Shape, json: &Json) -> Json {
        let shape = self.resolve(shape);
        match json {
            Json::Object(map) if !shape.properties.is_empty() || shape.additional_properties.is_some() => {
                let kept = map.iter().filter_map(|(name, json)| {
                    let part = shape.properties.get(name).filter(|part| !part.read_only);
                    let part = part.or(shape.additional_properties.as_deref())?;
                    (!json.is_null()).then(|| (name.clone(), self.sendable(part, json)))
                });
                Json::Object(kept.collect())
            }
            Json::Array(items) => match &shape.items {
                Some(shape) => items.iter().map(|item| self.sendable(shape, item)).collect(),
                None => json.clone(),
            },
            other => other.clone(),
        }
    }
}

/// A body of these properties, those of the envelope in it.
pub(crate) fn body(shape: &Shape, properties: Object<String, Json>) -> Json {
    let beside = |name: &str| shape.properties.get(name).is_some_and(|property| !property.read_only);
    let (mut outer, mut inner) = (Object::new(), Object::new());
    for (name, value) in properties {
        if beside(&name) { &mut outer } else { &mut inner }.insert(name, value);
    }
    if !inner.is_empty() {
        outer.insert("properties".to_owned(), Json::Object(inner));
    }
    Json::Object(outer)
}

/// What an answer says, with what stands in the envelope beside what does not.
pub(crate) fn flat(answer: &Json) -> Object<String, Json> {
    let mut flat = answer.as_object().cloned().unwrap_or_default();
    if let Some(Json::Object(inner)) = flat.remove("properties") {
        for (name, value) in inner {
            flat.entry(name).or_insert(value);
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{TEXTS, body, flat, named};

    #[test]
    fn every_document_is_read() {
        for text in TEXTS {
            let document: super::Document = serde_json::from_str(text).expect("a document");
            assert!(named(&document.name).is_some_and(|found| !found.version.is_empty()), "{}", document.name);
        }
    }

    #[test]
    fn what_is_the_vendors_to_say_is_not_sent_back() {
        let document = named("storage").expect("it is there");
        let method = document.method("storageAccountsCreate").expect("it is there");
        let shape = document.request(method).expect("it takes a body");
        let answer = json!({
            "id": "/x", "name": "a", "location": "l", "tags": { "a": "b" },
            "properties": {
                "provisioningState": "Succeeded", "accessTier": "Hot",
                "encryption": { "services": { "blob": { "enabled": true, "lastEnabledTime": "t" } }, "keySource": "Microsoft.Storage" },
            },
        });
        let sent = document.sendable(shape, &answer);
        let wanted = json!({
            "location": "l", "tags": { "a": "b" },
            "properties": {
                "accessTier": "Hot",
                "encryption": { "services": { "blob": { "enabled": true } }, "keySource": "Microsoft.Storage" },
            },
        });
        assert_eq!(sent, wanted);
        assert_eq!(body(shape, flat(&wanted)), wanted);
        assert!(document.is_map(shape, "tags") && !document.is_map(shape, "sku"));
        assert!(document.settable(shape, "provisioningState").is_none());
    }
}
