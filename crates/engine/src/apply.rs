//! Applying a preview: stacks are taken, steps run, stacks are closed.

use std::collections::{BTreeMap, BTreeSet};

use diag::{Diagnostic, Diagnostics};
use ports::{Base, Closing, Journal, Run, SecretError, StoreError};
use resource::StackName;
use scheduler::Limits;
use state::OutputReader;
use tokio::sync::watch;
use tokio::task::JoinSet;
use value::{Digest, Path};

use crate::lease::Lease;
use crate::run::{Live, Runner};
use crate::{Children, Engine, Event, Events, Preview, PreviewError, Target};

/// How a preview is applied.
#[derive(Debug, Clone)]
pub struct ApplyOptions {
    /// A word for the lease: `up`, `destroy`.
    pub command: String,
    /// Starts nothing more after the first failure.
    pub stop_at_failure: bool,
    /// Turns to true when no more steps are to be started.
    pub cancel: watch::Receiver<bool>,
    /// The processes of hooks, for who ends this one before they have ended.
    pub children: Children,
}

/// What an apply did.
#[derive(Debug, Default)]
pub struct Report {
    /// Steps that ended well.
    pub done: usize,
    /// Resources by what was really done with them.
    pub counts: diff::Counts,
    /// What failed.
    pub failed: Vec<Failure>,
    /// Steps that were not started, with what they were skipped for.
    pub skipped: Vec<(StackName, Target, String)>,
    /// Outputs that have other values than were shown; what reads them was compared again with what was approved.
    pub otherwise: Vec<(StackName, Path)>,
    /// Steps that a saved preview leaves to the next one: by now more is known than when it was approved.
    pub left: Vec<(StackName, Target)>,
    /// Whether it was cancelled.
    pub cancelled: bool,
}

/// A step that failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The stack.
    pub stack: StackName,
    /// The resource or output.
    pub target: Target,
    /// What was to be done.
    pub action: &'static str,
    /// What is wrong.
    pub problem: Diagnostic,
}

/// Why an apply did not start.
#[derive(Debug)]
pub enum Stopped {
    /// Something is wrong.
    Problems(Diagnostics),
    /// Policies stand against it.
    Policies(Diagnostics),
    /// The state is held, has moved, or cannot be written.
    Store(StoreError),
    /// A preview that was needed on the way could not be made.
    Preview(PreviewError),
}

