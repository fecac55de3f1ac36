//! The dispatcher: starts steps, makes intents durable, calls providers, records what happened.
//!
//! One task owns all states. A stack's entries are collected while one of its chunks is being made durable (group
//! commit); a call starts, and an output counts as published, when the chunk with its entry is durable.

mod around;
mod begin;
mod live;
mod outcome;
mod tell;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use diag::Diagnostic;
use planner::{StepGraph, StepKind};
use ports::{Found, Journal, ProviderError, ReadRequest, Step, StoreError};
use resource::Urn;
use scheduler::{Limits, Scheduler, Standing};
use state::{Action, Entry, Object, Request, StackState};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::call::{Ended, call, longest, read};
use crate::hooks::Hooks;
use crate::lease::Lease;
use crate::{Children, Engine, Event, Events, Failure, Preview, Report, StepOutcome};

pub(crate) use live::Live;
use live::When;

/// A step between its start and its end.
struct Calling {
    stack: usize,
    urn: Urn,
    action: Action,
    intent: u64,
    incarnation: u64,
    request: Request,
    call: Option<Step>,
    old: Option<Arc<Object>>,
    /// The object's id, except for a create.
    id: Option<String>,
    /// What is looked up before the intent is written.
    check: Option<ReadRequest>,
    /// What runs before that.
    hooks: Option<Hooks>,
}

/// What a spawned task brings back.
enum Arrived {
    Durable { stack: usize, journal: Box<dyn Journal>, result: Result<(), StoreError>, waiting: Vec<When> },
    Called { node: usize, ended: Ended },
    NotCalled { node: usize, error: StoreError },
    Checked { node: usize, found: Result<Option<Found>, ProviderError> },
    Hooked { node: usize, result: Result<(), Diagnostic> },
}

/// What a spawned task does, in case it dies.
struct Doing {
    /// The stack whose journal it writes.
    writes: Option<usize>,
    /// The steps that wait for it.
    nodes: Vec<usize>,
}

/// A step that cannot be done, for the report.
struct Trouble(Box<Diagnostic>);

impl From<Diagnostic> for Trouble {
    fn from(problem: Diagnostic) -> Self {
        Self(Box::new(problem))
    }
}

impl From<ports::SecretError> for Trouble {
    fn from(error: ports::SecretError) -> Self {
        Diagnostic::error("E0511", error.to_string()).into()
    }
}

/// What a step that has begun needs next.
enum Begun {
    /// Nothing: there is nothing to do.
    Nothing,
    /// The object that it should delete went with another one.
    Gone,
    /// It is recorded; it ends when that is durable.
    Recorded,
    /// Its intent is queued.
    Intent,
    /// The natural identity has to be looked up first.
    Check(ReadRequest),
    /// Its hooks run first.
    Hooks(Hooks),
}

/// The dispatcher.
pub(crate) struct Runner<'a> {
    engine: &'a Engine<'a>,
    preview: &'a Preview,
    /// The steps; what they need of one another is the scheduler's.
    graph: StepGraph,
    scheduler: Scheduler,
    lives: Vec<Live<'a>>,
    states: BTreeMap<String, StackState>,
    /// What stacks are called, by their ids.
    names: BTreeMap<String, String>,
    calling: BTreeMap<usize, Calling>,
    /// What runs after steps that have ended well.
    after: BTreeMap<usize, Hooks>,
    children: Children,
    started: BTreeMap<usize, Instant>,
    tasks: JoinSet<Arrived>,
    doing: Vec<(tokio::task::Id, Doing)>,
    stop_at_failure: bool,
    /// Given up with the dispatcher.
    lease: Lease,
    events: &'a Events,
    report: Report,
}

