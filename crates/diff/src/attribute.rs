//! Attributes of a resource, before and after its step.

use schema::TypeSchema;
use value::{Map, Origin, Path, Type, Unknown, Value};

use crate::Action;

/// The value of an attribute of a resource, as far as it is known while its action is `action`.
///
/// A property is what the goal says; what neither goal nor vendor says is null. A read-only attribute is what the
/// provider said of the object that stays, or else, of one that is made or updated, what can be told before, or else
/// unknown: an update counts as [`Action::Keep`] for whatever it does not touch. `None` means that the type has no such
/// attribute.
pub fn attribute(
    schema: &TypeSchema,
    action: Action,
    goal: &Map,
    observed: Option<&Map>,
    path: &Path,
    ty: &Type,
    origin: &Origin,
) -> Option<Value> {
    let first = path.first_key()?;
    schema.properties.get(first)?;
    let unknown = || {
        let ty = if *ty == Type::Any { schema.value_type(path) } else { ty.clone() };
        Value::Unknown(Unknown { ty, origins: [origin.clone()].into(), secret: is_secret(schema, path) })
    };
    if action == Action::Read {
        // Its goal is all that was seen of it.
        return Some(if goal.is_empty() { unknown() } else { value_at(goal, path).cloned().unwrap_or_default() });
    }
    if !schema.is_attribute(path) {
        if let Some(given) = goal.get(first) {
            if let Value::Unknown(_) | Value::Secret(_) = given {
                return Some(given.clone());
            }
            let rest = Path::from(path.segments()[1..].to_vec());
            return Some(given.at(&rest).cloned().unwrap_or_default());
        }
        if let Some(default) = schema.overlay.defaults.get(first).filter(|_| path.segments().len() == 1) {
            return Some(default.clone());
        }
    }
    match action {
        Action::Keep | Action::Read => Some(value_at(observed?, path).cloned().unwrap_or_default()),
        Action::Create | Action::Update | Action::Replace { undecided: false, .. } => {
            Some(predicted(schema, goal, path).unwrap_or_else(unknown))
        }
        // What is taken over stays as it was seen.
        Action::Adopt => Some(
            observed
                .filter(|_| !is_secret(schema, path))
                .map_or_else(unknown, |observed| value_at(observed, path).cloned().unwrap_or_default()),
        ),
        Action::Replace { undecided: true, .. } => Some(unknown()),
        Action::Delete | Action::Forget => None,
    }
}

/// Whether the vendor or the overlay says that what is at a path is a secret.
pub(crate) fn is_secret(schema: &TypeSchema, path: &Path) -> bool {
    schema.overlay.secret.iter().any(|secret| secret.covers(path))
}

/// What is at a path within properties.
pub(crate) fn value_at<'a>(map: &'a Map, path: &Path) -> Option<&'a Value> {
    let first = map.get(path.first_key()?)?;
    first.at(&Path::from(path.segments()[1..].to_vec()))
}

/// What the overlay's template for an attribute gives, if everything in it is known.
fn predicted(schema: &TypeSchema, goal: &Map, path: &Path) -> Option<Value> {
    let template = schema.overlay.predict.get(&path.to_string())?;
    let mut out = String::new();
    let mut rest = template.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        let (name, tail) = after.split_once('}')?;
        out.push_str(before);
        let value = value_at(goal, &name.parse().ok()?).or_else(|| schema.overlay.defaults.get(name))?;
        out.push_str(value.as_str()?);
        rest = tail;
    }
    out.push_str(rest);
    Some(Value::String(out))
}
