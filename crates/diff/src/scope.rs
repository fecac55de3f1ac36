//! What references mean within the pass.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use expr::Scope;
use resource::Urn;
use schema::TypeSchema;
use state::{Object, Status};
use value::{Digest, Origin, Path, Secret, Type, Unknown, Value};

use crate::nodes::leaf_of;
use crate::pass::{Pass, Published, origin_text};
use crate::{Action, Existing, ReadPin, ResourceChange, attribute};

/// The scope of one stack within the pass.
pub(crate) struct At<'a, 'b> {
    pub(crate) pass: &'a Pass<'b>,
    pub(crate) stack: usize,
    /// What was read of other stacks.
    pub(crate) pins: RefCell<BTreeMap<(String, Path), ReadPin>>,
}

impl Scope for At<'_, '_> {
    fn attribute(&self, urn: &str, path: &Path, ty: &Type) -> Option<Value> {
        let urn: Urn = urn.parse().ok()?;
        let input = &self.pass.stacks[self.stack];
        let origin = Origin { stack: input.name.to_string(), what: origin_text(&urn, path) };
        let Some(change) = self.pass.sets[self.stack].resources.get(&urn) else {
            // It has a problem of its own, or is not declared, which is reported apart.
            return Some(Value::Unknown(Unknown { ty: ty.clone(), origins: [origin].into(), secret: false }));
        };
        if change.is_missing() {
            return Some(Value::Unknown(Unknown { ty: ty.clone(), origins: [origin].into(), secret: false }));
        }
        let schema = self.pass.lookup.schema(urn.ty()).ok()??;
        let (old, _) = self.pass.old_object(self.stack, &urn, &change.options);
        let action = match change.action {
            Action::Update if !schema.is_renewed(path, &changed(schema, change, old)) => Action::Keep,
            action => action,
        };
        let mut goal = change.goal.clone();
        if matches!(action, Action::Create | Action::Update | Action::Replace { .. }) && schema.is_attribute(path) {
            let instance = change.options.provider.as_deref();
            for (name, text) in self.pass.lookup.provider_values(instance) {
                goal.entry(name).or_insert(Value::String(text));
            }
        }
        let existing = match (action, &change.options.import) {
            (Action::Adopt, Some(id)) => self.pass.lookup.existing(urn.ty(), id, change.options.provider.as_deref()),
            _ => Existing::NotSeen,
        };
        let observed = match &existing {
            Existing::There(there) => Some(there),
            _ => old.map(|object| &object.observed),
        };
        attribute(schema, action, &goal, observed, path, ty, &origin)
    }

    fn output(&self, stack: &str, path: &Path, ty: &Type) -> Option<Value> {
        let key = (stack.to_owned(), path.clone());
        if let Some(&upstream) = self.pass.names.get(stack)
            && self.pass.stacks[upstream].plan.is_some()
        {
            let Some((leaf, output)) = leaf_of(&self.pass.sets[upstream].outputs, path) else {
                // One that is declared and not there has a problem of its own.
                leaf_of(&self.pass.stacks[upstream].plan?.outputs, path)?;
                return Some(Unknown::new(ty.clone(), stack, path.to_string()).into());
            };
            if output.left && output.published.is_none() {
                return None;
            }
            let value = renamed(&part(output.value.as_ref()?, &below(leaf, path), ty)?, stack, path);
            let pin = match output.published.filter(|_| !output.changes()) {
                Some(digest) => ReadPin { digest, proposed: false },
                None => ReadPin { digest: value.digest(), proposed: true },
            };
            self.pins.borrow_mut().insert(key, pin);
            return Some(value);
        }
        match self.pass.lookup.published(stack, path) {
            // Where the stack's program waits for outputs itself, it is published later in the run.
            Published::Value(Value::Unknown(unknown), digest) => {
                self.pins.borrow_mut().insert(key, ReadPin { digest, proposed: true });
                Some(Value::Unknown(Unknown { ty: ty.clone(), ..unknown }))
            }
            Published::Value(value, digest) => {
                self.pins.borrow_mut().insert(key, ReadPin { digest, proposed: false });
                Some(value)
            }
            Published::NoStack(_) | Published::NoOutput(_) | Published::Nothing => None,
        }
    }

    fn secret(&self, _: &Path, fingerprint: Digest) -> Secret {
        Secret::sealed(fingerprint)
    }

    fn function(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        self.pass.lookup.function(name, args)
    }
}

/// The properties that an update changes: of an object whose last step did not end well that may be any. What nobody can
/// set, as its id, is none of them.
fn changed<'a>(schema: &'a TypeSchema, change: &'a ResourceChange, old: Option<&Object>) -> BTreeSet<&'a str> {
    match old.map(|object| &object.status) {
        Some(Status::Partial { .. }) => {
            let all = schema.properties.keys().map(String::as_str);
            all.filter(|property| !schema.is_attribute(&Path::key(*property))).collect()
        }
        _ => change.differences.iter().filter_map(|difference| difference.path.first_key()).collect(),
    }
}

/// What of a path lies below a leaf.
fn below(leaf: &Path, path: &Path) -> Path {
    Path::from(path.segments()[leaf.segments().len()..].to_vec())
}

/// The part of a value at a path: of something unknown it is unknown.
fn part(whole: &Value, path: &Path, ty: &Type) -> Option<Value> {
    if let (Value::Unknown(unknown), false) = (whole, path.is_root()) {
        return Some(Value::Unknown(Unknown { ty: ty.clone(), ..unknown.clone() }));
    }
    let Some((first, rest)) = path.segments().split_first() else { return Some(whole.clone()) };
    part(whole.at(&Path::from(vec![first.clone()]))?, &Path::from(rest.to_vec()), ty)
}

/// The value as another stack sees it: its unknowns come from the output.
fn renamed(value: &Value, stack: &str, path: &Path) -> Value {
    match value {
        Value::Unknown(unknown) => Value::Unknown(Unknown {
            secret: unknown.secret,
            ..Unknown::new(unknown.ty.clone(), stack, path.to_string())
        }),
        Value::List(items) => Value::List(items.iter().map(|item| renamed(item, stack, path)).collect()),
        Value::Map(map) => Value::Map(map.iter().map(|(k, v)| (k.clone(), renamed(v, stack, path))).collect()),
        known => known.clone(),
    }
}