impl<'a> Runner<'a> {
    pub(crate) fn new(
        engine: &'a Engine<'a>,
        preview: &'a Preview,
        mut graph: StepGraph,
        limits: Limits,
        mut lives: Vec<Live<'a>>,
        lease: Lease,
        events: &'a Events,
    ) -> Self {
        for step in &graph.steps {
            lives[step.stack].open_steps += 1;
        }
        let states: BTreeMap<String, StackState> =
            lives.iter_mut().filter_map(|live| Some((live.set.stack.to_string(), live.state.take()?))).collect();
        let heads = preview.world.heads.iter().map(|(name, head)| (&head.id, name));
        let before = preview.world.states.iter().map(|(name, state)| (&state.id, name));
        let running = states.iter().map(|(name, state)| (&state.id, name));
        let names = heads.chain(before).chain(running).map(|(id, name)| (id.clone(), name.clone())).collect();
        let stop_at_failure = limits.stop_at_failure;
        // It is stopped here, where what is given up is reported.
        let scheduler = Scheduler::new(std::mem::take(&mut graph.graph), Limits { stop_at_failure: false, ..limits });
        Self {
            engine,
            preview,
            graph,
            scheduler,
            lives,
            states,
            names,
            calling: BTreeMap::new(),
            after: BTreeMap::new(),
            children: Children::default(),
            started: BTreeMap::new(),
            tasks: JoinSet::new(),
            doing: Vec::new(),
            stop_at_failure,
            lease,
            events,
            report: Report::default(),
        }
    }

    /// The processes of hooks are put among these.
    pub(crate) fn with_children(self, children: Children) -> Self {
        Self { children, ..self }
    }

    /// Runs to the end; gives the report and the stacks to close.
    pub(crate) async fn run(mut self, mut cancel: watch::Receiver<bool>) -> (Report, Vec<Live<'a>>) {
        for live in &self.lives {
            if live.open_steps == 0 {
                self.events.send(Event::StackEnded { stack: live.set.stack.clone(), well: true });
            }
        }
        (0..self.lives.len()).for_each(|stack| self.remember_order(stack));
        let mut watching = true;
        if *cancel.borrow_and_update() {
            watching = false;
            self.cancel();
        }
        loop {
            // What ends at once may make others ready.
            loop {
                let nodes = self.scheduler.start();
                let none = nodes.is_empty();
                nodes.into_iter().for_each(|node| self.begin(node));
                if none && !self.flush() {
                    break;
                }
            }
            if self.tasks.is_empty() {
                break;
            }
            tokio::select! {
                // A cancellation comes before an end that would let others start.
                biased;
                changed = cancel.changed(), if watching => {
                    if changed.is_err() {
                        watching = false;
                    } else if *cancel.borrow() {
                        watching = false;
                        self.cancel();
                    }
                }
                Some(arrived) = self.tasks.join_next_with_id() => match arrived {
                    Ok((id, arrived)) => {
                        self.doing.retain(|(task, _)| *task != id);
                        self.arrived(arrived);
                    }
                    // What it said when it panicked may hold a secret.
                    Err(error) => {
                        self.task_failed(error.id(), if error.is_panic() { "it panicked" } else { "it was ended" });
                    }
                },
            }
        }
        for live in &mut self.lives {
            live.state = self.states.remove(&live.set.stack.to_string());
        }
        (self.report, self.lives)
    }

    /// Writes down what the stack waits for, which a later destroy has no program to ask for.
    fn remember_order(&mut self, stack: usize) {
        let Some(plan) = self.lives[stack].plan else { return };
        let stacks = plan.waits_for();
        if stacks != self.state(stack).waits_for {
            self.record(stack, Entry::WaitsFor { stacks });
        }
    }

    fn cancel(&mut self) {
        self.report.cancelled = true;
        self.events.send(Event::Cancelling);
        for node in self.scheduler.cancel() {
            self.announce_end(node, StepOutcome::Cancelled);
            self.close_step(node, false);
        }
    }

    /// Starts nothing more after a failure.
    fn stop(&mut self) {
        for node in self.scheduler.cancel() {
            let stack = self.lives[self.graph.steps[node].stack].set.stack.clone();
            self.report.skipped.push((stack, self.describe(node).0, "the first failure".to_owned()));
            self.announce_end(node, StepOutcome::Cancelled);
            self.close_step(node, false);
        }
    }

    /// A task that died takes its step with it; its intent dangles and is settled by the next run.
    fn task_failed(&mut self, id: tokio::task::Id, reason: &str) {
        let Some(position) = self.doing.iter().position(|(task, _)| *task == id) else { return };
        let (_, Doing { writes, nodes }) = self.doing.remove(position);
        if let Some(stack) = writes {
            let what = format!("the journal of `{}`", self.lives[stack].set.stack);
            self.lives[stack].lost = Some(StoreError::Io { what, reason: reason.to_owned() });
        }
        for node in nodes {
            self.fail(node, Diagnostic::error("E0901", format!("a task of the engine died: {reason}")));
        }
    }

