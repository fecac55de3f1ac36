//! Calls of providers: with patience, within a time, and believed only as far as they make sense.

use std::collections::BTreeSet;
use std::time::Duration;

use diag::Diagnostic;
use ports::{Found, Fragment, Outcome, Provider, ProviderError, ProviderErrorKind, ReadRequest, Step, StepAction};
use resource::Urn;
use tokio::task::JoinSet;

use crate::hooks::{masked, secrets_in};
use crate::providers::Providers;

/// How long a step may take where neither the program nor its type says so.
const STEP_SECONDS: u32 = 20 * 60;

/// How much longer the engine waits than the step may take: a provider that keeps the time itself can say more.
const GRACE: Duration = Duration::from_secs(5);

/// How long a read may take.
const READ: Duration = Duration::from_mins(5);

/// How a call ended.
pub(crate) enum Ended {
    /// As the provider says.
    As(Outcome),
    /// Nobody knows whether it happened; the next run finds out.
    Unknown(Diagnostic),
}

/// Calls a provider for one step.
pub(crate) async fn call(providers: &Providers, step: Step) -> Ended {
    let Some(provider) = providers.of(&step.ty).cloned() else { return Ended::As(Outcome::NotStarted) };
    let longest = longest(providers, &step);
    let name = name_of(&step);
    let of_type = format!("the type is `{}`", step.ty);
    let called = apart(async move { call_with_patience(provider.as_ref(), &step).await });
    match tokio::time::timeout(longest + GRACE, called).await {
        Ok(Some(ended)) => ended,
        Ok(None) => {
            let problem = Diagnostic::error("E0901", format!("`{name}`: the provider's task died")).note(of_type);
            Ended::Unknown(problem.hint("the next run finds out what became of the step; report it"))
        }
        Err(_) => {
            let message = format!("`{name}`: no answer after {} seconds", longest.as_secs());
            let problem = Diagnostic::error("E0611", message).note(of_type);
            Ended::Unknown(problem.hint("the next run finds out what became of it; `.timeouts(…)` gives it longer"))
        }
    }
}

/// How many objects are asked for in one call.
const CHUNK: usize = 100;

/// Reads one object.
///
/// # Errors
/// What the provider says; that it took too long, or that its answer makes no sense.
pub(crate) async fn read(providers: &Providers, request: ReadRequest) -> Result<Option<Found>, ProviderError> {
    Ok(read_all(providers, std::slice::from_ref(&request)).await?.pop().flatten())
}

/// Reads objects of one provider: an answer for each.
///
/// # Errors
/// What the provider says; that it took too long, or that its answers make no sense.
pub(crate) async fn read_all(
    providers: &Providers,
    requests: &[ReadRequest],
) -> Result<Vec<Option<Found>>, ProviderError> {
    let mut found = Vec::with_capacity(requests.len());
    for chunk in requests.chunks(CHUNK) {
        found.extend(read_chunk(providers, chunk.to_vec()).await?);
    }
    Ok(found)
}

async fn read_chunk(providers: &Providers, requests: Vec<ReadRequest>) -> Result<Vec<Option<Found>>, ProviderError> {
    let error = |kind, code: &str, message: String| ProviderError { kind, code: code.to_owned(), message };
    let ty = requests.first().map(|request| request.ty.clone()).unwrap_or_default();
    let Some(provider) = providers.of(&ty).cloned() else {
        let message = format!("no provider of this profile serves `{ty}`");
        return Err(error(ProviderErrorKind::Refused, "NoProvider", message));
    };
    let (name, questions) = (provider.name().to_owned(), requests.len());
    let reading = apart(async move { provider.read(&requests).await });
    let answers = match tokio::time::timeout(READ, reading).await {
        Ok(Some(answers)) => answers?,
        Ok(None) => return Err(error(ProviderErrorKind::Unavailable, "Died", "the provider's task died".to_owned())),
        Err(_) => {
            let message = format!("no answer after {} seconds", READ.as_secs());
            return Err(error(ProviderErrorKind::TimedOut, "NoAnswer", message));
        }
    };
    if answers.len() != questions {
        let asked = if questions == 1 { "one question".to_owned() } else { format!("{questions} questions") };
        let message = format!("the provider `{name}` gave {} answers to {asked}", answers.len());
        return Err(error(ProviderErrorKind::Unavailable, "BadAnswer", message));
    }
    if answers.iter().flatten().any(|found| found.id.is_empty()) {
        let message = format!("the provider `{name}` found an object without an id");
        return Err(error(ProviderErrorKind::Unavailable, "NoId", message));
    }
    Ok(answers)
}

/// How long a step may take: as the program says, or else its type.
pub(crate) fn longest(providers: &Providers, step: &Step) -> Duration {
    let of_type = || {
        let schema = providers.schema(&step.ty).ok().flatten()?;
        let [create, update, delete] = schema.overlay.timeout_seconds?;
        Some(match step.action {
            StepAction::Create { .. } => create,
            StepAction::Update { .. } | StepAction::Adopt { .. } => update,
            StepAction::Delete { .. } => delete,
        })
    };
    Duration::from_secs(step.timeout_seconds.or_else(of_type).unwrap_or(STEP_SECONDS).into())
}

/// The problem of a failed call.
pub(crate) fn provider_problem(providers: &Providers, urn: &Urn, error: &ProviderError) -> Diagnostic {
    problem(providers.of(urn.ty()).map(AsRef::as_ref), urn, error)
}

