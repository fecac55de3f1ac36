//! One step: the calls that it takes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ports::{Found, Outcome, ProviderError, ProviderErrorKind, Step, StepAction};
use rest::json::difference;
use rest::template::plain;
use rest::{Repeat, Result, jittered, refused};
use serde_json::{Map as Object, Value as Json};
use value::{Map, Value};

use crate::failure::{is_contended, is_missing, is_there};
use crate::kind::{Call, Way};
use crate::policy::Change;
use crate::thing::{Seen, Thing, body, region};
use crate::{Inner, labels, media, member, operation};

/// How long what was just made may not be seen.
const UNSEEN: Duration = Duration::from_mins(1);
/// How often a create is sent whose answer was lost and that is known not to have happened.
const TRIES: u32 = 4;

/// Applies a step.
pub(crate) async fn step(inner: &Arc<Inner>, step: &Step) -> Outcome {
    let ended = match inner.served(&step.ty) {
        Ok((kind, schema)) => match inner.site(step.instance.as_deref()) {
            Ok(site) => Working { thing: Thing { kind, schema, site: &site }, step }.run().await,
            Err(error) => Err(Failed::before(error)),
        },
        Err(error) => Err(Failed::before(error)),
    };
    match ended {
        Ok(found) => Outcome::Done(found),
        Err(Failed { error, left }) => Outcome::Failed(error, left.map(|found| *found)),
    }
}

/// A step that failed, with what it left.
struct Failed {
    error: ProviderError,
    left: Option<Box<Found>>,
}

impl Failed {
    fn before(error: ProviderError) -> Self {
        Self { error, left: None }
    }
}

impl From<ProviderError> for Failed {
    fn from(error: ProviderError) -> Self {
        Self::before(error)
    }
}

/// A step at work.
struct Working<'a> {
    thing: Thing<'a>,
    step: &'a Step,
}

