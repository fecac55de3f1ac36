//! A vendor in memory: it refuses what real ones refuse, fails where it is told to, and writes down every call.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ports::{
    BoxFuture, Find, Found, Fragment, Outcome, Owner, Provider, ProviderError, ProviderErrorKind, ReadRequest, Step,
    StepAction,
};
use resource::Urn;
use schema::{Catalog, TypeSchema};
use value::{Map, Value};

/// What happens to a call instead of what should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Harm {
    /// It is refused.
    Refuse,
    /// It is done in part, and fails.
    Partial,
    /// It is done, and the answer is lost.
    LoseAnswer,
    /// It is not done, and the answer is lost.
    LoseCall,
    /// It is not even begun.
    NotStarted,
    /// It is taken back, since another one failed.
    RolledBack,
    /// The task dies.
    Panic,
    /// Something else is done, and that only in part.
    PartialLie,
    /// It is done in part, and what there is has no id.
    PartialNoId,
    /// It is done, and the answer never comes.
    HangAfter,
    /// It is not done, and the answer never comes.
    Hang,
    /// It is done, and nothing is said of its end.
    Silent,
    /// It is done, and its end is told twice.
    Twice,
    /// It is done, and said to be the end of another step.
    Elsewhere,
    /// It is done, and nothing is said of the object.
    NoObject,
    /// It is done, and the object is said to have no id.
    NoId,
    /// Something else is done than was asked for: the `Label` is another.
    Lie,
}

/// Looks at every call before it is done.
type Hook = Box<dyn FnMut(&str, &Step) + Send>;

pub(crate) struct Cloud {
    catalog: Catalog,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    things: BTreeMap<String, Thing>,
    tokens: BTreeMap<String, String>,
    made: usize,
    log: Vec<String>,
    harms: BTreeMap<String, Harm>,
    hook: Option<Hook>,
    lenient: bool,
    /// Things that are not well.
    ill: BTreeSet<String>,
    /// The ids that things go by now.
    renamed: BTreeMap<String, String>,
    /// How many calls per second it takes, and those of the last second.
    limit: Option<usize>,
    recent: VecDeque<Instant>,
    version: u8,
    refused_deletes: Vec<String>,
    hidden: Duration,
}

struct Thing {
    ty: String,
    inputs: Map,
    owner: Owner,
    made: Instant,
}

impl Cloud {
    pub(crate) fn new(catalog: Catalog) -> Arc<Self> {
        Arc::new(Self { catalog, inner: Mutex::default() })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A call that was told to panic leaves nothing half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does harm to a call such as `create main`, until [`Cloud::heal`].
    pub(crate) fn harm(&self, call: &str, harm: Harm) {
        self.inner().harms.insert(call.to_owned(), harm);
    }

    /// Whether it refuses to delete what another object names; it does unless it is told not to.
    pub(crate) fn strict(&self, strict: bool) {
        self.inner().lenient = !strict;
    }

    /// Makes a thing ill, or well.
    pub(crate) fn ill(&self, id: &str, ill: bool) {
        let mut inner = self.inner();
        if ill {
            inner.ill.insert(id.to_owned());
        } else {
            inner.ill.remove(id);
        }
    }

    /// Takes only so many calls per second, and refuses the others.
    pub(crate) fn limit(&self, calls: Option<usize>) {
        self.inner().limit = calls;
    }

    /// The vendor gives a thing another id.
    pub(crate) fn rename(&self, from: &str, to: &str) {
        let mut inner = self.inner();
        let thing = inner.things.remove(from).expect("it is there");
        inner.things.insert(to.to_owned(), thing);
        inner.renamed.insert(from.to_owned(), to.to_owned());
    }

    /// Whose an object is: the stack's id and the resource.
    pub(crate) fn owner(&self, id: &str) -> (String, String) {
        let owner = self.inner().things[id].owner.clone();
        (owner.stack_id, owner.urn)
    }

    /// For so long a search by tag or identity does not show what was made.
    pub(crate) fn hide(&self, time: Duration) {
        self.inner().hidden = time;
    }

    pub(crate) fn heal(&self) {
        self.inner().harms.clear();
    }

    pub(crate) fn watch(&self, hook: impl FnMut(&str, &Step) + Send + 'static) {
        self.inner().hook = Some(Box::new(hook));
    }

    /// The provider is another version of itself.
    pub(crate) fn bump(&self) {
        self.inner().version += 1;
    }

    /// The calls since the last time that this was asked.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.inner().log)
    }

