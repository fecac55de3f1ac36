//! Objects that exist before the stack has them: those that it takes over.

use diag::{Diagnostic, Place};
use resource::{Options, Urn};
use schema::TypeSchema;
use state::Object;
use value::{Map, Path, Value};

use crate::compare::holds;
use crate::ignore::ignore_as;
use crate::pass::Pass;
use crate::{Action, Decision, Difference};

/// What is known of an object of the world that is named by its id.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Existing {
    /// Nobody has looked, or it could not be looked at.
    #[default]
    NotSeen,
    /// There is none.
    Absent,
    /// There is one, and this is what its provider says of it; secrets are hidden.
    There(Map),
}

/// What is known of an object of the world that has a natural identity.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Alike {
    /// Nobody has looked.
    #[default]
    NotSeen,
    /// There is none.
    Absent,
    /// It cannot be told, for this reason: nobody could look, or there are several.
    Unclear(String),
    /// There is one.
    There {
        /// The vendor's id.
        id: String,
        /// Whose it is, where it is tagged as somebody else's.
        claim: Option<String>,
    },
}

/// What it takes to take over an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Adoption {
    /// The properties as they will be recorded: what the program says; what it ignores, and a name that it leaves to
    /// the vendor, as they are there.
    pub goal: Map,
    /// Where the object is not as the program says.
    pub differences: Vec<Difference>,
}

/// Compares what the program says with an object that it is to take over. What the vendor sets of its own does not
/// count, and what nobody can read is taken to be as it should.
pub fn adoption(schema: &TypeSchema, options: &Options, goal: Map, there: &Map) -> Adoption {
    let settable = |(key, _): &(&String, &Value)| !schema.is_attribute(&Path::key(*key));
    let there: Map = there.iter().filter(settable).map(|(key, value)| (key.clone(), value.clone())).collect();
    // Where a path cannot be ignored the difference is shown.
    let (mut goal, _) = ignore_as(options, &there, goal);
    if let Some(name) = schema.overlay.name.as_ref().filter(|name| name.auto)
        && let Some(named) = there.get(&name.property)
    {
        goal.entry(name.property.clone()).or_insert_with(|| named.clone());
    }
    let mut differences = Vec::new();
    for (key, wanted) in &goal {
        let path = Path::key(key);
        let hidden = schema.write_only.iter().chain(&schema.overlay.secret).any(|secret| secret.touches(&path));
        let default = schema.overlay.defaults.get(key) == Some(wanted) && !there.contains_key(key);
        if !hidden && !default {
            mismatches(schema, &path, there.get(key), wanted, &mut differences);
        }
    }
    Adoption { goal, differences }
}

/// What a program has to say to declare an object that is there, and the places that it cannot say: secrets, and what
/// cannot be read. What the vendor sets, or takes where nothing is said, need not be said.
pub fn declarable(schema: &TypeSchema, there: &Map) -> (Map, Vec<Path>) {
    let mut hidden = Vec::new();
    let mut declared = Map::new();
    let said = |(key, value): &(&String, &Value)| {
        schema.properties.contains_key(*key) && schema.overlay.defaults.get(*key) != Some(value)
    };
    for (key, value) in there.iter().filter(said) {
        if let Some(value) = settable(schema, &Path::key(key), value, &mut hidden) {
            declared.insert(key.clone(), value);
        }
    }
    let unread = schema.required.iter().map(Path::key).filter(|path| !schema.is_attribute(path));
    let unread: Vec<Path> =
        unread.filter(|path| !declared.contains_key(path.first_key().unwrap_or_default())).collect();
    hidden.extend(unread.into_iter().filter(|path| !hidden.contains(path)).collect::<Vec<_>>());
    (declared, hidden)
}

/// What of a value can be given, and shown in a program.
fn settable(schema: &TypeSchema, path: &Path, value: &Value, hidden: &mut Vec<Path>) -> Option<Value> {
    if value.is_null() || schema.is_attribute(path) {
        return None;
    }
    let secret = schema.overlay.secret.iter().any(|secret| secret.covers(path));
    if secret || matches!(value, Value::Secret(_) | Value::Unknown(_)) {
        hidden.push(path.clone());
        return None;
    }
    Some(match value {
        Value::Map(map) => {
            let part =
                |(key, part): (&String, &Value)| Some((key.clone(), settable(schema, &path.child(key), part, hidden)?));
            let parts: Map = map.iter().filter_map(part).collect();
            if parts.is_empty() {
                return None;
            }
            Value::Map(parts)
        }
        Value::List(items) if items.is_empty() => return None,
        Value::List(items) => {
            let part = |(index, part)| settable(schema, &path.index(index), part, hidden);
            Value::List(items.iter().enumerate().filter_map(part).collect())
        }
        other => other.clone(),
    })
}

