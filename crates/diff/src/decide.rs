//! Deciding about one resource: its goal against the object that is there.

use std::collections::BTreeSet;

use resource::{Options, Urn};
use schema::{ChangeKind, TypeSchema};
use state::{Object, Site, Status};
use value::{Digest, Map, Origin, Path, Segment, Value};

use crate::attribute::value_at;
use crate::compare::{compare, holds, without_nulls};
use crate::{Action, Difference, Impossible, ignore_changes};

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
    /// The value whose change replaces the object.
    pub trigger: Option<&'a Value>,
    /// It is to be replaced even if nothing differs.
    pub forced: bool,
    /// Where its provider instance points; `None` = that is not known.
    pub site: Option<&'a Site>,
    /// What becomes of the object that its own is deleted with.
    pub companion: Companion,
}

/// What becomes of the object that another one is deleted with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Companion {
    /// It stays, or there is none.
    #[default]
    Stays,
    /// It is replaced if a value that is not known yet comes out different.
    MayGo,
    /// It is replaced, or was.
    Goes,
}

impl Companion {
    /// Where an object hangs on one incarnation of what it is deleted with, and `now` is the live one.
    pub fn of(hangs_on: Option<u64>, now: Option<u64>) -> Self {
        if hangs_on.is_some() && hangs_on != now { Self::Goes } else { Self::Stays }
    }
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
    /// Paths that the options ignore and that cannot be.
    pub impossible: Vec<Impossible>,
}

/// Decides what to do about a declared resource.
pub fn decide(case: &Case<'_>, properties: Map) -> Decision {
    let Value::Map(mut goal) = without_nulls(Value::Map(properties)) else { unreachable!("a map stays a map") };
    let Some(old) = case.old else {
        let action = if case.options.import.is_some() { Action::Adopt } else { Action::Create };
        if action == Action::Create {
            name_goal(case, &mut goal, case.next_incarnation);
        }
        return Decision {
            action,
            differences: Vec::new(),
            goal,
            incarnation: case.next_incarnation,
            remarks: Vec::new(),
            impossible: Vec::new(),
        };
    };
    let mut remarks = Vec::new();
    let unnamed = case.schema.overlay.name.as_ref().is_some_and(|name| !goal.contains_key(&name.property));
    let (mut goal, impossible) = ignore_changes(case.options, old, goal);
    let named = unnamed && keep_name(case, old, &mut goal);
    let mut differences: Vec<Difference> = compare(case.schema, &old.inputs, &goal)
        .into_iter()
        .map(|(path, old, new)| {
            let replaces = replaces(case, &path);
            Difference { path, old, new, replaces, drift: false }
        })
        .collect();
    differences.extend(drift(case, old, &goal, &differences));
    differences.extend(triggered(case, old));
    differences.extend(moved(case, old));
    let action = match &old.status {
        Status::Tainted => {
            remarks.push("is tainted".to_owned());
            Action::Replace { delete_first: deletes_first(case, old, &goal, named, &mut remarks), undecided: false }
        }
        _ if case.forced => {
            remarks.push("is replaced because that was asked for".to_owned());
            Action::Replace { delete_first: deletes_first(case, old, &goal, named, &mut remarks), undecided: false }
        }
        _ if case.companion == Companion::Goes => {
            remarks.push(with_companion(case, "is replaced"));
            Action::Replace { delete_first: deletes_first(case, old, &goal, named, &mut remarks), undecided: false }
        }
        _ if case.companion == Companion::MayGo || differences.iter().any(|d| d.replaces) => {
            if case.companion == Companion::MayGo {
                remarks.push(with_companion(case, "may be replaced"));
            }
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
    Decision { action, differences, goal, incarnation, remarks, impossible }
}

/// What of the provider instance is another: an object cannot go elsewhere.
fn moved(case: &Case<'_>, old: &Object) -> Vec<Difference> {
    let difference = |path: Path, old: Option<&String>, new: Option<&String>| {
        let value = |text: Option<&String>| text.map(|text| Value::from(text.as_str()));
        Difference { path, old: value(old), new: value(new), replaces: true, drift: false }
    };
    let (before, now) = (&old.kept.provider, &case.options.provider);
    if before != now {
        return vec![difference(Path::key("provider"), before.as_ref(), now.as_ref())];
    }
    let (before, Some(now)) = (&old.kept.site, case.site) else { return Vec::new() };
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).filter(|_| !before.is_empty()).collect();
    let differing = names.into_iter().filter(|name| before.get(*name) != now.get(*name));
    let path = |name: &String| Path::key("provider").child(name);
    differing.map(|name| difference(path(name), before.get(name), now.get(name))).collect()
}

/// The trigger's difference, if it has one: where there was none before there is nothing to compare with.
fn triggered(case: &Case<'_>, old: &Object) -> Option<Difference> {
    let (value, before) = (case.trigger?, old.kept.trigger?);
    let difference =
        Difference { path: Path::key("trigger"), old: None, new: Some(value.sealed()), replaces: true, drift: false };
    (value.digest() != before).then_some(difference)
}

fn with_companion(case: &Case<'_>, verb: &str) -> String {
    let name = case.options.deleted_with.as_ref().map(Urn::name).unwrap_or_default();
    format!("goes with `{name}`, which {verb}")
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
        let mut unseen = schema.write_only.iter().chain(&schema.overlay.secret);
        let hidden = unseen.any(|pattern| pattern.touches(&path) && is_set(input, pattern.segments().get(1..)));
        let there = observed.get(key).filter(|_| !hidden && !input.has_secret())?;
        (!holds(schema, &path, there, input)).then_some(path)
    });
    changed.collect()
}

