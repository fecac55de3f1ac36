//! Comparing properties: what differs, path by path.

use schema::TypeSchema;
use value::{Map, Path, Value};

/// A path at which two values differ, with both.
pub(crate) type Pair = (Path, Option<Value>, Option<Value>);

/// Every path at which `new` differs from `old`.
///
/// Maps are compared entry by entry; lists whose order has no meaning as multisets; others element by element if they
/// have equal length, else as a whole.
pub(crate) fn compare(schema: &TypeSchema, old: &Map, new: &Map) -> Vec<Pair> {
    let mut found = Vec::new();
    maps(schema, &Path::root(), old, new, &mut found);
    found
}

/// Whether what is there holds everything that the program sets; what the vendor adds within a map does not count.
pub(crate) fn holds(schema: &TypeSchema, path: &Path, there: &Value, set: &Value) -> bool {
    match (there, set) {
        (Value::Map(there), Value::Map(set)) => set.iter().filter(|(_, set)| !set.is_null()).all(|(key, set)| {
            let there = there.get(key).filter(|there| !there.is_null());
            there.is_some_and(|there| holds(schema, &path.child(key), there, set))
        }),
        (Value::List(there), Value::List(set)) if there.len() != set.len() => false,
        (Value::List(there), Value::List(set)) if schema.is_unordered(path) => {
            let mut left: Vec<&Value> = there.iter().collect();
            set.iter().all(|set| {
                let found = left.iter().position(|there| holds(schema, &path.index(0), there, set));
                found.map(|position| left.remove(position)).is_some()
            })
        }
        (Value::List(there), Value::List(set)) => {
            there.iter().zip(set).enumerate().all(|(i, (there, set))| holds(schema, &path.index(i), there, set))
        }
        (there, set) => {
            let mut found = Vec::new();
            values(schema, path, there, set, &mut found);
            found.is_empty()
        }
    }
}

fn maps(schema: &TypeSchema, path: &Path, old: &Map, new: &Map, found: &mut Vec<Pair>) {
    let keys: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let at = path.child(key);
        match (old.get(key).filter(|v| !v.is_null()), new.get(key).filter(|v| !v.is_null())) {
            (None, None) => {}
            (Some(old), Some(new)) => values(schema, &at, old, new, found),
            (old, new) => {
                let default = path.is_root().then(|| schema.overlay.defaults.get(key)).flatten();
                if default.is_none_or(|default| old.or(new) != Some(default)) {
                    found.push((at, old.cloned(), new.cloned()));
                }
            }
        }
    }
}

fn values(schema: &TypeSchema, path: &Path, old: &Value, new: &Value, found: &mut Vec<Pair>) {
    match (old, new) {
        (Value::Map(old), Value::Map(new)) => maps(schema, path, old, new, found),
        (Value::List(old_items), Value::List(new_items)) if schema.is_unordered(path) => {
            if old_items.len() != new_items.len() || sorted(old_items) != sorted(new_items) {
                found.push((path.clone(), Some(old.clone()), Some(new.clone())));
            }
        }
        (Value::List(old_items), Value::List(new_items)) if old_items.len() == new_items.len() => {
            for (index, (old, new)) in old_items.iter().zip(new_items).enumerate() {
                values(schema, &path.index(index), old, new, found);
            }
        }
        (Value::Int(int), Value::Float(float)) | (Value::Float(float), Value::Int(int)) => {
            // A vendor may answer `1.0` where `1` was asked for; to it they are one number.
            #[expect(clippy::cast_precision_loss, reason = "numbers in properties are far below 2^52")]
            let equal = (*int as f64).to_bits() == float.to_bits();
            if !equal {
                found.push((path.clone(), Some(old.clone()), Some(new.clone())));
            }
        }
        (old, new) if old == new && !new.has_unknown() => {}
        (old, new) => found.push((path.clone(), Some(old.clone()), Some(new.clone()))),
    }
}

/// The canonical bytes of the elements, sorted: a multiset.
fn sorted(items: &[Value]) -> Vec<Vec<u8>> {
    let mut bytes: Vec<Vec<u8>> = items.iter().map(|item| value::canonical_bytes(&item.sealed())).collect();
    bytes.sort();
    bytes
}

/// The value with every null entry of a map taken out.
pub(crate) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Map(map) => Value::Map(
            map.into_iter().filter(|(_, item)| !item.is_null()).map(|(key, item)| (key, without_nulls(item))).collect(),
        ),
        Value::List(items) => Value::List(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}
