//! One step: the calls that it takes, and the waiting between them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ports::{Find, Outcome, ProviderError, ProviderErrorKind, Step, StepAction};
use schema::TypeSchema;
use value::Map;

use crate::failure::{Result, is_in_use, is_missing, refused};
use crate::kind::{Kind, Wanted};
use crate::seen::{Seen, Stage, Tags};
use crate::site::Site;
use crate::{Inner, labels, look};

/// How long a step may take where neither the program nor the overlay says so.
const LONGEST: Duration = Duration::from_mins(20);
/// How long what was just made may not be seen.
const UNSEEN: Duration = Duration::from_mins(1);
/// How long a delete waits for what is in the way, and may be going itself.
const IN_THE_WAY: Duration = Duration::from_mins(2);

/// Applies a step.
pub(crate) async fn step(inner: &Arc<Inner>, step: &Step) -> Outcome {
    let (kind, schema) = match inner.served(&step.ty) {
        Ok(served) => served,
        Err(error) => return Outcome::Failed(error, None),
    };
    let site = match inner.sites.get(step.instance.as_deref()).await {
        Ok(site) => site,
        Err(error) => return Outcome::Failed(error, None),
    };
    if let Err(error) = site.enter().await {
        return Outcome::Failed(error, None);
    }
    Working { inner, step, kind, schema, site: &site, start: Instant::now() }.run().await
}

/// A step at work.
struct Working<'a> {
    inner: &'a Arc<Inner>,
    step: &'a Step,
    kind: &'static dyn Kind,
    schema: &'a TypeSchema,
    site: &'a Site,
    start: Instant,
}

