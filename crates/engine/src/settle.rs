//! Settling: what became of the steps of a run that was interrupted.

use std::time::{Duration, Instant};

use diag::Diagnostic;
use ports::{Closing, Find, Found, Outcome, Owner, ProviderErrorKind, ReadRequest, Run, Step, StepAction};
use resource::Urn;
use schema::{Settle, TypeSchema};
use state::{Action, Entry, Intent, Object, StackState, Status};

use crate::apply::run_id;
use crate::call::{self, Ended};
use crate::lease::Lease;
use crate::seal::{self, Context};
use crate::{Engine, Event, Events, Preview, Stopped, hand_over, now};

fn settled_event(state: &StackState, urn: &Urn, outcome: &str) -> Event {
    Event::Settled { stack: state.name.clone(), resource: urn.name().to_owned(), outcome: outcome.to_owned() }
}

/// What a settling stands on.
struct Look {
    /// From when on nobody else makes calls for the stacks.
    since: Instant,
    lease: Lease,
}

impl Engine<'_> {
    /// Settles the steps that interrupted runs left open in the stacks of a preview, and closes those stacks.
    ///
    /// Gives how many steps there were; with any, the preview has to be made again.
    ///
    /// # Errors
    /// If a stack is held, or a step can only be settled by a person.
    pub async fn settle(&self, preview: &Preview, events: &Events) -> Result<usize, Stopped> {
        if !preview.changes.iter().any(|set| preview.world.unsettled(&set.stack.to_string()).is_some()) {
            return Ok(0);
        }
        let run = Run { id: run_id(), command: "settle".to_owned() };
        let plan = |stack: &str| preview.world.heads.get(stack)?.plan;
        let journals = self.acquire(&run, preview, plan, Self::asked_of_moves(preview)).await?;
        let states: Vec<StackState> = journals.iter().map(|journal| journal.state().clone()).collect();
        // Nobody but this run calls from here on.
        let look = Look { since: Instant::now(), lease: Lease::keep(self.store.clone(), run.clone()) };
        let mut settled = 0;
        let mut found = diag::Diagnostics::new();
        for mut journal in journals {
            let mut state = journal.state().clone();
            let dangling: Vec<(u64, Intent)> = state.dangling.iter().map(|(p, intent)| (*p, intent.clone())).collect();
            let mut entries = Vec::new();
            for (entry, outcome) in hand_over::settle(&state, &states) {
                if let Entry::Left { urn } | Entry::Stayed { urn } = &entry {
                    events.send(settled_event(&state, urn, outcome));
                }
                settled += 1;
                entries.push(entry);
            }
            for (position, intent) in dangling {
                settled += 1;
                match self.settle_one(&state, position, &intent, &look).await {
                    Ok((entry, outcome)) => {
                        events.send(settled_event(&state, &intent.urn, outcome));
                        entries.push(entry);
                    }
                    Err(problem) => found.push(problem),
                }
            }
            entries.iter().for_each(|entry| state.apply(entry));
            if !entries.is_empty() {
                journal.append(entries).await?;
            }
            journal.close(Closing { state, settled: None }).await?;
        }
        drop(look);
        self.store.release(&run).await?;
        // An interrupted run without open steps has to be closed all the same, which was done: look again.
        found.into_result(settled.max(1)).map_err(Stopped::Problems)
    }

    /// Finds out about one step; gives the entry that ends it, and a word for people.
    async fn settle_one(
        &self,
        state: &StackState,
        position: u64,
        intent: &Intent,
        look: &Look,
    ) -> Result<(Entry, &'static str), Diagnostic> {
        let failed = |reason: &str| Entry::Failed { intent: position, reason: reason.to_owned(), object: None };
        match intent.action {
            Action::Delete => {
                // What was made a moment before may not be shown yet, and would be lost as one that is gone.
                let found = self.search(intent, by_id(intent), look.since).await?;
                Ok(match found {
                    None => (Entry::Deleted { intent: position }, "deleted"),
                    Some(_) => (failed("the run was interrupted before the delete"), "not deleted"),
                })
            }
            Action::Update => {
                let found = self.search(intent, by_id(intent), look.since).await?;
                let old = state.objects.get(&intent.urn);
                Ok(match (found, old) {
                    (Some(found), Some(old)) => {
                        // Nobody knows how far it got: the inputs stay old, and the next step updates.
                        let observed = self.observed(state, intent, found.observed)?;
                        let status =
                            Status::Partial { reasons: vec!["the run was interrupted during the update".to_owned()] };
                        let object = Object { observed, status, ..old.half_updated(&intent.request) };
                        let reason = "the run was interrupted during the update".to_owned();
                        (
                            Entry::Failed { intent: position, reason, object: Some(Box::new(object)) },
                            "to be updated again",
                        )
                    }
                    _ => (failed("the object is gone"), "gone"),
                })
            }
            // Whose it is now makes no difference: it is taken over anew.
            Action::Adopt => Ok((failed("the run was interrupted before the object was taken over"), "not taken over")),
            Action::Create => self.settle_create(state, position, intent, look).await,
        }
    }

    async fn settle_create(
        &self,
        state: &StackState,
        position: u64,
        intent: &Intent,
        look: &Look,
    ) -> Result<(Entry, &'static str), Diagnostic> {
        let schema =
            self.providers.schema(intent.urn.ty()).ok().flatten().ok_or_else(|| {
                Diagnostic::error("E0306", format!("no provider serves the type `{}`", intent.urn.ty()))
            })?;
        let owner = self.owner(state, intent);
        let found = match way(schema, intent) {
            Settle::Identity => {
                let identity = schema.overlay.identity.as_ref().map(|i| i.within(&intent.request.inputs));
                let identity = identity.unwrap_or_default();
                self.search(intent, Find::Identity(identity), look.since).await?.filter(|_| intent.was_absent)
            }
            Settle::Tag => self.search(intent, Find::Owner(owner), look.since).await?,
            Settle::Token => self.repeat(state, intent, owner, &look.lease).await?,
            Settle::Ask => {
                let message = format!("nobody but you can tell whether `{}` of `{}` was made", intent.urn, state.name);
                let (stack, urn) = (&state.name, &intent.urn);
                return Err(Diagnostic::error("E0540", message)
                    .hint(format!("look at the vendor, and give the step up: `runner state rm {stack} '{urn}'`"))
                    .hint(format!("if it was made, take it over after that: `runner import {stack} '{urn}' ID`")));
            }
        };
        let Some(found) = found else {
            let reason = "the run was interrupted before the create".to_owned();
            return Ok((Entry::Failed { intent: position, reason, object: None }, "not made"));
        };
        let time = now();
        let unhealthy = found.unhealthy;
        let status = match &unhealthy {
            None => Status::Ready,
            Some(reason) => Status::Partial { reasons: vec![reason.clone()] },
        };
        let object = Object {
            urn: intent.urn.clone(),
            incarnation: intent.incarnation,
            id: found.id,
            inputs: intent.request.inputs.clone(),
            observed: self.observed(state, intent, found.observed)?,
            dependencies: intent.request.dependencies.clone(),
            read: intent.request.read.clone(),
            holds: Default::default(),
            origins: Default::default(),
            kept: intent.request.kept.clone(),
            external: false,
            status,
            created: time.clone(),
            modified: time,
            source: None,
        };
        let object = Box::new(object);
        // What was interrupted half-way is made whole by this run's update.
        Ok(match unhealthy {
            None => (Entry::Done { intent: position, object }, "made"),
            Some(reason) => (Entry::Failed { intent: position, reason, object: Some(object) }, "made in part"),
        })
    }

    /// The instance through which the object of an intent is reached.
    fn home(&self, intent: &Intent) -> Result<Option<String>, Diagnostic> {
        let home = self.providers.home(intent.urn.ty(), &intent.request.kept);
        home.ok_or_else(|| crate::providers::unreachable(&intent.urn))
    }

    fn owner(&self, state: &StackState, intent: &Intent) -> Owner {
        Owner {
            organisation: self.organisation.clone(),
            stack_id: state.id.clone(),
            urn: intent.urn.to_string(),
            incarnation: intent.incarnation,
        }
    }

    fn observed(&self, state: &StackState, intent: &Intent, observed: value::Map) -> Result<value::Map, Diagnostic> {
        let context = Context::resource(&state.id, &intent.urn);
        let schema = self.providers.schema(intent.urn.ty()).ok().flatten();
        let Some(schema) = schema else { return Ok(observed) };
        let before = state.objects.get(&intent.urn).map(AsRef::as_ref);
        let observed =
            seal::observed(self.secrets.as_ref(), schema, &intent.request.inputs, before, observed, &context)
                .map_err(|error| Diagnostic::error("E0511", error.to_string()))?;
        Ok(match before.filter(|before| before.incarnation == intent.incarnation) {
            Some(before) => seal::with_told_once(schema, before, observed),
            None => observed,
        })
    }

    /// Repeats a create with its token, for which the vendor gives the object that it made the first time, if it did.
    async fn repeat(
        &self,
        state: &StackState,
        intent: &Intent,
        owner: Owner,
        lease: &Lease,
    ) -> Result<Option<Found>, Diagnostic> {
        let context = Context::resource(&state.id, &intent.urn);
        let secrets = self.secrets.as_ref();
        let inputs =
            seal::each(intent.request.inputs.clone(), |value, path| seal::open(secrets, value, &context, path))
                .and_then(seal::expose)
                .map_err(|error| Diagnostic::error("E0511", error.to_string()))?;
        let step = Step {
            ty: intent.urn.ty().to_owned(),
            owner,
            action: StepAction::Create { inputs },
            token: intent.token.clone(),
            timeout_seconds: intent.request.kept.timeouts.create,
            instance: self.home(intent)?,
        };
        let allowed = lease.guard().allows(call::longest(&self.providers, &step)).await;
        allowed.map_err(|error| nobody_knows(state, intent, error.to_string()))?;
        match call::call(&self.providers, step).await {
            Ended::As(Outcome::Done(found) | Outcome::Failed(_, found @ Some(_))) => Ok(found),
            Ended::As(Outcome::NotStarted | Outcome::RolledBack) => Ok(None),
            // Only a refusal tells that there is nothing; after anything else nobody knows any better.
            Ended::As(Outcome::Failed(error, None)) if error.kind == ProviderErrorKind::Refused => Ok(None),
            Ended::As(Outcome::Failed(error, None)) => Err(nobody_knows(state, intent, error.to_string())),
            Ended::Unknown(problem) => Err(nobody_knows(state, intent, problem.message)),
        }
    }

    /// Searches for an object until a search is sure to show what was made before `since`.
    async fn search(&self, intent: &Intent, find: Find, since: Instant) -> Result<Option<Found>, Diagnostic> {
        const PAUSE: Duration = Duration::from_millis(500);
        let provider = self.providers.of(intent.urn.ty());
        let delay = provider.map_or(Duration::ZERO, |provider| provider.consistency_delay(intent.urn.ty()));
        loop {
            let left = delay.saturating_sub(since.elapsed());
            let found = self.find(intent, find.clone()).await?;
            if found.is_some() || left.is_zero() {
                return Ok(found);
            }
            tokio::time::sleep(left.min(PAUSE)).await;
        }
    }

    async fn find(&self, intent: &Intent, find: Find) -> Result<Option<Found>, Diagnostic> {
        let request = ReadRequest { ty: intent.urn.ty().to_owned(), find, instance: self.home(intent)? };
        call::read(&self.providers, request)
            .await
            .map_err(|error| call::provider_problem(&self.providers, &intent.urn, &error))
    }
}

