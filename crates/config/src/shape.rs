//! Shapes: what a typed configuration may hold, as data, and as JSON Schema for editors.

use serde_json::{Map, Value as Json, json};

/// What a value of a configuration may be.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Anything.
    Any,
    /// A truth value.
    Bool,
    /// A whole number between two.
    Int(i64, i64),
    /// A number.
    Number,
    /// Text.
    Text,
    /// A sealed secret.
    Secret,
    /// One of some texts.
    Choice(Vec<&'static str>),
    /// A list of one shape.
    List(Box<Shape>),
    /// A table with any keys, whose values have one shape.
    Map(Box<Shape>),
    /// A table with known keys.
    Table(Vec<Field>),
}

/// A key of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// What it may hold.
    pub shape: Shape,
    /// Whether it must be given.
    pub required: bool,
}

impl Shape {
    /// The shape as a document of JSON Schema.
    pub fn json_schema(&self, title: &str) -> Json {
        let mut schema = self.to_json();
        if let Some(object) = schema.as_object_mut() {
            object.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
            object.insert("title".to_owned(), title.into());
        }
        schema
    }

    fn to_json(&self) -> Json {
        match self {
            Self::Any => json!({}),
            Self::Bool => json!({ "type": "boolean" }),
            Self::Int(i64::MIN, i64::MAX) => json!({ "type": "integer" }),
            Self::Int(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Self::Number => json!({ "type": "number" }),
            Self::Text => json!({ "type": "string" }),
            Self::Secret => json!({
                "type": "object",
                "properties": { "secret": { "type": "string" }, "fingerprint": { "type": "string" } },
                "required": ["secret", "fingerprint"],
                "additionalProperties": false,
            }),
            Self::Choice(texts) => json!({ "enum": texts }),
            Self::List(item) => json!({ "type": "array", "items": item.to_json() }),
            Self::Map(item) => json!({ "type": "object", "additionalProperties": item.to_json() }),
            Self::Table(fields) => table(fields),
        }
    }
}

fn table(fields: &[Field]) -> Json {
    let described = |field: &Field| {
        let mut schema = field.shape.to_json();
        if let (Some(object), false) = (schema.as_object_mut(), field.description.is_empty()) {
            object.insert("description".to_owned(), field.description.into());
        }
        (field.name.to_owned(), schema)
    };
    let properties: Map<String, Json> = fields.iter().map(described).collect();
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}
