//! Text encodings of values.

use base64::Engine as _;
use value::{Value, canonical_bytes};

/// Canonical JSON, but with keys as they are.
pub fn to_json(value: &Value) -> String {
    fn keys(value: &Value) -> serde_json::Value {
        match value {
            Value::Map(map) => serde_json::Value::Object(map.iter().map(|(k, v)| (k.clone(), keys(v))).collect()),
            Value::List(items) => items.iter().map(keys).collect(),
            // Canonical bytes of a scalar are JSON.
            scalar => serde_json::from_slice(&canonical_bytes(scalar)).unwrap_or_default(),
        }
    }
    keys(value).to_string()
}

/// YAML 1.2 in block style; strings are JSON strings, which YAML reads.
pub fn to_yaml(value: &Value) -> String {
    let mut out = String::new();
    write_yaml(&mut out, value, 0, false);
    out
}

fn write_yaml(out: &mut String, value: &Value, indent: usize, after_key: bool) {
    let pad = "  ".repeat(indent);
    match value {
        Value::Map(map) if !map.is_empty() => {
            if after_key {
                out.push('\n');
            }
            for (key, item) in map {
                out.push_str(&pad);
                out.push_str(&to_json(&Value::from(key.as_str())));
                out.push(':');
                write_yaml(out, item, indent + 1, true);
            }
        }
        Value::List(items) if !items.is_empty() => {
            if after_key {
                out.push('\n');
            }
            for item in items {
                out.push_str(&pad);
                out.push('-');
                write_yaml(out, item, indent + 1, true);
            }
        }
        leaf => {
            if after_key {
                out.push(' ');
            }
            out.push_str(&to_json(leaf));
            out.push('\n');
        }
    }
}

/// TOML of a map.
pub(crate) fn to_toml(value: &Value) -> Result<String, String> {
    fn convert(value: &Value) -> Result<toml::Value, String> {
        Ok(match value {
            Value::Bool(truth) => toml::Value::Boolean(*truth),
            Value::Int(number) => toml::Value::Integer(*number),
            Value::Float(number) => toml::Value::Float(*number),
            Value::String(text) => toml::Value::String(text.clone()),
            Value::List(items) => toml::Value::Array(items.iter().map(convert).collect::<Result<_, _>>()?),
            Value::Map(map) => toml::Value::Table(
                map.iter()
                    .filter(|(_, v)| !v.is_null())
                    .map(|(k, v)| Ok((k.clone(), convert(v)?)))
                    .collect::<Result<_, String>>()?,
            ),
            Value::Null | Value::Unknown(_) | Value::Secret(_) => return Err("TOML has no null".into()),
        })
    }
    match convert(value)? {
        toml::Value::Table(table) => toml::to_string(&table).map_err(|e| e.to_string()),
        _ => Err("TOML text is made of a map".into()),
    }
}

/// Base64 of a text.
pub(crate) fn to_base64(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}