impl From<Diagnostic> for Stopped {
    fn from(problem: Diagnostic) -> Self {
        Self::Problems(problem.into())
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Engine<'_> {
    /// Secrets that the steps of a preview need and that cannot be opened; where no key at hand opens them, one problem
    /// names all stacks.
    pub fn missing_keys(&self, preview: &Preview) -> Diagnostics {
        let mut stacks: Vec<(String, Vec<String>)> = Vec::new();
        let mut reasons = BTreeSet::new();
        let mut found = Diagnostics::new();
        let mut sealing = false;
        for set in &preview.changes {
            let name = set.stack.to_string();
            let Some(plan) = preview.plan(&name) else { continue };
            let mut changing = set.resources.values().filter(|change| !change.is_nothing());
            if !changing.any(|change| change.goal.values().any(value::Value::has_secret)) {
                continue;
            }
            sealing = true;
            let mut closed: Vec<String> = Vec::new();
            plan.visit(&mut |part| {
                let expr::Expr::Secret { key, fingerprint } = part else { return };
                let shown = format!("`{key}`");
                if closed.contains(&shown) {
                    return;
                }
                match self.secrets.open_config(&name, key, *fingerprint) {
                    Ok(_) => {}
                    Err(SecretError::NoKey(reason)) => {
                        // Which secrets they are is said once, with their stack.
                        let own = format!("`{key}` of `{name}`: ");
                        reasons.insert(reason.strip_prefix(&own).unwrap_or(&reason).to_owned());
                        closed.push(shown);
                    }
                    Err(SecretError::Invalid(reason)) => found.push(
                        Diagnostic::error("E0511", format!("the secret `{key}` of `{name}` cannot be opened"))
                            .note(reason)
                            .hint(format!("seal it anew: `runner config set {name} {key} --secret`")),
                    ),
                }
            });
            if !closed.is_empty() {
                stacks.push((name, closed));
            }
        }
        if !found.has_errors() && stacks.is_empty() && sealing {
            // What is put into the state is sealed, too: better known now than after the first call.
            if let Err(error) = self.secrets.seal_state(&value::Value::Null, "probe") {
                found.push(
                    Diagnostic::error("E0510", error.to_string())
                        .hint("a workspace made by `runner new workspace` has a `state_key` in each profile"),
                );
            }
        }
        if stacks.is_empty() {
            return found;
        }
        let who = match stacks.as_slice() {
            [(name, _)] => format!("stack `{name}` needs a key to open its secrets"),
            _ => format!("{} stacks need a key to open their secrets", stacks.len()),
        };
        let problem = Diagnostic::error("E0510", who);
        let problem = stacks.iter().fold(problem, |problem, (name, keys)| {
            let shown = &keys[..keys.len().min(3)];
            let more = if keys.len() > shown.len() {
                format!(" and {} more", keys.len() - shown.len())
            } else {
                String::new()
            };
            problem.note(format!("`{name}`: {}{more}", shown.join(", ")))
        });
        let problem = reasons.into_iter().fold(problem, Diagnostic::note);
        let hint = "set GROUNDPLAN_IDENTITY to the file with your age identity; \
                    whoever has one of the recipients in groundplan.toml can add yours";
        found.push(problem.hint(hint));
        found
    }

    /// Applies a preview.
    ///
    /// # Errors
    /// If it did not start; what fails on the way is in the report.
    pub async fn apply(&self, preview: &Preview, options: ApplyOptions, events: &Events) -> Result<Report, Stopped> {
        preview.refused().into_result(()).map_err(Stopped::Problems)?;
        // Judged anew, so that no preview passes that was made or kept elsewhere.
        let judgement = self.judge(&preview.changes);
        judgement.stops().into_result(()).map_err(Stopped::Policies)?;
        let (graph, left) = preview.certain(preview.order().map_err(Stopped::Problems)?);
        let run = Run { id: run_id(), command: options.command.clone() };
        self.check_pins(preview).await?;
        let plan = preview.bound.as_ref().map(|bound| bound.digest);
        let journals = self.acquire(&run, preview, |_| plan, Vec::new()).await?;
        let mut lives = Self::lives(preview, journals);
        graph.held_back.iter().for_each(|held| lives[held.stack].leave());
        left.iter().for_each(|step| lives[step.stack].leave());
        if let Err(stopped) = self.hand_over(&preview.moves.all, &mut lives).await {
            lives.iter_mut().for_each(Live::leave);
            self.close(preview, lives).await?;
            self.store.release(&run).await?;
            return Err(stopped);
        }
        let mut counts: Vec<(StackName, usize)> = lives.iter().map(|live| (live.set.stack.clone(), 0)).collect();
        graph.steps.iter().for_each(|step| counts[step.stack].1 += 1);
        events.send(Event::Started { run: run.id.clone(), steps: counts });
        for (rule, findings) in judgement.allowed() {
            events.send(Event::Allowed { rule, findings });
        }
        let limits = Limits {
            running: self.jobs.min(self.providers.concurrency()).max(1),
            stop_at_failure: options.stop_at_failure,
        };
        let lease = Lease::keep(self.store.clone(), run.clone());
        let runner =
            Runner::new(self, preview, graph, limits, lives, lease, events).with_children(options.children.clone());
        let (mut report, lives) = runner.run(options.cancel).await;
        report.left =
            left.into_iter().map(|step| (preview.changes[step.stack].stack.clone(), target(step.kind))).collect();
        let closed = self.close(preview, lives).await;
        self.store.release(&run).await?;
        closed?;
        events.send(Event::Ended { done: report.done, failed: report.failed.len(), skipped: report.skipped.len() });
        Ok(report)
    }

    /// What was read of stacks that are not taken must be what the preview saw.
    async fn check_pins(&self, preview: &Preview) -> Result<(), Stopped> {
        let heads: BTreeMap<String, state::Head> =
            self.store.heads().await?.into_iter().map(|head| (head.stack.to_string(), head)).collect();
        let taken: BTreeSet<String> = preview.changes.iter().map(|set| set.stack.to_string()).collect();
        for set in &preview.changes {
            let read = set.reads.iter().filter(|((stack, _), pin)| !pin.proposed && !taken.contains(stack));
            for ((stack, path), pin) in read {
                let Some(head) = heads.get(stack) else { continue };
                let now = diff::leaf_of(&head.outputs, path).map(|(_, output)| output.digest);
                if now != Some(pin.digest) {
                    return Err(StoreError::Moved { stack: stack.clone() }.into());
                }
            }
        }
        Ok(())
    }

    /// Takes the stacks of a preview and some more, all or none, and registers those of the preview as readers; `plan`
    /// gives the saved preview that a stack stands under from now on.
    pub(crate) async fn acquire(
        &self,
        run: &Run,
        preview: &Preview,
        plan: impl Fn(&str) -> Option<Digest>,
        more: Vec<Base>,
    ) -> Result<Vec<Box<dyn Journal>>, StoreError> {
        let bases = preview.changes.iter().map(|set| Base {
            stack: set.stack.clone(),
            id: set.stack_id.clone(),
            generation: set.base,
            plan: plan(&set.stack.to_string()),
        });
        let bases: Vec<Base> = bases.chain(more).collect();
        let journals = self.store.acquire(run, &bases).await?;
        let mut registering = JoinSet::new();
        for set in &preview.changes {
            let reader = OutputReader { stack: set.stack.to_string(), stack_id: set.stack_id.clone() };
            let upstream: BTreeSet<&String> = set.reads.keys().map(|(stack, _)| stack).collect();
            for stack in upstream.into_iter().filter(|stack| self.catalog.foreign(stack).is_none()) {
                let (store, stack, reader) = (self.store.clone(), stack.clone(), reader.clone());
                registering.spawn(async move { store.register_reader(&stack, &reader).await });
            }
        }
        all(registering, "registering as a reader").await?;
        Ok(journals)
    }

    /// The stacks of a preview with the journals that were taken for them.
    fn lives(preview: &Preview, journals: Vec<Box<dyn Journal>>) -> Vec<Live<'_>> {
        let changes = preview.changes.iter();
        changes
            .zip(journals)
            .map(|(set, journal)| Live::new(set, preview.plan(&set.stack.to_string()), journal))
            .collect()
    }

