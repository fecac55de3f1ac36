//! Properties: sealing secrets, what can be read back, natural identity.

use schema::TypeSchema;
use value::{Digest, Map, Path, Segment, Value, canonical_bytes};

use crate::object::Object;

/// The properties as they may be stored: secrets are sealed, plain values at secret places are digested, nulls are gone.
///
/// **Invariant:** everything after this works on the result, so no rule, error, log or file sees a secret.
pub(crate) fn seal(schema: &TypeSchema, inputs: &Map) -> Map {
    let mut sealed: Map =
        inputs.iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.clone(), sealed(v))).collect();
    for path in secret_paths(schema) {
        each_at(&mut sealed, path, &mut |value| {
            if !matches!(value, Value::Secret(_) | Value::Null) {
                *value = Value::String(format!("blake3:{}", Digest::of("sandbox/secret/1", &canonical_bytes(value))));
            }
        });
    }
    sealed
}

fn sealed(value: &Value) -> Value {
    match value {
        Value::Secret(secret) => Value::Secret(secret.to_sealed()),
        Value::List(items) => Value::List(items.iter().map(sealed).collect()),
        Value::Map(map) => {
            Value::Map(map.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), sealed(v))).collect())
        }
        other => other.clone(),
    }
}

/// The secret places: those of the overlay, and write-only ones whose name says so.
fn secret_paths(schema: &TypeSchema) -> impl Iterator<Item = &Path> {
    let telling = |path: &&Path| match path.segments().last() {
        Some(Segment::Key(key)) => ["Password", "AuthToken", "PrivateKey"].iter().any(|word| key.ends_with(word)),
        _ => false,
    };
    schema.overlay.secret.iter().chain(schema.write_only.iter().filter(telling))
}

/// What a read gives: what was given and can be read back, the vendor's defaults, and what the vendor has set.
///
/// A secret that was given as one is given back sealed; one that came in plain text was digested and is left out.
pub(crate) fn observed(schema: &TypeSchema, object: &Object) -> Map {
    let mut map = Map::clone(&object.inputs);
    for path in secret_paths(schema) {
        let mut open = Vec::new();
        collect(&map, path, &mut |place, value| {
            if !matches!(value, Value::Secret(_)) {
                open.push(place);
            }
        });
        open.iter().for_each(|place| remove_at(&mut map, place));
    }
    schema.write_only.iter().for_each(|path| remove_at(&mut map, path));
    for (name, value) in &schema.overlay.defaults {
        if !schema.write_only.iter().any(|path| path.first_key() == Some(name)) {
            map.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    for (name, set) in object.attributes.iter() {
        match (map.get_mut(name), set) {
            // What the vendor sets may stand among what is given.
            (Some(Value::Map(given)), Value::Map(set)) => given.extend(set.clone()),
            _ => drop(map.insert(name.clone(), set.clone())),
        }
    }
    map
}

/// What stands for the natural identity within properties; `None` if the type has none or nothing of it is given.
pub(crate) fn identity(schema: &TypeSchema, properties: &Map) -> Option<String> {
    let identity = schema.overlay.identity.as_ref()?;
    let parts: Vec<Value> = identity.properties.iter().map(|name| part(schema, properties, name)).collect();
    // Without its name an object is one of many.
    let name = schema.overlay.name.as_ref().map(|name| &name.property);
    let unnamed = identity.properties.iter().zip(&parts).any(|(p, part)| Some(p) == name && part.is_null());
    let given = !unnamed && parts.iter().any(|part| !part.is_null());
    given.then(|| String::from_utf8_lossy(&canonical_bytes(&Value::List(parts))).into_owned())
}

pub(crate) fn part(schema: &TypeSchema, properties: &Map, name: &str) -> Value {
    let given = name.parse().ok().and_then(|path| at(properties, &path));
    let value = given.filter(|v| !v.is_null()).or_else(|| schema.overlay.defaults.get(name));
    match value {
        Some(Value::String(text)) => Value::String(same_name(&schema.name, text)),
        Some(value) => sealed(value),
        None => Value::Null,
    }
}

/// A name in the form in which the vendor compares it.
pub(crate) fn same_name(ty: &str, name: &str) -> String {
    if ty.starts_with("AWS::Route53::") {
        name.trim_end_matches('.').to_lowercase()
    } else if ty.starts_with("AWS::RDS::") || ty.starts_with("AWS::ElastiCache::") {
        name.to_lowercase()
    } else if ty.starts_with("vault_") {
        name.trim_matches('/').to_owned()
    } else {
        name.to_owned()
    }
}

/// The value at a path of keys.
pub(crate) fn at<'a>(map: &'a Map, path: &Path) -> Option<&'a Value> {
    let (first, rest) = path.segments().split_first()?;
    let Segment::Key(first) = first else { return None };
    map.get(first)?.at(&Path::from(rest.to_vec()))
}

