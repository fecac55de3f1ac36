//! How a step begins: everything that it reads is known by now, so it is decided again, and its intent is written.

use std::collections::BTreeSet;
use std::sync::Arc;

use diag::Diagnostic;
use diff::Action as Change;
use expr::Named;
use ports::{Find, Owner, ReadRequest, Step, StepAction};
use resource::{Moment, Urn};
use sorted::SortedSet;
use state::{Action, Entry, Intent, KnownStates, Makings, Object, ReadOutput, Request, StackState};
use value::{Map, Path};

use super::{Begun, Calling, Runner, Trouble, When};
use crate::seal::{self, Context};
use crate::{Event, Target};

impl<'a> Runner<'a> {
    pub(super) fn evaluate(&self, stack: usize, expr: &expr::Expr, what: &str) -> Result<value::Value, Trouble> {
        self.evaluate_noting(stack, expr, what).map(|(value, _)| value)
    }

    /// The value of an expression, and the texts of the secrets that were opened for it.
    pub(super) fn evaluate_noting(
        &self,
        stack: usize,
        expr: &expr::Expr,
        what: &str,
    ) -> Result<(value::Value, BTreeSet<String>), Trouble> {
        let scope = self.scope(stack);
        let value =
            expr::evaluate(expr, &scope).map_err(|error| Diagnostic::error("E0502", format!("{what}: {error}")))?;
        if let Some(trouble) = scope.trouble.take() {
            return Err(Diagnostic::error("E0511", format!("{what}: {trouble}")).into());
        }
        if value.has_unknown() {
            return Err(Diagnostic::error("E0502", format!("{what} is still not known")).into());
        }
        Ok((value, scope.opened.take()))
    }