    /// The ids of everything that there is.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.inner().things.keys().cloned().collect()
    }

    /// An object that was there before.
    pub(crate) fn put(&self, id: &str, ty: &str, inputs: Map, owner: Owner) {
        let mut inner = self.inner();
        // What is made from now on has other ids.
        inner.made = inner.made.max(1000);
        inner.things.insert(id.to_owned(), Thing { ty: ty.to_owned(), inputs, owner, made: Instant::now() });
    }

    /// Deletions that were refused because another object names what was to go.
    pub(crate) fn refused_deletes(&self) -> Vec<String> {
        self.inner().refused_deletes.clone()
    }

    /// Somebody else changes a property.
    pub(crate) fn meddle(&self, id: &str, property: &str, value: &str) {
        let mut inner = self.inner();
        inner.things.get_mut(id).expect("it is there").inputs.insert(property.to_owned(), value.into());
    }

    /// Somebody else deletes an object.
    pub(crate) fn vanish(&self, id: &str) {
        self.inner().things.remove(id);
    }

    /// The text of a property, secrets opened.
    pub(crate) fn text(&self, id: &str, property: &str) -> String {
        let inner = self.inner();
        open(inner.things[id].inputs[property].clone()).as_str().expect("a text").to_owned()
    }
}

impl Inner {
    /// Whether there are too many calls.
    fn is_too_much(&mut self, calls: usize) -> bool {
        let Some(limit) = self.limit else { return false };
        let now = Instant::now();
        while self.recent.front().is_some_and(|call| now - *call > Duration::from_secs(1)) {
            self.recent.pop_front();
        }
        if self.recent.len() + calls > limit {
            return true;
        }
        self.recent.extend(std::iter::repeat_n(now, calls));
        false
    }

    fn found(&self, id: &str) -> Option<Found> {
        let thing = self.things.get(id)?;
        let mut observed: Map = thing.inputs.iter().map(|(key, value)| (key.clone(), open(value.clone()))).collect();
        for attribute in ["VpcId", "Id", "Arn"] {
            observed.insert(attribute.to_owned(), id.into());
        }
        observed.insert("Count".to_owned(), 2.into());
        if thing.ty == "Login" {
            observed.insert("Box".to_owned(), Value::map([("Key", Value::from("open sesame")), ("Door", id.into())]));
        }
        let unhealthy = self.ill.contains(id).then(|| "Ill".to_owned());
        Some(Found { id: id.to_owned(), observed, owner: Some(thing.owner.clone()), unhealthy })
    }

