//! How a step ends: what the provider said becomes the record.

use diag::Diagnostic;
use ports::{Found, Outcome, ProviderError, StoreError};
use resource::{Moment, Urn};
use state::{Action, Entry, Kept, Object, Status};
use value::Map;

use super::{Calling, Runner, Trouble, When};
use crate::call::{Ended, provider_problem};
use crate::hooks::Hooks;
use crate::seal::{self, Context};
use crate::{StepOutcome, now};

impl Runner<'_> {
    /// What was found where an object is to be made or taken over.
    pub(super) fn checked(&mut self, node: usize, found: Result<Option<Found>, ProviderError>) {
        let Some(calling) = self.calling.get(&node) else { return };
        let (stack, urn) = (calling.stack, calling.urn.clone());
        let adopting = calling.action == Action::Adopt;
        // What is only read has no call.
        let reading = calling.call.is_none();
        match found {
            Err(error) => self.fail(node, provider_problem(&self.engine.providers, &urn, &error)),
            Ok(None) if reading => {
                let change = self.lives[stack].set.resources.get(&urn);
                let id = change.and_then(|change| change.id.clone()).unwrap_or_default();
                self.fail(node, diff::nothing_to_read(&urn, &id));
            }
            Ok(Some(found)) if reading => match self.read(node, found) {
                Ok(object) => {
                    self.record(stack, Entry::Recorded { object: Box::new(object) });
                    match self.ensure(stack, &urn) {
                        Ok(()) => self.lives[stack].when_durable.push(When::End(node)),
                        Err(Trouble(problem)) => self.fail(node, *problem),
                    }
                }
                Err(Trouble(problem)) => self.fail(node, *problem),
            },
            Ok(None) if adopting => {
                let change = self.lives[stack].set.resources.get(&urn);
                let id = change.and_then(|change| change.options.import.clone()).unwrap_or_default();
                self.fail(node, diff::nothing_to_adopt(&urn, &id));
            }
            Ok(Some(found)) if adopting => self.adopted(node, stack, &urn, found),
            Ok(Some(found)) => {
                let message = format!("`{}` cannot be made: it exists already as `{}`", urn.name(), found.id);
                self.fail(
                    node,
                    Diagnostic::error("E0520", message)
                        .hint(format!("take it over: `.import(\"{}\")`, or run with `--adopt`", found.id)),
                );
            }
            Ok(None) => self.queue_intent(node, None, true),
        }
    }

    /// The record of an object that is only read: it is what it is.
    fn read(&mut self, node: usize, found: Found) -> Result<Object, Trouble> {
        let Some(calling) = self.calling.remove(&node) else {
            return Err(Diagnostic::error("E0901", "a reading was lost").into());
        };
        let object = self.object(&calling, found, Status::Ready)?;
        Ok(Object { inputs: object.observed.clone(), external: true, ..object })
    }

    /// Takes over an object that was found, if it is as the program says: its owner becomes this resource.
    fn adopted(&mut self, node: usize, stack: usize, urn: &Urn, found: Found) {
        match self.adopting(stack, urn, node, &found) {
            Ok(goal) => {
                if let Some(calling) = self.calling.get_mut(&node) {
                    calling.request.inputs = goal;
                }
                self.queue_intent(node, Some(found.id), false);
            }
            Err(Trouble(problem)) => self.fail(node, *problem),
        }
    }

    /// The properties that an object to be taken over will be recorded with.
    fn adopting(&self, stack: usize, urn: &Urn, node: usize, found: &Found) -> Result<Map, Trouble> {
        let (Some(calling), Some(change)) = (self.calling.get(&node), self.lives[stack].set.resources.get(urn)) else {
            return Ok(Map::new());
        };
        let context = Context::resource(&self.state(stack).id, urn);
        let (schema, secrets) = (self.schema(urn)?, self.engine.secrets.as_ref());
        let inputs = calling.request.inputs.clone();
        let there = seal::observed(secrets, schema, &inputs, None, found.observed.clone(), &context)?;
        let diff::Adoption { goal, differences } = diff::adoption(schema, &change.options, inputs, &there);
        if differences.is_empty() {
            Ok(goal)
        } else {
            Err(crate::existing::differs(urn, &found.id, &differences).into())
        }
    }

    /// The call did not start, since the lease does not outlive it.
    pub(super) fn not_called(&mut self, node: usize, error: StoreError) {
        let Some(calling) = self.calling.get(&node) else { return };
        let (stack, intent, name) = (calling.stack, calling.intent, calling.urn.name().to_owned());
        let problem = if matches!(error, StoreError::Lost { .. }) {
            // Whoever has the stack by now settles the step: there is nothing to be found.
            self.lives[stack].lost = Some(error.clone());
            Diagnostic::error("E0501", error.to_string()).note(format!("`{name}` was not begun"))
        } else {
            self.record(stack, Entry::Failed { intent, reason: "was not started".to_owned(), object: None });
            Diagnostic::error("E0570", format!("`{name}` was not begun: the lease of this run cannot be renewed"))
                .note(error.to_string())
                .hint("make room, or mend what the message names, and run the command again")
        };
        self.fail(node, problem);
    }

    pub(super) fn called(&mut self, node: usize, ended: Ended) {
        let Some(calling) = self.calling.remove(&node) else { return };
        match ended {
            Ended::As(Outcome::Done(found)) => self.succeeded(node, &calling, found),
            Ended::As(Outcome::Failed(error, found)) => {
                let status = Status::Partial { reasons: vec![error.to_string()] };
                let object = found.and_then(|found| match calling.action {
                    // What should have been taken over is as it was.
                    Action::Delete | Action::Adopt => None,
                    Action::Create => self.object(&calling, found, status).ok(),
                    Action::Update => self.partly_updated(&calling, found, status),
                });
                let (intent, reason) = (calling.intent, error.to_string());
                self.record(calling.stack, Entry::Failed { intent, reason, object: object.map(Box::new) });
                self.fail(node, provider_problem(&self.engine.providers, &calling.urn, &error));
            }
            Ended::As(Outcome::NotStarted | Outcome::RolledBack) => {
                let reason = "was not started".to_owned();
                self.record(calling.stack, Entry::Failed { intent: calling.intent, reason, object: None });
                let message = format!("`{}` was not started by its provider", calling.urn.name());
                self.fail(node, Diagnostic::error("E0503", message));
            }
            // Its intent stays open.
            Ended::Unknown(problem) => self.fail(node, problem),
        }
    }

    fn succeeded(&mut self, node: usize, calling: &Calling, found: Option<Found>) {
        let intent = calling.intent;
        let Some(found) = found else {
            self.record(calling.stack, Entry::Deleted { intent });
            let kept = calling.old.as_ref().map(|old| &old.kept);
            let hooks = kept.map(|kept| self.ready_hooks(calling.stack, &calling.urn, kept, Moment::AfterDelete));
            self.finish(node, hooks.transpose().map(Option::flatten));
            return;
        };
        let lie = self.contradiction(calling, &found);
        match self.object(calling, found, Status::Ready) {
            Ok(object) => {
                self.record(calling.stack, Entry::Done { intent, object: Box::new(object) });
                let hooks = match lie {
                    Some(problem) => Err(problem.into()),
                    None => self.follow(calling),
                };
                self.finish(node, hooks);
            }
            Err(Trouble(problem)) => self.fail(node, *problem),
        }
    }

    /// What has to be seen to once an object is in the state at hand; gives what runs after the step.
    fn follow(&mut self, calling: &Calling) -> Result<Option<Hooks>, Trouble> {
        let Calling { stack, urn, .. } = calling;
        let kept = self.kept_hooks(*stack, urn)?;
        let object = self.state(*stack).objects.get(urn).filter(|object| object.kept.delete_hooks != kept);
        if let Some(mut object) = object.map(|object| Object::clone(object)) {
            object.kept.delete_hooks = kept;
            self.record(*stack, Entry::Recorded { object: Box::new(object) });
        }
        self.ensure(*stack, urn)?;
        match calling.action {
            Action::Create => self.declared_hooks(*stack, urn, Moment::AfterCreate),
            Action::Update => self.declared_hooks(*stack, urn, Moment::AfterUpdate),
            Action::Delete | Action::Adopt => Ok(None),
        }
    }

    /// Ends a step whose end is recorded, after what runs after it.
    fn finish(&mut self, node: usize, hooks: Result<Option<Hooks>, Trouble>) {
        match hooks {
            Ok(None) => self.done(node),
            Ok(Some(hooks)) => {
                self.after.insert(node, hooks);
                self.lives[self.graph.steps[node].stack].when_durable.push(When::Hooks(node));
            }
            Err(Trouble(problem)) => self.fail(node, *problem),
        }
    }

    pub(super) fn done(&mut self, node: usize) {
        self.count(node);
        self.announce_end(node, StepOutcome::Done);
        self.end(node, true);
    }

    /// What the provider says of an object against what it was asked for. What the vendor adds or writes otherwise
    /// without meaning something else is none, nor is what the program ignores.
    fn contradiction(&self, calling: &Calling, found: &Found) -> Option<Diagnostic> {
        let schema = self.schema(&calling.urn).ok()?;
        let change = self.lives[calling.stack].set.resources.get(&calling.urn)?;
        let asked = &calling.request.inputs;
        let ignored = |path: &value::Path| change.options.ignore_changes.iter().any(|p| p.covers(path));
        let differing: Vec<_> =
            diff::drifted(schema, asked, &found.observed).into_iter().filter(|path| !ignored(path)).collect();
        if differing.is_empty() {
            return None;
        }
        let name = calling.urn.name();
        let message = format!("the provider made something else of `{name}` than it was asked for");
        let problem = differing.iter().filter_map(|path| path.first_key()).fold(
            Diagnostic::error("E0610", message),
            |problem, key| {
                let nothing = value::Value::Null;
                let there = found.observed.get(key).unwrap_or(&nothing);
                problem.note(format!("`{key}` is {there:?}, asked for was {:?}", asked.get(key).unwrap_or(&nothing)))
            },
        );
        Some(problem.hint("what is there is in the state: run again to mend it, or let the program say what is there"))
    }

    /// The object after a create, a takeover or an update.
    pub(super) fn object(&self, calling: &Calling, found: Found, status: Status) -> Result<Object, Trouble> {
        let change = self.lives[calling.stack].set.resources.get(&calling.urn);
        let context = Context::resource(&self.state(calling.stack).id, &calling.urn);
        let schema = self.schema(&calling.urn)?;
        let inputs = calling.request.inputs.clone();
        let (secrets, before) = (self.engine.secrets.as_ref(), calling.old.as_deref());
        let observed = seal::observed(secrets, schema, &inputs, before, found.observed, &context)?;
        let time = now();
        let before = self.updated(calling);
        let observed = match before {
            Some(before) => seal::with_told_once(schema, before, observed),
            None => observed,
        };
        let created = before.map(|old| old.created.clone());
        Ok(Object {
            urn: calling.urn.clone(),
            incarnation: calling.incarnation,
            id: found.id,
            inputs,
            observed,
            dependencies: calling.request.dependencies.clone(),
            read: calling.request.read.clone(),
            holds: Default::default(),
            origins: before.map(|old| old.origins.clone()).unwrap_or_default(),
            kept: calling.request.kept.clone(),
            external: false,
            status,
            created: created.unwrap_or_else(|| time.clone()),
            modified: time,
            source: change.and_then(|change| change.source.clone()),
        })
    }

    /// The object after an update that failed in part: the inputs stay old.
    pub(super) fn partly_updated(&self, calling: &Calling, found: Found, status: Status) -> Option<Object> {
        // What it depends on may have got another name since the step began.
        let half = self.updated(calling)?.half_updated(&calling.request);
        let updated = self.object(calling, found, status).ok()?;
        let Object { inputs, dependencies, read, holds, kept, .. } = half;
        let Kept { deleted_with, deleted_with_incarnation, .. } = kept.into_inner();
        let kept = Kept { deleted_with, deleted_with_incarnation, ..updated.kept.into_inner() };
        Some(Object { inputs, dependencies, read, holds, kept: kept.into(), ..updated })
    }

    /// The object that a step changes, as state has it by now.
    fn updated(&self, calling: &Calling) -> Option<&Object> {
        let object = self.state(calling.stack).objects.get(&calling.urn)?;
        (object.incarnation == calling.incarnation).then_some(&**object)
    }
}