    fn begin(&mut self, node: usize) {
        self.started.insert(node, Instant::now());
        let stack = self.graph.steps[node].stack;
        if let Some(error) = self.lives[stack].lost.clone() {
            self.fail(node, Diagnostic::error("E0501", error.to_string()));
            return;
        }
        let begun = match self.graph.steps[node].kind.clone() {
            StepKind::Apply(urn) => self.begin_apply(node, stack, &urn),
            StepKind::Delete(urn, incarnation) => {
                self.take_name(stack, &urn).and_then(|()| self.begin_delete(node, stack, &urn, incarnation))
            }
            StepKind::Publish(path) => self.begin_publish(stack, &path),
        };
        match begun {
            Ok(Begun::Nothing) => {
                self.announce_end(node, StepOutcome::Nothing);
                self.end(node, true);
            }
            Ok(Begun::Gone) => {
                self.count(node);
                self.announce_end(node, StepOutcome::Done);
                self.end(node, true);
            }
            Ok(Begun::Recorded) => self.lives[stack].when_durable.push(When::End(node)),
            Ok(begun) => {
                self.announce_start(node);
                self.go_on(node, begun);
            }
            Err(Trouble(problem)) => self.fail(node, *problem),
        }
    }

    /// Does what comes next of a step that was announced.
    fn go_on(&mut self, node: usize, begun: Begun) {
        match begun {
            Begun::Check(request) => self.check(node, request),
            Begun::Hooks(hooks) => self.run_hooks(node, hooks),
            Begun::Nothing | Begun::Gone | Begun::Recorded | Begun::Intent => {}
        }
    }

    /// Runs what stands before or after a step.
    fn run_hooks(&mut self, node: usize, hooks: Hooks) {
        let (root, children) = (self.engine.root.clone(), self.children.clone());
        let task = self.tasks.spawn(async move { Arrived::Hooked { node, result: hooks.run(&root, &children).await } });
        self.doing.push((task.id(), Doing { writes: None, nodes: vec![node] }));
    }

    fn state(&self, stack: usize) -> &StackState {
        &self.states[&self.lives[stack].set.stack.to_string()]
    }

    /// Applies an entry to the state at hand and queues it for the journal; gives its position.
    fn record(&mut self, stack: usize, entry: Entry) -> u64 {
        let name = self.lives[stack].set.stack.to_string();
        let position = self.states.get_mut(&name).map_or(0, |state| {
            let position = state.next_position;
            state.apply(&entry);
            position
        });
        self.lives[stack].queue.push(entry);
        position
    }

    /// Reads one object before its intent is written.
    fn check(&mut self, node: usize, request: ReadRequest) {
        let providers = self.engine.providers.clone();
        let task = self.tasks.spawn(async move { Arrived::Checked { node, found: read(&providers, request).await } });
        self.doing.push((task.id(), Doing { writes: None, nodes: vec![node] }));
    }

    /// Starts to make the queued entries durable, where no chunk of the stack is on its way.
    ///
    /// Gives whether steps ended by it, so that others may be ready now.
    fn flush(&mut self) -> bool {
        let mut ended = false;
        for stack in 0..self.lives.len() {
            let live = &mut self.lives[stack];
            if live.queue.is_empty() && live.when_durable.is_empty() {
                continue;
            }
            if let Some(error) = live.lost.clone() {
                // Whoever has the stack by now settles what this run did not get to write.
                live.queue.clear();
                for When::Call(node) | When::End(node) | When::Hooks(node) in std::mem::take(&mut live.when_durable) {
                    self.fail(node, Diagnostic::error("E0501", error.to_string()));
                    ended = true;
                }
                continue;
            }
            let Some(mut journal) = live.journal.take() else { continue };
            let entries = std::mem::take(&mut live.queue);
            let waiting = std::mem::take(&mut live.when_durable);
            let nodes = waiting.iter().map(|(When::Call(node) | When::End(node) | When::Hooks(node))| *node).collect();
            let task = self.tasks.spawn(async move {
                let result = if entries.is_empty() { Ok(()) } else { journal.append(entries).await };
                Arrived::Durable { stack, journal, result, waiting }
            });
            self.doing.push((task.id(), Doing { writes: Some(stack), nodes }));
        }
        ended
    }