    pub(super) fn scope(&self, stack: usize) -> crate::scope::StepScope<'_> {
        crate::scope::StepScope {
            engine: self.engine,
            world: &self.preview.world,
            stack: &self.lives[stack].set.stack,
            state: self.state(stack),
            running: &self.states,
            trouble: None.into(),
            opened: std::cell::RefCell::default(),
        }
    }

    pub(super) fn begin_apply(&mut self, node: usize, stack: usize, urn: &Urn) -> Result<Begun, Trouble> {
        let live = &self.lives[stack];
        let (Some(change), Some(plan)) = (live.set.resources.get(urn), live.plan) else {
            return Ok(Begun::Nothing);
        };
        let Some(resource) = plan.resources.get(urn) else { return Ok(Begun::Nothing) };
        let schema = self.schema(urn)?;
        self.take_name(stack, urn)?;
        self.require(stack, urn)?;
        if let Some(read) = &resource.around.read {
            return self.begin_read(node, stack, urn, change, read);
        }
        let mut properties = Map::new();
        for (name, expr) in &resource.properties {
            let value = self.evaluate(stack, expr, &format!("`{name}` of `{}`", urn.name()))?;
            properties.insert(name.clone(), value);
        }
        let name = &self.lives[stack].set.stack;
        self.engine.policies.mend(name, urn, &resource.options, Some(schema), &mut properties).map_err(first)?;
        let trigger = match &resource.around.trigger {
            Some(expr) => Some(self.evaluate(stack, expr, &format!("the trigger of `{}`", urn.name()))?),
            None => None,
        };
        let mut impossible = Vec::new();
        if let Some(gone) = self.gone_first(stack, urn, change)? {
            (properties, impossible) = diff::ignore_changes(&resource.options, &gone, properties);
        }
        let state = self.state(stack);
        let makes = matches!(change.action, Change::Create | Change::Replace { .. } | Change::Adopt);
        let site = self.engine.providers.site(urn.ty(), resource.options.provider.as_deref()).ok();
        let old = state.objects.get(urn).filter(|old| !old.external).cloned();
        let case = diff::Case {
            urn,
            stack_id: &state.id,
            schema,
            // What is taken over because it was there is named only here.
            options: &change.options,
            old: old.as_deref(),
            next_incarnation: if makes { change.incarnation } else { state.last_incarnation + 1 },
            fresh: &BTreeSet::new(),
            after_delete_first: false,
            trigger: trigger.as_ref(),
            companion: self.companion(stack, urn, &resource.options),
            forced: change.forced,
            site: site.as_ref(),
        };
        let decision = diff::decide(&case, properties);
        if let Some(impossible) = impossible.iter().chain(&decision.impossible).next() {
            return Err(impossible.problem(urn).into());
        }
        check_approved(urn, change, &resource.properties, &decision, old.is_some())?;
        self.check_policies(stack, urn, change, &decision.goal)?;
        if resource.options.protect
            && old.is_some()
            && matches!(decision.action, Change::Replace { .. })
            && !self.engine.ignore_protection
        {
            let message = format!("`{}` is protected and would have to be replaced by now", urn.name());
            let reasons = decision.differences.iter().filter(|difference| difference.replaces);
            let problem = reasons
                .fold(Diagnostic::error("E0401", message), |problem, difference| problem.note(difference.forces()));
            return Err(problem.hint("keep what it reads as it is, or take `.protect()` away").into());
        }
        let mut request = self.request(stack, urn, change, &decision.goal)?;
        request.kept.trigger = trigger.as_ref().map(value::Value::digest);
        let context = Context::resource(&self.state(stack).id, urn);
        let secrets = self.engine.secrets.as_ref();
        // What is ignored comes from state, where secrets are encrypted.
        let opened = seal::each(decision.goal, |value, path| seal::open(secrets, value, &context, path))?;
        let exposed = seal::expose(opened)?;
        let (action, incarnation, id, step) = match decision.action {
            Change::Keep => {
                request.kept.delete_hooks = self.kept_hooks(stack, urn)?;
                let begun = self.keep(stack, change, old, request);
                return self.ensure(stack, urn).map(|()| begun);
            }
            Change::Update => {
                let Some(old) = &old else { return Ok(Begun::Nothing) };
                let prior = seal::each(old.inputs.clone(), |value, path| seal::open(secrets, value, &context, path))?;
                let step = StepAction::Update { id: old.id.clone(), inputs: exposed, prior: seal::expose(prior)? };
                (Action::Update, old.incarnation, Some(old.id.clone()), step)
            }
            Change::Adopt => return Ok(self.adopt(node, stack, urn, change, request)),
            _ => (Action::Create, decision.incarnation, None, StepAction::Create { inputs: exposed }),
        };
        let identity = match (&step, schema.overlay.settle, &schema.overlay.identity) {
            (StepAction::Create { inputs }, schema::Settle::Identity, Some(identity)) => Some(identity.within(inputs)),
            _ => None,
        };
        if action == Action::Update {
            // Until the step is done, what is to run at a delete is what it was.
            request.kept.delete_hooks = old.as_ref().map(|old| old.kept.delete_hooks.clone()).unwrap_or_default();
        }
        let check = identity.filter(|identity| !identity.is_empty()).map(|identity| ReadRequest {
            ty: urn.ty().to_owned(),
            find: Find::Identity(identity),
            instance: resource.options.provider.clone(),
        });
        let before = if action == Action::Update { Moment::BeforeUpdate } else { Moment::BeforeCreate };
        let hooks = self.declared_hooks(stack, urn, before)?;
        let call = Some(self.step(stack, urn, incarnation, step, &resource.options));
        let calling =
            Calling { stack, urn: urn.clone(), action, intent: 0, incarnation, request, call, old, id, check, hooks };
        self.calling.insert(node, calling);
        Ok(self.proceed(node))
    }

    /// What comes next of a step that was decided: its hooks, a look at the world, or its intent.
    pub(super) fn proceed(&mut self, node: usize) -> Begun {
        let Some(calling) = self.calling.get_mut(&node) else { return Begun::Nothing };
        if let Some(hooks) = calling.hooks.take() {
            return Begun::Hooks(hooks);
        }
        if let Some(check) = calling.check.take() {
            return Begun::Check(check);
        }
        let id = calling.id.take();
        self.queue_intent(node, id, false);
        Begun::Intent
    }

    /// What has become by now of the object that one is deleted with.
    fn companion(&self, stack: usize, urn: &Urn, options: &resource::Options) -> diff::Companion {
        let state = self.state(stack);
        let (Some(old), Some(target)) = (state.objects.get(urn), &options.deleted_with) else {
            return diff::Companion::Stays;
        };
        let set = self.lives[stack].set;
        let earlier = set.resources.get(target).and_then(|change| change.renamed_from.as_ref()).unwrap_or(target);
        let before =
            self.preview.state(&set.stack.to_string()).and_then(|state| state.objects.get(earlier)).map(AsRef::as_ref);
        let now = state.objects.get(target).map(|object| object.incarnation);
        diff::Companion::of(old.hangs_on(target, before), now)
    }

    /// Policies that could not tell before what the step reads was known tell now.
    fn check_policies(
        &self,
        stack: usize,
        urn: &Urn,
        change: &diff::ResourceChange,
        goal: &Map,
    ) -> Result<(), Trouble> {
        let set = self.lives[stack].set;
        let policies = &self.engine.policies;
        if !policies.judges_goals(&set.stack) || !change.goal.values().any(value::Value::has_unknown) {
            return Ok(());
        }
        let schemas = |ty: &str| self.engine.providers.schema(ty).ok().flatten();
        policies.judge_known(set, urn, goal, &schemas).into_result(()).map_err(first)
    }

    /// Gives an object that stands under an earlier name its name; its secrets are bound to the name.
    pub(super) fn take_name(&mut self, stack: usize, urn: &Urn) -> Result<(), Trouble> {
        let change = self.lives[stack].set.resources.get(urn);
        let Some(from) = change.and_then(|change| change.renamed_from.clone()) else { return Ok(()) };
        let Some(object) = self.state(stack).objects.get(&from).cloned() else { return Ok(()) };
        let id = self.state(stack).id.clone();
        let (earlier, now) = (Context::resource(&id, &from), Context::resource(&id, urn));
        let renamed = self.state(stack).renamed(&object, urn);
        let rebound = seal::rebound(self.engine.secrets.as_ref(), &renamed, &earlier, &now)?;
        self.record(stack, Entry::Renamed { from, to: urn.clone() });
        if let Some(object) = rebound {
            self.record(stack, Entry::Recorded { object: Box::new(object) });
        }
        Ok(())
    }

    /// The object that went before its replacement is made, with its secrets open: what is ignored stays as it was.
    pub(super) fn gone_first(
        &self,
        stack: usize,
        urn: &Urn,
        change: &diff::ResourceChange,
    ) -> Result<Option<Object>, Trouble> {
        let first = matches!(change.action, Change::Replace { delete_first: true, .. });
        if !first || change.options.ignore_changes.is_empty() || self.state(stack).objects.contains_key(urn) {
            return Ok(None);
        }
        let name = change.renamed_from.as_ref().unwrap_or(urn);
        let before = self.preview.state(&self.lives[stack].set.stack.to_string());
        let Some(object) = before.and_then(|state| state.objects.get(name)) else { return Ok(None) };
        let mut object = Object::clone(object);
        let context = Context::resource(&self.state(stack).id, name);
        let secrets = self.engine.secrets.as_ref();
        object.inputs = seal::each(object.inputs, |value, path| seal::open(secrets, value, &context, path))?;
        Ok(Some(object))
    }

    /// Leaves an object as it is, and renews what state says of its options and readings.
    pub(super) fn keep(
        &mut self,
        stack: usize,
        change: &diff::ResourceChange,
        old: Option<Arc<Object>>,
        request: Request,
    ) -> Begun {
        let Some(old) = old.map(Arc::unwrap_or_clone) else { return Begun::Nothing };
        let same = old.kept == request.kept && old.dependencies == request.dependencies && old.read == request.read;
        if !same || !old.holds.is_empty() {
            let Request { dependencies, read, kept, .. } = request;
            let object = Object { dependencies, read, kept, holds: Default::default(), ..old };
            self.record(stack, Entry::Recorded { object: Box::new(object) });
        } else if change.renamed_from.is_none() && change.moved_from.is_none() {
            return Begun::Nothing;
        }
        Begun::Recorded
    }

    /// The instance through which an object is reached that was made earlier.
    fn home(&self, urn: &Urn, kept: &state::Kept) -> Result<Option<String>, Trouble> {
        self.engine.providers.home(urn.ty(), kept).ok_or_else(|| crate::providers::unreachable(urn).into())
    }

    /// The step without its token, which hangs on the intent's position.
    pub(super) fn step(
        &self,
        stack: usize,
        urn: &Urn,
        incarnation: u64,
        action: StepAction,
        options: &resource::Options,
    ) -> Step {
        let timeout_seconds = match action {
            StepAction::Create { .. } => options.timeouts.create,
            StepAction::Adopt { .. } | StepAction::Update { .. } => options.timeouts.update,
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

    pub(super) fn schema(&self, urn: &Urn) -> Result<&'a schema::TypeSchema, Trouble> {
        let found = self.engine.providers.schema(urn.ty());
        found.ok().flatten().ok_or_else(|| {
            Diagnostic::error("E0306", format!("no provider of this profile serves the type `{}`", urn.ty())).into()
        })
    }

    /// The request as it goes into the journal and into state.
    pub(super) fn request(
        &self,
        stack: usize,
        urn: &Urn,
        change: &diff::ResourceChange,
        goal: &Map,
    ) -> Result<Request, Trouble> {
        let context = Context::resource(&self.state(stack).id, urn);
        let secrets = self.engine.secrets.as_ref();
        let inputs = seal::each(goal.clone(), |value, path| seal::seal(secrets, value, &context, path))?;
        let read = change.reads.iter().filter_map(|(name, path)| self.read_output(name, path)).collect();
        let target = change.options.deleted_with.as_ref().and_then(|urn| self.state(stack).objects.get(urn));
        let kept = state::Kept {
            deleted_with_incarnation: target.map(|object| object.incarnation),
            site: self.engine.providers.site(urn.ty(), change.options.provider.as_deref()).unwrap_or_default(),
            ..state::Kept::of(&change.options, change.parent.clone())
        };
        Ok(Request { inputs, dependencies: change.dependencies.clone(), read, kept: kept.into() })
    }

    /// The record of having read an output of another stack.
    pub(super) fn read_output(&self, stack: &str, path: &Path) -> Option<state::ReadOutput> {
        let running = self.states.get(stack);
        let state = running.or_else(|| self.preview.state(stack).map(AsRef::as_ref));
        let (stack_id, path, digest, of) = match state.filter(|_| self.engine.catalog.foreign(stack).is_none()) {
            Some(state) => {
                let (leaf, output) = diff::leaf_of(&state.outputs, path)?;
                let of = state.made_of(leaf, &self).into_iter().map(|spot| self.hold(spot)).collect();
                (state.id.clone(), leaf.clone(), output.digest, of)
            }
            None => {
                let digest = self.preview.world.digest(self.engine, stack, path)?;
                ("foreign".to_owned(), path.clone(), digest, Default::default())
            }
        };
        Some(state::ReadOutput { stack: stack.to_owned(), stack_id, path, digest, of })
    }

    fn hold(&self, (stack_id, urn, incarnation): state::Spot<'_>) -> state::Hold {
        let head = self.names.get(stack_id).and_then(|name| self.preview.world.heads.get(name));
        let head = head.filter(|head| head.id == stack_id).map(|head| &head.stack);
        let name = self.state_of(stack_id).map(|state| &state.name).or(head);
        let stack = name.map_or_else(|| stack_id.to_owned(), ToString::to_string);
        state::Hold { stack, stack_id: stack_id.to_owned(), urn: urn.clone(), incarnation }
    }

    /// The state of a stack by its id, as this run has it by now.
    fn state_of(&self, stack_id: &str) -> Option<&StackState> {
        let name = self.names.get(stack_id)?;
        let before = self.preview.world.states.get(name).map(AsRef::as_ref);
        self.states.get(name).into_iter().chain(before).find(|state| state.id == stack_id)
    }

    pub(super) fn queue_intent(&mut self, node: usize, id: Option<String>, was_absent: bool) {
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
            at: Some(jiff::Timestamp::now().as_second()),
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

    /// Looks at an object that is only read; nothing of it is changed.
    fn begin_read(
        &mut self,
        node: usize,
        stack: usize,
        urn: &Urn,
        change: &diff::ResourceChange,
        read: &expr::Expr,
    ) -> Result<Begun, Trouble> {
        let what = format!("the id of `{}`", urn.name());
        let id = self.evaluate(stack, read, &what)?;
        let Some(id) = id.as_str().map(str::to_owned) else {
            return Err(Diagnostic::error("E0502", format!("{what} is no text")).into());
        };
        let request = self.request(stack, urn, change, &Map::new())?;
        let (incarnation, action) = (change.incarnation, Action::Create);
        let old = self.state(stack).objects.get(urn).cloned();
        let instance = change.options.provider.clone();
        let check = Some(ReadRequest { ty: urn.ty().to_owned(), find: Find::Id(id), instance });
        let (urn, id, call, hooks) = (urn.clone(), None, None, None);
        let calling = Calling { stack, urn, action, intent: 0, incarnation, request, call, old, id, check, hooks };
        self.calling.insert(node, calling);
        Ok(self.proceed(node))
    }

    /// Takes over an object that exists, if it is as the program says.
    pub(super) fn adopt(
        &mut self,
        node: usize,
        stack: usize,
        urn: &Urn,
        change: &diff::ResourceChange,
        request: Request,
    ) -> Begun {
        let Some(id) = change.options.import.clone() else { return Begun::Nothing };
        let incarnation = change.incarnation;
        let action = StepAction::Adopt { id: id.clone() };
        let call = Some(self.step(stack, urn, incarnation, action, &change.options));
        let action = Action::Adopt;
        let instance = change.options.provider.clone();
        let check = Some(ReadRequest { ty: urn.ty().to_owned(), find: Find::Id(id), instance });
        let urn = urn.clone();
        let (old, id, hooks) = (None, None, None);
        let calling = Calling { stack, urn, action, intent: 0, incarnation, request, call, old, id, check, hooks };
        self.calling.insert(node, calling);
        self.proceed(node)
    }

    pub(super) fn begin_delete(
        &mut self,
        node: usize,
        stack: usize,
        urn: &Urn,
        incarnation: u64,
    ) -> Result<Begun, Trouble> {
        let state = self.state(stack);
        let change = self.lives[stack].set.resources.get(urn);
        let live = state.objects.get(urn).filter(|object| object.incarnation == incarnation);
        let aside = state.replaced.get(urn, incarnation);
        if live.is_some() && change.is_some_and(|c| matches!(c.action, Change::Replace { delete_first: false, .. })) {
            // It was decided in the end that the object need not be replaced.
            return Ok(Begun::Nothing);
        }
        let Some(object) = live.or(aside).cloned() else { return Ok(Begun::Gone) };
        let forgotten = self.lives[stack].plan.is_some_and(|plan| plan.forget.contains(urn));
        if forgotten || self.lives[stack].set.retains(urn, &object) {
            self.record(stack, Entry::Dropped { urn: urn.clone(), incarnation });
            return Ok(Begun::Recorded);
        }
        let context = Context::resource(&state.id, urn);
        let secrets = self.engine.secrets.as_ref();
        // A delete needs no secrets: what cannot be opened is left out.
        let opened = seal::each(object.inputs.clone(), |value, path| seal::open(secrets, value, &context, path));
        let prior = opened.and_then(seal::expose).unwrap_or_default();
        let options = resource::Options {
            provider: self.home(urn, &object.kept)?,
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
        let hooks = self.ready_hooks(stack, urn, &object.kept, Moment::BeforeDelete)?;
        let calling = Calling {
            stack,
            urn: urn.clone(),
            action: Action::Delete,
            intent: 0,
            incarnation,
            request,
            call: Some(step),
            id: Some(object.id.clone()),
            old: Some(object),
            check: None,
            hooks,
        };
        self.calling.insert(node, calling);
        Ok(self.proceed(node))
    }

    pub(super) fn begin_publish(&mut self, stack: usize, path: &Path) -> Result<Begun, Trouble> {
        let live = &self.lives[stack];
        let Some(output) = live.set.outputs.get(path) else { return Ok(Begun::Nothing) };
        if output.value.is_none() {
            self.record(stack, Entry::Withdrawn { path: path.clone() });
            return Ok(Begun::Recorded);
        }
        let from = output.from.clone();
        let Some(expr) = live.plan.and_then(|plan| plan.outputs.get(path)) else { return Ok(Begun::Nothing) };
        let value = self.evaluate(stack, expr, &format!("output `{path}`"))?;
        let digest = value.digest();
        // What is, is published; whether it matters that something else was shown is judged where it is read.
        let otherwise = output.value.as_ref().is_some_and(|shown| !shown.has_unknown() && shown.digest() != digest);
        if otherwise {
            let stack = live.set.stack.clone();
            self.events.send(Event::Otherwise { stack: stack.clone(), target: Target::Output(path.clone()) });
            self.report.otherwise.push((stack, path.clone()));
        }
        let state = self.state(stack);
        let reads: SortedSet<ReadOutput> =
            output.reads.iter().filter_map(|(name, path)| self.read_output(name, path)).collect();
        let same = |published: &state::PublishedOutput| {
            let same_reads = published.reads.len() == reads.len()
                && published.reads.iter().zip(&reads).all(|(known, read)| known.is_same(read));
            published.digest == digest && !published.stale && published.from == from && same_reads
        };
        if state.outputs.get(path).is_some_and(same) {
            return Ok(Begun::Nothing);
        }
        let context = Context::outputs(&state.id);
        let value = seal::seal(self.engine.secrets.as_ref(), value, &context, path)?;
        self.record(stack, Entry::Published { path: path.clone(), value, digest, from, reads });
        Ok(Begun::Recorded)
    }
}

impl<'s> KnownStates<'s> for &'s Runner<'_> {
    fn state(&self, stack_id: &str) -> Option<&'s StackState> {
        self.state_of(stack_id)
    }

    /// What was set aside goes only when nobody reads it any more, so that it is there says that somebody may.
    fn makings(&self, _: &'s StackState, _: &Path) -> Option<Makings<'s>> {
        None
    }
}

/// A step ends with one problem; the others are its reasons.
fn first(found: diag::Diagnostics) -> Trouble {
    let mut found = found.into_iter();
    let first = found.next().unwrap_or_else(|| Diagnostic::error("E0452", "a policy stands against it"));
    found.fold(first, |first, other| first.note(other.message)).into()
}

/// What was approved as known must come out so; what was undecided may only be weakened.
fn check_approved(
    urn: &Urn,
    change: &diff::ResourceChange,
    declared: &Named,
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
    let name = format!("`{}`", urn.name());
    if !weaker {
        let what = format!("approved was {}, now it is {}", change.action.word(), decision.action.word());
        return Err(contradiction(&name, &what).into());
    }
    if decision.action == Change::Adopt {
        // Its properties are compared with those of the object.
        return Ok(());
    }
    // What is not replaced after all keeps the name that it was given.
    let stays = matches!((change.action, decision.action), (Change::Replace { .. }, Change::Update));
    let kept = |key: &String| stays && !declared.contains_key(key);
    for (key, approved) in change.goal.iter().filter(|(key, value)| !value.has_unknown() && !kept(key)) {
        if decision.goal.get(key) != Some(approved) {
            return Err(contradiction(&name, &format!("`{key}` has another value")).into());
        }
    }
    Ok(())
}

fn contradiction(name: &str, what: &str) -> Diagnostic {
    Diagnostic::error("E0530", format!("{name} came out otherwise than it was approved: {what}"))
        .hint("run the command again to see and approve what would be done now")
}