/// Calls `visit` with every value that a pattern covers, and its place.
pub(crate) fn collect<'a>(map: &'a Map, pattern: &Path, visit: &mut dyn FnMut(Path, &'a Value)) {
    fn go<'a>(value: &'a Value, place: Path, rest: &[Segment], visit: &mut dyn FnMut(Path, &'a Value)) {
        let Some((segment, rest)) = rest.split_first() else { return visit(place, value) };
        match (segment, value) {
            (Segment::Key(key), Value::Map(map)) => {
                if let Some(inner) = map.get(key) {
                    go(inner, place.child(key), rest, visit);
                }
            }
            (Segment::Any, Value::Map(map)) => {
                map.iter().for_each(|(key, inner)| go(inner, place.child(key), rest, visit));
            }
            (Segment::Any, Value::List(items)) => {
                items.iter().enumerate().for_each(|(index, inner)| go(inner, place.index(index), rest, visit));
            }
            (Segment::Index(index), Value::List(items)) => {
                if let Some(inner) = items.get(*index) {
                    go(inner, place.index(*index), rest, visit);
                }
            }
            _ => {}
        }
    }
    let Some((Segment::Key(first), rest)) = pattern.segments().split_first() else { return };
    if let Some(value) = map.get(first) {
        go(value, Path::key(first), rest, visit);
    }
}

/// Calls `change` with every value that a pattern covers.
fn each_at(map: &mut Map, pattern: &Path, change: &mut dyn FnMut(&mut Value)) {
    fn go(value: &mut Value, rest: &[Segment], change: &mut dyn FnMut(&mut Value)) {
        let Some((segment, rest)) = rest.split_first() else { return change(value) };
        match (segment, value) {
            (Segment::Key(key), Value::Map(map)) => map.get_mut(key).into_iter().for_each(|v| go(v, rest, change)),
            (Segment::Any, Value::Map(map)) => map.values_mut().for_each(|v| go(v, rest, change)),
            (Segment::Any, Value::List(items)) => items.iter_mut().for_each(|v| go(v, rest, change)),
            (Segment::Index(index), Value::List(items)) => {
                items.get_mut(*index).into_iter().for_each(|v| go(v, rest, change));
            }
            _ => {}
        }
    }
    let Some((Segment::Key(first), rest)) = pattern.segments().split_first() else { return };
    if let Some(value) = map.get_mut(first) {
        go(value, rest, change);
    }
}

/// Removes every map entry that a pattern covers.
fn remove_at(map: &mut Map, pattern: &Path) {
    let Some((Segment::Key(last), parents)) = pattern.segments().split_last() else { return };
    if parents.is_empty() {
        map.remove(last);
        return;
    }
    each_at(map, &Path::from(parents.to_vec()), &mut |value| {
        if let Value::Map(inner) = value {
            inner.remove(last);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::{collect, each_at, remove_at};
    use value::{Map, Path, Value};

    fn sample() -> Map {
        let rule = |port: i64| Value::map([("Port", Value::Int(port)), ("Secret", Value::from("s"))]);
        Map::from([("Rules".to_owned(), Value::List(vec![rule(1), rule(2)])), ("Name".to_owned(), Value::from("n"))])
    }

    fn path(text: &str) -> Path {
        text.parse().expect("a path")
    }

    #[test]
    fn patterns_reach_into_lists() {
        let mut map = sample();
        let mut places = Vec::new();
        collect(&map, &path("Rules[*].Port"), &mut |place, _| places.push(place.to_string()));
        assert_eq!(places, ["Rules[0].Port", "Rules[1].Port"]);
        each_at(&mut map, &path("Rules[*].Port"), &mut |value| *value = Value::Null);
        remove_at(&mut map, &path("Rules[*].Secret"));
        remove_at(&mut map, &path("Name"));
        let null = || Value::map([("Port", Value::Null)]);
        assert_eq!(map, Map::from([("Rules".to_owned(), Value::List(vec![null(), null()]))]));
    }
}
