//! Making a preview: the stacks are looked up, evaluated and compared as `taskgraph::Rounds` says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diag::{Diagnostic, Diagnostics};
use diff::{Action, ChangeSet, Restricted, Settings, StackInput, diff, diff_with_places};
use plan::Evaluation;
use ports::StoreError;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use resource::{Evaluated, StackName};
use state::StackState;
use taskgraph::{Needs, Next, OutputSet, Rounds};
use value::{Digest, Path, Value};

use crate::evaluate::{plain_reads, plan_of};
use crate::existing::taken_twice;
use crate::lookup::{EngineLookup, PlainOutputs, Unsettled, World};
use crate::moves::{self, Moves};
use crate::passed::Problems;
use crate::plain::Branches;
use crate::preview::{Planned, Preview, PreviewError, PreviewOptions};
use crate::refresh;
use crate::{Engine, RefreshReport, StackEntry, Trace, Traces};

/// A preview in the making.
pub(crate) struct Work<'a> {
    pub engine: &'a Engine<'a>,
    pub options: &'a PreviewOptions,
    pub world: World,
    pub planned: BTreeMap<String, Planned>,
    /// What comes next.
    pub rounds: Rounds,
    /// What programs branched on.
    pub branches: Branches,
    pub proposed: BTreeMap<String, BTreeMap<Path, (Value, bool)>>,
    /// What the stacks were when a comparison last found nothing to do.
    pub idle: BTreeMap<String, Digest>,
    /// Stacks whose state here is not the one that is written.
    pub refreshed: BTreeSet<String>,
    /// What goes over from one stack to another.
    pub moves: Moves,
    pub preview: Preview,
}

impl<'a> Work<'a> {
    pub(crate) fn new(engine: &'a Engine<'a>, options: &'a PreviewOptions, world: World) -> Self {
        Self {
            engine,
            options,
            world,
            planned: BTreeMap::new(),
            rounds: Rounds::new(),
            branches: Branches::default(),
            proposed: BTreeMap::new(),
            idle: BTreeMap::new(),
            refreshed: BTreeSet::new(),
            moves: Moves::default(),
            preview: Preview::default(),
        }
    }
}

