//! Reading registry schemas.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};
use value::{Digest, Path, Segment};

use crate::{Kind, Overlay, Property, TypeSchema};

impl TypeSchema {
    /// Reads a `CloudFormation` registry schema; the overlay stays empty.
    ///
    /// # Errors
    /// What is missing or of the wrong shape.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let root: Json = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let root = root.as_object().ok_or("not an object")?;
        Ok(Self {
            name: root.get("typeName").and_then(Json::as_str).ok_or("no `typeName`")?.to_owned(),
            description: text_of(root, "description"),
            properties: properties(root, "properties"),
            definitions: properties(root, "definitions"),
            required: names(root, "required"),
            create_only: pointers(root, "createOnlyProperties")?,
            conditional_create_only: pointers(root, "conditionalCreateOnlyProperties")?,
            read_only: pointers(root, "readOnlyProperties")?,
            write_only: pointers(root, "writeOnlyProperties")?,
            primary_identifier: pointers(root, "primaryIdentifier")?,
            overlay: Overlay::default(),
            digest: Digest::of("schema/1", text.as_bytes()),
        })
    }
}

fn text_of(object: &Map<String, Json>, key: &str) -> String {
    object.get(key).and_then(Json::as_str).unwrap_or_default().to_owned()
}

fn names(object: &Map<String, Json>, key: &str) -> BTreeSet<String> {
    object.get(key).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}

fn properties(object: &Map<String, Json>, key: &str) -> BTreeMap<String, Property> {
    let entries = object.get(key).and_then(Json::as_object);
    entries.into_iter().flatten().map(|(name, shape)| (name.clone(), property(shape))).collect()
}

fn property(shape: &Json) -> Property {
    let empty = Map::new();
    let object = shape.as_object().unwrap_or(&empty);
    let insertion_order = object.get("insertionOrder").and_then(Json::as_bool).unwrap_or(true);
    Property { kind: kind(object), description: text_of(object, "description"), insertion_order }
}

fn kind(object: &Map<String, Json>) -> Kind {
    if let Some(target) = object.get("$ref").and_then(Json::as_str) {
        return Kind::Reference(target.rsplit('/').next().unwrap_or_default().to_owned());
    }
    let ty = match object.get("type") {
        Some(Json::String(ty)) => ty.as_str(),
        // Several types at a place (policy documents: object or text) are JSON.
        Some(_) => return Kind::Json,
        None if object.contains_key("properties") => "object",
        None => return Kind::Json,
    };
    match ty {
        "string" => Kind::String {
            allowed: names_in_order(object, "enum"),
            max_length: object.get("maxLength").and_then(Json::as_u64).and_then(|n| usize::try_from(n).ok()),
            pattern: object.get("pattern").and_then(Json::as_str).map(str::to_owned),
        },
        "integer" => Kind::Integer,
        "number" => Kind::Number,
        "boolean" => Kind::Boolean,
        "array" => Kind::Array(Box::new(object.get("items").map_or_else(any, property))),
        "object" => {
            let named = properties(object, "properties");
            let pattern = object.get("patternProperties").and_then(Json::as_object).and_then(|p| p.values().next());
            let additional = match (pattern, object.get("additionalProperties")) {
                (Some(shape), _) => Some(Box::new(property(shape))),
                (None, Some(shape @ Json::Object(_))) => Some(Box::new(property(shape))),
                (None, Some(Json::Bool(true))) => Some(Box::new(any())),
                _ => None,
            };
            if named.is_empty() && additional.is_none() {
                return Kind::Json;
            }
            Kind::Object { properties: named, required: names(object, "required"), additional }
        }
        _ => Kind::Json,
    }
}

fn any() -> Property {
    Property { kind: Kind::Json, description: String::new(), insertion_order: true }
}

fn names_in_order(object: &Map<String, Json>, key: &str) -> Vec<String> {
    object.get(key).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}

/// JSON pointers such as `/properties/Listeners/*/Port` as paths.
fn pointers(object: &Map<String, Json>, key: &str) -> Result<Vec<Path>, String> {
    let list = object.get(key).and_then(Json::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .map(|p| pointer(p).ok_or(format!("`{key}`: `{p}` is no pointer")))
        .collect()
}

fn pointer(text: &str) -> Option<Path> {
    let rest = text.strip_prefix("/properties/")?;
    let steps = rest.split('/').filter(|step| *step != "properties" && *step != "items");
    let segments: Vec<Segment> = steps
        .map(|step| if step == "*" { Segment::Any } else { Segment::Key(step.replace("~1", "/").replace("~0", "~")) })
        .collect();
    (!segments.is_empty()).then(|| Path::from(segments))
}