/// Every place within a property at which the object does not hold what the program says.
fn mismatches(schema: &TypeSchema, path: &Path, there: Option<&Value>, wanted: &Value, found: &mut Vec<Difference>) {
    let there = there.filter(|there| !there.is_null());
    match (there, wanted) {
        // What is not known yet, or secret, is not compared.
        (_, wanted) if wanted.has_unknown() || wanted.has_secret() || wanted.is_null() => {}
        (Some(Value::Map(there)), Value::Map(wanted)) => {
            wanted.iter().for_each(|(key, part)| mismatches(schema, &path.child(key), there.get(key), part, found));
        }
        (Some(there), wanted) if holds(schema, path, there, wanted) => {}
        (there, wanted) => found.push(Difference {
            path: path.clone(),
            old: there.cloned(),
            new: Some(wanted.clone()),
            replaces: false,
            drift: false,
        }),
    }
}

impl Pass<'_> {
    /// The id of the object that has a resource's identity already, where that is to be taken over.
    pub(crate) fn to_take_over(
        &self,
        (stack, urn): (usize, &Urn),
        options: &Options,
        schema: &TypeSchema,
        properties: &Map,
        source: Option<&Place>,
    ) -> Option<String> {
        if options.import.is_some() || !(options.adopt || self.settings.targets.adopt) {
            return None;
        }
        let overlay = &schema.overlay;
        let Some(identity) = overlay.identity.as_ref().or(overlay.found_by.as_ref()) else {
            if options.adopt {
                let message = format!("`{}` is to take over what is there, and nothing says what that is", urn.name());
                let problem = Diagnostic::error("E0443", message)
                    .at_opt(source.cloned())
                    .note(format!("objects of the type `{}` have no identity but their ids", urn.ty()));
                self.problem(problem.hint("name the object: `.import(\"ID\")`"));
            }
            return None;
        };
        let within = identity.within(properties);
        if within.is_empty() || within.values().any(|value| value.has_unknown() || value.has_secret()) {
            // What it is made of is made in this run, so it is not there either.
            return None;
        }
        let name = self.stacks[stack].name;
        match self.lookup.alike(name, urn, &within, options.provider.as_deref()) {
            Alike::NotSeen | Alike::Absent => None,
            Alike::Unclear(reason) => {
                let message = format!("what `{}` of `{name}` is to take over cannot be told", urn.name());
                let problem = Diagnostic::error("E0438", message).at_opt(source.cloned()).note(reason);
                self.problem(problem.hint("mend that, or name the object: `.import(\"ID\")`"));
                None
            }
            Alike::There { id, claim: None } => Some(id),
            Alike::There { id, claim: Some(claim) } => {
                let message = format!("`{}` of `{name}` is there already, and somebody else's: `{id}`", urn.name());
                let problem = Diagnostic::error("E0447", message).at_opt(source.cloned()).note(claim);
                let hint = format!("if it is to be taken over nevertheless, say which: `.import(\"{id}\")`");
                self.problem(problem.hint(hint));
                None
            }
        }
    }

    /// A decision about a resource that says which object it takes over.
    pub(crate) fn importing(
        &self,
        (stack, urn): (usize, &Urn),
        options: &Options,
        schema: &TypeSchema,
        old: Option<&Object>,
        source: Option<&Place>,
        decision: Decision,
    ) -> Decision {
        let Some(id) = &options.import else { return decision };
        match (old, decision.action) {
            (None, Action::Adopt) => self.adopting(urn, id, options, schema, source, decision),
            (Some(old), _) if old.id != *id => {
                let stack = self.stacks[stack].name;
                let message =
                    format!("`{}` of `{stack}` is `{}`, and is to take over `{id}` as well", urn.name(), old.id);
                let hint = "take `.import(…)` away, or declare another resource for it";
                self.problem(Diagnostic::error("E0445", message).at_opt(source.cloned()).hint(hint));
                decision
            }
            (Some(_), Action::Replace { undecided: false, .. }) => {
                let message = format!("`{}` would be replaced, and says that it is `{id}`", urn.name());
                let problem = Diagnostic::error("E0445", message).at_opt(source.cloned());
                let forces = decision.differences.iter().filter(|difference| difference.replaces);
                let problem = forces.fold(problem, |problem, difference| {
                    problem.note(format!("`{}` cannot change in place", difference.path))
                });
                self.problem(problem.hint("take `.import(…)` away: it has done its work"));
                decision
            }
            _ => decision,
        }
    }

    fn adopting(
        &self,
        urn: &Urn,
        id: &str,
        options: &Options,
        schema: &TypeSchema,
        source: Option<&Place>,
        decision: Decision,
    ) -> Decision {
        match self.lookup.existing(urn.ty(), id, options.provider.as_deref()) {
            Existing::NotSeen => {
                let remark = "it was not looked at; it is compared before it is taken over".to_owned();
                Decision { remarks: vec![remark], ..decision }
            }
            Existing::Absent => {
                self.problem(nothing_to_adopt(urn, id).at_opt(source.cloned()));
                decision
            }
            Existing::There(there) => {
                let Adoption { goal, differences } = adoption(schema, options, decision.goal, &there);
                Decision { differences, goal, ..decision }
            }
        }
    }
}

/// The problem of a resource that is to take over an object which is not there.
pub fn nothing_to_adopt(urn: &Urn, id: &str) -> Diagnostic {
    Diagnostic::error("E0521", format!("there is no {} `{id}` that `{}` could take over", urn.ty(), urn.name()))
        .hint("correct the id, or take `.import(…)` away to make a new one")
}