    /// What is said of the end of a step, each with its position; `None` = nothing is ever said.
    fn call(&mut self, schema: &TypeSchema, step: &Step) -> Option<Vec<(usize, Outcome)>> {
        let name = step.owner.urn.parse::<Urn>().expect("a URN").name().to_owned();
        let verb = match step.action {
            StepAction::Create { .. } => "create",
            StepAction::Update { .. } => "update",
            StepAction::Adopt { .. } => "adopt",
            StepAction::Delete { .. } => "delete",
        };
        if self.is_too_much(1) {
            return Some(vec![(0, Outcome::Failed(error(ProviderErrorKind::Throttled, "Slow"), None))]);
        }
        let call = format!("{verb} {name}");
        self.log.push(call.clone());
        if let Some(hook) = &mut self.hook {
            hook(&call, step);
        }
        let harm = self.harms.get(&call).copied();
        let without_id = |outcome| match outcome {
            Outcome::Done(Some(found)) => Outcome::Done(Some(Found { id: String::new(), ..found })),
            Outcome::Failed(error, Some(found)) => Outcome::Failed(error, Some(Found { id: String::new(), ..found })),
            other => other,
        };
        let outcome = match harm {
            Some(Harm::Refuse) => Outcome::Failed(error(ProviderErrorKind::Refused, "Told"), None),
            Some(Harm::LoseCall) => Outcome::Failed(error(ProviderErrorKind::Lost, "Lost"), None),
            Some(Harm::NotStarted) => Outcome::NotStarted,
            Some(Harm::RolledBack) => Outcome::RolledBack,
            Some(Harm::Panic) => panic!("told to"),
            Some(Harm::Hang) => return None,
            Some(Harm::Lie | Harm::PartialLie) => self.act(schema, &lying(step), &name),
            _ => self.act(schema, step, &name),
        };
        let half = |outcome| match outcome {
            Outcome::Done(found) => Outcome::Failed(error(ProviderErrorKind::Refused, "Half"), found),
            failed => failed,
        };
        Some(match harm {
            Some(Harm::LoseAnswer) => vec![(0, Outcome::Failed(error(ProviderErrorKind::Lost, "Lost"), None))],
            Some(Harm::Partial | Harm::PartialLie) => vec![(0, half(outcome))],
            Some(Harm::PartialNoId) => vec![(0, without_id(half(outcome)))],
            Some(Harm::HangAfter) => return None,
            Some(Harm::Silent) => vec![],
            Some(Harm::Twice) => vec![(0, outcome.clone()), (0, outcome)],
            Some(Harm::Elsewhere) => vec![(1, outcome)],
            Some(Harm::NoObject) => vec![(0, Outcome::Done(None))],
            Some(Harm::NoId) => vec![(0, without_id(outcome))],
            _ => vec![(0, outcome)],
        })
    }

    fn act(&mut self, schema: &TypeSchema, step: &Step, name: &str) -> Outcome {
        match &step.action {
            StepAction::Create { inputs } => {
                if let Some(id) = self.tokens.get(&step.token) {
                    return Outcome::Done(self.found(id));
                }
                let identity = |inputs: &Map| {
                    let properties = schema.overlay.identity.as_ref().map(|identity| identity.properties.clone());
                    properties.map(|names| names.iter().map(|name| inputs.get(name).cloned()).collect::<Vec<_>>())
                };
                let taken = |thing: &Thing| thing.ty == step.ty && identity(&thing.inputs) == identity(inputs);
                if identity(inputs).is_some() && self.things.values().any(taken) {
                    return Outcome::Failed(error(ProviderErrorKind::Refused, "AlreadyExists"), None);
                }
                self.made += 1;
                let id = format!("{name}-{}", self.made);
                let thing = Thing {
                    ty: step.ty.clone(),
                    inputs: inputs.clone(),
                    owner: step.owner.clone(),
                    made: Instant::now(),
                };
                self.things.insert(id.clone(), thing);
                self.tokens.insert(step.token.clone(), id.clone());
                Outcome::Done(self.found(&id))
            }
            StepAction::Update { id, inputs, .. } => match self.things.get_mut(id) {
                Some(thing) => {
                    thing.inputs = inputs.clone();
                    Outcome::Done(self.found(id))
                }
                None => Outcome::Failed(error(ProviderErrorKind::Refused, "NotFound"), None),
            },
            StepAction::Adopt { id } => match self.things.get_mut(id) {
                Some(thing) => {
                    thing.owner = step.owner.clone();
                    Outcome::Done(self.found(id))
                }
                None => Outcome::Failed(error(ProviderErrorKind::Refused, "NotFound"), None),
            },
            StepAction::Delete { id, .. } => {
                let reads = |thing: &Thing| thing.inputs.values().any(|value| *value == Value::from(id.as_str()));
                if !self.lenient && self.things.iter().any(|(other, thing)| other != id && reads(thing)) {
                    self.refused_deletes.push(id.clone());
                    return Outcome::Failed(error(ProviderErrorKind::Refused, "InUse"), None);
                }
                self.things.remove(id);
                Outcome::Done(None)
            }
        }
    }

