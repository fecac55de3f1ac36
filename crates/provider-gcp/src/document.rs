//! Google's documents: the methods of its interfaces, and the shapes of what they take.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

macro_rules! documents {
    ($($name:literal),* $(,)?) => { &[$(include_str!(concat!("../documents/", $name, ".json"))),*] };
}

const TEXTS: &[&str] = documents![
    "artifactregistry",
    "bigquery",
    "billingbudgets",
    "cloudbilling",
    "cloudfunctions",
    "cloudidentity",
    "cloudresourcemanager",
    "cloudscheduler",
    "groupssettings",
    "iam",
    "monitoring",
    "privilegedaccessmanager",
    "pubsub",
    "run",
    "secretmanager",
    "serviceusage",
    "storage",
];

/// One interface.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) root_url: String,
    service_path: String,
    methods: BTreeMap<String, Method>,
    schemas: BTreeMap<String, Shape>,
}

/// One method.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Method {
    #[serde(rename = "httpMethod")]
    pub(crate) verb: String,
    pub(crate) path: String,
    pub(crate) parameters: BTreeMap<String, Parameter>,
    request: Option<String>,
    response: Option<String>,
    /// Where content is sent to, below the root.
    pub(crate) upload: Option<String>,
    pub(crate) scope: String,
}

/// A parameter of a method.
#[derive(Debug, Deserialize)]
pub(crate) struct Parameter {
    location: String,
    #[cfg(test)]
    #[serde(default)]
    required: bool,
}

/// The shape of a value.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shape {
    #[serde(rename = "type")]
    kind: Option<String>,
    format: Option<String>,
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
    pub(crate) fn method(&self, name: &str) -> Option<(&str, &Method)> {
        self.methods.get_key_value(name).map(|(name, method)| (name.as_str(), method))
    }

    /// The shape of what a method takes.
    pub(crate) fn request(&self, method: &Method) -> Option<&Shape> {
        self.schemas.get(method.request.as_deref()?)
    }

    /// The shape itself, where one is named.
    pub(crate) fn resolve<'a>(&'a self, shape: &'a Shape) -> &'a Shape {
        shape.reference.as_deref().and_then(|name| self.schemas.get(name)).unwrap_or(shape)
    }

    /// The path of a method below the root.
    pub(crate) fn path(&self, method: &Method) -> String {
        format!("{}{}", self.service_path, method.path)
    }

    /// The host that serves it.
    pub(crate) fn host(&self) -> &str {
        self.root_url.trim_start_matches("https://").trim_end_matches('/')
    }
}

impl Method {
    /// The parameters in its path.
    pub(crate) fn in_path(&self) -> impl Iterator<Item = &str> {
        let placed = self.parameters.iter().filter(|(_, parameter)| parameter.location == "path");
        placed.map(|(name, _)| name.as_str())
    }

    /// Whether it takes a parameter in its query.
    pub(crate) fn takes(&self, name: &str) -> bool {
        self.parameters.get(name).is_some_and(|parameter| parameter.location == "query")
    }

    /// The parameters of its query that it cannot be without.
    #[cfg(test)]
    pub(crate) fn needs(&self) -> impl Iterator<Item = &str> {
        let needed = self.parameters.iter().filter(|(_, p)| p.location == "query" && p.required);
        needed.map(|(name, _)| name.as_str())
    }

    /// Whether it answers an operation, which may take a while.
    pub(crate) fn is_long(&self) -> bool {
        self.response.as_deref().is_some_and(|response| response.ends_with("Operation"))
    }

    /// Whether it takes a policy within something else.
    pub(crate) fn wraps_policy(&self) -> bool {
        self.request.as_deref().is_some_and(|request| request.ends_with("SetIamPolicyRequest"))
    }

    /// Whether it takes a body.
    pub(crate) fn has_body(&self) -> bool {
        self.request.is_some()
    }
}

impl Shape {
    /// A property that can be sent.
    pub(crate) fn settable(&self, name: &str) -> Option<&Shape> {
        self.properties.get(name).filter(|property| !property.read_only)
    }

    /// The names of the properties that can be sent.
    #[cfg(test)]
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.properties.iter().filter(|(_, property)| !property.read_only).map(|(name, _)| name.as_str())
    }

    /// The shape of an entry of a map.
    pub(crate) fn entry(&self, name: &str) -> Option<&Shape> {
        self.properties.get(name).or(self.additional_properties.as_deref())
    }

    /// The shape of an element of a list.
    pub(crate) fn element(&self) -> Option<&Shape> {
        self.items.as_deref()
    }

    /// Whether a number is sent as text.
    pub(crate) fn is_number_as_text(&self) -> bool {
        self.kind.as_deref() == Some("string") && matches!(self.format.as_deref(), Some("int64" | "uint64"))
    }
}

#[cfg(test)]
mod tests {
    use super::{TEXTS, named};

    #[test]
    fn every_document_is_read_and_none_is_forgotten() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/documents");
        let files = std::fs::read_dir(directory).expect("it is there").flatten();
        let documents = files.filter(|file| file.path().extension().is_some_and(|kind| kind == "json")).count();
        assert_eq!(TEXTS.len(), documents);
        for text in TEXTS {
            let document: super::Document = serde_json::from_str(text).expect("a document");
            let found = named(&document.name).expect("it is found by its name");
            assert!(found.root_url.starts_with("https://") && !found.host().contains('/'), "{}", document.name);
        }
    }
}
