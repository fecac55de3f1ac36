//! Values as JSON and back, and how what is there differs from what is wanted.

use schema::{Kind, Property, TypeSchema};
use serde_json::{Map as Object, Number, Value as Json};
use value::{Map, Value};

/// A value as JSON; secrets are open there.
pub fn sent(value: &Value) -> Json {
    match value {
        Value::Null | Value::Unknown(_) => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(number) => Json::Number((*number).into()),
        Value::Float(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::String(text) => Json::String(text.clone()),
        Value::List(items) => items.iter().map(sent).collect(),
        Value::Map(map) => {
            let entry = |(key, item): (&String, &Value)| (!item.is_null()).then(|| (key.clone(), sent(item)));
            Json::Object(map.iter().filter_map(entry).collect())
        }
        Value::Secret(secret) => secret.expose().map_or(Json::Null, sent),
    }
}

/// What of an answer is a property or attribute of the type.
pub fn properties(schema: &TypeSchema, answer: &Object<String, Json>) -> Map {
    let known = answer.iter().filter_map(|(name, json)| Some((name, schema.properties.get(name)?, json)));
    known
        .map(|(name, property, json)| (name.clone(), told(schema, property, json)))
        .filter(|(_, value)| !value.is_null())
        .collect()
}

/// A value of an answer, of the kind that the type says.
fn told(schema: &TypeSchema, property: &Property, json: &Json) -> Value {
    match (&schema.resolve(property).kind, json) {
        (_, Json::Null) => Value::Null,
        (Kind::Integer, Json::String(text)) => text.parse::<i64>().map_or_else(|_| text.as_str().into(), Value::Int),
        (Kind::Array(item), Json::Array(items)) => {
            Value::List(items.iter().map(|json| told(schema, item, json)).collect())
        }
        (Kind::Object { properties, additional, .. }, Json::Object(map)) => {
            // What the type does not know is none of the program's business. A type that says nothing knows all.
            let open = properties.is_empty() && additional.is_none();
            let entry = |(key, json): (&String, &Json)| {
                let value = match properties.get(key).or(additional.as_deref()) {
                    Some(property) => told(schema, property, json),
                    None if open => any(json),
                    None => return None,
                };
                (!value.is_null()).then(|| (key.clone(), value))
            };
            Value::Map(map.iter().filter_map(entry).collect())
        }
        (_, json) => any(json),
    }
}

fn any(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => number.as_f64().map_or(Value::Null, Value::Float),
        },
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(any).collect()),
        Json::Object(map) => Value::Map(map.iter().map(|(key, json)| (key.clone(), any(json))).collect()),
    }
}

/// Whether what is there holds everything that is wanted; what the vendor adds does not count.
pub fn holds(there: &Json, wanted: &Json) -> bool {
    match (there, wanted) {
        (Json::Object(there), Json::Object(wanted)) => wanted.iter().all(|(key, wanted)| match there.get(key) {
            Some(there) => holds(there, wanted),
            None => is_nothing(wanted),
        }),
        (Json::Array(there), Json::Array(wanted)) => {
            there.len() == wanted.len() && there.iter().zip(wanted).all(|(there, wanted)| holds(there, wanted))
        }
        (Json::Number(there), Json::Number(wanted)) => there.as_f64() == wanted.as_f64(),
        (there, wanted) => there == wanted,
    }
}

/// Whether the vendor may leave it out of its answers: it says nothing of what is as it is anyway.
fn is_nothing(json: &Json) -> bool {
    match json {
        Json::Null | Json::Bool(false) => true,
        Json::Bool(true) => false,
        Json::Number(number) => number.as_f64() == Some(0.0),
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.values().all(is_nothing),
    }
}

/// What is wanted, with a null for what was there before and is not wanted any more: so are fields taken away where a
/// body is merged with what is there.
pub fn with_removals(prior: &Json, wanted: &Json) -> Json {
    let (Json::Object(prior), Json::Object(wanted)) = (prior, wanted) else { return wanted.clone() };
    let mut out = Object::new();
    for (key, item) in wanted {
        out.insert(key.clone(), prior.get(key).map_or_else(|| item.clone(), |prior| with_removals(prior, item)));
    }
    for key in prior.keys().filter(|key| !wanted.contains_key(*key)) {
        out.insert(key.clone(), Json::Null);
    }
    Json::Object(out)
}

