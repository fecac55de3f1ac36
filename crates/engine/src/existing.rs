//! Looking at objects of the world that a stack takes over: the only online reads of a preview, and only if there are
//! any to be made.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use diag::{Diagnostic, Diagnostics};
use diff::{Action, ChangeSet, Existing};
use ports::{Find, Found, Owner, ProviderError, ProviderErrorKind, ReadRequest};
use resource::Urn;
use schema::TypeSchema;
use state::{Kept, Site};
use value::{Digest, Map, Path, Secret, Type, Unknown, Value};

use crate::call::{read, read_all};
use crate::lookup::World;
use crate::{Engine, Providers};

/// An object of the world, by its type, what it is found by and the provider instance that has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    ty: String,
    by: By,
    instance: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    Id(String),
    Identity(Digest),
}

impl Key {
    fn of(ty: &str, by: By, instance: Option<&str>) -> Self {
        Self { ty: ty.to_owned(), by, instance: instance.map(str::to_owned) }
    }
}

/// What there is of an identity.
#[derive(Debug, Clone)]
pub(crate) enum Named {
    Nothing,
    /// Its id, and whose it says that it is.
    There(String, Option<Owner>),
    /// Why that cannot be told.
    Unclear(String),
}

/// The objects of the world that a preview has looked at, and those that it would like to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    found: BTreeMap<Key, Existing>,
    named: BTreeMap<Key, Named>,
    // A comparison asks through a shared reference.
    wanted: Arc<Mutex<BTreeMap<Key, Find>>>,
}

impl Seen {
    /// What is known of an object; one that nobody has looked at is looked at before the next comparison.
    pub(crate) fn get(&self, ty: &str, id: &str, instance: Option<&str>) -> Existing {
        let key = Key::of(ty, By::Id(id.to_owned()), instance);
        match self.found.get(&key) {
            Some(found) => found.clone(),
            None => {
                self.want(key, Find::Id(id.to_owned()));
                Existing::NotSeen
            }
        }
    }

    /// What there is of an identity; `None` = nobody has looked yet.
    pub(crate) fn named(&self, ty: &str, identity: &Map, instance: Option<&str>) -> Option<&Named> {
        let key = Key::of(ty, By::Identity(Value::Map(identity.clone()).digest()), instance);
        let found = self.named.get(&key);
        if found.is_none() {
            self.want(key, Find::Identity(identity.clone()));
        }
        found
    }

    fn want(&self, key: Key, find: Find) {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).insert(key, find);
    }

    /// Reads what a comparison has asked for; gives whether there was anything, and what could not be read.
    pub(crate) async fn look(&mut self, engine: &Engine<'_>) -> (bool, Vec<String>) {
        let wanted = std::mem::take(&mut *self.wanted.lock().unwrap_or_else(PoisonError::into_inner));
        let mut by_provider: BTreeMap<Option<String>, Vec<(Key, Find)>> = BTreeMap::new();
        let any = !wanted.is_empty();
        for (key, find) in wanted {
            let provider = engine.providers.of(&key.ty).map(|provider| provider.name().to_owned());
            by_provider.entry(provider).or_default().push((key, find));
        }
        let mut notes = Vec::new();
        for (provider, asked) in by_provider {
            for ((key, find), answer) in answers(engine, asked).await {
                let note = self.note(engine, key, &find, answer);
                // That nobody serves a type is a problem of its own.
                notes.extend(note.filter(|_| provider.is_some()));
            }
        }
        (any, notes)
    }

    /// Notes what was found; gives a note for people, where an object that is named could not be looked at.
    fn note(&mut self, engine: &Engine<'_>, key: Key, find: &Find, answer: Answer) -> Option<String> {
        match (&key.by, answer) {
            (By::Identity(_), answer) => {
                let named = match answer {
                    // It is compared next, and need not be asked for again.
                    Ok(Some(found)) => {
                        let by_id = Key::of(&key.ty, By::Id(found.id.clone()), key.instance.as_deref());
                        self.found.insert(by_id, Existing::There(engine.hidden(&key.ty, found.observed)));
                        Named::There(found.id, found.owner)
                    }
                    Ok(None) => Named::Nothing,
                    Err(error) => Named::Unclear(error.to_string()),
                };
                self.named.insert(key, named);
            }
            (By::Id(_), Ok(Some(found))) => {
                let existing = Existing::There(engine.hidden(&key.ty, found.observed));
                self.found.insert(key, existing);
            }
            (By::Id(_), Ok(None)) => drop(self.found.insert(key, Existing::Absent)),
            (By::Id(_), Err(error)) => {
                self.found.insert(key, Existing::NotSeen);
                return Some(format!("{} could not be looked at: {error}", shown(find)));
            }
        }
        None
    }
}

/// What a provider says of one question.
type Answer = Result<Option<Found>, ProviderError>;

/// Asks one provider for all at once, and, where it refuses that because of one of them, for each.
async fn answers(engine: &Engine<'_>, asked: Vec<(Key, Find)>) -> Vec<((Key, Find), Answer)> {
    let request = |(key, find): &(Key, Find)| ReadRequest {
        ty: key.ty.clone(),
        find: find.clone(),
        instance: key.instance.clone(),
    };
    let requests: Vec<ReadRequest> = asked.iter().map(request).collect();
    let mut answers: Vec<Answer> = match read_all(&engine.providers, &requests).await {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(error) if error.kind == ProviderErrorKind::Refused && requests.len() > 1 => Vec::new(),
        Err(error) => vec![Err(error); requests.len()],
    };
    for request in requests.iter().skip(answers.len()) {
        answers.push(read(&engine.providers, request.clone()).await);
    }
    asked.into_iter().zip(answers).collect()
}

/// What was looked for, as people call it.
fn shown(find: &Find) -> String {
    match find {
        Find::Id(id) => format!("`{id}`"),
        Find::Identity(identity) => format!("`{:?}`", Value::Map(identity.clone())),
        Find::Owner(owner) => format!("`{}`", owner.urn),
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

impl Engine<'_> {
    /// What the ownership tag of an object says, where it names another stack than the one that is to have it.
    pub(crate) fn claim(&self, stack: &str, id: &str, owner: &Owner, world: &World) -> Option<String> {
        if owner.organisation != self.organisation {
            let other = &owner.organisation;
            return Some(format!("`{id}` is tagged as an object of the organisation `{other}`: `{}`", owner.urn));
        }
        let own = world.heads.get(stack).is_some_and(|head| head.id == owner.stack_id);
        let other = world.heads.values().find(|head| head.id == owner.stack_id).map(|head| head.stack.to_string());
        let other = other.unwrap_or_else(|| "a stack that is not in this state".to_owned());
        (!own).then(|| format!("`{id}` is tagged as `{}` of {other}", owner.urn))
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
