//! The dispatcher: starts steps, makes intents durable, calls providers, records what happened.
//!
//! One task owns all states. A stack's entries are collected while one of its chunks is being made durable (group
//! commit); a call starts, and an output counts as published, when the chunk with its entry is durable.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use diag::Diagnostic;
use diff::{Action as Change, ChangeSet};
use planner::{StepGraph, StepKind};
use ports::{
    Find, Found, Fragment, Journal, Outcome, Owner, ProviderError, ProviderErrorKind, ReadRequest, Step, StepAction,
    StoreError,
};
use resource::{Plan, Urn};
use scheduler::{Limits, Scheduler, Standing};
use state::{Action, Entry, Intent, Object, Request, StackState, Status};
use tokio::sync::watch;
use tokio::task::JoinSet;
use value::{Map, Path};

use crate::providers::Providers;
use crate::seal::{self, Context};
use crate::{Engine, Event, Events, Failure, Preview, Report, StepOutcome, Target, now};

/// One stack of a run.
pub(crate) struct Live {
    pub set: ChangeSet,
    pub plan: Option<Arc<Plan>>,
    journal: Option<Box<dyn Journal>>,
    state: Option<StackState>,
    queue: Vec<Entry>,
    when_durable: Vec<When>,
    lost: Option<StoreError>,
    open_steps: usize,
    well: bool,
}

/// What waits for a chunk to be durable.
enum When {
    /// A provider's call.
    Call(usize),
    /// The end of a step.
    End(usize),
}

impl Live {
    pub(crate) fn new(set: ChangeSet, plan: Option<Arc<Plan>>, journal: Box<dyn Journal>) -> Self {
        let state = Some(journal.state().clone());
        Self {
            set,
            plan,
            journal: Some(journal),
            state,
            queue: Vec::new(),
            when_durable: Vec::new(),
            lost: None,
            open_steps: 0,
            well: true,
        }
    }

    pub(crate) fn state(&self) -> &StackState {
        static EMPTY: std::sync::OnceLock<StackState> = std::sync::OnceLock::new();
        self.state
            .as_ref()
            .unwrap_or_else(|| EMPTY.get_or_init(|| StackState::new(String::new(), resource::StackName::new("", ""))))
    }

    /// Whether every step ended well and nothing is left over.
    pub(crate) fn is_settled(&self) -> bool {
        let state = self.state();
        self.well && self.open_steps == 0 && state.replaced.is_empty() && state.dangling.is_empty()
    }

    /// The journal and the state, unless the stack was lost.
    pub(crate) fn into_parts(self) -> Option<(Box<dyn Journal>, StackState)> {
        if self.lost.is_some() {
            return None;
        }
        Some((self.journal?, self.state?))
    }
}

/// A step between its start and its end.
struct Calling {
    stack: usize,
    urn: Urn,
    action: Action,
    intent: u64,
    incarnation: u64,
    request: Request,
    call: Option<Step>,
    old: Option<Object>,
}

/// What a spawned task brings back.
enum Arrived {
    Durable { stack: usize, journal: Box<dyn Journal>, result: Result<(), StoreError>, waiting: Vec<When> },
    Called { node: usize, outcome: Outcome },
    Checked { node: usize, found: Result<Option<Found>, ProviderError> },
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
    /// It is recorded; it ends when that is durable.
    Recorded,
    /// Its intent is queued.
    Intent,
    /// The natural identity has to be looked up first.
    Check(ReadRequest),
}

pub(crate) struct Runner<'a> {
    engine: &'a Engine<'a>,
    preview: &'a Preview,
    graph: StepGraph,
    scheduler: Scheduler,
    lives: Vec<Live>,
    states: BTreeMap<String, StackState>,
    calling: BTreeMap<usize, Calling>,
    started: BTreeMap<usize, Instant>,
    tasks: JoinSet<Arrived>,
    doing: Vec<(tokio::task::Id, Doing)>,
    stop_at_failure: bool,
    events: &'a Events,
    report: Report,
}

