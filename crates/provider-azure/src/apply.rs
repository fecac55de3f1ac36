//! One step: the calls that it takes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ports::{BoxFuture, Found, Outcome, ProviderError, ProviderErrorKind, Step, StepAction};
use rest::template::plain;
use rest::{Repeat, rest};
use serde_json::{Map as Object, Value as Json};
use value::Map;

use crate::failure::{
    Result, is_contended, is_kept_by_deleted, is_missing, is_there, is_unknown_parent, is_unknown_principal, refused,
};
use crate::kind::Deleted;
use crate::thing::{Seen, Thing, region};
use crate::{Inner, blob, change, directory, document, operation, owner, revive};

/// How long what was just made may not be seen, and may not be ready.
const UNSEEN: Duration = Duration::from_mins(2);
/// For how long what it is in may not have got about yet.
pub(crate) const NEW: Duration = Duration::from_secs(20);
/// For how long a principal that was just made may not have: the directory takes its time.
pub(crate) const NEW_PRINCIPAL: Duration = Duration::from_mins(2);
/// For how long others may be at work on it.
const CONTENDED: Duration = Duration::from_mins(2);
/// How long one pause may be.
pub(crate) const PAUSE: Duration = Duration::from_secs(5);

/// Applies a step.
pub(crate) fn step<'a>(inner: &'a Arc<Inner>, step: &'a Step) -> BoxFuture<'a, Outcome> {
    Box::pin(async move {
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
    })
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
        let (thing, owner) = (&self.thing, &self.step.owner);
        if thing.kind.content {
            return Ok(blob::apply(thing, &self.step.action, owner).await?.map(Seen::found));
        }
        if thing.kind.is_of_directory() {
            return Ok(directory::apply(thing, &self.step.action).await?.map(Seen::found));
        }
        Ok(match &self.step.action {
            StepAction::Create { inputs } => Some(self.create(inputs).await?.found()),
            StepAction::Update { id, inputs, prior } => {
                let done = self.update(id, inputs, prior).await;
                Some(self.ended(id, done).await?.found())
            }
            StepAction::Adopt { id } => {
                change::mark(thing, &self.there(id).await?, owner).await?;
                Some(self.there(id).await?.found())
            }
            StepAction::Delete { id, .. } => {
                self.delete(id).await?;
                None
            }
        })
    }

    async fn create(&self, inputs: &Map) -> std::result::Result<Seen, Failed> {
        self.knows_words(inputs)?;
        let thing = &self.thing;
        let id = thing.id(inputs).ok_or_else(|| refused("NoName", format!("{} has no name", self.step.ty)))?;
        let there = match thing.get(&id).await? {
            Some(seen) if thing.kind.taken_over || self.is_ours(&seen) => true,
            Some(seen) => return Err(not_ours(&seen.id).into()),
            None => self.make(&id, inputs).await?,
        };
        let done = if there { self.update(&id, inputs, &Map::new()).await } else { self.settle_in(&id).await };
        self.ended(&id, done).await
    }

    /// Sends a create until it is known what became of it. A PUT names its object, so that it may be sent again.
    /// Answers whether the object was there, and is to be changed yet.
    async fn make(&self, id: &str, inputs: &Map) -> Result<bool> {
        let thing = &self.thing;
        let request = self.request(id, inputs)?;
        let (start, mut pause, mut revived) = (Instant::now(), Duration::from_millis(250), false);
        loop {
            let Err(error) = operation::run(thing.site, &request).await else { return Ok(false) };
            if is_there(&error) {
                return Err(not_ours(&error.message));
            }
            if let Some(deleted) = thing.kind.deleted.filter(|_| !revived && is_kept_by_deleted(&error)) {
                revived = true;
                if revive::revive(thing, deleted, id, inputs, &self.step.owner).await? {
                    return Ok(true);
                }
            }
            if is_contended(&error) && self.is_made(id, inputs).await? {
                return Ok(false);
            }
            let patience = if is_unknown_principal(&error) {
                NEW_PRINCIPAL
            } else if is_unknown_parent(&error) {
                NEW
            } else if is_contended(&error) {
                CONTENDED
            } else {
                Duration::ZERO
            };
            if start.elapsed() + pause > patience {
                return Err(error);
            }
            rest(pause).await;
            pause = (pause * 2).min(PAUSE);
        }
    }

    /// Whether an attempt whose answer was lost has made it: what has no owner is there exactly as it was sent.
    async fn is_made(&self, id: &str, inputs: &Map) -> Result<bool> {
        let seen = self.thing.get(id).await?;
        seen.map_or(Ok(false), |seen| match self.thing.kind.owner {
            Some(_) => Ok(self.is_ours(&seen)),
            None => change::is_as_wanted(&self.thing, &seen, inputs),
        })
    }

    fn request(&self, id: &str, inputs: &Map) -> Result<rest::Request> {
        let thing = &self.thing;
        let Some(put) = &thing.kind.put else {
            return Err(refused("NoCreate", format!("{} cannot be made", self.step.ty)));
        };
        let call = thing.kind.call(put)?;
        let mut body = thing.kind.body.clone();
        body.extend(change::taken(call, inputs, |_| false));
        if let Some(mark) = thing.kind.owner {
            let marks = body.entry(mark.property()).or_insert_with(|| Json::Object(Object::new()));
            marks.as_object_mut().into_iter().for_each(|map| map.extend(owner::of(mark, &self.step.owner)));
        }
        let shape = call.document.request(call.method);
        let body = shape.map_or(Json::Null, |shape| document::body(shape, body));
        let mut request = thing.site.about(call, id).with(&body);
        request.repeat = Repeat::Freely;
        Ok(request)
    }

    fn is_ours(&self, seen: &Seen) -> bool {
        seen.owner.as_ref() == Some(&self.step.owner)
    }

    /// Waits until an object can be seen and is ready.
    async fn settle_in(&self, id: &str) -> Result<Seen> {
        let (start, mut pause) = (Instant::now(), Duration::from_millis(250));
        loop {
            let seen = self.thing.get(id).await?;
            let late = start.elapsed() > UNSEEN;
            match seen {
                Some(seen) if !seen.is_at_work() || late => return Ok(seen),
                None if late => return Err(refused("Vanished", format!("`{id}` was made and cannot be seen"))),
                _ => {}
            }
            rest(pause).await;
            pause = (pause * 2).min(PAUSE);
        }
    }

    async fn update(&self, id: &str, inputs: &Map, prior: &Map) -> Result<Seen> {
        let (start, mut pause) = (Instant::now(), Duration::from_millis(100));
        loop {
            let seen = self.there(id).await?;
            match change::change(&self.thing, &seen, inputs, prior, &self.step.owner).await {
                Ok(false) => return Ok(seen),
                Ok(true) => return self.settle_in(id).await,
                // Somebody else is faster, or at work: it is looked at again.
                Err(error) if is_contended(&error) && start.elapsed() < CONTENDED => {
                    rest(pause).await;
                    pause = (pause * 2).min(PAUSE);
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn delete(&self, id: &str) -> Result<()> {
        let thing = &self.thing;
        let request = match (&thing.kind.delete, thing.kind.deleted) {
            (Some(delete), _) => thing.site.about(thing.kind.call(delete)?, id).freely(),
            (None, Some(Deleted::Secret)) => revive::deletion(thing, id)?,
            // What cannot be deleted is there as long as what it belongs to.
            (None, _) => return Ok(()),
        };
        let (start, mut pause) = (Instant::now(), Duration::from_millis(250));
        loop {
            match operation::run(thing.site, &request).await {
                Err(error) if is_missing(&error) => return Ok(()),
                Err(error) if is_contended(&error) && start.elapsed() < CONTENDED => {
                    rest(pause).await;
                    pause = (pause * 2).min(PAUSE);
                }
                other => return other,
            }
        }
    }

    /// How a step ended that has an object.
    async fn ended(&self, id: &str, done: Result<Seen>) -> std::result::Result<Seen, Failed> {
        let error = match done {
            Ok(seen) => return Ok(seen),
            Err(error) => error,
        };
        let seen = self.thing.get(id).await.ok().flatten();
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
        let seen = self.thing.get(id).await?;
        seen.ok_or_else(|| refused("NotFound", format!("there is no {} `{id}`", self.step.ty)))
    }

    /// Refuses what the vendor would write otherwise: it would look changed ever after.
    fn knows_words(&self, inputs: &Map) -> Result<()> {
        let text = |name: &String| inputs.get(name).and_then(plain);
        for (property, place) in self.thing.kind.regions.iter().filter_map(|name| Some((name, text(name)?))) {
            if region(place) != place {
                let message = format!("`{property}` is `{place}`, which Azure calls `{}`", region(place));
                return Err(refused("BadRegion", message));
            }
        }
        for (property, start) in &self.thing.kind.short {
            if let Some(given) = text(property).filter(|given| !given.starts_with(start)) {
                return Err(refused("BadRole", format!("`{property}` is `{given}`, and begins with `{start}`")));
            }
        }
        Ok(())
    }
}

fn not_ours(what: &str) -> ProviderError {
    refused("NotOurs", format!("it is there and not of this resource: {what}"))
}
