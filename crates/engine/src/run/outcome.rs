//! How a step ends: what the provider said becomes the record.

use diag::Diagnostic;
use ports::{Found, Fragment, Outcome, ProviderError, ProviderErrorKind, Step};
use resource::Urn;
use state::{Action, Entry, Object, Status};

use super::{Calling, Runner, Trouble, When};
use crate::providers::Providers;
use crate::seal::{self, Context};
use crate::{StepOutcome, now};

impl Runner<'_> {
    /// What was found where an object is to be made or taken over.
    pub(super) fn checked(&mut self, node: usize, found: Result<Option<Found>, ProviderError>) {
        let Some(calling) = self.calling.get(&node) else { return };
        let (stack, urn) = (calling.stack, calling.urn.clone());
        let adopting = calling.call.is_none();
        match found {
            Err(error) => self.fail(node, provider_problem(&urn, &error)),
            Ok(None) if adopting => {
                self.fail(
                    node,
                    Diagnostic::error("E0521", format!("there is no object to take over for `{}`", urn.name())),
                );
            }
            Ok(Some(found)) if adopting => self.adopted(node, stack, &urn, found),
            Ok(Some(found)) => {
                let message = format!("`{}` cannot be made: it exists already as `{}`", urn.name(), found.id);
                self.fail(
                    node,
                    Diagnostic::error("E0520", message).hint(format!("take it over: `.import(\"{}\")`", found.id)),
                );
            }
            Ok(None) => self.queue_intent(node, None, true),
        }
    }

    pub(super) fn adopted(&mut self, node: usize, stack: usize, urn: &Urn, found: Found) {
        let Some(calling) = self.calling.remove(&node) else { return };
        let differing: Vec<String> = calling
            .request
            .inputs
            .iter()
            .filter(|(key, value)| !value.has_secret() && found.observed.get(*key).is_some_and(|there| there != *value))
            .map(|(key, value)| {
                format!(
                    "`{key}` is {:?}, the program says {value:?}",
                    found.observed.get(key).unwrap_or(&value::Value::Null)
                )
            })
            .collect();
        if !differing.is_empty() {
            let message = format!("`{}` differs from the object `{}` that it should take over", urn.name(), found.id);
            let problem = differing.into_iter().fold(Diagnostic::error("E0522", message), Diagnostic::note);
            self.calling.insert(node, calling);
            self.fail(
                node,
                problem.hint("let the program say what is there, or list the properties in `.ignore_changes()`"),
            );
            return;
        }
        match self.object(&calling, found, Status::Ready) {
            Ok(object) => {
                self.record(stack, Entry::Recorded { object: Box::new(object) });
                self.lives[stack].when_durable.push(When::End(node));
            }
            Err(Trouble(problem)) => self.fail(node, *problem),
        }
    }

    pub(super) fn called(&mut self, node: usize, outcome: Outcome) {
        let Some(calling) = self.calling.remove(&node) else { return };
        let (stack, intent) = (calling.stack, calling.intent);
        match outcome {
            Outcome::Done(found) => {
                let entry = match (calling.action, found) {
                    (Action::Delete, _) => Ok(Entry::Deleted { intent }),
                    (_, Some(found)) => self
                        .object(&calling, found, Status::Ready)
                        .map(|object| Entry::Done { intent, object: Box::new(object) }),
                    (_, None) => Err(Diagnostic::error("E0902", "the provider said nothing of the object").into()),
                };
                match entry {
                    Ok(entry) => {
                        self.record(stack, entry);
                        self.count(node);
                        self.announce_end(node, StepOutcome::Done);
                        self.end(node, true);
                    }
                    Err(Trouble(problem)) => self.fail(node, *problem),
                }
            }
            Outcome::Failed(error, found) => {
                let problem = provider_problem(&calling.urn, &error);
                // A create that took too long and shows no object may still come to have one.
                let slow = error.kind == ProviderErrorKind::TimedOut && calling.action == Action::Create;
                if error.kind != ProviderErrorKind::Lost && !(slow && found.is_none()) {
                    let status = Status::Partial { reasons: vec![error.to_string()] };
                    let object = found.and_then(|found| match calling.action {
                        Action::Delete => None,
                        Action::Create => self.object(&calling, found, status).ok(),
                        Action::Update => self.partly_updated(&calling, found, status),
                    });
                    let reason = error.to_string();
                    self.record(stack, Entry::Failed { intent, reason, object: object.map(Box::new) });
                }
                self.fail(node, problem);
            }
            Outcome::NotStarted | Outcome::RolledBack => {
                self.record(stack, Entry::Failed { intent, reason: "was not started".to_owned(), object: None });
                self.fail(
                    node,
                    Diagnostic::error("E0503", format!("`{}` was not started by its provider", calling.urn.name())),
                );
            }
        }
    }

    /// The object after a create, a takeover or an update.
    pub(super) fn object(&self, calling: &Calling, found: Found, status: Status) -> Result<Object, Trouble> {
        let change = self.lives[calling.stack].set.resources.get(&calling.urn);
        let context = Context::resource(&self.state(calling.stack).id, &calling.urn);
        let schema = self.schema(&calling.urn)?;
        let inputs = calling.request.inputs.clone();
        let observed = seal::observed(self.engine.secrets.as_ref(), schema, &inputs, found.observed, &context)?;
        let time = now();
        let created =
            calling.old.as_ref().filter(|old| old.incarnation == calling.incarnation).map(|old| old.created.clone());
        Ok(Object {
            urn: calling.urn.clone(),
            incarnation: calling.incarnation,
            id: found.id,
            inputs,
            observed,
            dependencies: calling.request.dependencies.clone(),
            read: calling.request.read.clone(),
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
        let old = calling.old.as_ref()?;
        let updated = self.object(calling, found, status).ok()?;
        Some(Object { inputs: old.inputs.clone(), read: old.read.clone(), ..updated })
    }
}

/// The problem of a failed call.
pub(super) fn provider_problem(urn: &Urn, error: &ProviderError) -> Diagnostic {
    let problem =
        Diagnostic::error("E0600", format!("`{}`: {error}", urn.name())).note(format!("the type is `{}`", urn.ty()));
    match error.kind {
        ProviderErrorKind::Lost => problem.hint("nobody knows whether it happened: the next run finds out"),
        ProviderErrorKind::Credentials => problem.hint("check the credentials of the profile"),
        _ => problem,
    }
}

/// Calls a provider for one step; repeats it, with the same token, while the vendor is throttled or not to be had. A
/// failure that left an object is never repeated: the object is what there is.
pub(crate) async fn call_with_patience(providers: &Providers, step: Step) -> Outcome {
    const ATTEMPTS: u32 = 6;
    let Some(provider) = providers.of(&step.ty) else { return Outcome::NotStarted };
    let fragment = Fragment { steps: vec![step], order: Vec::new() };
    let mut attempt = 0;
    loop {
        let mut outcome = Outcome::NotStarted;
        provider.apply(&fragment, &mut |_, ended| outcome = ended).await;
        attempt += 1;
        let again = matches!(&outcome, Outcome::Failed(error, None)
            if matches!(error.kind, ProviderErrorKind::Throttled | ProviderErrorKind::Unavailable));
        if !again || attempt == ATTEMPTS {
            return outcome;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50 << attempt)).await;
    }
}
