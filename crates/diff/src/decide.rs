//! Deciding about one resource: its goal against the object that is there.

use std::collections::BTreeSet;

use resource::{Options, Urn};
use schema::{ChangeKind, TypeSchema};
use state::{Object, Status};
use value::{Digest, Map, Origin, Path, Value};

use crate::compare::{compare, holds, keep_at, without_nulls};
use crate::{Action, Difference};

/// What is known when a resource is decided on.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The resource.
    pub urn: &'a Urn,
    /// The stack's id.
    pub stack_id: &'a str,
    /// Its type.
    pub schema: &'a TypeSchema,
    /// Its options.
    pub options: &'a Options,
    /// The object that is there.
    pub old: Option<&'a Object>,
    /// The incarnation that a create would make.
    pub next_incarnation: u64,
    /// Unknowns that are sure to come out different from any value before: ids of new objects.
    pub fresh: &'a BTreeSet<Origin>,
    /// A resource that it reads is replaced with the old object going first.
    pub after_delete_first: bool,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What to do.
    pub action: Action,
    /// Why.
    pub differences: Vec<Difference>,
    /// The properties as they should be: nulls gone, what is ignored put back, a physical name given.
    pub goal: Map,
    /// The incarnation after it.
    pub incarnation: u64,
    /// Remarks for people.
    pub remarks: Vec<String>,
}

/// Decides what to do about a declared resource.
pub fn decide(case: &Case<'_>, properties: Map) -> Decision {
    let Value::Map(mut goal) = without_nulls(Value::Map(properties)) else { unreachable!("a map stays a map") };
    let Some(old) = case.old else {
        name_goal(case, &mut goal, case.next_incarnation);
        let action = if case.options.import.is_some() { Action::Adopt } else { Action::Create };
        return Decision {
            action,
            differences: Vec::new(),
            goal,
            incarnation: case.next_incarnation,
            remarks: Vec::new(),
        };
    };
    let mut remarks = Vec::new();
    let mut goal = ignore_changes(case.options, old, goal);
    let named = keep_name(case, old, &mut goal);
    let mut differences: Vec<Difference> = compare(case.schema, &old.inputs, &goal)
        .into_iter()
        .map(|(path, old, new)| {
            let replaces = replaces(case, &path);
            Difference { path, old, new, replaces, drift: false }
        })
        .collect();
    differences.extend(drift(case, old, &goal, &differences));
    let action = match &old.status {
        Status::Tainted => {
            remarks.push("is tainted".to_owned());
            Action::Replace { delete_first: deletes_first(case, old, &goal, named, &mut remarks), undecided: false }
        }
        _ if differences.iter().any(|d| d.replaces) => {
            let undecided =
                !case.after_delete_first && differences.iter().filter(|d| d.replaces).all(|d| may_be_equal(case, d));
            let first = deletes_first(case, old, &goal, named, &mut remarks);
            Action::Replace { delete_first: first, undecided: undecided && !first }
        }
        Status::Partial { reasons } => {
            remarks.push(format!("its last step did not end well: {}", reasons.join("; ")));
            if case.schema.overlay.no_update {
                let delete_first = deletes_first(case, old, &goal, named, &mut remarks);
                Action::Replace { delete_first, undecided: false }
            } else {
                Action::Update
            }
        }
        Status::Ready if differences.is_empty() => Action::Keep,
        Status::Ready => Action::Update,
    };
    let incarnation = if let Action::Replace { .. } = action {
        if named {
            // The name was that of the old object; the new one gets its own.
            if let Some(name) = &case.schema.overlay.name {
                goal.remove(&name.property);
            }
            name_goal(case, &mut goal, case.next_incarnation);
        }
        case.next_incarnation
    } else {
        old.incarnation
    };
    Decision { action, differences, goal, incarnation, remarks }
}

/// The properties with everything that the options ignore as the object has it.
pub fn ignore_changes(options: &Options, old: &Object, properties: Map) -> Map {
    let old_inputs = Value::Map(old.inputs.clone());
    let mut kept = Value::Map(properties);
    for path in &options.ignore_changes {
        keep_at(path.segments(), Some(&old_inputs), &mut kept);
    }
    let Value::Map(goal) = kept else { unreachable!("a map stays a map") };
    goal
}

/// Whether a change at a path replaces the object.
fn replaces(case: &Case<'_>, path: &Path) -> bool {
    case.schema.change_kind(path) == ChangeKind::Replace
        || case.options.replace_on_changes.iter().any(|pattern| pattern.touches(path))
}