/// Whether a property has something at the rest of a pattern.
fn is_set(value: &Value, rest: Option<&[Segment]>) -> bool {
    let Some((segment, rest)) = rest.and_then(<[Segment]>::split_first) else { return !value.is_null() };
    match (segment, value) {
        (Segment::Any, Value::List(items)) => items.iter().any(|item| is_set(item, Some(rest))),
        (Segment::Any, Value::Map(map)) => map.values().any(|item| is_set(item, Some(rest))),
        (Segment::Index(index), Value::List(items)) => items.get(*index).is_some_and(|item| is_set(item, Some(rest))),
        (Segment::Key(key), Value::Map(map)) => map.get(key).is_some_and(|item| is_set(item, Some(rest))),
        // What is not of the shape that the pattern has may hide anything.
        _ => value.has_unknown() || value.has_secret(),
    }
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
        let equal = |path: Path| match (value_at(&old.inputs, &path), value_at(goal, &path)) {
            _ if made.is_some_and(|made| path == Path::key(made)) => false,
            (None, None) => true,
            (Some(old), Some(new)) => old == new && !new.has_unknown(),
            _ => false,
        };
        let given = identity.paths().any(|path| value_at(goal, &path).is_some());
        if given && identity.paths().all(equal) {
            let names = identity.properties.join(", ");
            remarks.push(format!("the old object goes first: two cannot have one {names}"));
            return true;
        }
    }
    if case.after_delete_first {
        if case.options.delete_before_replace == Some(false) {
            remarks.push("the old object goes first, as that of a resource that it reads does".to_owned());
        }
        return true;
    }
    case.options.delete_before_replace.unwrap_or(case.schema.overlay.delete_before_replace)
}

/// Gives a goal without a physical name one.
fn name_goal(case: &Case<'_>, goal: &mut Map, incarnation: u64) {
    if let (Some(name), Some(made)) = (&case.schema.overlay.name, made_name(case, incarnation)) {
        goal.entry(name.property.clone()).or_insert(Value::String(made));
    }
}

/// Puts the name that the object has into a goal whose program gives none; whether it has one.
fn keep_name(case: &Case<'_>, old: &Object, goal: &mut Map) -> bool {
    let Some(name) = case.schema.overlay.name.as_ref().filter(|name| name.auto) else { return false };
    let Some(value) = old.inputs.get(&name.property) else { return false };
    goal.insert(name.property.clone(), value.clone());
    true
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