impl Work<'_> {
    fn entries(&self) -> Vec<&StackEntry> {
        self.options.selected.iter().filter_map(|name| self.engine.catalog.get(name)).collect()
    }

    /// What plain reads see: a stack that has nothing to do is read as published, others as proposed.
    pub(crate) fn plain_outputs<'b>(&'b self, moving: &'b BTreeSet<String>) -> PlainOutputs<'b> {
        PlainOutputs { engine: self.engine, world: &self.world, moving, proposed: &self.proposed }
    }

    /// The selected stacks that may have something to do.
    pub(crate) fn moving(&self) -> BTreeSet<String> {
        let clean: BTreeSet<&String> = self.rounds.clean().map(|(stack, _)| stack).collect();
        self.options.selected.iter().filter(|stack| !clean.contains(stack)).cloned().collect()
    }

    /// Looks up the selected stacks; those whose trace does not hold are evaluated.
    pub(crate) async fn look_up(&mut self, traces: &Traces) -> Result<(), PreviewError> {
        self.load_plain(traces).await?;
        let entries = self.entries();
        // What a program branched on is taken to stay as it is published, until a comparison says otherwise.
        let (none, all) = (BTreeSet::new(), &self.options.selected);
        let (held, seen) = (self.plain_outputs(&none), self.plain_outputs(all));
        let evaluations = self.engine.find_or_evaluate(&entries, traces, &held, &seen);
        self.preview.cached = evaluations.cached.len() + evaluations.found.len();
        self.preview.found = evaluations.found.keys().cloned().collect();
        // They are kept here, too, so that nobody is asked again.
        self.preview.traces.clone_from(&evaluations.found);
        let found = evaluations.found.iter().map(|(name, trace)| (name.clone(), trace));
        let held: Vec<(String, &Trace)> = evaluations.cached.into_iter().chain(found).collect();
        let looked_at: Vec<(String, Needs, bool)> = held
            .into_par_iter()
            .map(|(name, trace)| {
                let settled = self.rests(&name, trace.plan, &trace.outputs);
                let plain = plain_reads(&trace.record.reads).map(|(stack, path, _)| (stack.clone(), path.clone()));
                let needs = Needs { plain: plain.collect(), reads: trace.outputs.clone(), after: BTreeSet::new() };
                (name, needs, settled)
            })
            .collect();
        for (name, needs, settled) in looked_at {
            self.rounds.traced(&name, needs, settled);
        }
        self.take(evaluations.done)
    }

    /// Evaluates and compares, until the rounds say that nothing new can come of it.
    pub(crate) async fn go_on(&mut self) -> Result<(), PreviewError> {
        loop {
            match self.rounds.decide() {
                Next::Evaluate(names) => {
                    self.load(self.rounds.waits_for(&names)).await?;
                    let mut names = names;
                    while !names.is_empty() {
                        let evaluated = self.evaluate_now(names.clone());
                        self.take(evaluated)?;
                        // A program that reads several outputs asks for one after the other.
                        let mut more = self.rounds.waits_for(&names);
                        more.retain(|stack| self.world.is_to_load(stack));
                        names.retain(|name| {
                            let waits_for = self.rounds.waits_for(&BTreeSet::from([name.clone()]));
                            waits_for.iter().any(|stack| more.contains(stack))
                        });
                        self.load(more).await?;
                    }
                }
                Next::Compare(names) => {
                    let plans = names.iter().filter_map(|name| self.planned[name].plan.as_ref());
                    let reads: Vec<String> = plans.flat_map(|plan| plan.reads()).map(|(stack, _)| stack).collect();
                    self.load(names.iter().cloned().chain(reads)).await?;
                    self.world.deferred = self.rounds.undecided();
                    let (sets, found) = self.compare(&names).await?;
                    if self.pass_over(found)? {
                        continue;
                    }
                    self.propose(&sets);
                    let mut changed = changed_outputs(&sets);
                    changed.extend(self.closing_reads(&sets));
                    self.rounds.compared(changed);
                    self.preview.changes = sets;
                    self.ask_again()?;
                }
                Next::Done(deferred) => {
                    let waiting = self.rounds.undecided();
                    if self.world.deferred != waiting && !self.preview.changes.is_empty() {
                        // A program that was waited for turned out to have nothing to do: nothing waits for it now.
                        self.world.deferred = waiting;
                        let names = self.preview.changes.iter().map(|set| set.stack.to_string()).collect();
                        let (sets, found) = self.compare(&names).await?;
                        if self.pass_over(found)? {
                            continue;
                        }
                        self.propose(&sets);
                        self.preview.changes = sets;
                    }
                    self.preview.deferred = deferred;
                    self.preview.passed_over = self.rounds.passed_over();
                    return self.check_targets().map_err(PreviewError::Problems);
                }
                Next::Stuck(names) => {
                    let list = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                    let message = format!("a cycle of plain reads: {list} wait for one another");
                    let problem = Diagnostic::error("E0304", message)
                        .hint("let one of them use the output symbolically instead of reading its value");
                    let mut found = Problems::default();
                    found.extend(names.into_iter().map(|name| (Some(name), problem.clone())));
                    self.pass_over(found)?;
                }
            }
        }
    }

    /// Evaluates stacks for their plan, whatever their trace says.
    pub(crate) fn evaluate_now(&self, names: BTreeSet<String>) -> Vec<(String, Evaluation)> {
        let moving = self.moving();
        let source = self.plain_outputs(&moving);
        names
            .into_par_iter()
            .filter_map(|name| {
                let evaluation = self.engine.evaluate_now(self.engine.catalog.get(&name)?, &source);
                Some((name, evaluation))
            })
            .collect()
    }

    /// Tells the rounds what evaluations gave, and keeps their plans and traces; all problems at once.
    pub(crate) fn take(
        &mut self,
        evaluations: impl IntoIterator<Item = (String, Evaluation)>,
    ) -> Result<(), PreviewError> {
        let mut found = Problems::default();
        for (name, evaluation) in evaluations {
            let trace = self.engine.catalog.get(&name).and_then(|entry| self.engine.trace_of(entry, &evaluation));
            let traced = trace.as_ref().map(|trace| trace.plan);
            if let Some(trace) = trace {
                let idle = self.idle.get(&name).copied();
                self.preview.traces.insert(name.clone(), Trace { idle, ..trace });
            }
            match evaluation.result {
                Err(problems) => {
                    self.rounds.failed(&name);
                    found.extend(problems.into_iter().map(|problem| (Some(name.clone()), problem)));
                }
                Ok(Evaluated::Deferred { waits_for, .. }) => self.rounds.deferred(&name, waits_for),
                Ok(evaluated @ Evaluated::Plan(_)) => {
                    let digest = traced.unwrap_or_else(|| evaluated.digest());
                    let Evaluated::Plan(plan) = evaluated else { continue };
                    let reads = plan.reads();
                    let settled = self.rests(&name, digest, &reads);
                    let plain = self.branches.keep(&name, &evaluation.reads);
                    let after = plan.after.iter().map(ToString::to_string).collect();
                    self.rounds.planned(&name, Needs { reads, plain: plain.clone(), after }, settled);
                    let planned = Planned {
                        plan: Some(Arc::new(plan)),
                        sources: Arc::new(evaluation.sources),
                        digest,
                        plain,
                        approved: None,
                    };
                    self.planned.insert(name, planned);
                }
            }
        }
        self.pass_over(found).map(drop)
    }

    /// Whether a stack need not be compared: nothing is left to do, and nothing is asked for besides.
    fn rests(&self, name: &str, plan: Digest, reads: &BTreeSet<(String, Path)>) -> bool {
        self.options.targets.is_empty() && self.is_settled(name, plan, reads)
    }

    /// Reports targets that mean nothing.
    fn check_targets(&self) -> Result<(), Diagnostics> {
        if self.options.targets.is_empty() {
            return Ok(());
        }
        let names: Vec<(String, StackName)> =
            self.options.selected.iter().map(|name| (name.clone(), self.name(name))).collect();
        let there = names.iter().flat_map(|(key, name)| {
            let planned = self.planned.get(key).and_then(|planned| planned.plan.as_ref());
            let planned = planned.into_iter().flat_map(|plan| plan.resources.keys());
            let state = self.world.states.get(key).into_iter();
            let objects = state.flat_map(|state| state.objects.keys().chain(state.replaced.iter().map(|old| &old.urn)));
            planned.chain(objects).map(move |urn| (name, urn))
        });
        self.options.targets.unmatched(there).into_result(())
    }

    /// Whether the state was brought to this plan with these published outputs, with nothing left to do.
    fn is_settled(&self, name: &str, plan: Digest, reads: &BTreeSet<(String, Path)>) -> bool {
        let Some(head) = self.world.heads.get(name).filter(|head| head.open.is_none()) else { return false };
        let key = self.key(plan, reads);
        let idle = || self.idle.get(name).is_some_and(|idle| *idle == idle_at(head, key));
        !self.refreshed.contains(name) && (head.settled == Some(key) || idle())
    }

    /// What stands for a plan with the published outputs that it reads.
    fn key(&self, plan: Digest, reads: &BTreeSet<(String, Path)>) -> Digest {
        let digest =
            |stack: &str, path: &Path| self.world.digest(self.engine, stack, path).unwrap_or_else(plan::absent);
        let digests = reads.iter().map(|read| (read.clone(), digest(&read.0, &read.1))).collect();
        self.engine.resolve_key(plan, &digests)
    }

    /// Looks at the world before anything is compared, and keeps what was seen in memory.
    pub(crate) async fn refresh(&mut self) -> Result<(), PreviewError> {
        let there: Vec<String> =
            self.options.selected.iter().filter(|name| self.world.heads.contains_key(*name)).cloned().collect();
        self.load(there.clone()).await?;
        let mut found = Diagnostics::new();
        let states: Vec<Arc<StackState>> =
            there.iter().filter_map(|name| self.world.states.get(name).cloned()).collect();
        let meant = refresh::meant(&self.options.targets, &states.iter().map(AsRef::as_ref).collect::<Vec<_>>());
        for (state, urns) in states.into_iter().zip(meant) {
            let name = state.name.to_string();
            let entries = self.engine.observe(&state, &urns, &mut RefreshReport::default(), &mut found).await;
            if entries.is_empty() {
                continue;
            }
            let mut seen = (*state).clone();
            entries.iter().for_each(|entry| seen.apply(entry));
            // The journal does not have them.
            seen.next_position = state.next_position;
            self.world.states.insert(name.clone(), Arc::new(seen));
            self.refreshed.insert(name);
        }
        found.into_result(()).map_err(PreviewError::Problems)
    }

    /// Remembers that a stack was compared and has nothing to do, as long as its state, its plan and what it reads stay
    /// as they are.
    fn rested(&mut self, set: &ChangeSet) {
        let name = set.stack.to_string();
        let proposed = set.reads.values().any(|pin| pin.proposed);
        let (Some(planned), Some(head)) = (self.planned.get(&name), self.world.heads.get(&name)) else { return };
        let Some(plan) = planned.plan.as_ref().filter(|_| !proposed && self.options.targets.is_empty()) else { return };
        if self.refreshed.contains(&name) || self.world.unsettled(&name).is_some() {
            return;
        }
        let idle = idle_at(head, self.key(planned.digest, &plan.reads()));
        if let Some(trace) = self.preview.traces.get_mut(&name) {
            trace.idle = Some(idle);
        }
    }

    /// Loads states that are not loaded yet; stacks without one are left out.
    pub(crate) async fn load(&mut self, names: impl IntoIterator<Item = String>) -> Result<(), StoreError> {
        for name in names {
            if self.world.states.contains_key(&name) {
                continue;
            }
            if let Some(head) = self.world.heads.get(&name) {
                let loaded = self.engine.store.load(head).await?;
                self.world.states.insert(name, Arc::new(loaded.state));
            }
        }
        Ok(())
    }

    /// Compares stacks whose plans are at hand, with the states that they have once objects have moved between them, and
    /// with what there is in the world of what they take over.
    pub(crate) async fn compare(
        &mut self,
        stacks: &BTreeSet<String>,
    ) -> Result<(Vec<ChangeSet>, Problems), PreviewError> {
        self.load_for_moves(stacks).await?;
        loop {
            let (sets, mut found) = self.compare_loaded(stacks);
            let (more, notes) = self.world.seen.look(self.engine).await;
            self.preview.notes.extend(notes);
            if more {
                continue;
            }
            let adopts = |set: &ChangeSet| set.resources.values().any(|change| change.action == Action::Adopt);
            if sets.iter().any(adopts) {
                self.load(self.world.heads.keys().cloned().collect::<Vec<_>>()).await?;
                found.extend_all(taken_twice(&sets, &self.world, &self.engine.providers));
            }
            return Ok((sets, found));
        }
    }

    /// Compares stacks whose plans are at hand, where everything is loaded.
    pub(crate) fn compare_loaded(&mut self, stacks: &BTreeSet<String>) -> (Vec<ChangeSet>, Problems) {
        let mut found = Problems::default();
        let mut staying = BTreeSet::new();
        let (mut sets, problems) = loop {
            let (moves, problems) = self.decide_moves(stacks, &staying);
            self.moves = moves;
            let (sets, differing) = self.diff(stacks);
            let left = self.moves.left_alone(&sets);
            if left.is_empty() {
                found.extend_all(problems);
                break (sets, differing);
            }
            staying.extend(left);
        };
        found.extend(problems);
        found.extend_all(self.moves.half_skipped(&sets));
        moves::mark(&self.moves.all, &mut sets);
        (sets, found)
    }

    fn diff(&self, stacks: &BTreeSet<String>) -> (Vec<ChangeSet>, Vec<(Option<String>, Diagnostic)>) {
        let names: Vec<(&String, StackName, String)> =
            stacks.iter().map(|name| (name, self.name(name), self.id(name))).collect();
        let inputs: Vec<StackInput<'_>> = names
            .iter()
            .map(|(key, name, id)| {
                let planned = &self.planned[*key];
                StackInput {
                    name,
                    id,
                    base: self.world.heads.get(*key).map(|head| head.generation),
                    plan: planned.plan.as_deref(),
                    sources: Some(&planned.sources),
                    state: self.moves.states.get(*key).or_else(|| self.world.states.get(*key)).map(AsRef::as_ref),
                    approved: planned.approved,
                }
            })
            .collect();
        let lookup = EngineLookup { engine: self.engine, world: &self.world };
        let settings = Settings {
            ignore_protection: self.engine.ignore_protection,
            removals_wait: !self.takers().is_empty(),
            targets: self.options.targets.clone(),
        };
        let (sets, found) = diff_with_places(&inputs, &lookup, settings);
        let name = |position: usize| names.get(position).map(|(key, ..)| (*key).clone());
        (sets, found.into_iter().map(|(position, problem)| (position.and_then(name), problem)).collect())
    }

    pub(crate) fn name(&self, name: &str) -> StackName {
        let planned = self.planned.get(name).and_then(|planned| planned.plan.as_ref());
        let known = self.engine.catalog.get(name).map(|entry| entry.name.clone());
        known
            .or_else(|| planned.map(|plan| plan.stack.clone()))
            .or_else(|| self.world.heads.get(name).map(|head| head.stack.clone()))
            .unwrap_or_else(|| StackName::new(name, ""))
    }

    pub(crate) fn id(&self, name: &str) -> String {
        match self.world.heads.get(name) {
            Some(head) => head.id.clone(),
            None => self.engine.fresh_id(&self.name(name), self.world.heads.values()),
        }
    }

    fn propose(&mut self, sets: &[ChangeSet]) {
        for set in sets {
            let outputs = set
                .outputs
                .iter()
                .filter_map(|(path, output)| Some((path.clone(), (output.value.clone()?, !output.changes()))));
            self.proposed.insert(set.stack.to_string(), outputs.collect());
        }
    }

    /// Says where a stack outside the selection would give another value than the published one.
    pub(crate) async fn notes_on_upstream(&mut self, traces: &Traces) -> Result<(), PreviewError> {
        let mut reads: BTreeMap<String, BTreeSet<Path>> = BTreeMap::new();
        let changing = self.preview.changes.iter().flat_map(|set| set.reads.keys());
        let resting = self.rounds.clean().flat_map(|(_, reads)| reads);
        let outside = changing.chain(resting).filter(|(stack, _)| !self.options.selected.contains(stack));
        for (stack, path) in outside {
            reads.entry(stack.clone()).or_default().insert(path.clone());
        }
        for (name, paths) in reads {
            let Some(entry) = self.engine.catalog.get(&name) else { continue };
            if self.is_as_published(entry, traces) {
                continue;
            }
            let evaluation = self.evaluate_outside(entry).await?;
            let Some(plan) = plan_of(&evaluation) else { continue };
            self.load(plan.reads().into_iter().map(|(stack, _)| stack).chain([name.clone()])).await?;
            let id = self.id(&name);
            let input = StackInput {
                name: &entry.name,
                id: &id,
                base: None,
                plan: Some(plan),
                sources: Some(&evaluation.sources),
                state: self.world.states.get(&name).map(AsRef::as_ref),
                approved: None,
            };
            let lookup = EngineLookup { engine: self.engine, world: &self.world };
            let (sets, _) = diff(&[input], &lookup, Settings { ignore_protection: true, ..Settings::default() });
            let changed =
                |path: &&Path| sets[0].outputs.iter().any(|(leaf, output)| leaf.touches(path) && output.changes());
            let changed: Vec<String> = paths.iter().filter(changed).map(ToString::to_string).collect();
            if !changed.is_empty() {
                self.preview.notes.push(format!(
                    "{name} has unapplied changes to {}; the published values are used (to apply them too: --with-upstream)",
                    changed.join(", ")
                ));
            }
        }
        Ok(())
    }

    /// Whether a stack is known, without evaluating it, to have nothing to do.
    fn is_as_published(&self, entry: &StackEntry, traces: &Traces) -> bool {
        let moving = self.moving();
        let source = self.plain_outputs(&moving);
        let trace = self.engine.trace_that_holds(entry, traces, &source);
        trace.is_some_and(|trace| self.is_settled(&entry.name.to_string(), trace.plan, &trace.outputs))
    }

    /// Everything in the selected stacks is to be deleted, from state alone.
    pub(crate) async fn plan_nothing(&mut self) -> Result<(), PreviewError> {
        let names: BTreeSet<String> =
            self.options.selected.iter().filter(|name| self.world.heads.contains_key(*name)).cloned().collect();
        self.load(names.clone()).await?;
        self.planned.extend(names.iter().map(|name| (name.clone(), Planned::nothing())));
        let (sets, found) = self.compare(&names).await?;
        found.into_result()?;
        self.preview.changes = sets;
        self.check_targets().map_err(PreviewError::Problems)
    }

    /// Takes out what has nothing to do, orders the steps once to see what stands against them, and adds remarks.
    pub(crate) async fn finish(mut self) -> Result<Preview, PreviewError> {
        self.preview.notes.append(&mut self.moves.notes);
        let origins = self.origins();
        // What a run reads that was killed is not in its head.
        let may_hold =
            |head: &state::Head| !head.reads_from.is_empty() || head.open.is_some() || origins.contains(&head.id);
        let readers: Vec<String> =
            self.world.heads.values().filter(|head| may_hold(head)).map(|head| head.stack.to_string()).collect();
        let withdraws = |set: &ChangeSet| set.outputs.values().any(|output| output.value.is_none());
        let deletes = |set: &ChangeSet| set.counts().delete + set.counts().replace > 0 || withdraws(set);
        let deletes = self.preview.changes.iter().any(deletes);
        if deletes {
            self.load(readers).await?;
            let moved = &self.moves.states;
            let states = self.world.states.iter().map(|(name, state)| moved.get(name).unwrap_or(state));
            for state in states {
                let left = self.world.without_what_has_arrived(state).map(Arc::new);
                let state = left.as_ref().unwrap_or(state);
                if origins.contains(&state.id) {
                    self.preview.holders.add_outputs(state);
                }
                self.preview.holders.add(Arc::clone(state));
            }
            self.preview.holders.select(self.options.selected.iter().cloned());
            let preview = &self.preview;
            let later = preview.deferred.keys().chain(preview.failed.keys()).chain(preview.passed_over.keys());
            let later: Vec<String> = later.cloned().collect();
            self.preview.holders.defer(later);
            let left = |set: &&ChangeSet| set.is_empty() && set.resources.values().any(|change| change.left);
            let left = self.preview.changes.iter().filter(left).map(|set| set.stack.to_string());
            self.preview.holders.leave(left);
        }
        let sets = std::mem::take(&mut self.preview.changes);
        sets.iter().filter(|set| set.is_empty()).for_each(|set| self.rested(set));
        let mut preview = self.preview;
        preview.restricted = self.options.targets.restrict().then(|| restricted(&sets));
        let mut notes: BTreeMap<Unsettled, Vec<String>> = BTreeMap::new();
        for set in sets {
            let name = set.stack.to_string();
            let unsettled = self.world.unsettled(&name);
            if let Some(why) = &unsettled {
                notes.entry(why.clone()).or_default().push(name.clone());
            }
            if set.is_empty() && unsettled.is_none() {
                preview.unchanged.insert(name);
            } else {
                preview.changes.push(set);
            }
        }
        preview.notes.extend(notes.iter().map(|(why, stacks)| why.note(stacks)));
        preview.unchanged.extend(self.rounds.clean().map(|(stack, _)| stack.clone()));
        preview.to_destroy = self
            .world
            .heads
            .values()
            .filter(|head| head.objects > 0 && self.engine.catalog.get(&head.stack.to_string()).is_none())
            .map(|head| head.stack.to_string())
            .collect();
        preview.selected.clone_from(&self.options.selected);
        preview.judgement = self.engine.judge(&preview.changes);
        preview.plans = self.planned;
        preview.moves = self.moves;
        preview.world = self.world;
        // Only where there is something that can be approved: schemas are many.
        preview.surroundings = (!preview.changes.is_empty()).then(|| self.engine.made().digest());
        let order = preview.order()?;
        let held_back = order.held_back.iter().map(|held| {
            let name = &preview.changes[held.stack].stack;
            format!("{} of {name} stays until {} no longer read it", held.what, held.readers.join(", "))
        });
        preview.held_back = held_back.collect();
        let waiting: Vec<String> =
            preview.under_readers(&order).map(|under| preview.waits_for_readers(under)).collect();
        preview.notes.extend(waiting);
        let silent = order.along.iter().filter_map(|along| preview.silent(along)).collect::<Vec<_>>();
        preview.notes.extend(silent);
        Ok(preview)
    }
}