fn problem(provider: Option<&dyn Provider>, urn: &Urn, error: &ProviderError) -> Diagnostic {
    let problem =
        Diagnostic::error("E0600", format!("`{}`: {error}", urn.name())).note(format!("the type is `{}`", urn.ty()));
    if let Some(hint) = provider.and_then(|provider| provider.hint(error)) {
        return problem.hint(hint);
    }
    match error.kind {
        ProviderErrorKind::Lost => problem.hint("nobody knows whether it happened: the next run finds out"),
        ProviderErrorKind::Credentials => problem.hint("check the credentials of the profile"),
        _ => problem,
    }
}

/// Does something in a task of its own, so that what dies in it takes nothing else along; `None` = it died. What it said
/// while it died may hold anything, so it is not passed on.
async fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Option<T> {
    let mut task = JoinSet::new();
    task.spawn(work);
    task.join_next().await?.ok()
}

/// Repeats a call, with the same token, while the vendor is throttled or not to be had. A failure that left an object is
/// never repeated: the object is what there is.
async fn call_with_patience(provider: &dyn Provider, step: &Step) -> Ended {
    const ATTEMPTS: u32 = 6;
    // One that is throttled is called ever more slowly; it is the others that do not let it through.
    const THROTTLED: u32 = 20;
    let fragment = Fragment { steps: vec![step.clone()], order: Vec::new() };
    let mut attempt = 0;
    loop {
        let mut outcomes = Vec::new();
        provider.apply(&fragment, &mut |position, outcome| outcomes.push((position, outcome))).await;
        attempt += 1;
        outcomes.iter_mut().for_each(|(_, outcome)| hide_secrets(step, outcome));
        let ended = believed(provider, step, outcomes);
        let attempts = match &ended {
            Ended::As(Outcome::Failed(error, None)) if error.kind == ProviderErrorKind::Throttled => THROTTLED,
            Ended::As(Outcome::Failed(error, None)) if error.kind == ProviderErrorKind::Unavailable => ATTEMPTS,
            _ => 0,
        };
        if attempt >= attempts {
            return ended;
        }
        tokio::time::sleep(Duration::from_millis(50 << attempt.min(6))).await;
    }
}

/// Takes the secrets of a step out of what is said of its failure: many a vendor repeats what it was given.
fn hide_secrets(step: &Step, outcome: &mut Outcome) {
    let Outcome::Failed(error, _) = outcome else { return };
    let given = match &step.action {
        StepAction::Create { inputs } => vec![inputs],
        StepAction::Update { inputs, prior, .. } => vec![inputs, prior],
        StepAction::Delete { prior, .. } => vec![prior],
        StepAction::Adopt { .. } => Vec::new(),
    };
    let mut secrets = BTreeSet::new();
    given.into_iter().flat_map(value::Map::values).for_each(|value| secrets_in(value, &mut secrets));
    error.message = masked(&error.message, &secrets);
}

/// What a provider said, if it said it once and it makes sense.
fn believed(provider: &dyn Provider, step: &Step, said: Vec<(usize, Outcome)>) -> Ended {
    let nonsense = |what: String| {
        let message = format!("the provider `{}` broke its contract for `{}`: {what}", provider.name(), name_of(step));
        let problem = Diagnostic::error("E0902", message).note(format!("the type is `{}`", step.ty));
        Ended::Unknown(
            problem.hint("the next run finds out what became of the step; report it to the provider's makers"),
        )
    };
    let outcome = match <[(usize, Outcome); 1]>::try_from(said) {
        Ok([(0, outcome)]) => outcome,
        Ok([(position, _)]) => return nonsense(format!("it ended step {position} of a fragment of one")),
        Err(said) if said.is_empty() => return nonsense("it never said how the step ended".to_owned()),
        Err(said) => return nonsense(format!("it said {} times how the step ended", said.len())),
    };
    let deletes = matches!(step.action, StepAction::Delete { .. });
    match outcome {
        Outcome::Done(Some(_)) if deletes => nonsense("it says that the deleted object is there".to_owned()),
        Outcome::Done(None) if !deletes => nonsense("it says nothing of the object".to_owned()),
        Outcome::Done(Some(found)) if found.id.is_empty() => nonsense("the object has no id".to_owned()),
        Outcome::Failed(error, Some(found)) if found.id.is_empty() => {
            nonsense(format!("the object that a failed step left has no id ({error})"))
        }
        Outcome::Failed(error, _) if error.kind == ProviderErrorKind::Lost => unknown(provider, step, &error),
        // A create that took too long and shows no object may still come to have one.
        Outcome::Failed(error, None)
            if error.kind == ProviderErrorKind::TimedOut && matches!(step.action, StepAction::Create { .. }) =>
        {
            unknown(provider, step, &error)
        }
        outcome => Ended::As(outcome),
    }
}

fn unknown(provider: &dyn Provider, step: &Step, error: &ProviderError) -> Ended {
    let urn = step.owner.urn.parse::<Urn>();
    Ended::Unknown(match urn {
        Ok(urn) => problem(Some(provider), &urn, error),
        Err(_) => Diagnostic::error("E0600", error.to_string()),
    })
}

/// The name of the resource that a step is about.
fn name_of(step: &Step) -> String {
    step.owner.urn.parse::<Urn>().map_or_else(|_| step.owner.urn.clone(), |urn| urn.name().to_owned())
}
