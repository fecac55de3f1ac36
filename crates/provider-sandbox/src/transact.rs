//! Transactions: steps are decided, written as one line, and only then known.

use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use ports::{Found, Outcome, Owner, ProviderError, ProviderErrorKind, Step, StepAction};
use schema::TypeSchema;
use serde::de::IgnoredAny;

use crate::call::{self, Verdict};
use crate::facts::refuse;
use crate::knobs::{Fault, Mode, Target};
use crate::log::Change;
use crate::object::{Health, Key};
use crate::place::Site;
use crate::world::World;
use crate::{AuditRecord, Sandbox, Shared, compute};

/// What a call answers, and when.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    /// How long the vendor takes, in milliseconds.
    pub(crate) wait: u64,
    /// The answer does not arrive: the process dies here.
    pub(crate) dies: bool,
}

impl Answer {
    fn at_once(outcome: Outcome) -> Self {
        Self { outcome, wait: 0, dies: false }
    }
}

/// What one step came to, before it is written.
struct Decided {
    verdict: Verdict,
    answer: Pending,
    wait: u64,
    dies: bool,
    /// The fault that struck.
    struck: Option<String>,
    /// What the audit record says.
    said: String,
}

/// An outcome whose object is read once it is there.
enum Pending {
    Done(Option<Key>),
    Failed(ProviderError, Option<Key>),
}

