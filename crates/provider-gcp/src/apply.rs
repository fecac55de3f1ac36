//! One step: the calls that it takes.

use std::sync::Arc;

use ports::{Found, Outcome, ProviderError, ProviderErrorKind, Step, StepAction};
use rest::{Repeat, Result, refused};

use crate::failure::is_missing;
use crate::policy::Change;
use crate::thing::{Seen, Thing};
use crate::{Inner, media, member, operation};

mod change;
mod create;
mod nameless;

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

    async fn delete(&self, id: &str) -> Result<()> {
        let thing = &self.thing;
        // What cannot be deleted is there as long as what it belongs to.
        let Some(delete) = &thing.kind.delete else { return Ok(()) };
        let Some(name) = thing.name(&thing.named(id)) else { return Ok(()) };
        let call = thing.kind.call(delete)?;
        let answer = match thing.site.call(&thing.to(call, &name), Repeat::Freely).await {
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

    fn is_create_only(&self, name: &str) -> bool {
        self.thing.schema.create_only.iter().any(|path| path.first_key() == Some(name) && path.segments().len() == 1)
    }
}