impl Working<'_> {
    async fn run(&self) -> Outcome {
        match &self.step.action {
            StepAction::Create { inputs } => self.create(inputs).await,
            StepAction::Update { id, inputs, .. } => {
                let done = self.update(id, inputs).await;
                self.ended(id, done).await
            }
            StepAction::Adopt { id } => {
                let done = self.adopt(id).await;
                self.ended(id, done).await
            }
            StepAction::Delete { id, prior } => match self.delete(id, prior).await {
                Ok(()) => Outcome::Done(None),
                Err(error) => Outcome::Failed(error, None),
            },
        }
    }

    async fn create(&self, inputs: &Map) -> Outcome {
        let tags = self.tags(inputs);
        let wanted = Wanted { inputs, tags: &tags, token: &self.step.token };
        let id = match self.made(wanted).await {
            Ok(id) => id,
            Err(error) => return Outcome::Failed(error, None),
        };
        let done = self.settle_in(&id, wanted).await;
        self.ended(&id, done).await
    }

    /// Makes the object, if an earlier call of the same step has not made it.
    async fn made(&self, wanted: Wanted<'_>) -> Result<String> {
        self.knows(wanted.inputs)?;
        if self.kind.looks_before()
            && let Some(seen) = self.look(Find::Owner(self.step.owner.clone())).await?
        {
            return Ok(seen.id(self.schema));
        }
        self.kind.create(self.site, wanted).await
    }

    /// Waits until a new object can be used, and sets what a create cannot.
    async fn settle_in(&self, id: &str, wanted: Wanted<'_>) -> Result<Seen> {
        let seen = self.ready(id).await?;
        if self.kind.update(self.site, &seen, wanted).await? { self.ready(id).await } else { Ok(seen) }
    }

    async fn update(&self, id: &str, inputs: &Map) -> Result<Seen> {
        self.knows(inputs)?;
        let seen = self.there(id).await?;
        let tags = self.tags(inputs);
        let mut changed = false;
        if let (Some(on), true) = (&seen.tagged, self.schema.overlay.tags.is_some()) {
            let (hung, gone) = labels::difference(&seen.tags, &tags);
            changed = !hung.is_empty() || !gone.is_empty();
            if changed {
                self.kind.retag(self.site, on, hung, gone).await?;
            }
        }
        let wanted = Wanted { inputs, tags: &tags, token: &self.step.token };
        changed |= self.kind.update(self.site, &seen, wanted).await?;
        if changed { self.ready(id).await } else { Ok(seen) }
    }

    async fn adopt(&self, id: &str) -> Result<Seen> {
        let seen = self.there(id).await?;
        let Some(on) = &seen.tagged else { return Ok(seen) };
        let ours = labels::of(&self.step.owner);
        let hung: Tags = ours.into_iter().filter(|tag| !seen.tags.contains(tag)).collect();
        if hung.is_empty() {
            return Ok(seen);
        }
        self.kind.retag(self.site, on, hung, Vec::new()).await?;
        self.there(id).await
    }

    async fn delete(&self, id: &str, prior: &Map) -> Result<()> {
        let mut pause = Duration::from_millis(250);
        loop {
            match self.kind.delete(self.site, id, prior).await {
                Ok(()) => break,
                Err(error) if is_missing(&error) => return Ok(()),
                Err(error) if is_in_use(&error) && self.start.elapsed() < IN_THE_WAY.min(self.longest()) => {}
                Err(error) => return Err(error),
            }
            pause = self.rest(pause).await;
        }
        if self.kind.lingers() {
            let mut pause = Duration::from_millis(250);
            while self.look(Find::Id(id.to_owned())).await?.is_some() {
                self.in_time("it is still there")?;
                pause = self.rest(pause).await;
            }
        }
        Ok(())
    }

    /// How a step ended that has an object.
    async fn ended(&self, id: &str, done: Result<Seen>) -> Outcome {
        match done {
            Ok(seen) => Outcome::Done(Some(seen.found(self.schema))),
            Err(error) => {
                let seen = self.look(Find::Id(id.to_owned())).await.ok().flatten();
                let created = matches!(self.step.action, StepAction::Create { .. });
                match seen {
                    Some(seen) => Outcome::Failed(error, Some(seen.found(self.schema))),
                    // It was made, and nobody can see how it is: the next run finds out.
                    None if created => Outcome::Failed(ProviderError { kind: ProviderErrorKind::Lost, ..error }, None),
                    None => Outcome::Failed(error, None),
                }
            }
        }
    }

    /// The object, once it can be used.
    async fn ready(&self, id: &str) -> Result<Seen> {
        let mut pause = Duration::from_millis(250);
        let start = Instant::now();
        loop {
            match self.look(Find::Id(id.to_owned())).await? {
                None if start.elapsed() > UNSEEN => {
                    return Err(refused("Vanished", format!("`{id}` was made and cannot be seen")));
                }
                Some(Seen { stage: Stage::Broken(reason), .. }) => {
                    return Err(refused("Failed", format!("`{id}`: {reason}")));
                }
                Some(seen) if seen.stage == Stage::Ready => return Ok(seen),
                _ => self.in_time("it is not ready")?,
            }
            pause = self.rest(pause).await;
        }
    }

    /// The object as it is.
    async fn there(&self, id: &str) -> Result<Seen> {
        let seen = self.look(Find::Id(id.to_owned())).await?;
        seen.ok_or_else(|| refused("NotFound", format!("there is no {} `{id}`", self.step.ty)))
    }

    async fn look(&self, find: Find) -> Result<Option<Seen>> {
        look::one(self.inner, self.step.instance.as_deref(), &self.step.ty, find).await
    }

    /// The tags that the object is to have.
    fn tags(&self, inputs: &Map) -> Tags {
        let mut tags = labels::given(inputs, self.schema.overlay.tags.as_deref());
        tags.extend(labels::of(&self.step.owner));
        tags
    }

    /// Refuses properties that cannot be set.
    fn knows(&self, inputs: &Map) -> Result<()> {
        let known = self.kind.properties();
        let unknown: Vec<&str> = inputs
            .iter()
            .filter(|(name, value)| !value.is_null() && !known.contains(&name.as_str()))
            .map(|(name, _)| name.as_str())
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let message = format!("{}: this provider cannot set {} yet", self.step.ty, unknown.join(", "));
        Err(refused("NoSuchProperty", message))
    }

    /// How long the step may take.
    fn longest(&self) -> Duration {
        let of_type = self.schema.overlay.timeout_seconds.map(|[create, update, delete]| match self.step.action {
            StepAction::Create { .. } => create,
            StepAction::Update { .. } | StepAction::Adopt { .. } => update,
            StepAction::Delete { .. } => delete,
        });
        self.step.timeout_seconds.or(of_type).map_or(LONGEST, |seconds| Duration::from_secs(seconds.into()))
    }

    fn in_time(&self, what: &str) -> Result<()> {
        let longest = self.longest();
        if self.start.elapsed() < longest {
            return Ok(());
        }
        let message = format!("{what} after {} seconds", longest.as_secs());
        Err(ProviderError { kind: ProviderErrorKind::TimedOut, code: "TooSlow".to_owned(), message })
    }

    /// Rests for a while, and for longer the next time.
    async fn rest(&self, pause: Duration) -> Duration {
        tokio::time::sleep(pause).await;
        (pause * 2).min(Duration::from_secs(15))
    }
}