/// The parts of what is wanted that differ from what is there, or from what was wanted before; null = it is to go.
/// `None` = nothing differs.
pub fn difference(
    there: &Object<String, Json>,
    wanted: &Object<String, Json>,
    prior: &Object<String, Json>,
    merged: bool,
) -> Option<Object<String, Json>> {
    let mut parts = Object::new();
    for (key, part) in wanted {
        let there = there.get(key).unwrap_or(&Json::Null);
        let was = prior.get(key);
        let same = if there.is_null() {
            holds(&Json::Object(Object::new()), &Json::Object([(key.clone(), part.clone())].into_iter().collect()))
        } else {
            holds(there, part)
        };
        let removes = was.is_some_and(|was| with_removals(was, part) != *part);
        if !same || removes {
            let whole = was.filter(|_| merged).map_or_else(|| part.clone(), |was| with_removals(was, part));
            parts.insert(key.clone(), whole);
        }
    }
    for key in prior.keys().filter(|key| !wanted.contains_key(*key) && there.contains_key(*key)) {
        parts.insert(key.clone(), Json::Null);
    }
    (!parts.is_empty()).then_some(parts)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::{difference, holds, with_removals};

    #[test]
    fn what_the_vendor_adds_or_leaves_out_is_no_difference() {
        let cases = [
            (json!({"a": 1, "b": {"c": "x", "d": true}}), json!({"b": {"c": "x"}}), true),
            (json!({}), json!({"enabled": false, "labels": {}, "text": ""}), true),
            (json!({}), json!({"enabled": true}), false),
            (json!({"list": [{"a": 1, "b": 2}]}), json!({"list": [{"a": 1}]}), true),
            (json!({"list": [1, 2]}), json!({"list": [1]}), false),
            (json!({"percent": 1.0}), json!({"percent": 1}), true),
        ];
        for (there, wanted, equal) in cases {
            assert_eq!(holds(&there, &wanted), equal, "{there} {wanted}");
        }
    }

    #[test]
    fn what_is_no_longer_wanted_is_taken_away_however_deep_it_is() {
        let merged = with_removals(&json!({"a": {"b": 1, "c": 2}, "d": 1}), &json!({"a": {"b": 1}}));
        assert_eq!(merged, json!({"a": {"b": 1, "c": null}, "d": null}));
    }

    #[test]
    fn only_what_differs_is_sent_and_what_is_no_longer_wanted_goes() {
        let object = |json: Json| json.as_object().cloned().unwrap_or_default();
        let cases = [
            // What is there is what is wanted.
            (json!({"a": 1, "b": 2, "more": 3}), json!({"a": 1}), json!({"a": 1}), None),
            // The program changed something, or somebody else did.
            (json!({"a": 1}), json!({"a": 2}), json!({"a": 1}), Some(json!({"a": 2}))),
            (json!({"a": 3}), json!({"a": 1}), json!({"a": 1}), Some(json!({"a": 1}))),
            // The program no longer says it.
            (json!({"a": 1, "b": 2}), json!({"a": 1}), json!({"a": 1, "b": 2}), Some(json!({"b": null}))),
            (
                json!({"a": {"x": 1, "y": 2}}),
                json!({"a": {"x": 1}}),
                json!({"a": {"x": 1, "y": 2}}),
                Some(json!({"a": {"x": 1, "y": null}})),
            ),
            // What the vendor does not show need not be sent again.
            (json!({}), json!({"a": false}), json!({"a": false}), None),
        ];
        for (there, wanted, prior, expected) in cases {
            let found = difference(&object(there), &object(wanted.clone()), &object(prior), true);
            assert_eq!(found.map(Json::Object), expected, "{wanted}");
        }
    }
}