impl Sandbox {
    pub(crate) fn shared(&self) -> MutexGuard<'_, Shared> {
        // Memory is changed only after the file, and as a whole; a panic elsewhere does not make it wrong.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn site(&self, instance: Option<&str>) -> Site {
        let place = instance.and_then(|name| self.options.instances.get(name)).unwrap_or(&self.options.place);
        Site { place: place.clone(), instance: instance.unwrap_or("default").to_owned() }
    }

    pub(crate) fn served(&self, ty: &str) -> Result<&TypeSchema, ProviderError> {
        match self.catalog.get(ty) {
            Ok(Some(schema)) => Ok(schema),
            Ok(None) => Err(refuse("TypeNotFoundException", format!("the sandbox has no type {ty}"))),
            Err(error) => Err(refuse("InternalFailure", error.to_string())),
        }
    }

    /// Brings what is known up to date.
    pub(crate) fn refreshed(&self) -> Result<MutexGuard<'_, Shared>, ProviderError> {
        let mut shared = self.shared();
        let Shared { log, world } = &mut *shared;
        log.refresh(world).map_err(|e| unavailable(&e))?;
        Ok(shared)
    }

    /// Applies steps: all or none. One answer for each.
    pub(crate) fn transact(&self, steps: &[&Step]) -> Vec<Answer> {
        self.try_transact(steps).unwrap_or_else(|error| {
            steps.iter().map(|_| Answer::at_once(Outcome::Failed(error.clone(), None))).collect()
        })
    }

    fn try_transact(&self, steps: &[&Step]) -> Result<Vec<Answer>, ProviderError> {
        let mut shared = self.shared();
        let Shared { log, world } = &mut *shared;
        let mut locked = log.lock().map_err(|e| unavailable(&e))?;
        locked.refresh(world).map_err(|e| unavailable(&e))?;

        // Only a fragment needs a world to try things out in.
        let mut trial = (steps.len() > 1).then(|| world.clone());
        let mut decided = Vec::new();
        let mut failure = None;
        for (position, step) in steps.iter().enumerate() {
            let seen = trial.as_ref().unwrap_or(world);
            let one = self.decide(seen, step);
            let failed = matches!(one.answer, Pending::Failed(..));
            if let Some(trial) = &mut trial {
                trial.commit(change(&one.verdict, None, 0));
            }
            decided.push(one);
            if failed {
                failure = Some(position);
                break;
            }
        }
        let rolled_back = failure.filter(|_| steps.len() > 1);
        if rolled_back.is_some() {
            for one in &mut decided {
                one.verdict = Verdict::default();
            }
        }

        let now = now();
        let records: Vec<AuditRecord> = (world.calls + 1..)
            .zip(steps.iter().zip(&decided))
            .map(|(call, (step, one))| record(call, now, step, one))
            .collect();
        let struck = decided.iter().find_map(|one| one.struck.clone());
        let put: Vec<_> = decided.iter().flat_map(|one| one.verdict.put.iter().cloned()).collect();
        let gone: Vec<_> = decided.iter().flat_map(|one| one.verdict.gone.iter().cloned()).collect();
        locked.commit(world, put, gone, struck, &records).map_err(|e| unavailable(&e))?;

        let answers = steps.iter().enumerate().map(|(position, step)| {
            let Some(one) = decided.get(position) else { return Answer::at_once(Outcome::NotStarted) };
            if rolled_back.is_some_and(|failed| position < failed) {
                return Answer::at_once(Outcome::RolledBack);
            }
            self.answer(world, step, one)
        });
        let answers = answers.collect();
        if world.lines > 1000 + 4 * world.objects.len() {
            // A world that is not compacted is only longer; the next call tries again.
            let _ = locked.compact(world);
        }
        Ok(answers)
    }

    /// Decides on one step, faults and throttling included.
    fn decide(&self, world: &World, step: &Step) -> Decided {
        let count = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let every = self.options.knobs.throttle_every;
        if every > 0 && count.is_multiple_of(every) {
            let message = "request limit exceeded".to_owned();
            let error =
                ProviderError { kind: ProviderErrorKind::Throttled, code: "RequestLimitExceeded".into(), message };
            return Decided::failed(error, None);
        }
        let fault = self.fault(world, step);
        let struck = fault.map(Fault::digest);
        let mode = fault.map(|fault| (fault.mode, fault_error(fault)));
        if let Some((Mode::Before, error)) = mode {
            return Decided { struck, ..Decided::failed(error, None) };
        }
        let site = self.site(step.instance.as_deref());
        let schema = match self.served(&step.ty) {
            Ok(schema) => schema,
            Err(error) => return Decided::failed(error, None),
        };
        let mut verdict = match call::decide(world, &site, &self.assumed, schema, step) {
            Ok(verdict) => verdict,
            Err(error) => {
                let there = id(step).and_then(|id| call::find(world, &site, &step.ty, id));
                return Decided::failed(error, there.map(|object| object.key.clone()));
            }
        };
        let wait = self.wait(world, schema, step, &mut verdict);
        let said = match (&step.action, verdict.idle) {
            (_, false) => "ok",
            (StepAction::Delete { .. }, true) => "absent",
            (_, true) => "repeated",
        };
        let answer = Pending::Done(verdict.answer.clone());
        let done = Decided { verdict, answer, wait, dies: false, struck, said: said.to_owned() };
        match mode {
            Some((Mode::AfterCommit, error)) => {
                let lost = ProviderError { kind: ProviderErrorKind::Lost, ..error };
                Decided { answer: Pending::Failed(lost, None), dies: true, wait: 0, ..done }
            }
            Some((Mode::Partial, error)) => {
                let mut done = done;
                done.verdict.put.iter_mut().for_each(|object| object.health = Health::Unhealthy(error.code.clone()));
                let key = done.verdict.answer.clone();
                Decided { said: error.code.clone(), answer: Pending::Failed(error, key), ..done }
            }
            _ => done,
        }
    }

    /// The fault that strikes a step, if one does.
    fn fault(&self, world: &World, step: &Step) -> Option<&Fault> {
        let target = Target { ty: &step.ty, urn: &step.owner.urn, id: id(step), action: action(step) };
        self.options.knobs.faults.iter().find(|fault| {
            let struck = || world.strikes.get(&fault.digest()).copied().unwrap_or(0);
            fault.hits(target) && (fault.times == 0 || struck() < fault.times)
        })
    }

    /// How long the vendor takes; until then the object is pending.
    fn wait(&self, world: &World, schema: &TypeSchema, step: &Step, verdict: &mut Verdict) -> u64 {
        let [create, update, delete] = schema.overlay.latency_ms;
        let base = match step.action {
            StepAction::Create { .. } => create,
            StepAction::Update { .. } | StepAction::Adopt { .. } => update,
            StepAction::Delete { .. } => delete,
        };
        let now = now();
        let hidden = times(1000 * schema.overlay.consistency_seconds, self.options.knobs.consistency);
        if hidden > 0 && matches!(step.action, StepAction::Create { .. }) {
            verdict.put.iter_mut().for_each(|object| object.shown_at = now + hidden);
        }
        let wait = times(base, self.options.knobs.latency);
        if wait == 0 {
            return 0;
        }
        if verdict.idle {
            let object = verdict.answer.as_ref().and_then(|key| world.get(key));
            return object.map_or(0, |object| object.ready_at.saturating_sub(now));
        }
        verdict.put.iter_mut().for_each(|object| object.ready_at = now + wait);
        wait
    }

    fn answer(&self, world: &World, step: &Step, one: &Decided) -> Answer {
        let read = |key: &Key| self.found(world, key);
        let outcome = match &one.answer {
            Pending::Done(key) => Outcome::Done(key.as_ref().and_then(read)),
            Pending::Failed(error, key) => Outcome::Failed(error.clone(), key.as_ref().and_then(read)),
        };
        let longest = step.timeout_seconds.map_or(u64::MAX, |seconds| u64::from(seconds) * 1000);
        match outcome {
            Outcome::Done(found) if one.wait > longest => {
                let message = format!("{} was not ready after {longest} ms", step.ty);
                let error = ProviderError { kind: ProviderErrorKind::TimedOut, code: "NotStabilized".into(), message };
                Answer { outcome: Outcome::Failed(error, found), wait: longest, dies: one.dies }
            }
            outcome => Answer { outcome, wait: one.wait, dies: one.dies },
        }
    }

    /// What a read of an object gives.
    pub(crate) fn found(&self, world: &World, key: &Key) -> Option<Found> {
        let object = world.get(key).filter(|object| !object.is_doomed())?;
        let schema = self.served(&key.ty).ok()?;
        let observed = compute::observed(world, schema, object);
        let unhealthy = match &object.health {
            Health::Unhealthy(code) => Some(code.clone()),
            Health::Well | Health::Doomed => None,
        };
        Some(Found { id: key.id.clone(), observed, owner: object.owner.clone(), unhealthy })
    }
}