impl Work<'_> {
    /// The ids of the stacks that objects of changing stacks were in before.
    fn origins(&self) -> BTreeSet<String> {
        let names = self.preview.changes.iter().map(|set| set.stack.to_string());
        let states = names.filter_map(|name| self.moves.states.get(&name).or_else(|| self.world.states.get(&name)));
        let copies = states.flat_map(|state| state.copies());
        copies.flat_map(|object| &object.origins).map(|origin| origin.stack_id.clone()).collect()
    }
}

fn restricted(sets: &[ChangeSet]) -> Restricted {
    let left = sets.iter().flat_map(|set| set.resources.values()).filter(|change| change.left).count();
    Restricted { targets: sets.iter().map(|set| set.resources.len()).sum::<usize>() - left, left }
}

/// What stands for a state that was compared with a plan and what it reads.
fn idle_at(head: &state::Head, key: Digest) -> Digest {
    let head = serde_json::to_vec(head).unwrap_or_default();
    Digest::of_parts("idle/1", [head.as_slice(), key.as_bytes().as_slice()])
}

/// The outputs that would be others than the published ones.
fn changed_outputs(sets: &[ChangeSet]) -> OutputSet {
    let changed = sets.iter().flat_map(|set| {
        let stack = set.stack.to_string();
        let outputs = set.outputs.iter().filter(|(_, output)| output.changes());
        outputs.map(move |(path, _)| (stack.clone(), path.clone()))
    });
    changed.collect()
}
