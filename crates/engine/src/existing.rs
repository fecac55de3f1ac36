//! Looking at objects of the world that a stack takes over: the only online reads of a preview, and only if there are
//! any to be made.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use diag::{Diagnostic, Diagnostics};
use diff::{Action, ChangeSet, Existing};
use ports::{Find, ReadRequest};
use resource::Urn;
use schema::TypeSchema;
use state::{Kept, Site};
use value::{Map, Path, Secret, Type, Unknown, Value};

use crate::lookup::World;
use crate::{Engine, Providers};

/// An object of the world, by its type, its id and the provider instance that has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    ty: String,
    id: String,
    instance: Option<String>,
}

/// The objects of the world that a preview has looked at, and those that it would like to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    found: BTreeMap<Key, Existing>,
    // A comparison asks through a shared reference.
    wanted: Arc<Mutex<BTreeSet<Key>>>,
}

impl Seen {
    /// What is known of an object; one that nobody has looked at is looked at before the next comparison.
    pub(crate) fn get(&self, ty: &str, id: &str, instance: Option<&str>) -> Existing {
        let key = Key { ty: ty.to_owned(), id: id.to_owned(), instance: instance.map(str::to_owned) };
        match self.found.get(&key) {
            Some(found) => found.clone(),
            None => {
                self.wanted.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
                Existing::NotSeen
            }
        }
    }

    /// Reads what a comparison has asked for; gives whether there was anything, and what could not be read.
    pub(crate) async fn look(&mut self, engine: &Engine<'_>) -> (bool, Vec<String>) {
        let wanted = std::mem::take(&mut *self.wanted.lock().unwrap_or_else(PoisonError::into_inner));
        let mut by_provider: BTreeMap<String, Vec<Key>> = BTreeMap::new();
        let any = !wanted.is_empty();
        for key in wanted {
            match engine.providers.of(&key.ty) {
                Some(provider) => by_provider.entry(provider.name().to_owned()).or_default().push(key),
                None => drop(self.found.insert(key, Existing::NotSeen)),
            }
        }
        let mut notes = Vec::new();
        for keys in by_provider.into_values() {
            let request = |key: &Key| ReadRequest {
                ty: key.ty.clone(),
                find: Find::Id(key.id.clone()),
                instance: key.instance.clone(),
            };
            let requests: Vec<ReadRequest> = keys.iter().map(request).collect();
            match crate::call::read_all(&engine.providers, &requests).await {
                Ok(answers) => {
                    for (key, answer) in keys.into_iter().zip(answers) {
                        let found = answer.map_or(Existing::Absent, |answer| {
                            Existing::There(engine.hidden(&key.ty, answer.observed))
                        });
                        self.found.insert(key, found);
                    }
                }
                Err(error) => {
                    let which = keys.iter().map(|key| format!("`{}`", key.id)).collect::<Vec<_>>().join(", ");
                    notes.push(format!("{which} could not be looked at: {error}"));
                    self.found.extend(keys.into_iter().map(|key| (key, Existing::NotSeen)));
                }
            }
        }
        (any, notes)
    }
}

impl Engine<'_> {
    /// What a provider said, fit to be shown and compared: what the type calls a secret is a fingerprint, or, without
    /// a key to make one, unknown.
    fn hidden(&self, ty: &str, observed: Map) -> Map {
        let schema = self.providers.schema(ty).ok().flatten();
        let is_secret = |schema: &TypeSchema, path: &Path| schema.overlay.secret.iter().any(|p| p.touches(path));
        observed
            .into_iter()
            .map(|(key, value)| {
                let path = Path::key(&key);
                if value.is_null() || !schema.is_some_and(|schema| is_secret(schema, &path)) {
                    return (key, value);
                }
                let hidden = match self.secrets.fingerprint(&value) {
                    Ok(fingerprint) => Value::Secret(Secret::sealed(fingerprint)),
                    Err(_) => Unknown { secret: true, ..Unknown::new(Type::Any, ty, key.clone()) }.into(),
                };
                (key, hidden)
            })
            .collect()
    }
}

/// Objects that a preview would take over and that somebody has already, here or in another stack. The same object can
/// be reached through several provider instances: where it is tells.
pub(crate) fn taken_twice(sets: &[ChangeSet], world: &World, providers: &Providers) -> Diagnostics {
    let site_of = |ty: &str, instance: Option<&str>| providers.site(ty, instance).unwrap_or_default();
    let mut owners: BTreeMap<(&str, &str, Site), (String, Urn)> = BTreeMap::new();
    for (name, state) in &world.states {
        for object in state.copies().filter(|object| !object.external) {
            let Kept { site, provider, .. } = &*object.kept;
            let site = if site.is_empty() { site_of(object.urn.ty(), provider.as_deref()) } else { site.clone() };
            let set = sets.iter().find(|set| set.stack.to_string() == *name);
            let change = set.and_then(|set| set.resources.get(&object.urn));
            // What is given up in the same run may be taken over.
            if !change.is_some_and(|change| matches!(change.action, Action::Forget | Action::Adopt)) {
                owners.insert((object.urn.ty(), &object.id, site), (name.clone(), object.urn.clone()));
            }
        }
    }
    let mut found = Diagnostics::new();
    for set in sets {
        for (urn, change) in set.resources.iter().filter(|(_, change)| change.action == Action::Adopt) {
            let Some(id) = &change.options.import else { continue };
            let key = (urn.ty(), id.as_str(), site_of(urn.ty(), change.options.provider.as_deref()));
            match owners.get(&key) {
                Some((stack, other)) => {
                    let message = format!(
                        "`{}` of `{}` cannot take over `{id}`: it is `{}` of `{stack}`",
                        urn.name(),
                        set.stack,
                        other.name()
                    );
                    let hint = if *stack == set.stack.to_string() {
                        format!("take one of the two away, or `runner state rm {stack} '{other}'`")
                    } else {
                        format!(
                            "move it here with its record: `runner state mv {stack} '{other}' {} '{urn}'`; \
                             or give it up there: `runner state rm {stack} '{other}'`",
                            set.stack
                        )
                    };
                    found.push(Diagnostic::error("E0446", message).at_opt(change.source.clone()).hint(hint));
                }
                None => drop(owners.insert(key, (set.stack.to_string(), urn.clone()))),
            }
        }
    }
    found
}

/// What stands against taking over the objects of these stacks: they are not as the programs say.
pub(crate) fn refused(sets: &[ChangeSet]) -> Diagnostics {
    let mut found = Diagnostics::new();
    for set in sets {
        let adopted = set.resources.iter().filter(|(_, change)| change.action == Action::Adopt);
        for (urn, change) in adopted.filter(|(_, change)| !change.differences.is_empty()) {
            let id = change.options.import.as_deref().unwrap_or_default();
            found.push(differs(urn, id, &change.differences).at_opt(change.source.clone()));
        }
    }
    found
}

/// The problem of an object that is not as the program says.
pub(crate) fn differs(urn: &Urn, id: &str, differences: &[diff::Difference]) -> Diagnostic {
    let message = format!("`{}` differs from the object `{id}` that it should take over", urn.name());
    let text =
        |value: &Option<Value>| value.as_ref().map_or_else(|| "not set".to_owned(), |value| format!("{value:?}"));
    let problem = differences.iter().fold(Diagnostic::error("E0522", message), |problem, difference| {
        let (there, wanted) = (text(&difference.old), text(&difference.new));
        problem.note(format!("`{}` is {there}, the program says {wanted}", difference.path))
    });
    problem.hint("let the program say what is there, or list the properties in `.ignore_changes(…)`")
}