fn by_id(intent: &Intent) -> Find {
    Find::Id(intent.id.clone().unwrap_or_default())
}

/// The problem of a create that cannot be settled now.
fn nobody_knows(state: &StackState, intent: &Intent, reason: String) -> Diagnostic {
    let message = format!("nobody can tell now whether `{}` of `{}` was made", intent.urn, state.name);
    let problem = Diagnostic::error("E0541", message).note(reason);
    problem.hint("run the command again when the provider can be reached")
}

/// How a create is settled. A token that the vendor may have forgotten would make a second object: then the ownership
/// tag tells, or a person.
fn way(schema: &TypeSchema, intent: &Intent) -> Settle {
    let overlay = &schema.overlay;
    let now = jiff::Timestamp::now().as_second();
    let forgotten = |seconds: u32| intent.at.is_none_or(|at| now.abs_diff(at) >= u64::from(seconds));
    match overlay.settle {
        Settle::Token if overlay.token_seconds.is_some_and(forgotten) => {
            if overlay.tags.is_some() {
                Settle::Tag
            } else {
                Settle::Ask
            }
        }
        way => way,
    }
}

#[cfg(test)]
mod tests {
    use resource::Urn;
    use schema::{Catalog, Source};
    use state::Request;
    use value::Map;

    use super::*;