    /// Closes the journals; a stack in which everything ended well is settled.
    async fn close(&self, preview: &Preview, lives: Vec<Live<'_>>) -> Result<(), StoreError> {
        let mut closing = JoinSet::new();
        let digests: BTreeMap<String, BTreeMap<Path, Digest>> = lives
            .iter()
            .map(|live| {
                let outputs = live.state().outputs.iter().map(|(path, output)| (path.clone(), output.digest));
                (live.set.stack.to_string(), outputs.collect())
            })
            .collect();
        for live in lives {
            let name = live.set.stack.to_string();
            // Where something was left alone, something may be left to do.
            let whole = live.is_settled() && preview.restricted.is_none();
            let settled = preview.plans.get(&name).filter(|_| whole).and_then(|planned| {
                let reads = planned.plan.as_ref()?.reads();
                let digest = |stack: &str, path: &Path| match digests.get(stack) {
                    Some(outputs) => diff::leaf_of(outputs, path).map(|(_, digest)| *digest),
                    None => preview.world.digest(self, stack, path),
                };
                // An optional output that is not there is read as absent.
                let reads: BTreeMap<(String, Path), Digest> = reads
                    .into_iter()
                    .map(|(stack, path)| {
                        let found = digest(&stack, &path).unwrap_or_else(plan::absent);
                        ((stack, path), found)
                    })
                    .collect();
                Some(self.resolve_key(planned.digest, &reads))
            });
            if let Some((journal, state)) = live.into_parts() {
                closing.spawn(journal.close(Closing { state, settled }));
            }
        }
        all(closing, "closing a stack").await
    }
}

fn target(step: planner::StepKind) -> Target {
    match step {
        planner::StepKind::Apply(urn) | planner::StepKind::Delete(urn, _) => Target::Resource(urn),
        planner::StepKind::Publish(path) => Target::Output(path),
    }
}

/// Waits for all, whatever fails: the disk makes many files durable in the time of one. Gives the first error.
async fn all<T: 'static>(mut tasks: JoinSet<Result<T, StoreError>>, what: &str) -> Result<(), StoreError> {
    let mut result = Ok(());
    while let Some(ended) = tasks.join_next().await {
        let died = |_| StoreError::Io { what: what.to_owned(), reason: "the task died".to_owned() };
        result = result.and(ended.map_err(died).and_then(|ended| ended.map(drop)));
    }
    result
}

/// A run's id: the time, so that runs sort, and something random.
pub(crate) fn run_id() -> String {
    let mut random = [0u8; 4];
    // Without a source of randomness the time and the process still tell runs apart.
    if getrandom::fill(&mut random).is_err() {
        random = std::process::id().to_le_bytes();
    }
    let millis = jiff::Timestamp::now().as_millisecond();
    format!("{millis:011x}{:08x}", u32::from_le_bytes(random))
}
