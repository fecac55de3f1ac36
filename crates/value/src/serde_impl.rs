//! `serde` for values: the canonical form, read and written.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Content, Digest, Map, Origin, Secret, Type, Unknown, Value};

#[derive(Serialize, Deserialize)]
struct UnknownForm {
    origins: BTreeSet<(String, String)>,
    secret: bool,
    #[serde(rename = "type")]
    ty: Type,
}

#[derive(Serialize, Deserialize)]
struct SecretForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    encrypted: Option<String>,
    fingerprint: Digest,
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::String(text) => serializer.serialize_str(text),
            Self::List(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| seq.serialize_element(item))?;
                seq.end()
            }
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, item) in entries {
                    if key.starts_with('$') {
                        map.serialize_entry(&format!("${key}"), item)?;
                    } else {
                        map.serialize_entry(key, item)?;
                    }
                }
                map.end()
            }
            Self::Unknown(unknown) => {
                let form = UnknownForm {
                    origins: unknown.origins.iter().map(|o| (o.stack.clone(), o.what.clone())).collect(),
                    secret: unknown.secret,
                    ty: unknown.ty.clone(),
                };
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("$unknown", &form)?;
                map.end()
            }
            Self::Secret(secret) => {
                let encrypted = match secret.content() {
                    Content::Encrypted(ciphertext) => Some(ciphertext.clone()),
                    Content::Sealed | Content::Open(_) => None,
                };
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("$secret", &SecretForm { encrypted, fingerprint: secret.fingerprint() })?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Value, E> {
        i64::try_from(number).map(Value::Int).map_err(|_| E::custom("integer does not fit into 64 bits"))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(1024));
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            match key.as_str() {
                "$unknown" => {
                    let form: UnknownForm = access.next_value()?;
                    let origins = form.origins.into_iter().map(|(stack, what)| Origin { stack, what }).collect();
                    return Ok(Value::Unknown(Unknown { ty: form.ty, origins, secret: form.secret }));
                }
                "$secret" => {
                    let form: SecretForm = access.next_value()?;
                    return Ok(Value::Secret(match form.encrypted {
                        Some(ciphertext) => Secret::encrypted(form.fingerprint, ciphertext),
                        None => Secret::sealed(form.fingerprint),
                    }));
                }
                _ => {}
            }
            let key = match key.strip_prefix('$') {
                None => key,
                Some(rest) if rest.starts_with('$') => rest.to_owned(),
                Some(_) => return Err(A::Error::custom(format!("`{key}` is not a form that this version knows"))),
            };
            map.insert(key, access.next_value()?);
        }
        Ok(Value::Map(map))
    }
}
