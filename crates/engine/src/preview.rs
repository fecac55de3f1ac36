//! Previews: what would be done to the selected stacks, and why. Writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diag::Diagnostics;
use diff::{ChangeSet, Restricted, Targets};
use expr::{Expr, Visit};
use planner::Holders;
use ports::StoreError;
use resource::{Dependency, Plan, Sources, StackName, Urn};
use state::StackState;
use taskgraph::{OutputRead, ResolveRecord};
use value::{Digest, Path};

use crate::lookup::World;
use crate::moves::Moves;
use crate::takers::goes;
use crate::work::Work;
use crate::{Engine, Traces};

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
    /// What may be touched, and what is replaced whatever differs.
    pub targets: Targets,
    /// Stacks that cannot be evaluated or compared are passed over.
    pub keep_going: bool,
}

/// What would be done.
#[derive(Debug, Default)]
pub struct Preview {
    /// Change sets of the stacks that something is done to, in the order of their names.
    pub changes: Vec<ChangeSet>,
    /// The selected stacks, by full name.
    pub selected: BTreeSet<String>,
    /// Stacks that nothing is done to.
    pub unchanged: BTreeSet<String>,
    /// How many of the selected stacks did not have to be evaluated.
    pub cached: usize,
    /// Stacks whose program waits for outputs that are not known yet, with what they wait for.
    pub deferred: BTreeMap<String, BTreeSet<(String, Path)>>,
    /// Stacks that cannot be evaluated or compared and were passed over, with what is wrong.
    pub failed: BTreeMap<String, Diagnostics>,
    /// Stacks that wait for some of these, directly or not.
    pub passed_over: BTreeMap<String, BTreeSet<String>>,
    /// Remarks for people: unapplied changes upstream, stacks to destroy, interrupted runs.
    pub notes: Vec<String>,
    /// Stacks that are in state but no longer in the workspace.
    pub to_destroy: Vec<String>,
    /// Some resources are left alone.
    pub restricted: Option<Restricted>,
    /// Objects that stay until readers elsewhere have moved on: a sentence each.
    pub held_back: Vec<String>,
    /// Stacks that may take over what goes elsewhere: their programs wait for outputs that are not known yet.
    pub(crate) takers: BTreeSet<String>,
    /// What policies say of it.
    pub judgement: policy::Judgement,
    /// Traces of what was evaluated, to be kept for the next run.
    pub traces: Traces,
    /// The stacks whose trace another machine has left.
    pub found: BTreeSet<String>,
    /// The plans of the stacks with changes, for apply.
    pub(crate) plans: BTreeMap<String, Planned>,
    /// Heads and states that it was made from.
    pub(crate) world: World,
    /// What goes over from one stack to another, before any step.
    pub(crate) moves: Moves,
    pub(crate) holders: Holders,
    /// The saved preview that this is what is left of.
    pub(crate) bound: Option<Bound>,
    /// The digest of where it was made.
    pub(crate) surroundings: Option<Digest>,
}

/// What a saved preview lets be done.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    /// Its digest.
    pub digest: Digest,
    /// What it cannot decide: left to the next one.
    pub undecided: BTreeSet<(String, Urn)>,
}

/// A plan with where its parts are declared.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub plan: Option<Arc<Plan>>,
    pub sources: Arc<Sources>,
    pub digest: Digest,
    /// The outputs of other stacks that the program read as plain values.
    pub plain: BTreeSet<(String, Path)>,
    /// The incarnation of what a saved preview makes.
    pub approved: Option<u64>,
}

impl Planned {
    /// Of a stack in which everything is to be deleted.
    pub(crate) fn nothing() -> Self {
        Self {
            plan: None,
            sources: Arc::default(),
            digest: Digest::of("nothing", b""),
            plain: BTreeSet::new(),
            approved: None,
        }
    }
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

impl From<diag::Diagnostic> for PreviewError {
    fn from(problem: diag::Diagnostic) -> Self {
        Self::Problems(problem.into())
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
        self.changes.is_empty() && self.deferred.is_empty() && self.failed.is_empty()
    }

    /// Whether there is more to see once this is applied: programs wait for outputs, or what goes for these programs.
    pub fn waits(&self) -> bool {
        !self.deferred.is_empty() || !self.takers.is_empty()
    }