    #[test]
    fn a_token_is_used_while_the_vendor_is_sure_to_know_it() {
        const HOUR: i64 = 3600;
        let now = jiff::Timestamp::now().as_second();
        let cases = [
            ("settle = \"token\"", Some(now - 1000 * HOUR), Settle::Token),
            ("settle = \"token\"", None, Settle::Token),
            ("settle = \"token\"\ntoken_seconds = 86400\ntags = \"Tags\"", Some(now - 23 * HOUR), Settle::Token),
            ("settle = \"token\"\ntoken_seconds = 86400\ntags = \"Tags\"", Some(now - 25 * HOUR), Settle::Tag),
            // The clock was set back: nobody knows how old it is.
            ("settle = \"token\"\ntoken_seconds = 86400\ntags = \"Tags\"", Some(now + 25 * HOUR), Settle::Tag),
            ("settle = \"token\"\ntoken_seconds = 86400\ntags = \"Tags\"", None, Settle::Tag),
            ("settle = \"token\"\ntoken_seconds = 86400", Some(now - 25 * HOUR), Settle::Ask),
            ("settle = \"tag\"\ntags = \"Tags\"", None, Settle::Tag),
        ];
        for (overlay, at, expected) in cases {
            let schema = "{\"typeName\": \"T\", \"properties\": {\"Tags\": {\"type\": \"object\"}}}";
            let catalog = Catalog::new([Source { name: "T", schema, overlay }]);
            let schema = catalog.get("T").expect("reads").expect("is there");
            assert_eq!(way(schema, &intent(at)), expected, "{overlay} {at:?}");
        }
    }

    /// Whoever declares only these is never asked what became of a step.
    #[test]
    fn no_type_of_the_catalogs_needs_a_person_however_old_a_step_is() {
        let catalog = Catalog::new(schemas_aws::sources().into_iter().chain(schemas_hashicorp::sources()));
        let mut ways = std::collections::BTreeSet::new();
        for name in catalog.names() {
            let schema = catalog.get(name).expect("reads").expect("is there");
            for at in [None, Some(0)] {
                let way = way(schema, &intent(at));
                assert_ne!(way, Settle::Ask, "{name}");
                ways.insert(format!("{way:?}"));
            }
        }
        assert_eq!(ways.into_iter().collect::<Vec<_>>(), ["Identity", "Tag", "Token"]);
    }

    fn intent(at: Option<i64>) -> Intent {
        let request = Request {
            inputs: Map::new(),
            dependencies: Default::default(),
            read: Default::default(),
            kept: resource::Shared::default(),
        };
        Intent {
            action: Action::Create,
            urn: Urn::new("p", "T", "n"),
            incarnation: 1,
            id: None,
            request,
            token: "token".to_owned(),
            at,
            was_absent: false,
        }
    }
}