impl Decided {
    fn failed(error: ProviderError, there: Option<Key>) -> Self {
        let said = error.code.clone();
        let answer = Pending::Failed(error, there);
        Self { verdict: Verdict::default(), answer, wait: 0, dies: false, struck: None, said }
    }
}

fn fault_error(fault: &Fault) -> ProviderError {
    ProviderError { kind: fault.kind.into(), code: fault.code.clone(), message: fault.message.clone() }
}

fn change(verdict: &Verdict, struck: Option<String>, calls: usize) -> Change {
    let calls = std::iter::repeat_n(IgnoredAny, calls).collect();
    Change { put: verdict.put.clone(), gone: verdict.gone.clone(), struck, calls, ..Change::default() }
}

fn record(call: u64, time: u64, step: &Step, one: &Decided) -> AuditRecord {
    let made = one.verdict.answer.as_ref().map(|key| key.id.as_str());
    let Owner { organisation, stack_id, urn, incarnation } = &step.owner;
    AuditRecord {
        call,
        time,
        action: action(step).to_owned(),
        ty: step.ty.clone(),
        id: id(step).or(made).unwrap_or_default().to_owned(),
        organisation: organisation.clone(),
        stack: stack_id.clone(),
        urn: urn.clone(),
        incarnation: *incarnation,
        token: step.token.clone(),
        outcome: one.said.clone(),
    }
}

fn action(step: &Step) -> &'static str {
    match step.action {
        StepAction::Create { .. } => "create",
        StepAction::Update { .. } => "update",
        StepAction::Adopt { .. } => "adopt",
        StepAction::Delete { .. } => "delete",
    }
}

fn id(step: &Step) -> Option<&str> {
    match &step.action {
        StepAction::Create { .. } => None,
        StepAction::Update { id, .. } | StepAction::Adopt { id } | StepAction::Delete { id, .. } => Some(id),
    }
}

/// A number of milliseconds times a factor.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
pub(crate) fn times(milliseconds: u32, factor: f64) -> u64 {
    (f64::from(milliseconds) * factor).clamp(0.0, 1e9) as u64
}

/// Milliseconds of Unix time.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn unavailable(error: &std::io::Error) -> ProviderError {
    let message = format!("the sandbox's world cannot be used: {error}");
    ProviderError { kind: ProviderErrorKind::Unavailable, code: "ServiceUnavailable".to_owned(), message }
}
