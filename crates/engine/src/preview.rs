//! Previews: what would be done to the selected stacks, and why. Writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diag::Diagnostics;
use diff::{ChangeSet, Settings, StackInput, diff};
use plan::Evaluation;
use planner::Holders;
use ports::StoreError;
use resource::{Plan, Sources, StackName};
use state::{StackState, stack_id};
use taskgraph::{OutputRead, ResolveRecord};
use value::{Digest, Path, Value};

use crate::evaluate::{plan_of, waits_for};
use crate::lookup::{EngineLookup, PlainOutputs, Unsettled, World};
use crate::{Engine, StackEntry, Traces};

/// What a preview aims at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// What the programs say.
    Programs,
    /// Nothing: everything is to be deleted.
    Nothing,
}

/// How a preview is made.
#[derive(Debug, Clone)]
pub struct PreviewOptions {
    /// The selected stacks, by full name.
    pub selected: BTreeSet<String>,
    /// What it aims at.
    pub goal: Goal,
}

/// What would be done.
#[derive(Debug, Default)]
pub struct Preview {
    /// Change sets of the stacks that something is done to, in the order of their names.
    pub changes: Vec<ChangeSet>,
    /// Stacks that nothing is done to.
    pub unchanged: BTreeSet<String>,
    /// How many of the selected stacks did not have to be evaluated.
    pub cached: usize,
    /// Stacks whose program waits for outputs that are not known yet, with what they wait for.
    pub deferred: BTreeMap<String, BTreeSet<(String, Path)>>,
    /// Remarks for people: unapplied changes upstream, stacks to destroy, interrupted runs.
    pub notes: Vec<String>,
    /// Stacks that are in state but no longer in the workspace.
    pub to_destroy: Vec<String>,
    /// Objects that stay until readers elsewhere have moved on: a sentence each.
    pub held_back: Vec<String>,
    /// Traces of what was evaluated, to be kept for the next run.
    pub traces: Traces,
    /// The plans of the stacks with changes, for apply.
    pub(crate) plans: BTreeMap<String, Planned>,
    /// Heads and states that it was made from.
    pub(crate) world: World,
    pub(crate) holders: Holders,
    pub(crate) selected: BTreeSet<String>,
}

/// A plan with where its parts are declared.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub plan: Option<Arc<Plan>>,
    pub sources: Arc<Sources>,
    pub digest: Digest,
}

/// Why there is no preview.
#[derive(Debug)]
pub enum PreviewError {
    /// Something is wrong with what the user wrote or selected.
    Problems(Diagnostics),
    /// The state cannot be read.
    Store(StoreError),
}

impl From<StoreError> for PreviewError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Diagnostics> for PreviewError {
    fn from(found: Diagnostics) -> Self {
        Self::Problems(found)
    }
}

impl Preview {
    /// Whether there is nothing to do at all.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.deferred.is_empty()
    }

    /// The plan of a stack with changes.
    pub fn plan(&self, stack: &str) -> Option<&Plan> {
        self.plans.get(stack)?.plan.as_deref()
    }

    /// What the preview stands on: the digest that an approval is bound to.
    pub fn digest(&self) -> Digest {
        let parts: Vec<Vec<u8>> = self.changes.iter().map(|set| serde_json::to_vec(set).unwrap_or_default()).collect();
        Digest::of_parts("preview/1", parts.iter().map(Vec::as_slice))
    }
}

impl Engine<'_> {
    /// Previews the selected stacks.
    ///
    /// # Errors
    /// All problems that were found, or that the state cannot be read.
    pub async fn preview(&self, options: &PreviewOptions, traces: &Traces) -> Result<Preview, PreviewError> {
        let heads = self.store.heads().await?;
        let mut work = Work {
            engine: self,
            options,
            world: World {
                heads: heads.into_iter().map(|head| (head.stack.to_string(), head)).collect(),
                ..World::default()
            },
            planned: BTreeMap::new(),
            clean: BTreeMap::new(),
            deferred: BTreeMap::new(),
            proposed: BTreeMap::new(),
            preview: Preview { selected: options.selected.clone(), ..Preview::default() },
        };
        match options.goal {
            Goal::Programs => {
                work.evaluate(traces).await?;
                work.settle_changes().await?;
                work.notes_on_upstream(traces).await?;
            }
            Goal::Nothing => work.plan_nothing().await?,
        }
        work.finish().await
    }

    /// What stands for "nothing is left to do" of a plan that reads these digests.
    pub(crate) fn resolve_key(&self, plan: Digest, reads: &BTreeMap<(String, Path), Digest>) -> Digest {
        let reads =
            reads.iter().map(|(output, digest)| (output.clone(), OutputRead { digest: *digest, proposed: false }));
        let schemas = self.providers.schemas_digest();
        ResolveRecord { plan, reads: reads.collect(), schemas, profile: self.profile }.digest()
    }
}

