//! A vendor in memory: it refuses what real ones refuse, fails where it is told to, and writes down every call.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ports::{
    BoxFuture, Find, Found, Fragment, Outcome, Owner, Provider, ProviderError, ProviderErrorKind, ReadRequest, Step,
    StepAction,
};
use resource::Urn;
use schema::{Catalog, TypeSchema};
use tokio::time::Instant;
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
    /// What is hidden is not even found by its id.
    shy: bool,
    /// Names of things that go with what they name.
    tied: BTreeSet<String>,
    /// The regions that instances point to.
    regions: BTreeMap<String, String>,
    /// What it says of a failure holds every property.
    chatty: bool,
    /// What the type calls a secret is not told any more.
    discreet: bool,
}

struct Thing {
    ty: String,
    inputs: Map,
    owner: Owner,
    made: Instant,
    /// Where it is; nothing = where the default instance points.
    region: Option<String>,
    /// How often its data were changed.
    version: usize,
}

impl Thing {
    fn name(&self) -> String {
        self.owner.urn.parse::<Urn>().map(|urn| urn.name().to_owned()).unwrap_or_default()
    }

    fn names(&self, id: &str) -> bool {
        self.inputs.values().any(|value| *value == Value::from(id))
    }
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

    /// The same, and not even by its id.
    pub(crate) fn hide_from_everybody(&self, time: Duration) {
        self.hide(time);
        self.inner().shy = true;
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
    pub(crate) fn put(&self, id: &str, ty: &str, inputs: Map, owner: Owner, region: Option<&str>) {
        let mut inner = self.inner();
        // What is made from now on has other ids.
        inner.made = inner.made.max(1000);
        let (ty, region) = (ty.to_owned(), region.map(str::to_owned));
        inner.things.insert(id.to_owned(), Thing { ty, inputs, owner, made: Instant::now(), region, version: 1 });
    }

    /// Things of a name go with what they name.
    pub(crate) fn tie(&self, name: &str) {
        self.inner().tied.insert(name.to_owned());
    }

    /// An instance points to a region; one that points nowhere reaches what the default one does.
    pub(crate) fn point(&self, instance: &str, region: &str) {
        self.inner().regions.insert(instance.to_owned(), region.to_owned());
    }

    /// It says every property of what it could not do.
    pub(crate) fn chatty(&self) {
        self.inner().chatty = true;
    }

    /// From now on it does not tell what the type of a login calls a secret.
    pub(crate) fn discreet(&self) {
        self.inner().discreet = true;
    }

    /// Deletions that were refused because another object names what was to go.
    pub(crate) fn refused_deletes(&self) -> Vec<String> {
        self.inner().refused_deletes.clone()
    }

    /// Somebody else changes a property.
    pub(crate) fn meddle(&self, id: &str, property: &str, value: &str) {
        let mut inner = self.inner();
        let Inner { things, tied, .. } = &mut *inner;
        // What a thing goes with is not changed.
        if let Some(thing) = things.get_mut(id).filter(|thing| !tied.contains(&thing.name())) {
            thing.inputs.insert(property.to_owned(), value.into());
        }
    }

    /// Somebody else deletes an object.
    pub(crate) fn vanish(&self, id: &str) {
        self.inner().remove(id);
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
            let key = (!self.discreet).then(|| ("Key", Value::from("open sesame")));
            observed.insert("Box".to_owned(), Value::map(key.into_iter().chain([("Door", id.into())])));
            if self.discreet {
                observed.remove("Arn");
            }
        }
        if thing.ty == "Template" {
            observed.insert("Version".to_owned(), format!("v{}", thing.version).into());
        }
        // What nobody manages has no tag.
        let owner = Some(thing.owner.clone()).filter(|owner| !owner.stack_id.is_empty());
        let unhealthy = self.ill.contains(id).then(|| "Ill".to_owned());
        Some(Found { id: id.to_owned(), observed, owner, unhealthy })
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
            Some(Harm::Panic) => panic!("told to, with {}", crate::house::CANARY),
            Some(Harm::Hang) => return None,
            Some(Harm::Lie | Harm::PartialLie) if !self.tied.contains(&name) => self.act(schema, &lying(step), &name),
            _ => self.act(schema, step, &name),
        };
        let half = |outcome| match outcome {
            Outcome::Done(found) => Outcome::Failed(error(ProviderErrorKind::Refused, "Half"), found),
            failed => failed,
        };
        let said = match harm {
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
        };
        let told = |(position, outcome)| match outcome {
            Outcome::Failed(error, found) if self.chatty => {
                let message = format!("{}: {}", error.message, all_of(step));
                (position, Outcome::Failed(ProviderError { message, ..error }, found))
            }
            other => (position, other),
        };
        Some(said.into_iter().map(told).collect())
    }

    /// Where an instance points.
    fn region(&self, instance: Option<&str>) -> Option<String> {
        self.regions.get(instance?).cloned()
    }

    /// Removes a thing and those that go with it.
    fn remove(&mut self, id: &str) {
        if self.things.remove(id).is_some() {
            let goes = |(other, thing): (&String, &Thing)| {
                (self.tied.contains(&thing.name()) && thing.names(id)).then(|| other.clone())
            };
            let along: Vec<String> = self.things.iter().filter_map(goes).collect();
            along.iter().for_each(|other| self.remove(other));
        }
    }

    fn act(&mut self, schema: &TypeSchema, step: &Step, name: &str) -> Outcome {
        let region = self.region(step.instance.as_deref());
        if let StepAction::Create { inputs } | StepAction::Update { inputs, .. } = &step.action
            && self.tied.contains(name)
            && inputs.values().filter_map(Value::as_str).any(|text| is_id(text) && !self.things.contains_key(text))
        {
            // Nothing hangs on what is not there.
            return Outcome::Failed(error(ProviderErrorKind::Refused, "NotFound"), None);
        }
        match &step.action {
            StepAction::Create { inputs } => {
                if let Some(id) = self.tokens.get(&step.token) {
                    return Outcome::Done(self.found(id));
                }
                let identity = |inputs: &Map| {
                    let properties = schema.overlay.identity.as_ref().map(|identity| identity.properties.clone());
                    properties.map(|names| names.iter().map(|name| inputs.get(name).cloned()).collect::<Vec<_>>())
                };
                let taken = |thing: &Thing| {
                    thing.ty == step.ty && thing.region == region && identity(&thing.inputs) == identity(inputs)
                };
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
                    region,
                    version: 1,
                };
                self.things.insert(id.clone(), thing);
                self.tokens.insert(step.token.clone(), id.clone());
                Outcome::Done(self.found(&id))
            }
            StepAction::Update { id, inputs, .. } => match self.there(id, region.as_deref()) {
                Some(thing) => {
                    thing.version += usize::from(thing.inputs.get("Data") != inputs.get("Data"));
                    thing.inputs = inputs.clone();
                    Outcome::Done(self.found(id))
                }
                None => Outcome::Failed(error(ProviderErrorKind::Refused, "NotFound"), None),
            },
            StepAction::Adopt { id } => match self.there(id, region.as_deref()) {
                Some(thing) => {
                    thing.owner = step.owner.clone();
                    Outcome::Done(self.found(id))
                }
                None => Outcome::Failed(error(ProviderErrorKind::Refused, "NotFound"), None),
            },
            StepAction::Delete { id, .. } => {
                if self.there(id, region.as_deref()).is_none() {
                    return Outcome::Done(None);
                }
                let reads = |thing: &Thing| thing.names(id) && !self.tied.contains(&thing.name());
                if !self.lenient && self.things.iter().any(|(other, thing)| other != id && reads(thing)) {
                    self.refused_deletes.push(id.clone());
                    return Outcome::Failed(error(ProviderErrorKind::Refused, "InUse"), None);
                }
                self.remove(id);
                Outcome::Done(None)
            }
        }
    }

    /// A thing, if it is where the call looks.
    fn there(&mut self, id: &str, region: Option<&str>) -> Option<&mut Thing> {
        self.things.get_mut(id).filter(|thing| thing.region.as_deref() == region)
    }

    fn shows(&self, thing: &Thing) -> bool {
        thing.made.elapsed() >= self.hidden
    }

    fn look(&self, schema: Option<&TypeSchema>, request: &ReadRequest) -> Option<Found> {
        let region = self.region(request.instance.as_deref());
        let things = || self.things.iter().filter(|(_, thing)| thing.region == region);
        match &request.find {
            Find::Id(id) => {
                let id = self.renamed.get(id).unwrap_or(id);
                let shown = |thing: &Thing| !self.shy || self.shows(thing);
                self.found(id).filter(|_| things().any(|(other, thing)| other == id && shown(thing)))
            }
            Find::Owner(owner) => {
                let (id, _) = things().find(|(_, thing)| thing.owner == *owner && self.shows(thing))?;
                self.found(id)
            }
            Find::Identity(identity) => {
                assert!(schema.is_some_and(|schema| schema.overlay.identity.is_some()), "asked by identity");
                let fits = |thing: &Thing| identity.iter().all(|(key, value)| thing.inputs.get(key) == Some(value));
                let (id, _) = things().find(|(_, thing)| thing.ty == request.ty && fits(thing) && self.shows(thing))?;
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

/// Whether a text looks like the id of a thing.
fn is_id(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(name, number)| !name.is_empty() && number.parse::<u32>().is_ok())
}

/// The step with another `Label`.
fn lying(step: &Step) -> Step {
    let mut step = step.clone();
    if let StepAction::Create { inputs } | StepAction::Update { inputs, .. } = &mut step.action {
        inputs.insert("Label".to_owned(), "a lie".into());
    }
    step
}

/// Every property of a step, secrets opened.
fn all_of(step: &Step) -> String {
    let maps = match &step.action {
        StepAction::Create { inputs } => vec![inputs],
        StepAction::Update { inputs, prior, .. } => vec![inputs, prior],
        StepAction::Delete { prior, .. } => vec![prior],
        StepAction::Adopt { .. } => vec![],
    };
    let shown = |value: &Value| value.clone().map_secrets(&mut |secret| secret.expose().cloned().ok_or(()));
    maps.into_iter().flatten().map(|(key, value)| format!("{key}={:?}", shown(value))).collect::<Vec<_>>().join(" ")
}

fn error(kind: ProviderErrorKind, code: &str) -> ProviderError {
    ProviderError { kind, code: code.to_owned(), message: "it is so".to_owned() }
}

fn open(value: Value) -> Value {
    let opened = value.map_secrets(&mut |secret| secret.expose().cloned().ok_or(()));
    opened.expect("a provider gets open secrets")
}