    fn arrived(&mut self, arrived: Arrived) {
        match arrived {
            Arrived::Durable { stack, journal, result, waiting } => {
                self.lives[stack].journal = Some(journal);
                match result {
                    Ok(()) => waiting.into_iter().for_each(|when| match when {
                        When::Call(node) => self.call(node),
                        When::Hooks(node) => {
                            if let Some(hooks) = self.after.remove(&node) {
                                self.run_hooks(node, hooks);
                            }
                        }
                        When::End(node) => {
                            self.announce_end(node, StepOutcome::Done);
                            self.end(node, true);
                        }
                    }),
                    Err(error) => {
                        self.lives[stack].lost = Some(error.clone());
                        for When::Call(node) | When::End(node) | When::Hooks(node) in waiting {
                            self.fail(node, Diagnostic::error("E0501", error.to_string()));
                        }
                    }
                }
            }
            Arrived::Called { node, ended } => self.called(node, ended),
            Arrived::NotCalled { node, error } => self.not_called(node, error),
            Arrived::Checked { node, found } => self.checked(node, found),
            Arrived::Hooked { node, result: Err(problem) } => self.fail(node, problem),
            Arrived::Hooked { node, result: Ok(()) } if self.calling.contains_key(&node) => {
                let begun = self.proceed(node);
                self.go_on(node, begun);
            }
            Arrived::Hooked { node, result: Ok(()) } => self.done(node),
        }
    }

    /// Calls the provider; the intent is durable.
    fn call(&mut self, node: usize) {
        let Some(step) = self.calling.get_mut(&node).and_then(|calling| calling.call.take()) else { return };
        self.announce_call(node);
        let providers = self.engine.providers.clone();
        let lease = self.lease.guard();
        let task = self.tasks.spawn(async move {
            if let Err(error) = lease.allows(longest(&providers, &step)).await {
                return Arrived::NotCalled { node, error };
            }
            let ended = call(&providers, step).await;
            Arrived::Called { node, ended }
        });
        self.doing.push((task.id(), Doing { writes: None, nodes: vec![node] }));
    }

    fn fail(&mut self, node: usize, problem: Diagnostic) {
        self.calling.remove(&node);
        let step = &self.graph.steps[node];
        let set = self.lives[step.stack].set;
        let (target, action) = self.describe(node);
        let source = match &step.kind {
            StepKind::Apply(urn) | StepKind::Delete(urn, _) => {
                set.resources.get(urn).and_then(|change| change.source.clone())
            }
            StepKind::Publish(_) => None,
        };
        let stack = set.stack.clone();
        let problem = if problem.place.is_none() { problem.at_opt(source) } else { problem };
        self.announce_end(node, StepOutcome::Failed { reason: problem.message.clone() });
        self.report.failed.push(Failure { stack, target, action, problem });
        self.end(node, false);
        if self.stop_at_failure {
            self.stop();
        }
    }

    fn end(&mut self, node: usize, well: bool) {
        if well {
            self.report.done += 1;
        }
        let skipped = self.scheduler.ended(node, well);
        self.close_step(node, well);
        for other in skipped {
            let because = match self.scheduler.standing(other) {
                Standing::Skipped(cause) => {
                    let stack = &self.lives[self.graph.steps[cause].stack].set.stack;
                    format!("{} of {stack}", self.describe(cause).0)
                }
                _ => String::new(),
            };
            let step = self.graph.steps[other].clone();
            if let StepKind::Publish(path) = &step.kind
                && self.state(step.stack).outputs.contains_key(path)
            {
                self.record(step.stack, Entry::Stale { path: path.clone() });
            }
            let stack = self.lives[step.stack].set.stack.clone();
            self.report.skipped.push((stack, self.describe(other).0, because.clone()));
            self.announce_end(other, StepOutcome::Skipped { because });
            self.close_step(other, false);
        }
    }

    fn close_step(&mut self, node: usize, well: bool) {
        let live = &mut self.lives[self.graph.steps[node].stack];
        live.open_steps = live.open_steps.saturating_sub(1);
        live.well &= well;
        if live.open_steps == 0 {
            self.events.send(Event::StackEnded { stack: live.set.stack.clone(), well: live.well });
        }
    }
}
