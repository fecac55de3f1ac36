//! Secrets on their way into state and out of it.

use ports::{SecretError, Secrets};
use state::{KeptHook, KeptRun};
use value::{Content, Map, Path, Secret, Value};

/// What a secret in state is bound to: the stack, the resource or output, and the path.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    stack_id: String,
    what: String,
}

impl Context {
    /// Of a resource.
    pub(crate) fn resource(stack_id: &str, urn: &resource::Urn) -> Self {
        Self { stack_id: stack_id.to_owned(), what: urn.to_string() }
    }

    /// Of the outputs of a stack.
    pub(crate) fn outputs(stack_id: &str) -> Self {
        Self { stack_id: stack_id.to_owned(), what: "outputs".to_owned() }
    }

    fn text(&self, path: &Path) -> String {
        format!("{}|{}|{path}", self.stack_id, self.what)
    }
}

/// Encrypts every open secret of a value at a path.
///
/// # Errors
/// If the key is not at hand, or a secret is sealed, so that there is nothing to encrypt.
pub(crate) fn seal(secrets: &dyn Secrets, value: Value, context: &Context, path: &Path) -> Result<Value, SecretError> {
    walk(value, path, &mut |secret, at| match secret.content() {
        Content::Open(value) => {
            Ok(Value::Secret(Secret::encrypted(secret.fingerprint(), secrets.seal_state(value, &context.text(at))?)))
        }
        Content::Encrypted(_) => Ok(Value::Secret(secret)),
        Content::Sealed => Err(SecretError::NoKey(format!("the secret at `{at}`"))),
    })
}

/// Decrypts every encrypted secret of a value at a path.
///
/// # Errors
/// If the key is not at hand or the secret belongs elsewhere.
pub(crate) fn open(secrets: &dyn Secrets, value: Value, context: &Context, path: &Path) -> Result<Value, SecretError> {
    walk(value, path, &mut |secret, at| match secret.content() {
        Content::Encrypted(ciphertext) => {
            Ok(Value::Secret(Secret::open(secret.fingerprint(), secrets.open_state(ciphertext, &context.text(at))?)))
        }
        Content::Open(_) | Content::Sealed => Ok(Value::Secret(secret)),
    })
}

/// What a provider gets: the properties as they are, if every secret in them is open.
///
/// # Errors
/// If a secret is not open.
pub(crate) fn expose(map: Map) -> Result<Map, SecretError> {
    map.into_iter()
        .map(|(key, value)| {
            let path = Path::key(&key);
            let value = walk(value, &path, &mut |secret, at| match secret.content() {
                Content::Open(_) => Ok(Value::Secret(secret)),
                Content::Encrypted(_) | Content::Sealed => Err(SecretError::NoKey(format!("the secret at `{at}`"))),
            })?;
            Ok((key, value))
        })
        .collect()
}

/// Applies a conversion to every entry of a map of properties.
///
/// # Errors
/// Those of the conversion.
pub(crate) fn each(map: Map, convert: impl Fn(Value, &Path) -> Result<Value, SecretError>) -> Result<Map, SecretError> {
    map.into_iter()
        .map(|(key, value)| {
            let path = Path::key(&key);
            Ok((key, convert(value, &path)?))
        })
        .collect()
}

/// Applies a conversion to every argument of hooks.
///
/// # Errors
/// Those of the conversion.
pub(crate) fn each_hook(
    hooks: Vec<KeptHook>,
    convert: impl Fn(Value, &Path) -> Result<Value, SecretError>,
) -> Result<Vec<KeptHook>, SecretError> {
    let convert = |(at, mut hook): (usize, KeptHook)| {
        let (KeptRun::Command(args) | KeptRun::Function { args, .. }) = &mut hook.run;
        for (number, arg) in args.iter_mut().enumerate() {
            let path = Path::key("hooks").index(at).index(number);
            *arg = convert(std::mem::take(arg), &path)?;
        }
        Ok(hook)
    };
    hooks.into_iter().enumerate().map(convert).collect()
}

/// An object whose secrets are bound to another place; `None` if it has none.
///
/// # Errors
/// If the key is not at hand.
pub(crate) fn rebound(
    secrets: &dyn Secrets,
    object: &state::Object,
    from: &Context,
    to: &Context,
) -> Result<Option<state::Object>, SecretError> {
    let sealed = object.inputs.values().chain(object.observed.values()).any(Value::has_secret);
    if !sealed && object.kept.delete_hooks.is_empty() {
        return Ok(None);
    }
    let rebind = |value, path: &Path| seal(secrets, open(secrets, value, from, path)?, to, path);
    let inputs = each(object.inputs.clone(), rebind)?;
    let observed = each(object.observed.clone(), rebind)?;
    let mut rebound = state::Object { inputs, observed, ..object.clone() };
    rebound.kept.delete_hooks = each_hook(rebound.kept.delete_hooks.clone(), rebind)?;
    Ok(Some(rebound))
}