/// Whether a difference may turn out to be none: its new value has an unknown that is not fresh.
fn may_be_equal(case: &Case<'_>, difference: &Difference) -> bool {
    let Some(new) = &difference.new else { return false };
    let mut unknown = false;
    let mut fresh = false;
    new.unknowns(&mut |part| {
        unknown = true;
        fresh |= part.origins.iter().any(|origin| case.fresh.contains(origin));
    });
    unknown && !fresh
}

/// The properties that were set and that the world has changed.
pub fn drifted(schema: &TypeSchema, inputs: &Map, observed: &Map) -> Vec<Path> {
    let changed = inputs.iter().filter_map(|(key, input)| {
        let path = Path::key(key);
        let hidden = schema.write_only.iter().chain(&schema.overlay.secret).any(|p| p.touches(&path));
        let there = observed.get(key).filter(|_| !hidden && !input.has_secret())?;
        (!holds(schema, &path, there, input)).then_some(path)
    });
    changed.collect()
}

/// What the world has changed of what the program sets and does not want to change.
fn drift(case: &Case<'_>, old: &Object, goal: &Map, changed: &[Difference]) -> Vec<Difference> {
    let drifted = drifted(case.schema, &old.inputs, &old.observed).into_iter().filter(|path| {
        let ignored = case.options.ignore_changes.iter().any(|p| p.covers(path));
        let mine = changed.iter().any(|d| d.path.first_key() == path.first_key());
        !ignored && !mine && path.first_key().is_some_and(|key| goal.contains_key(key))
    });
    let difference = |path: Path| {
        let key = path.first_key().unwrap_or_default();
        let (old, new) = (old.observed.get(key).cloned(), old.inputs.get(key).cloned());
        Difference { replaces: replaces(case, &path), path, old, new, drift: true }
    };
    drifted.map(difference).collect()
}

/// Whether the old object has to go before the new one is made; `named` = the new one gets a name of its own.
fn deletes_first(case: &Case<'_>, old: &Object, goal: &Map, named: bool, remarks: &mut Vec<String>) -> bool {
    if let Some(identity) = &case.schema.overlay.identity {
        let made = case.schema.overlay.name.as_ref().filter(|_| named).map(|name| &name.property);
        let equal = |property: &String| match (old.inputs.get(property), goal.get(property)) {
            _ if made == Some(property) => false,
            (None, None) => true,
            (Some(old), Some(new)) => old == new && !new.has_unknown(),
            _ => false,
        };
        let given = identity.properties.iter().any(|property| goal.contains_key(property));
        if given && identity.properties.iter().all(equal) {
            let names = identity.properties.join(", ");
            remarks.push(format!("the old object goes first: two cannot have one {names}"));
            return true;
        }
    }
    if let Some(first) = case.options.delete_before_replace {
        return first;
    }
    case.after_delete_first || case.schema.overlay.delete_before_replace
}

/// Gives a goal without a physical name one.
fn name_goal(case: &Case<'_>, goal: &mut Map, incarnation: u64) {
    if let (Some(name), Some(made)) = (&case.schema.overlay.name, made_name(case, incarnation)) {
        goal.entry(name.property.clone()).or_insert(Value::String(made));
    }
}

/// Puts the name that the object has into a goal without one; whether it did.
fn keep_name(case: &Case<'_>, old: &Object, goal: &mut Map) -> bool {
    let Some(name) = case.schema.overlay.name.as_ref().filter(|name| name.auto) else { return false };
    match old.inputs.get(&name.property) {
        Some(value) if !goal.contains_key(&name.property) => {
            goal.insert(name.property.clone(), value.clone());
            true
        }
        _ => false,
    }
}

/// `{name}-{7 base32 of H(stack id, URN, incarnation)}`, cut to the type's limit; `None` if the vendor names it.
fn made_name(case: &Case<'_>, incarnation: u64) -> Option<String> {
    const SUFFIX: usize = 7;
    let name = case.schema.overlay.name.as_ref().filter(|name| name.auto)?;
    let urn = case.urn.to_string();
    let parts = [case.stack_id.as_bytes(), urn.as_bytes(), &incarnation.to_le_bytes()];
    let suffix = Digest::of_parts("name/1", parts).base32(SUFFIX);
    let room = name.max.saturating_sub(SUFFIX + 1);
    let stem: String = case.urn.name().chars().take(room).collect();
    let made = match stem.trim_end_matches('-') {
        "" => suffix.chars().take(name.max).collect(),
        stem => format!("{stem}-{suffix}"),
    };
    Some(if name.lower { made.to_lowercase() } else { made })
}