    /// The plan of a stack with changes.
    pub fn plan(&self, stack: &str) -> Option<&Plan> {
        self.plans.get(stack)?.plan.as_deref()
    }

    /// What stands against applying it, although it can be shown: objects to take over that are not as the programs
    /// say.
    pub fn refused(&self) -> Diagnostics {
        crate::existing::refused(&self.changes)
    }

    /// The digest of that plan.
    pub fn plan_digest(&self, stack: &str) -> Option<Digest> {
        self.plans.get(stack).map(|planned| planned.digest)
    }

    /// What an approval is bound to: all that would be done, where, by which plans, and what is left to a later look.
    /// That of a saved preview is the digest of its file.
    pub fn digest(&self) -> Digest {
        if let Some(bound) = &self.bound {
            return bound.digest;
        }
        let stacks: Vec<(Digest, Option<Digest>)> =
            self.changes.iter().map(|set| (set.digest(), self.plan_digest(&set.stack.to_string()))).collect();
        let waits: Vec<_> = self.deferred.iter().collect();
        let form = (&self.surroundings, stacks, waits, &self.takers, self.restricted);
        // INVARIANT: digests, texts and numbers have a JSON form.
        Digest::of_json("preview/3", &form).unwrap_or_else(|| Digest::of("no preview", b""))
    }
}

impl Engine<'_> {
    /// Previews the selected stacks.
    ///
    /// # Errors
    /// All problems that were found, or that the state cannot be read.
    pub async fn preview(&self, options: &PreviewOptions, traces: &Traces) -> Result<Preview, PreviewError> {
        self.preview_of(options, traces, false).await
    }

    /// The same, after a look at the world, of which nothing is written.
    ///
    /// # Errors
    /// As those of a preview, or that the world cannot be read.
    pub async fn preview_refreshed(&self, options: &PreviewOptions, traces: &Traces) -> Result<Preview, PreviewError> {
        self.preview_of(options, traces, true).await
    }