impl Working<'_> {
    async fn run(&self) -> std::result::Result<Option<Found>, Failed> {
        let kind = self.thing.kind;
        if kind.policy.is_some() {
            return Ok(self.member().await?);
        }
        Ok(match &self.step.action {
            StepAction::Create { inputs } if kind.media => {
                Some(media::put(&self.thing, inputs, Some(&self.step.owner)).await?.found())
            }
            StepAction::Update { inputs, .. } if kind.media => {
                Some(media::put(&self.thing, inputs, None).await?.found())
            }
            StepAction::Adopt { id } if kind.media => Some(self.there(id).await?.found()),
            StepAction::Delete { id, .. } if kind.media => {
                media::delete(&self.thing, id).await?;
                None
            }
            StepAction::Create { inputs } => Some(self.create(inputs).await?.found()),
            StepAction::Update { id, inputs, prior } => {
                let done = self.update(id, inputs, prior).await;
                Some(self.ended(id, done).await?.found())
            }
            StepAction::Adopt { id } => Some(self.adopt(id).await?.found()),
            StepAction::Delete { id, .. } => {
                self.delete(id).await?;
                None
            }
        })
    }

    /// A member of a policy is there or not.
    async fn member(&self) -> Result<Option<Found>> {
        let (properties, there) = match &self.step.action {
            StepAction::Create { inputs } | StepAction::Update { inputs, .. } => (inputs.clone(), true),
            StepAction::Adopt { id } => return Ok(Some(self.there(id).await?.found())),
            StepAction::Delete { id, .. } => (self.thing.named(id), false),
        };
        let member::Named { on, role, member } = member::named(&self.thing, &properties)?;
        on.change(Change { role, member, there }).await?;
        Ok(there.then(|| member::found(&self.thing, &properties)))
    }

    async fn create(&self, inputs: &Map) -> std::result::Result<Seen, Failed> {
        self.knows_places(inputs)?;
        let Some(way) = &self.thing.kind.create else {
            return Err(refused("NoCreate", format!("{} cannot be made", self.step.ty)).into());
        };
        let call = self.thing.kind.call(&way.call)?;
        let answer = match self.make(call, way, inputs).await? {
            Made::Now(answer) => answer,
            Made::Before(seen) => {
                let id = seen.id.clone();
                let done = self.update(&id, inputs, &Map::new()).await;
                return self.ended(&id, done).await;
            }
        };
        let name = match self.thing.name_of_new(inputs, &answer) {
            Some(name) => name,
            None => self.looked_up(inputs).await?,
        };
        let properties = properties_of(inputs, &name);
        let id = self.thing.id(&properties);
        let done = self.settle_in(&name, &properties, inputs).await;
        let mut seen = self.ended(&id, done).await?;
        let given: Object<String, Json> =
            answer.as_object().into_iter().flatten().map(|(key, json)| (key.clone(), json.clone())).collect();
        for once in &self.thing.kind.given_once {
            let told = rest::json::properties(self.thing.schema, &given).remove(once);
            seen.observed.extend(told.map(|value| (once.clone(), value)));
        }
        Ok(seen)
    }

    /// Sends a create until it is known what became of it.
    async fn make(&self, call: Call, way: &Way, inputs: &Map) -> Result<Made> {
        let thing = &self.thing;
        let mut request = thing.request(call, way, inputs);
        if call.method.has_body() {
            let changes_only = call.method.verb == "PATCH";
            let mut body = body(call, way, inputs, |name| {
                let created = |beside: &crate::kind::Beside| beside.property == name && beside.at_create;
                thing.kind.beside.iter().any(created) || (changes_only && self.is_create_only(name))
            });
            if let Some(property) = &thing.kind.labels {
                let labels = body.inner.entry(property.clone()).or_insert_with(|| Json::Object(Object::new()));
                labels.as_object_mut().into_iter().for_each(|map| map.extend(labels::of(&self.step.owner)));
            }
            request.body = Some(body.json());
        }
        let repeat = if thing.kind.taken_over { Repeat::Freely } else { Repeat::Never };
        let mut pause = Duration::from_millis(250);
        let mut lost = false;
        for attempt in 1.. {
            let answer = match thing.site.call(&request, repeat).await {
                Ok(answer) if call.method.is_long() => operation::wait(thing, call, answer).await,
                other => other,
            };
            let error = match answer {
                Ok(answer) => return Ok(Made::Now(answer)),
                Err(error) => error,
            };
            let may_be_there = error.kind == ProviderErrorKind::Lost;
            if !is_there(&error) && !may_be_there {
                return Err(error);
            }
            lost |= may_be_there;
            let seen = match self.identity(inputs) {
                Some(identity) => thing.by_identity(&identity).await?,
                None => return Err(error),
            };
            match seen {
                Some(seen) if seen.gone => {
                    let Some(revive) = &thing.kind.revive else { return Err(error) };
                    let call = thing.kind.call(revive)?;
                    let name = thing.name(inputs).unwrap_or_default();
                    let answer = thing.site.call(&crate::url::Request::new(call, &name), Repeat::Freely).await?;
                    operation::wait(thing, call, answer).await?;
                    return Ok(Made::Before(seen));
                }
                Some(seen) if thing.kind.taken_over || self.is_ours(&seen, lost) => return Ok(Made::Before(seen)),
                Some(seen) => {
                    let message = format!("{}; it is there as `{}`, and not of this resource", error.message, seen.id);
                    return Err(ProviderError { code: "NotOurs".to_owned(), message, ..error });
                }
                None if !may_be_there || attempt >= TRIES => return Err(error),
                None => {}
            }
            tokio::time::sleep(jittered(pause)).await;
            pause *= 2;
        }
        Err(refused("Unmade", "nothing was sent"))
    }

    /// Whether an object is what a call of this step made: by its labels, or, where it has none, since it was not there
    /// before the call whose answer was lost.
    fn is_ours(&self, seen: &Seen, lost: bool) -> bool {
        match &seen.owner {
            Some(owner) => *owner == self.step.owner,
            None => lost && self.thing.kind.labels.is_none(),
        }
    }

    /// Sets what a create cannot, and waits until the object can be seen.
    async fn settle_in(&self, name: &str, properties: &Map, inputs: &Map) -> Result<Seen> {
        let thing = &self.thing;
        for beside in thing.kind.beside.iter().filter(|beside| beside.at_create) {
            if let Some(value) = inputs.get(&beside.property).filter(|value| !value.is_null()) {
                thing.write_beside(name, beside, value).await?;
            }
        }
        let start = Instant::now();
        let mut pause = Duration::from_millis(250);
        loop {
            if let Some(seen) = thing.get(properties).await?.filter(|seen| !seen.gone) {
                return Ok(seen);
            }
            if start.elapsed() > UNSEEN {
                return Err(refused("Vanished", format!("`{name}` was made and cannot be seen")));
            }
            tokio::time::sleep(jittered(pause)).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    async fn update(&self, id: &str, inputs: &Map, prior: &Map) -> Result<Seen> {
        const CHANGES: u32 = 5;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let seen = self.there(id).await?;
            match self.change(&seen, inputs, prior).await {
                Ok(false) => return Ok(seen),
                Ok(true) => return self.there(id).await,
                // Somebody else was faster: it is looked at again.
                Err(error) if is_contended(&error) && attempt < CHANGES => {
                    tokio::time::sleep(jittered(Duration::from_millis(100))).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes an object what it is to be; answers whether it had to change anything.
    async fn change(&self, seen: &Seen, inputs: &Map, prior: &Map) -> Result<bool> {
        let thing = &self.thing;
        let name = thing.name(&thing.named(&seen.id)).unwrap_or_default();
        let mut changed = false;
        for beside in &thing.kind.beside {
            let Some(value) = inputs.get(&beside.property).filter(|value| !value.is_null()) else { continue };
            if seen.observed.get(&beside.property) != Some(value) {
                thing.write_beside(&name, beside, value).await?;
                changed = true;
            }
        }
        let Some(way) = &thing.kind.update else { return Ok(changed) };
        let call = thing.kind.call(&way.call)?;
        let leave = |name: &str| self.is_create_only(name) || thing.kind.beside.iter().any(|b| b.property == name);
        let mut wanted = body(call, way, inputs, leave);
        let before = body(call, way, prior, leave);
        if let Some(property) = &thing.kind.labels {
            wanted.inner.insert(property.clone(), self.labels(property, seen, &wanted.inner, &before.inner));
        }
        let masked = call.method.takes("updateMask") || way.within.is_some();
        let Some(parts) = difference(&seen.answer, &wanted.inner, &before.inner, !masked) else { return Ok(changed) };
        let mask = parts.keys().cloned().collect::<Vec<_>>().join(",");
        wanted.inner = if masked { parts.into_iter().filter(|(_, part)| !part.is_null()).collect() } else { parts };
        if let Some(etag) = seen.answer.get("etag").filter(|_| way.etag) {
            wanted.inner.insert("etag".to_owned(), etag.clone());
        }
        let mut request = crate::url::Request::new(call, &name);
        match (masked, way.within.is_some()) {
            (true, true) => wanted.put("updateMask", mask.into()),
            (true, false) => request.query.push(("updateMask".to_owned(), mask)),
            _ => {}
        }
        request.body = Some(wanted.json());
        let answer = thing.site.call(&request, Repeat::Freely).await?;
        if call.method.is_long() {
            operation::wait(thing, call, answer).await?;
        }
        Ok(true)
    }

    /// All labels that an object is to have: those of others stay.
    fn labels(&self, property: &str, seen: &Seen, wanted: &Object<String, Json>, prior: &Object<String, Json>) -> Json {
        let part =
            |map: &Object<String, Json>| map.get(property).and_then(Json::as_object).cloned().unwrap_or_default();
        let was = part(prior);
        let mut labels = part(&seen.answer);
        labels.retain(|key, _| !was.contains_key(key));
        labels.extend(part(wanted));
        labels.extend(labels::of(&self.step.owner));
        Json::Object(labels)
    }

    async fn adopt(&self, id: &str) -> Result<Seen> {
        let seen = self.there(id).await?;
        let (Some(property), Some(way)) = (&self.thing.kind.labels, &self.thing.kind.update) else { return Ok(seen) };
        if seen.owner.as_ref() == Some(&self.step.owner) {
            return Ok(seen);
        }
        let call = self.thing.kind.call(&way.call)?;
        let labels = self.labels(property, &seen, &Object::new(), &Object::new());
        let mut request = crate::url::Request::new(call, &self.thing.name(&self.thing.named(id)).unwrap_or_default());
        if call.method.takes("updateMask") {
            request.query.push(("updateMask".to_owned(), property.clone()));
        }
        request.body = Some(Json::Object([(property.clone(), labels)].into_iter().collect()));
        let answer = self.thing.site.call(&request, Repeat::Freely).await?;
        if call.method.is_long() {
            operation::wait(&self.thing, call, answer).await?;
        }
        self.there(id).await
    }

    async fn delete(&self, id: &str) -> Result<()> {
        let thing = &self.thing;
        // What cannot be deleted is there as long as what it belongs to.
        let Some(delete) = &thing.kind.delete else { return Ok(()) };
        let Some(name) = thing.name(&thing.named(id)) else { return Ok(()) };
        let call = thing.kind.call(delete)?;
        let answer = match thing.site.call(&crate::url::Request::new(call, &name), Repeat::Freely).await {
            Ok(answer) if call.method.is_long() => operation::wait(thing, call, answer).await,
            other => other,
        };
        match answer {
            Err(error) if is_missing(&error) => Ok(()),
            // What is gone already may say so only to whoever looks.
            Err(error) if error.kind == ProviderErrorKind::Refused => {
                let seen = thing.get(&thing.named(id)).await?;
                if seen.is_none_or(|seen| seen.gone) { Ok(()) } else { Err(error) }
            }
            other => other.map(drop),
        }
    }

    /// How a step ended that has an object.
    async fn ended(&self, id: &str, done: Result<Seen>) -> std::result::Result<Seen, Failed> {
        let error = match done {
            Ok(seen) => return Ok(seen),
            Err(error) => error,
        };
        let seen = self.thing.get(&self.thing.named(id)).await.ok().flatten();
        let created = matches!(self.step.action, StepAction::Create { .. });
        Err(match seen {
            Some(seen) => Failed { error, left: Some(Box::new(seen.found())) },
            // It was made, and nobody can see how it is: the next run finds out.
            None if created => Failed::before(ProviderError { kind: ProviderErrorKind::Lost, ..error }),
            None => Failed::before(error),
        })
    }

    /// The object as it is.
    async fn there(&self, id: &str) -> Result<Seen> {
        let find = ports::Find::Id(id.to_owned());
        let seen = if self.thing.kind.media {
            media::get(&self.thing, &self.thing.named(id)).await?
        } else if self.thing.kind.policy.is_some() {
            member::find(&self.thing, &self.thing.named(id)).await?
        } else {
            self.thing.find(&find).await?
        };
        seen.ok_or_else(|| refused("NotFound", format!("there is no {} `{id}`", self.step.ty)))
    }

    /// The natural identity among properties, if the type has one.
    fn identity(&self, inputs: &Map) -> Option<Map> {
        let identity = self.thing.schema.overlay.identity.as_ref()?;
        Some(identity.within(inputs)).filter(|identity| !identity.is_empty())
    }

    async fn looked_up(&self, inputs: &Map) -> Result<String> {
        let lost = || refused("NoName", format!("{} was made, and has no name", self.step.ty));
        let identity = self.identity(inputs).ok_or_else(lost)?;
        let seen = self.thing.by_identity(&identity).await?.ok_or_else(lost)?;
        self.thing.name(&self.thing.named(&seen.id)).ok_or_else(lost)
    }

    fn is_create_only(&self, name: &str) -> bool {
        self.thing.schema.create_only.iter().any(|path| path.first_key() == Some(name) && path.segments().len() == 1)
    }

    /// Refuses places that the vendor would write otherwise: they would look changed ever after.
    fn knows_places(&self, inputs: &Map) -> Result<()> {
        for property in &self.thing.kind.regions {
            let Some(place) = inputs.get(property).and_then(plain).filter(|place| region(place) != **place) else {
                continue;
            };
            let message = format!("`{property}` is `{place}`, which Google calls `{}`", region(place));
            return Err(refused("BadRegion", message));
        }
        Ok(())
    }
}

/// The properties that a new object is found by.
fn properties_of(inputs: &Map, name: &str) -> Map {
    let mut properties = inputs.clone();
    properties.insert("name".to_owned(), Value::from(name));
    properties
}

/// What came of a create.
enum Made {
    /// The vendor's answer.
    Now(Json),
    /// It is there already.
    Before(Seen),
}
