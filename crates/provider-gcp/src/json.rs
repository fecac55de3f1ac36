//! Properties as JSON, in the words of the vendor's documents.

use serde_json::{Number, Value as Json};
use value::Value;

use crate::document::{Document, Shape};

/// A value as the vendor takes it; secrets are open there.
pub(crate) fn sent(document: &Document, shape: Option<&Shape>, value: &Value) -> Json {
    let shape = shape.map(|shape| document.resolve(shape));
    match value {
        Value::Null | Value::Unknown(_) => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(number) if shape.is_some_and(Shape::is_number_as_text) => Json::String(number.to_string()),
        Value::Int(number) => Json::Number((*number).into()),
        Value::Float(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::String(text) => Json::String(text.clone()),
        Value::List(items) => {
            let element = shape.and_then(Shape::element);
            items.iter().map(|item| sent(document, element, item)).collect()
        }
        Value::Map(map) => {
            let entry = |(key, item): (&String, &Value)| {
                let shape = shape.and_then(|shape| shape.entry(key));
                (!item.is_null()).then(|| (key.clone(), sent(document, shape, item)))
            };
            Json::Object(map.iter().filter_map(entry).collect())
        }
        Value::Secret(secret) => secret.expose().map_or(Json::Null, |value| sent(document, shape, value)),
    }
}