    async fn preview_of(
        &self,
        options: &PreviewOptions,
        traces: &Traces,
        refresh: bool,
    ) -> Result<Preview, PreviewError> {
        let heads = self.store.heads().await?;
        let heads = heads.into_iter().map(|head| (head.stack.to_string(), head)).collect();
        let mut work = Work::new(self, options, World { heads, ..World::default() });
        work.idle = traces.iter().filter_map(|(name, trace)| Some((name.clone(), trace.idle?))).collect();
        if refresh {
            work.refresh().await?;
        }
        match options.goal {
            Goal::Programs => {
                work.look_up(traces).await?;
                work.go_on().await?;
                work.circles_outside().await?;
                work.refuse_to_lose(traces).await?;
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
                    state: self.state(&name).map(AsRef::as_ref),
                    after: self.plans.get(&name).and_then(|p| p.plan.as_ref()).map_or(&none, |plan| &plan.after),
                }
            })
            .collect();
        planner::plan(&steps, &self.holders)
    }

    /// The steps that may be done, and those that are left to the next preview: what a saved one cannot decide, and
    /// what reads a stack whose program is not evaluated yet, may be taken over by it, may take something over from it,
    /// or makes room while its objects still read what goes.
    pub(crate) fn certain(&self, graph: planner::StepGraph) -> (planner::StepGraph, Vec<planner::StepNode>) {
        let under_readers: BTreeSet<planner::StepNode> =
            self.under_readers(&graph).map(|under| under.step.clone()).collect();
        graph.without(|step| {
            self.is_undecided(step)
                || self.reads_deferred(step)
                || self.may_be_taken(step)
                || self.may_take(step)
                || under_readers.contains(step)
        })
    }

    /// What makes room while stacks read what goes whose programs are not evaluated yet; not what such a program waits
    /// for.
    pub(crate) fn under_readers<'a>(
        &self,
        graph: &'a planner::StepGraph,
    ) -> impl Iterator<Item = &'a planner::UnderReaders> {
        let awaited = |(_, step): &(usize, &planner::StepNode)| {
            let planner::StepKind::Publish(leaf) = &step.kind else { return false };
            let stack = self.changes[step.stack].stack.to_string();
            self.deferred.values().flatten().any(|(of, path)| *of == stack && leaf.touches(path))
        };
        let any = !graph.under_readers.is_empty();
        let awaited = graph.steps.iter().enumerate().filter(|step| any && awaited(step)).map(|(number, _)| number);
        let needed = graph.graph.dependencies(awaited);
        let is_needed = move |step: &planner::StepNode| needed.iter().any(|number| graph.steps[*number] == *step);
        graph.under_readers.iter().filter(move |under| !is_needed(&under.step))
    }

    fn is_undecided(&self, step: &planner::StepNode) -> bool {
        let (Some(bound), planner::StepKind::Apply(urn)) = (&self.bound, &step.kind) else { return false };
        bound.undecided.contains(&(self.changes[step.stack].stack.to_string(), urn.clone()))
    }

    /// Whether a step reads, or waits for, a stack that the next preview evaluates.
    fn reads_deferred(&self, step: &planner::StepNode) -> bool {
        let set = &self.changes[step.stack];
        let Some(plan) = self.plan(&set.stack.to_string()).filter(|_| !self.deferred.is_empty()) else { return false };
        let is_later = |part: &Expr| match part {
            Expr::Output { stack, path, .. } => {
                let pin = self.deferred.contains_key(stack).then(|| set.reads.get(&(stack.clone(), path.clone())));
                pin.flatten().is_some_and(|pin| pin.proposed)
            }
            _ => false,
        };
        let reads = |expr: &Expr| {
            let mut found = false;
            expr.visit(&mut |part| found |= is_later(part));
            found
        };
        let waits = |stack: &StackName| self.deferred.contains_key(&stack.to_string());
        match &step.kind {
            planner::StepKind::Delete(..) => false,
            planner::StepKind::Publish(path) => plan.outputs.get(path).is_some_and(reads),
            planner::StepKind::Apply(urn) => plan.resources.get(urn).is_some_and(|resource| {
                let named = resource.options.depends_on.iter().filter_map(|dependency| match dependency {
                    Dependency::Stack(stack) => Some(stack),
                    Dependency::Resource(_) => None,
                });
                named.chain(&plan.after).any(waits) || resource.expressions().any(reads)
            }),
        }
    }

    /// Whether a step is for a resource that may take over an object of a stack whose program is not known yet.
    fn may_take(&self, step: &planner::StepNode) -> bool {
        let planner::StepKind::Apply(urn) = &step.kind else { return false };
        let stack = self.changes[step.stack].stack.to_string();
        self.moves.waiting.iter().any(|one| one.to == stack && one.name == *urn)
    }

    /// Whether a step deletes what a stack may take over whose program is not known yet.
    fn may_be_taken(&self, step: &planner::StepNode) -> bool {
        let planner::StepKind::Delete(urn, incarnation) = &step.kind else { return false };
        let set = &self.changes[step.stack];
        let live = set.resources.get(urn).is_some_and(|change| change.incarnation == *incarnation);
        let plan = self.plans.get(&set.stack.to_string()).and_then(|planned| planned.plan.as_deref());
        live && !self.takers.is_empty() && plan.is_some_and(|plan| goes(plan, set, urn))
    }

    /// A sentence about what makes room once its readers are known.
    pub(crate) fn waits_for_readers(&self, under: &planner::UnderReaders) -> String {
        let planner::UnderReaders { step, readers } = under;
        let (stack, readers) = (&self.changes[step.stack].stack, readers.join(", "));
        let planner::StepKind::Delete(urn, _) = &step.kind else { return String::new() };
        format!("`{}` of {stack} is replaced once it is known whether {readers} still reads it", urn.name())
    }

    /// A sentence about hooks that do not run, since their object goes with another one.
    pub(crate) fn silent(&self, along: &planner::Along) -> Option<String> {
        let name = self.changes[along.stack].stack.to_string();
        let state = self.state(&name)?;
        let mut objects = state.objects.values().chain(&state.replaced);
        let object = objects.find(|object| object.urn == along.urn && object.incarnation == along.incarnation)?;
        let hooks = !object.kept.delete_hooks.is_empty();
        let (what, with) = (along.urn.name(), along.with.name());
        hooks.then(|| format!("the delete hooks of `{what}` of {name} do not run: it goes with `{with}`"))
    }

    /// The state of a stack that the preview was made from, once objects have moved.
    pub(crate) fn state(&self, stack: &str) -> Option<&Arc<StackState>> {
        self.moves.states.get(stack).or_else(|| self.world.states.get(stack))
    }
}