struct Work<'a> {
    engine: &'a Engine<'a>,
    options: &'a PreviewOptions,
    world: World,
    planned: BTreeMap<String, Planned>,
    /// Stacks with nothing to do, with the outputs of others that they read.
    clean: BTreeMap<String, BTreeSet<(String, Path)>>,
    deferred: BTreeMap<String, Evaluation>,
    proposed: BTreeMap<String, BTreeMap<Path, (Value, bool)>>,
    preview: Preview,
}

impl Work<'_> {
    fn entries(&self) -> Vec<&StackEntry> {
        self.options.selected.iter().filter_map(|name| self.engine.catalog.get(name)).collect()
    }

    /// Evaluates the selected stacks; those whose trace holds and whose state stands on the same are clean.
    async fn evaluate(&mut self, traces: &Traces) -> Result<(), PreviewError> {
        // Plain reads of stacks outside the selection need their published values.
        let outside: BTreeSet<String> =
            traces.values().flat_map(|t| t.outputs.iter().map(|(s, _)| s.clone())).collect();
        let plain_reads =
            traces.values().any(|trace| trace.record.reads.keys().any(|read| matches!(read, plan::Read::Output(..))));
        if plain_reads {
            self.load(outside.into_iter()).await?;
        }
        let engine = self.engine;
        let entries = self.entries();
        let source =
            PlainOutputs { engine, world: &self.world, selected: &self.options.selected, proposed: &self.proposed };
        let evaluations = engine.evaluate(&entries, traces, &source);
        self.preview.cached = evaluations.cached.len();
        let mut dirty = Vec::new();
        for (name, trace) in evaluations.cached {
            if self.is_settled(&name, trace.plan, &trace.outputs) {
                self.clean.insert(name, trace.outputs);
            } else {
                dirty.push(name);
            }
        }
        let mut found = Diagnostics::new();
        let again: Vec<(String, Evaluation)> = self.evaluate_again(dirty);
        for (name, evaluation) in evaluations.done.into_iter().chain(again) {
            self.take(name, evaluation, &mut found);
        }
        found.into_result(()).map_err(PreviewError::Problems)
    }

    /// Evaluates stacks for their plan, although their trace holds.
    fn evaluate_again(&self, names: Vec<String>) -> Vec<(String, Evaluation)> {
        use rayon::iter::{IntoParallelIterator, ParallelIterator};
        let source = PlainOutputs {
            engine: self.engine,
            world: &self.world,
            selected: &self.options.selected,
            proposed: &self.proposed,
        };
        names
            .into_par_iter()
            .filter_map(|name| {
                let evaluation = self.engine.evaluate_now(self.engine.catalog.get(&name)?, &source);
                Some((name, evaluation))
            })
            .collect()
    }

    /// Sorts an evaluation in: clean, planned, deferred or wrong.
    fn take(&mut self, name: String, evaluation: Evaluation, found: &mut Diagnostics) {
        if let Some(trace) = self.engine.catalog.get(&name).and_then(|entry| self.engine.trace_of(entry, &evaluation)) {
            let settled = self.is_settled(&name, trace.plan, &trace.outputs);
            if settled {
                self.clean.insert(name.clone(), trace.outputs.clone());
            }
            self.preview.traces.insert(name.clone(), trace);
            if settled {
                return;
            }
        }
        match &evaluation.result {
            Err(problems) => found.extend(problems.iter().cloned()),
            Ok(evaluated) => match plan_of(&evaluation) {
                Some(plan) => {
                    let digest = evaluated.digest();
                    if !self.engine.code.contains_key(plan.stack.project())
                        && self.is_settled(&name, digest, &plan.reads())
                    {
                        self.clean.insert(name, plan.reads());
                        return;
                    }
                    let planned =
                        Planned { plan: Some(Arc::new(plan.clone())), sources: Arc::new(evaluation.sources), digest };
                    self.planned.insert(name, planned);
                }
                None => drop(self.deferred.insert(name, evaluation)),
            },
        }
    }

    /// Whether the state was brought to this plan with these published outputs, with nothing left to do.
    fn is_settled(&self, name: &str, plan: Digest, reads: &BTreeSet<(String, Path)>) -> bool {
        let Some(head) = self.world.heads.get(name).filter(|head| head.open.is_none()) else { return false };
        let digest =
            |stack: &str, path: &Path| self.world.digest(self.engine, stack, path).unwrap_or_else(plan::absent);
        let digests = reads.iter().map(|read| (read.clone(), digest(&read.0, &read.1))).collect();
        head.settled == Some(self.engine.resolve_key(plan, &digests))
    }

    /// Loads states that are not loaded yet; stacks without one are left out.
    async fn load(&mut self, names: impl Iterator<Item = String>) -> Result<(), StoreError> {
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

    /// Diffs the planned stacks, until no clean stack reads an output that changes and no deferred one can go on.
    async fn settle_changes(&mut self) -> Result<(), PreviewError> {
        loop {
            let reads: BTreeSet<String> = self
                .planned
                .values()
                .filter_map(|p| p.plan.as_ref())
                .flat_map(|plan| plan.reads().into_iter().map(|(stack, _)| stack))
                .collect();
            self.load(self.planned.keys().cloned().collect::<Vec<_>>().into_iter().chain(reads)).await?;
            let (sets, found) = self.diff();
            found.into_result(()).map_err(PreviewError::Problems)?;
            self.propose(&sets);
            let mut woken = self.woken(&sets);
            let deferred = std::mem::take(&mut self.deferred);
            if woken.is_empty() && deferred.is_empty() {
                self.preview.changes = sets;
                return Ok(());
            }
            for name in &woken {
                self.clean.remove(name);
            }
            let waiting = deferred.len();
            woken.extend(deferred.keys().cloned());
            let count = woken.len() - waiting;
            let mut problems = Diagnostics::new();
            for (name, evaluation) in self.evaluate_again(woken) {
                match (plan_of(&evaluation), &evaluation.result) {
                    (Some(plan), Ok(evaluated)) => {
                        let planned = Planned {
                            plan: Some(Arc::new(plan.clone())),
                            digest: evaluated.digest(),
                            sources: Arc::new(evaluation.sources.clone()),
                        };
                        self.planned.insert(name, planned);
                    }
                    _ => self.take(name, evaluation, &mut problems),
                }
            }
            problems.into_result(()).map_err(PreviewError::Problems)?;
            if count == 0 && self.deferred.len() == waiting {
                // Nobody can go on before something is applied.
                let names: Vec<String> = self.deferred.keys().cloned().collect();
                self.check_deferred_cycle(&names)?;
                self.preview.changes = sets;
                return Ok(());
            }
        }
    }

    /// Deferred stacks that wait for one another alone would wait for ever.
    fn check_deferred_cycle(&self, names: &[String]) -> Result<(), PreviewError> {
        let stuck = |name: &String| {
            waits_for(&self.deferred[name])
                .is_some_and(|waits| waits.iter().all(|(stack, _)| self.deferred.contains_key(stack)))
        };
        if !names.is_empty() && names.iter().all(stuck) {
            let list = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let problem =
                diag::Diagnostic::error("E0304", format!("a cycle of plain reads: {list} wait for one another"))
                    .hint("let one of them use the output symbolically instead of reading its value");
            return Err(PreviewError::Problems(problem.into()));
        }
        Ok(())
    }

    fn diff(&self) -> (Vec<ChangeSet>, Diagnostics) {
        let names: Vec<(&String, StackName, String)> =
            self.planned.keys().map(|name| (name, self.name(name), self.id(name))).collect();
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
                    state: self.world.states.get(*key).map(AsRef::as_ref),
                }
            })
            .collect();
        let lookup = EngineLookup { engine: self.engine, world: &self.world };
        diff(&inputs, &lookup, Settings { ignore_protection: self.engine.ignore_protection })
    }

    fn name(&self, name: &str) -> StackName {
        let known = self.engine.catalog.get(name).map(|entry| entry.name.clone());
        known
            .or_else(|| self.world.heads.get(name).map(|head| head.stack.clone()))
            .unwrap_or_else(|| StackName::new(name, ""))
    }

    fn id(&self, name: &str) -> String {
        match self.world.heads.get(name) {
            Some(head) => head.id.clone(),
            None => stack_id(&self.engine.organisation, &self.name(name), 0),
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

    /// Clean stacks that read an output which changes.
    fn woken(&self, sets: &[ChangeSet]) -> Vec<String> {
        let changed: BTreeMap<String, Vec<&Path>> = sets
            .iter()
            .map(|set| {
                (set.stack.to_string(), set.outputs.iter().filter(|(_, o)| o.changes()).map(|(path, _)| path).collect())
            })
            .collect();
        let reads_changed = |reads: &BTreeSet<(String, Path)>| {
            reads
                .iter()
                .any(|(stack, path)| changed.get(stack).is_some_and(|paths| paths.iter().any(|p| p.touches(path))))
        };
        self.clean.iter().filter(|(_, reads)| reads_changed(reads)).map(|(name, _)| name.clone()).collect()
    }

    /// Says where a stack outside the selection would give another value than the published one.
    async fn notes_on_upstream(&mut self, traces: &Traces) -> Result<(), PreviewError> {
        let mut reads: BTreeMap<String, BTreeSet<Path>> = BTreeMap::new();
        let changing = self.preview.changes.iter().flat_map(|set| set.reads.keys());
        let outside =
            changing.chain(self.clean.values().flatten()).filter(|(stack, _)| !self.options.selected.contains(stack));
        for (stack, path) in outside {
            reads.entry(stack.clone()).or_default().insert(path.clone());
        }
        for (name, paths) in reads {
            let Some(entry) = self.engine.catalog.get(&name) else { continue };
            if self.is_as_published(entry, traces) {
                continue;
            }
            let source = PlainOutputs {
                engine: self.engine,
                world: &self.world,
                selected: &self.options.selected,
                proposed: &self.proposed,
            };
            let evaluation = self.engine.evaluate_now(entry, &source);
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
            };
            let lookup = EngineLookup { engine: self.engine, world: &self.world };
            let (sets, _) = diff(&[input], &lookup, Settings { ignore_protection: true });
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
        let source = PlainOutputs {
            engine: self.engine,
            world: &self.world,
            selected: &self.options.selected,
            proposed: &self.proposed,
        };
        let trace = self.engine.trace_that_holds(entry, traces, &source);
        trace.is_some_and(|trace| self.is_settled(&entry.name.to_string(), trace.plan, &trace.outputs))
    }

    /// Everything in the selected stacks is to be deleted, from state alone.
    async fn plan_nothing(&mut self) -> Result<(), PreviewError> {
        let names: Vec<String> =
            self.options.selected.iter().filter(|name| self.world.heads.contains_key(*name)).cloned().collect();
        self.load(names.clone().into_iter()).await?;
        for name in names {
            let planned = Planned { plan: None, sources: Arc::default(), digest: Digest::of("nothing", b"") };
            self.planned.insert(name, planned);
        }
        let (sets, found) = self.diff();
        found.into_result(()).map_err(PreviewError::Problems)?;
        self.preview.changes = sets;
        Ok(())
    }

    /// Takes out what has nothing to do, orders the steps once to see what stands against them, and adds remarks.
    async fn finish(mut self) -> Result<Preview, PreviewError> {
        let readers: Vec<String> = self
            .world
            .heads
            .values()
            .filter(|head| !head.reads_from.is_empty())
            .map(|head| head.stack.to_string())
            .collect();
        let withdraws = |set: &ChangeSet| set.outputs.values().any(|output| output.value.is_none());
        let deletes = |set: &ChangeSet| set.counts().delete + set.counts().replace > 0 || withdraws(set);
        let deletes = self.preview.changes.iter().any(deletes);
        if deletes {
            self.load(readers.into_iter()).await?;
            self.world.states.values().for_each(|state| self.preview.holders.add(state));
            self.preview.holders.select(self.options.selected.iter().cloned());
        }
        let mut preview = self.preview;
        let sets = std::mem::take(&mut preview.changes);
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
        preview.unchanged.extend(self.clean.into_keys());
        for (name, evaluation) in &self.deferred {
            if let Some(waits) = waits_for(evaluation) {
                preview.deferred.insert(name.clone(), waits.clone());
            }
        }
        preview.to_destroy = self
            .world
            .heads
            .values()
            .filter(|head| head.objects > 0 && self.engine.catalog.get(&head.stack.to_string()).is_none())
            .map(|head| head.stack.to_string())
            .collect();
        preview.plans = self.planned;
        preview.world = self.world;
        preview.held_back = preview
            .order()?
            .held_back
            .iter()
            .map(|held| {
                let name = &preview.changes[held.stack].stack;
                format!(
                    "the old `{}` of {name} stays until {} no longer read it",
                    held.urn.name(),
                    held.readers.join(", ")
                )
            })
            .collect();
        Ok(preview)
    }
}

impl Preview {
    /// The steps.
    pub(crate) fn order(&self) -> Result<planner::StepGraph, Diagnostics> {
        let none = BTreeSet::new();
        let steps: Vec<planner::StackSteps<'_>> = self
            .changes
            .iter()
            .map(|changes| {
                let name = changes.stack.to_string();
                planner::StackSteps {
                    changes,
                    state: self.world.states.get(&name).map(AsRef::as_ref),
                    after: self.plans.get(&name).and_then(|p| p.plan.as_ref()).map_or(&none, |plan| &plan.after),
                }
            })
            .collect();
        planner::plan(&steps, &self.holders)
    }

    /// The state of a stack that the preview was made from.
    pub(crate) fn state(&self, stack: &str) -> Option<&Arc<StackState>> {
        self.world.states.get(stack)
    }
}