impl<'a> Runner<'a> {
    pub(crate) fn new(
        engine: &'a Engine<'a>,
        preview: &'a Preview,
        graph: StepGraph,
        limits: Limits,
        mut lives: Vec<Live>,
        events: &'a Events,
    ) -> Self {
        for step in &graph.steps {
            lives[step.stack].open_steps += 1;
        }
        let states =
            lives.iter_mut().filter_map(|live| Some((live.set.stack.to_string(), live.state.take()?))).collect();
        let stop_at_failure = limits.stop_at_failure;
        // It is stopped here, where what is given up is reported.
        let scheduler = Scheduler::new(graph.graph.clone(), Limits { stop_at_failure: false, ..limits });
        Self {
            engine,
            preview,
            graph,
            scheduler,
            lives,
            states,
            calling: BTreeMap::new(),
            started: BTreeMap::new(),
            tasks: JoinSet::new(),
            doing: Vec::new(),
            stop_at_failure,
            events,
            report: Report::default(),
        }
    }

    /// Runs to the end; gives the report and the stacks to close.
    pub(crate) async fn run(mut self, mut cancel: watch::Receiver<bool>) -> (Report, Vec<Live>) {
        for live in &self.lives {
            if live.open_steps == 0 {
                self.events.send(Event::StackEnded { stack: live.set.stack.clone(), well: true });
            }
        }
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
                Some(arrived) = self.tasks.join_next_with_id() => match arrived {
                    Ok((id, arrived)) => {
                        self.doing.retain(|(task, _)| *task != id);
                        self.arrived(arrived);
                    }
                    Err(error) => self.task_failed(error.id(), &error.to_string()),
                },
                changed = cancel.changed(), if watching => {
                    if changed.is_err() {
                        watching = false;
                    } else if *cancel.borrow() {
                        watching = false;
                        self.cancel();
                    }
                }
            }
        }
        for live in &mut self.lives {
            live.state = self.states.remove(&live.set.stack.to_string());
        }
        (self.report, self.lives)
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
                self.take_name(stack, &urn).map(|()| self.begin_delete(node, stack, &urn, incarnation))
            }
            StepKind::Publish(path) => self.begin_publish(stack, &path),
        };
        match begun {
            Ok(Begun::Nothing) => {
                self.announce_end(node, StepOutcome::Nothing);
                self.end(node, true);
            }
            Ok(Begun::Recorded) => self.lives[stack].when_durable.push(When::End(node)),
            Ok(Begun::Intent) => self.announce_start(node),
            Ok(Begun::Check(request)) => self.check(node, request),
            Err(Trouble(problem)) => self.fail(node, *problem),
        }
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

    fn scope(&self, stack: usize) -> crate::scope::StepScope<'_> {
        crate::scope::StepScope {
            engine: self.engine,
            world: &self.preview.world,
            stack: &self.lives[stack].set.stack,
            state: self.state(stack),
            running: &self.states,
            trouble: None.into(),
        }
    }

    fn evaluate(&self, stack: usize, expr: &expr::Expr, what: &str) -> Result<value::Value, Trouble> {
        let scope = self.scope(stack);
        let value =
            expr::evaluate(expr, &scope).map_err(|error| Diagnostic::error("E0502", format!("{what}: {error}")))?;
        if let Some(trouble) = scope.trouble.take() {
            return Err(Diagnostic::error("E0511", format!("{what}: {trouble}")).into());
        }
        if value.has_unknown() {
            return Err(Diagnostic::error("E0502", format!("{what} is still not known")).into());
        }
        Ok(value)
    }

    fn begin_apply(&mut self, node: usize, stack: usize, urn: &Urn) -> Result<Begun, Trouble> {
        let live = &self.lives[stack];
        let (Some(change), Some(plan)) = (live.set.resources.get(urn).cloned(), live.plan.clone()) else {
            return Ok(Begun::Nothing);
        };
        let Some(resource) = plan.resources.get(urn) else { return Ok(Begun::Nothing) };
        let schema = self.schema(urn)?;
        self.take_name(stack, urn)?;
        let mut properties = Map::new();
        for (name, expr) in &resource.properties {
            let value = self.evaluate(stack, expr, &format!("`{name}` of `{}`", urn.name()))?;
            properties.insert(name.clone(), value);
        }
        if let Some(gone) = self.gone_first(stack, urn, &change)? {
            properties = diff::ignore_changes(&resource.options, &gone, properties);
        }
        let state = self.state(stack);
        let makes = matches!(change.action, Change::Create | Change::Replace { .. } | Change::Adopt);
        let case = diff::Case {
            urn,
            stack_id: &state.id,
            schema,
            options: &resource.options,
            old: state.objects.get(urn),
            next_incarnation: if makes { change.incarnation } else { state.last_incarnation + 1 },
            fresh: &BTreeSet::new(),
            after_delete_first: false,
        };
        let decision = diff::decide(&case, properties);
        let old = case.old.cloned();
        check_approved(urn, &change, &decision, old.is_some())?;
        let request = self.request(stack, urn, &change, &decision.goal)?;
        let context = Context::resource(&self.state(stack).id, urn);
        let secrets = self.engine.secrets.as_ref();
        // What is ignored comes from state, where secrets are encrypted.
        let opened = seal::each(decision.goal, |value, path| seal::open(secrets, value, &context, path))?;
        let exposed = seal::expose(opened)?;
        let (action, incarnation, id, step) = match decision.action {
            Change::Keep => return Ok(self.keep(stack, &change, old, request)),
            Change::Update => {
                let Some(old) = &old else { return Ok(Begun::Nothing) };
                let prior = seal::each(old.inputs.clone(), |value, path| seal::open(secrets, value, &context, path))?;
                let step = StepAction::Update { id: old.id.clone(), inputs: exposed, prior: seal::expose(prior)? };
                (Action::Update, old.incarnation, Some(old.id.clone()), step)
            }
            Change::Adopt => return Ok(self.adopt(node, stack, urn, &change, request)),
            _ => (Action::Create, decision.incarnation, None, StepAction::Create { inputs: exposed }),
        };
        let identity = match (&step, schema.overlay.settle, &schema.overlay.identity) {
            (StepAction::Create { inputs }, schema::Settle::Identity, Some(identity)) => {
                let given = inputs.iter().filter(|(key, _)| identity.properties.contains(key));
                Some(given.map(|(key, value)| (key.clone(), value.clone())).collect::<Map>())
            }
            _ => None,
        };
        let mut calling = Calling { stack, urn: urn.clone(), action, intent: 0, incarnation, request, call: None, old };
        calling.call = Some(self.step(stack, urn, incarnation, step, &resource.options));
        self.calling.insert(node, calling);
        match identity {
            Some(identity) if !identity.is_empty() => {
                let instance = resource.options.provider.clone();
                Ok(Begun::Check(ReadRequest { ty: urn.ty().to_owned(), find: Find::Identity(identity), instance }))
            }
            _ => {
                self.queue_intent(node, id, false);
                Ok(Begun::Intent)
            }
        }
    }

    /// Gives an object that stands under an earlier name its name; its secrets are bound to the name.
    fn take_name(&mut self, stack: usize, urn: &Urn) -> Result<(), Trouble> {
        let change = self.lives[stack].set.resources.get(urn);
        let Some(from) = change.and_then(|change| change.renamed_from.clone()) else { return Ok(()) };
        let Some(mut object) = self.state(stack).objects.get(&from).cloned() else { return Ok(()) };
        let id = self.state(stack).id.clone();
        let (earlier, now) = (Context::resource(&id, &from), Context::resource(&id, urn));
        let secrets = self.engine.secrets.as_ref();
        let rebound = |value, path: &Path| {
            seal::open(secrets, value, &earlier, path).and_then(|value| seal::seal(secrets, value, &now, path))
        };
        let sealed = object.inputs.values().chain(object.observed.values()).any(value::Value::has_secret);
        object.inputs = seal::each(object.inputs, rebound)?;
        object.observed = seal::each(object.observed, rebound)?;
        object.urn = urn.clone();
        self.record(stack, Entry::Renamed { from, to: urn.clone() });
        if sealed {
            self.record(stack, Entry::Recorded { object: Box::new(object) });
        }
        Ok(())
    }

    /// The object that went before its replacement is made, with its secrets open: what is ignored stays as it was.
    fn gone_first(&self, stack: usize, urn: &Urn, change: &diff::ResourceChange) -> Result<Option<Object>, Trouble> {
        let first = matches!(change.action, Change::Replace { delete_first: true, .. });
        if !first || change.options.ignore_changes.is_empty() || self.state(stack).objects.contains_key(urn) {
            return Ok(None);
        }
        let name = change.renamed_from.as_ref().unwrap_or(urn);
        let before = self.preview.state(&self.lives[stack].set.stack.to_string());
        let Some(mut object) = before.and_then(|state| state.objects.get(name)).cloned() else { return Ok(None) };
        let context = Context::resource(&self.state(stack).id, name);
        let secrets = self.engine.secrets.as_ref();
        object.inputs = seal::each(object.inputs, |value, path| seal::open(secrets, value, &context, path))?;
        Ok(Some(object))
    }

    /// Leaves an object as it is, and renews what state says of its options and readings.
    fn keep(&mut self, stack: usize, change: &diff::ResourceChange, old: Option<Object>, request: Request) -> Begun {
        let Some(old) = old else { return Begun::Nothing };
        let same = old.kept == request.kept && old.dependencies == request.dependencies && old.read == request.read;
        if !same {
            let Request { dependencies, read, kept, .. } = request;
            let object = Object { dependencies, read, kept, ..old };
            self.record(stack, Entry::Recorded { object: Box::new(object) });
        } else if change.renamed_from.is_none() {
            return Begun::Nothing;
        }
        Begun::Recorded
    }

    /// The step without its token, which hangs on the intent's position.
    fn step(&self, stack: usize, urn: &Urn, incarnation: u64, action: StepAction, options: &resource::Options) -> Step {
        let timeout_seconds = match action {
            StepAction::Create { .. } => options.timeouts.create,
            StepAction::Update { .. } => options.timeouts.update,
            StepAction::Delete { .. } => options.timeouts.delete,
        };
        Step {
            ty: urn.ty().to_owned(),
            owner: Owner {
                organisation: self.engine.organisation.clone(),
                stack_id: self.state(stack).id.clone(),
                urn: urn.to_string(),
                incarnation,
            },
            action,
            token: String::new(),
            timeout_seconds,
            instance: options.provider.clone(),
        }
    }

    fn schema(&self, urn: &Urn) -> Result<&'a schema::TypeSchema, Trouble> {
        let found = self.engine.providers.schema(urn.ty());
        found.ok().flatten().ok_or_else(|| {
            Diagnostic::error("E0306", format!("no provider of this profile serves the type `{}`", urn.ty())).into()
        })
    }

    /// The request as it goes into the journal and into state.
    fn request(&self, stack: usize, urn: &Urn, change: &diff::ResourceChange, goal: &Map) -> Result<Request, Trouble> {
        let context = Context::resource(&self.state(stack).id, urn);
        let secrets = self.engine.secrets.as_ref();
        let inputs = seal::each(goal.clone(), |value, path| seal::seal(secrets, value, &context, path))?;
        let read = change.reads.iter().filter_map(|(name, path)| self.read_output(name, path)).collect();
        let options = &change.options;
        let kept = state::Kept {
            protect: options.protect,
            retain_on_delete: options.retain_on_delete,
            delete_before_replace: options.delete_before_replace,
            provider: options.provider.clone(),
            parent: change.parent.clone(),
            timeouts: options.timeouts,
        };
        Ok(Request { inputs, dependencies: change.dependencies.clone(), read, kept })
    }

    /// The record of having read an output of another stack.
    fn read_output(&self, stack: &str, path: &Path) -> Option<state::ReadOutput> {
        let running = self.states.get(stack);
        let state = running.or_else(|| self.preview.state(stack).map(AsRef::as_ref));
        let (stack_id, leaf, digest) = match state.filter(|_| self.engine.catalog.foreign(stack).is_none()) {
            Some(state) => {
                let (leaf, output) = diff::leaf_of(&state.outputs, path)?;
                (state.id.clone(), leaf.clone(), output.digest)
            }
            None => ("foreign".to_owned(), path.clone(), self.preview.world.digest(self.engine, stack, path)?),
        };
        Some(state::ReadOutput { stack: stack.to_owned(), stack_id, path: leaf, digest })
    }

    fn queue_intent(&mut self, node: usize, id: Option<String>, was_absent: bool) {
        let Some(calling) = self.calling.get(&node) else { return };
        let (stack, urn, incarnation) = (calling.stack, calling.urn.clone(), calling.incarnation);
        let position = self.state(stack).next_position;
        let token = self.state(stack).token(&urn, incarnation, position);
        let intent = Intent {
            action: calling.action,
            urn,
            incarnation,
            id,
            request: calling.request.clone(),
            token: token.clone(),
            was_absent,
        };
        self.record(stack, Entry::Intent(Box::new(intent)));
        if let Some(calling) = self.calling.get_mut(&node) {
            calling.intent = position;
            if let Some(step) = &mut calling.call {
                step.token = token;
            }
        }
        self.lives[stack].when_durable.push(When::Call(node));
    }

    /// Takes over an object that exists, if it is as the program says.
    fn adopt(
        &mut self,
        node: usize,
        stack: usize,
        urn: &Urn,
        change: &diff::ResourceChange,
        request: Request,
    ) -> Begun {
        let Some(id) = change.options.import.clone() else { return Begun::Nothing };
        let incarnation = change.incarnation;
        self.calling.insert(
            node,
            Calling {
                stack,
                urn: urn.clone(),
                action: Action::Create,
                intent: 0,
                incarnation,
                request,
                call: None,
                old: None,
            },
        );
        let instance = change.options.provider.clone();
        Begun::Check(ReadRequest { ty: urn.ty().to_owned(), find: Find::Id(id), instance })
    }

    fn begin_delete(&mut self, node: usize, stack: usize, urn: &Urn, incarnation: u64) -> Begun {
        let state = self.state(stack);
        let change = self.lives[stack].set.resources.get(urn);
        let live = state.objects.get(urn).filter(|object| object.incarnation == incarnation);
        let aside = state.replaced.iter().find(|object| object.urn == *urn && object.incarnation == incarnation);
        if live.is_some() && change.is_some_and(|c| matches!(c.action, Change::Replace { delete_first: false, .. })) {
            // It was decided in the end that the object need not be replaced.
            return Begun::Nothing;
        }
        let Some(object) = live.or(aside).cloned() else { return Begun::Nothing };
        if object.kept.retain_on_delete {
            self.record(stack, Entry::Dropped { urn: urn.clone(), incarnation });
            return Begun::Recorded;
        }
        let context = Context::resource(&state.id, urn);
        let secrets = self.engine.secrets.as_ref();
        // A delete needs no secrets: what cannot be opened is left out.
        let opened = seal::each(object.inputs.clone(), |value, path| seal::open(secrets, value, &context, path));
        let prior = opened.and_then(seal::expose).unwrap_or_default();
        let options = resource::Options {
            provider: object.kept.provider.clone(),
            timeouts: object.kept.timeouts,
            ..resource::Options::default()
        };
        let step = self.step(stack, urn, incarnation, StepAction::Delete { id: object.id.clone(), prior }, &options);
        let request = Request {
            inputs: Map::new(),
            dependencies: object.dependencies.clone(),
            read: object.read.clone(),
            kept: object.kept.clone(),
        };
        let id = Some(object.id.clone());
        self.calling.insert(
            node,
            Calling {
                stack,
                urn: urn.clone(),
                action: Action::Delete,
                intent: 0,
                incarnation,
                request,
                call: Some(step),
                old: Some(object),
            },
        );
        self.queue_intent(node, id, false);
        Begun::Intent
    }

    fn begin_publish(&mut self, stack: usize, path: &Path) -> Result<Begun, Trouble> {
        let live = &self.lives[stack];
        let Some(output) = live.set.outputs.get(path) else { return Ok(Begun::Nothing) };
        if output.value.is_none() {
            self.record(stack, Entry::Withdrawn { path: path.clone() });
            return Ok(Begun::Recorded);
        }
        let from = output.from.clone();
        let Some(expr) = live.plan.as_ref().and_then(|plan| plan.outputs.get(path)) else { return Ok(Begun::Nothing) };
        let value = self.evaluate(stack, expr, &format!("output `{path}`"))?;
        let digest = value.digest();
        let state = self.state(stack);
        if state.outputs.get(path).is_some_and(|published| published.digest == digest && !published.stale) {
            return Ok(Begun::Nothing);
        }
        let context = Context::outputs(&state.id);
        let value = seal::seal(self.engine.secrets.as_ref(), value, &context, path)?;
        self.record(stack, Entry::Published { path: path.clone(), value, digest, from });
        Ok(Begun::Recorded)
    }

    /// Reads one object before its intent is written.
    fn check(&mut self, node: usize, request: ReadRequest) {
        self.announce_start(node);
        let Some(provider) = self.engine.providers.of(&request.ty).cloned() else {
            self.fail(node, Diagnostic::error("E0306", format!("no provider serves the type `{}`", request.ty)));
            return;
        };
        let task = self.tasks.spawn(async move {
            let found = provider.read(std::slice::from_ref(&request)).await;
            Arrived::Checked { node, found: found.map(|mut found| found.pop().flatten()) }
        });
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
                for When::Call(node) | When::End(node) in std::mem::take(&mut live.when_durable) {
                    self.fail(node, Diagnostic::error("E0501", error.to_string()));
                    ended = true;
                }
                continue;
            }
            let Some(mut journal) = live.journal.take() else { continue };
            let entries = std::mem::take(&mut live.queue);
            let waiting = std::mem::take(&mut live.when_durable);
            let nodes = waiting.iter().map(|(When::Call(node) | When::End(node))| *node).collect();
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
                        When::End(node) => {
                            self.announce_end(node, StepOutcome::Done);
                            self.end(node, true);
                        }
                    }),
                    Err(error) => {
                        self.lives[stack].lost = Some(error.clone());
                        for When::Call(node) | When::End(node) in waiting {
                            self.fail(node, Diagnostic::error("E0501", error.to_string()));
                        }
                    }
                }
            }
            Arrived::Called { node, outcome } => self.called(node, outcome),
            Arrived::Checked { node, found } => self.checked(node, found),
        }
    }

    /// Calls the provider; the intent is durable.
    fn call(&mut self, node: usize) {
        let Some(step) = self.calling.get_mut(&node).and_then(|calling| calling.call.take()) else { return };
        let providers = self.engine.providers.clone();
        let task = self.tasks.spawn(async move {
            let outcome = call_with_patience(&providers, step).await;
            Arrived::Called { node, outcome }
        });
        self.doing.push((task.id(), Doing { writes: None, nodes: vec![node] }));
    }

    /// What was found where an object is to be made or taken over.
    fn checked(&mut self, node: usize, found: Result<Option<Found>, ProviderError>) {
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

    fn adopted(&mut self, node: usize, stack: usize, urn: &Urn, found: Found) {
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

    fn called(&mut self, node: usize, outcome: Outcome) {
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
    fn object(&self, calling: &Calling, found: Found, status: Status) -> Result<Object, Trouble> {
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
            status,
            created: created.unwrap_or_else(|| time.clone()),
            modified: time,
            source: change.and_then(|change| change.source.clone()),
        })
    }

    /// The object after an update that failed in part: the inputs stay old.
    fn partly_updated(&self, calling: &Calling, found: Found, status: Status) -> Option<Object> {
        let old = calling.old.as_ref()?;
        let updated = self.object(calling, found, status).ok()?;
        Some(Object { inputs: old.inputs.clone(), read: old.read.clone(), ..updated })
    }

    fn fail(&mut self, node: usize, problem: Diagnostic) {
        self.calling.remove(&node);
        let step = &self.graph.steps[node];
        let set = &self.lives[step.stack].set;
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

    /// Counts a resource whose step was really done; the two halves of a replacement count once.
    fn count(&mut self, node: usize) {
        let step = &self.graph.steps[node];
        let (StepKind::Apply(urn) | StepKind::Delete(urn, _)) = &step.kind else { return };
        let action = self.lives[step.stack].set.resources.get(urn).map(|change| change.action);
        let counts = &mut self.report.counts;
        match (&step.kind, action) {
            (StepKind::Delete(..), Some(Change::Replace { .. })) => {}
            (StepKind::Delete(..), _) => counts.delete += 1,
            (_, Some(Change::Replace { .. })) => counts.replace += 1,
            (_, Some(Change::Update)) => counts.update += 1,
            _ => counts.create += 1,
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

    /// What a step is about, and what it does.
    fn describe(&self, node: usize) -> (Target, &'static str) {
        let step = &self.graph.steps[node];
        match &step.kind {
            StepKind::Apply(urn) => {
                let action = self.lives[step.stack].set.resources.get(urn).map(|change| change.action);
                let word = match action {
                    Some(Change::Update) => "update",
                    Some(Change::Replace { .. }) => "replace",
                    Some(Change::Adopt) => "adopt",
                    Some(Change::Keep) => "record",
                    _ => "create",
                };
                (Target::Resource(urn.clone()), word)
            }
            StepKind::Delete(urn, _) => (Target::Resource(urn.clone()), "delete"),
            StepKind::Publish(path) => (Target::Output(path.clone()), "publish"),
        }
    }

    fn announce_start(&self, node: usize) {
        let (target, action) = self.describe(node);
        let stack = self.lives[self.graph.steps[node].stack].set.stack.clone();
        self.events.send(Event::StepStarted { stack, target, action });
    }

    fn announce_end(&mut self, node: usize, outcome: StepOutcome) {
        let (target, action) = self.describe(node);
        let stack = self.lives[self.graph.steps[node].stack].set.stack.clone();
        let seconds = self.started.remove(&node).map_or(0.0, |start| start.elapsed().as_secs_f64());
        self.events.send(Event::StepEnded { stack, target, action, outcome, seconds });
    }
}

/// What was approved as known must come out so; what was undecided may only be weakened.
fn check_approved(
    urn: &Urn,
    change: &diff::ResourceChange,
    decision: &diff::Decision,
    exists: bool,
) -> Result<(), Trouble> {
    let weaker = match (change.action, decision.action) {
        (_, Change::Keep) => true,
        (Change::Update, action) => action == Change::Update,
        (Change::Create | Change::Adopt, _) => !exists,
        // With the old object gone first, the second half of a replacement is a create.
        (Change::Replace { .. }, Change::Replace { .. } | Change::Update | Change::Create) => true,
        _ => false,
    };
    let contradiction = |what: String| {
        let message = format!("`{}` came out otherwise than it was approved: {what}", urn.name());
        Trouble::from(
            Diagnostic::error("E0530", message).hint("run the command again to see and approve what would be done now"),
        )
    };
    if !weaker {
        return Err(contradiction(format!("approved was {:?}, now it is {:?}", change.action, decision.action)));
    }
    for (key, approved) in change.goal.iter().filter(|(_, value)| !value.has_unknown()) {
        if decision.goal.get(key) != Some(approved) {
            return Err(contradiction(format!("`{key}` has another value")));
        }
    }
    Ok(())
}

/// The problem of a failed call.
fn provider_problem(urn: &Urn, error: &ProviderError) -> Diagnostic {
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