fn walk(
    value: Value,
    path: &Path,
    convert: &mut dyn FnMut(Secret, &Path) -> Result<Value, SecretError>,
) -> Result<Value, SecretError> {
    Ok(match value {
        Value::Secret(secret) => convert(secret, path)?,
        Value::List(items) => Value::List(
            items
                .into_iter()
                .enumerate()
                .map(|(i, item)| walk(item, &path.index(i), convert))
                .collect::<Result<_, _>>()?,
        ),
        Value::Map(map) => Value::Map(
            map.into_iter()
                .map(|(key, item)| {
                    let at = path.child(&key);
                    Ok((key, walk(item, &at, convert)?))
                })
                .collect::<Result<_, SecretError>>()?,
        ),
        other => other,
    })
}

/// What a provider said of an object, fit for state: what is a secret by its input or by its type, or was one before, is
/// encrypted.
///
/// # Errors
/// If the key is not at hand.
pub(crate) fn observed(
    secrets: &dyn Secrets,
    schema: &schema::TypeSchema,
    inputs: &Map,
    before: Option<&state::Object>,
    observed: Map,
    context: &Context,
) -> Result<Map, SecretError> {
    let was_secret = |key: &String| {
        let maps = before.into_iter().flat_map(|object| [&object.inputs, &object.observed]);
        maps.filter_map(|map| map.get(key)).any(|value| was_given(&schema.overlay.secret, value, &Path::key(key)))
    };
    observed
        .into_iter()
        .map(|(key, value)| {
            let path = Path::key(&key);
            if let Some(input) = inputs.get(&key).filter(|input| input.has_secret()) {
                // What the program gave as a secret is known to state already, encrypted.
                return Ok((key, input.clone()));
            }
            // What the program no longer gives as one may still be there.
            let own = [path.clone()];
            let still = was_secret(&key) && inputs.get(&key) != Some(&value);
            let secret = if still { &own[..] } else { &schema.overlay.secret };
            Ok((key, hidden(secrets, secret, value, &path, context)?))
        })
        .collect()
}

/// What a vendor said of an object that state knows, with the secrets that it tells but once: the private half of a key
/// is said when the key is made, and known to state alone from then on.
pub(crate) fn with_told_once(schema: &schema::TypeSchema, before: &state::Object, mut observed: Map) -> Map {
    let told = before.observed.iter().filter(|(key, _)| {
        let path = Path::key(key.as_str());
        !before.inputs.contains_key(*key) && schema.overlay.secret.iter().any(|secret| secret.touches(&path))
    });
    told.for_each(|(key, was)| remember(key, was, &mut observed));
    observed
}

fn remember(key: &str, was: &Value, now: &mut Map) {
    match (was, now.get_mut(key)) {
        (Value::Secret(_), None) => drop(now.insert(key.to_owned(), was.clone())),
        (Value::Map(was), Some(Value::Map(now))) => was.iter().for_each(|(key, was)| remember(key, was, now)),
        _ => {}
    }
}

/// Whether there is a secret in a value beside those of the type, which are found again by their paths.
fn was_given(of_type: &[Path], value: &Value, path: &Path) -> bool {
    match value {
        Value::Secret(_) => !of_type.iter().any(|secret| secret.covers(path)),
        Value::List(items) => items.iter().enumerate().any(|(n, item)| was_given(of_type, item, &path.index(n))),
        Value::Map(map) => map.iter().any(|(key, item)| was_given(of_type, item, &path.child(key))),
        _ => false,
    }
}

/// The value with what the type calls a secret encrypted, and everything beside that as it is.
fn hidden(
    secrets: &dyn Secrets,
    secret: &[Path],
    value: Value,
    path: &Path,
    context: &Context,
) -> Result<Value, SecretError> {
    if value.is_null() || !secret.iter().any(|secret| secret.touches(path)) {
        return Ok(value);
    }
    let within = secret.iter().all(|secret| !secret.covers(path));
    Ok(match value {
        Value::Map(map) if within => {
            let entry = |(key, item): (String, Value)| {
                let item = hidden(secrets, secret, item, &path.child(&key), context)?;
                Ok((key, item))
            };
            Value::Map(map.into_iter().map(entry).collect::<Result<_, SecretError>>()?)
        }
        Value::List(items) if within => {
            let item = |(at, item)| hidden(secrets, secret, item, &path.index(at), context);
            Value::List(items.into_iter().enumerate().map(item).collect::<Result<_, _>>()?)
        }
        value => {
            let fingerprint = secrets.fingerprint(&value)?;
            let ciphertext = secrets.seal_state(&value, &context.text(path))?;
            Value::Secret(Secret::encrypted(fingerprint, ciphertext))
        }
    })
}