    fn shows(&self, thing: &Thing) -> bool {
        thing.made.elapsed() >= self.hidden
    }

    fn look(&self, schema: Option<&TypeSchema>, request: &ReadRequest) -> Option<Found> {
        match &request.find {
            Find::Id(id) => self.found(self.renamed.get(id).unwrap_or(id)),
            Find::Owner(owner) => {
                let (id, _) = self.things.iter().find(|(_, thing)| thing.owner == *owner && self.shows(thing))?;
                self.found(id)
            }
            Find::Identity(identity) => {
                assert!(schema.is_some_and(|schema| schema.overlay.identity.is_some()), "asked by identity");
                let fits = |thing: &Thing| identity.iter().all(|(key, value)| thing.inputs.get(key) == Some(value));
                let (id, _) =
                    self.things.iter().find(|(_, thing)| thing.ty == request.ty && fits(thing) && self.shows(thing))?;
                self.found(id)
            }
        }
    }
}

impl Provider for Cloud {
    fn name(&self) -> &'static str {
        "cloud"
    }

    fn schema(&self, ty: &str) -> Result<Option<&TypeSchema>, schema::CatalogError> {
        self.catalog.get(ty)
    }

    fn schemas_digest(&self) -> value::Digest {
        value::Digest::of("schemas", &self.inner().version.to_le_bytes())
    }

    fn concurrency(&self) -> usize {
        64
    }

    fn consistency_delay(&self, _: &str) -> Duration {
        self.inner().hidden
    }

    fn read<'a>(&'a self, requests: &'a [ReadRequest]) -> BoxFuture<'a, Result<Vec<Option<Found>>, ProviderError>> {
        Box::pin(async move {
            let harm = self.inner().harms.get("read").copied();
            match harm {
                Some(Harm::Hang) => return std::future::pending().await,
                Some(Harm::Panic) => panic!("told to"),
                Some(Harm::Refuse) => return Err(error(ProviderErrorKind::Unavailable, "Deaf")),
                _ => {}
            }
            let mut inner = self.inner();
            if inner.is_too_much(requests.len()) {
                return Err(error(ProviderErrorKind::Throttled, "Slow"));
            }
            let schema = |request: &ReadRequest| self.catalog.get(&request.ty).expect("reads");
            let mut found: Vec<_> = requests.iter().map(|request| inner.look(schema(request), request)).collect();
            match harm {
                Some(Harm::NoId) => found.iter_mut().flatten().for_each(|found| found.id.clear()),
                Some(Harm::Twice) => found.extend(found.clone()),
                _ => {}
            }
            Ok(found)
        })
    }

    fn apply<'a>(
        &'a self,
        fragment: &'a Fragment,
        ended: &'a mut (dyn FnMut(usize, Outcome) + Send),
    ) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            // Others get their turn between the call and its answer, as with a vendor that is far away.
            tokio::task::yield_now().await;
            for (position, step) in fragment.steps.iter().enumerate() {
                let schema = self.catalog.get(&step.ty).expect("reads").expect("is there");
                let said = self.inner().call(schema, step);
                let Some(said) = said else { return std::future::pending().await };
                said.into_iter().for_each(|(off, outcome)| ended(position + off, outcome));
            }
        })
    }
}

/// The step with another `Label`.
fn lying(step: &Step) -> Step {
    let mut step = step.clone();
    if let StepAction::Create { inputs } | StepAction::Update { inputs, .. } = &mut step.action {
        inputs.insert("Label".to_owned(), "a lie".into());
    }
    step
}

fn error(kind: ProviderErrorKind, code: &str) -> ProviderError {
    ProviderError { kind, code: code.to_owned(), message: "it is so".to_owned() }
}

fn open(value: Value) -> Value {
    let opened = value.map_secrets(&mut |secret| secret.expose().cloned().ok_or(()));
    opened.expect("a provider gets open secrets")
}
