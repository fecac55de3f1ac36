//! Objects that programs take over from other stacks: which ones, and what the states are once they are moved.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diag::{Diagnostic, Diagnostics};
use diff::{ChangeSet, Targets};
use resource::{Plan, StackName, Urn};
use serde::{Deserialize, Serialize};
use state::{Entry, StackState};

use crate::Engine;
use crate::lookup::World;
use crate::preview::{Planned, PreviewError};
use crate::work::Work;

/// An object that goes over from one stack to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Move {
    /// The full name of the stack that has it.
    pub from: String,
    /// Its name there.
    pub urn: Urn,
    /// The full name of the stack that takes it.
    pub to: String,
    /// Its name there.
    pub name: Urn,
}

/// What a set of moves writes, by stack. Each phase is durable in all stacks before the next one begins.
#[derive(Debug, Default)]
pub(crate) struct Phases {
    pub leaving: BTreeMap<String, Vec<Entry>>,
    pub arriving: BTreeMap<String, Vec<Entry>>,
    pub left: BTreeMap<String, Vec<Entry>>,
}

/// The moves of a preview.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moves {
    pub all: BTreeSet<Move>,
    /// The states of their stacks, as they are after them.
    pub states: BTreeMap<String, Arc<StackState>>,
    /// Those that targets leave for a later run.
    pub skipped: BTreeSet<Move>,
    /// Remarks for people.
    pub notes: Vec<String>,
    /// Those that cannot be judged before the program of the first stack has been evaluated.
    pub waiting: BTreeSet<Move>,
}

/// What becomes of a move.
enum Fate {
    /// The object moves.
    Moves,
    /// That is known when the first stack's program is.
    Waits,
    /// It cannot move.
    Refused(Box<Diagnostic>),
}

/// What a plan takes over from other stacks, if it is there.
pub(crate) fn takes(plan: &Plan) -> BTreeSet<Move> {
    let aliases = plan.resources.iter().flat_map(|(urn, resource)| {
        let elsewhere = resource.options.aliases.iter().filter_map(|alias| Some((alias.stack.as_ref()?, &alias.urn)));
        elsewhere.filter(|(stack, _)| **stack != plan.stack).map(move |(stack, earlier)| (stack, earlier, urn))
    });
    let one = |(stack, earlier, urn): (&StackName, &Urn, &Urn)| Move {
        from: stack.to_string(),
        urn: earlier.clone(),
        to: plan.stack.to_string(),
        name: urn.clone(),
    };
    aliases.map(one).collect()
}

/// Moves objects between states; gives what brings that about in the journals.
pub(crate) fn carry_over(moves: &BTreeSet<Move>, states: &mut BTreeMap<String, StackState>) -> Phases {
    let mut pairs: BTreeMap<(&String, &String), BTreeMap<Urn, Urn>> = BTreeMap::new();
    for Move { from, urn, to, name } in moves {
        pairs.entry((from, to)).or_default().insert(urn.clone(), name.clone());
    }
    let mut phases = Phases::default();
    for ((from, to), names) in pairs {
        let (Some(source), Some(target)) = (states.get(from), states.get(to)) else { continue };
        let entries = source.hand_over(target, &names);
        let mut apply = |stack: &String, list: Vec<Entry>, phase: &mut BTreeMap<String, Vec<Entry>>| {
            if let Some(state) = states.get_mut(stack) {
                list.iter().for_each(|entry| state.apply(entry));
            }
            phase.entry(stack.clone()).or_default().extend(list);
        };
        apply(from, entries.leaving, &mut phases.leaving);
        apply(to, entries.arriving, &mut phases.arriving);
        apply(from, entries.left, &mut phases.left);
    }
    phases
}

/// What is known when moves are decided on.
struct Deciding<'a> {
    engine: &'a Engine<'a>,
    selected: &'a BTreeSet<String>,
    /// The stacks that are compared.
    compared: &'a BTreeSet<String>,
    planned: &'a BTreeMap<String, Planned>,
    /// The selected stacks that are known to have nothing to do.
    clean: BTreeSet<&'a String>,
    world: &'a World,
    found: Diagnostics,
    result: Moves,
    /// The resource that takes an object over, by the object's stack and name.
    taken: BTreeMap<(String, Urn), (String, Urn)>,
}

impl Work<'_> {
    /// Loads the states that moves of these stacks are about.
    pub(crate) async fn load_for_moves(&mut self, names: &BTreeSet<String>) -> Result<(), PreviewError> {
        let plans = names.iter().filter_map(|name| self.planned[name].plan.as_ref());
        let sources: Vec<String> = plans.flat_map(|plan| takes(plan)).map(|one| one.from).collect();
        let states = names.iter().filter_map(|name| self.world.states.get(name));
        let ids: BTreeSet<&String> =
            states.flat_map(|state| state.leaving.values()).map(|leaving| &leaving.to).collect();
        let heads = self.world.heads.values().filter(|head| ids.contains(&head.id));
        let targets: Vec<String> = heads.map(|head| head.stack.to_string()).collect();
        Ok(self.load(sources.into_iter().chain(targets)).await?)
    }

    /// Decides what moves between stacks, of which these are compared; some stay where they are whatever targets say of
    /// them by their words.
    pub(crate) fn decide_moves(&self, compared: &BTreeSet<String>, staying: &BTreeSet<Move>) -> (Moves, Diagnostics) {
        let mut deciding = Deciding {
            engine: self.engine,
            selected: &self.options.selected,
            compared,
            planned: &self.planned,
            clean: self.rounds.clean().map(|(stack, _)| stack).collect(),
            world: &self.world,
            found: Diagnostics::new(),
            result: Moves::default(),
            taken: BTreeMap::new(),
        };
        deciding.drop_what_has_arrived();
        for name in compared {
            if let Some(plan) = &self.planned[name].plan {
                deciding.takes_of(name, plan);
            }
        }
        let Moves { all: moves, skipped, states, .. } = &mut deciding.result;
        let touches = |stack: &str, urn: &Urn| touches(&self.options.targets, &self.name(stack), urn);
        let goes = |one: &Move| touches(&one.to, &one.name) && !staying.contains(one);
        let (now, later) = std::mem::take(moves).into_iter().partition(goes);
        (*moves, *skipped) = (now, later);
        if self.options.targets.exactly.is_none() {
            let half = moves.iter().filter(|one| !touches(&one.from, &one.urn));
            half.chain(skipped.difference(staying).filter(|one| touches(&one.from, &one.urn)))
                .for_each(|one| deciding.found.push(half_targeted(one)));
        }
        let mut involved: BTreeMap<String, StackState> = BTreeMap::new();
        for stack in moves.iter().flat_map(|one| [&one.from, &one.to]) {
            let known = states.get(stack).or_else(|| self.world.states.get(stack));
            let state =
                known.map_or_else(|| StackState::new(self.id(stack), self.name(stack)), |state| (**state).clone());
            involved.insert(stack.clone(), state);
        }
        carry_over(moves, &mut involved);
        states.extend(involved.into_iter().map(|(name, state)| (name, Arc::new(state))));
        (deciding.result, deciding.found)
    }
}

impl World {
    /// A state as it is once hand-overs that were interrupted are ended: without the objects that have arrived in
    /// another stack, as far as that is loaded.
    pub(crate) fn without_what_has_arrived(&self, state: &StackState) -> Option<StackState> {
        let target = |to: &String| self.states.values().find(|target| target.id == *to);
        let arrived = state
            .leaving
            .iter()
            .filter(|(urn, leaving)| target(&leaving.to).is_some_and(|target| target.has_arrived(state, urn)));
        let left: Vec<Entry> = arrived.map(|(urn, _)| Entry::Left { urn: urn.clone() }).collect();
        (!left.is_empty()).then(|| {
            let mut state = state.clone();
            left.iter().for_each(|entry| state.apply(entry));
            state
        })
    }
}

impl Deciding<'_> {
    fn state(&self, stack: &str) -> Option<&Arc<StackState>> {
        self.result.states.get(stack).or_else(|| self.world.states.get(stack))
    }

    /// Objects whose hand-over was interrupted belong to the stack that they have arrived in.
    fn drop_what_has_arrived(&mut self) {
        let states = self.compared.iter().filter_map(|name| Some((name, self.world.states.get(name)?)));
        for (name, state) in states {
            if let Some(left) = self.world.without_what_has_arrived(state) {
                self.result.states.insert(name.clone(), Arc::new(left));
            }
        }
    }

    /// What the resources of a stack take over.
    fn takes_of(&mut self, stack: &str, plan: &Plan) {
        for (urn, resource) in &plan.resources {
            let elsewhere = resource.options.aliases.iter().filter(|alias| alias.stack.as_ref() != Some(&plan.stack));
            let mut earlier = elsewhere.filter_map(|alias| Some((alias.stack.as_ref()?.to_string(), &alias.urn)));
            let there =
                |(from, urn): &(String, &Urn)| self.state(from).is_some_and(|state| state.objects.contains_key(*urn));
            let Some((from, earlier)) = earlier.find(there) else { continue };
            if self.has_own(stack, plan, urn) {
                if self.compared.contains(&from) && !self.declares(&from, earlier) {
                    self.result.notes.push(format!(
                        "`{}` of {stack} has an object already, so `{}` of {from} does not move there",
                        urn.name(),
                        earlier.name()
                    ));
                }
                continue;
            }
            let one = Move { from, urn: earlier.clone(), to: stack.to_owned(), name: urn.clone() };
            match self.fate(&one) {
                Fate::Moves => drop(self.result.all.insert(one)),
                Fate::Waits => {
                    let (taker, object) = (urn.name(), earlier.name());
                    let from = &one.from;
                    let note = format!(
                        "`{taker}` of {stack} waits until it is known whether {from} still declares `{object}`"
                    );
                    self.result.notes.push(note);
                    self.result.waiting.insert(one);
                }
                Fate::Refused(problem) => {
                    let source = self.planned[stack].sources.resources.get(urn).cloned();
                    self.found.push(problem.at_opt(source));
                }
            }
        }
    }

    /// Whether a resource has an object in its own stack, under its name or an earlier one.
    fn has_own(&self, stack: &str, plan: &Plan, urn: &Urn) -> bool {
        let Some(state) = self.state(stack) else { return false };
        let own = plan.resources[urn].options.aliases.iter();
        let own =
            own.filter(|alias| alias.stack.as_ref().is_none_or(|stack| *stack == plan.stack)).map(|alias| &alias.urn);
        let mut names = std::iter::once(urn).chain(own.filter(|earlier| !plan.resources.contains_key(*earlier)));
        names.any(|name| state.objects.contains_key(name))
    }

    fn declares(&self, stack: &str, urn: &Urn) -> bool {
        let plan = self.planned.get(stack).and_then(|planned| planned.plan.as_ref());
        plan.is_some_and(|plan| plan.resources.contains_key(urn))
    }

    /// Whether an object moves.
    fn fate(&mut self, one: &Move) -> Fate {
        let Move { from, urn, to, name } = one;
        let (object, taker) = (format!("`{}` of `{from}`", urn.name()), format!("`{}` of `{to}`", name.name()));
        let refused = |problem: Diagnostic| Fate::Refused(Box::new(problem));
        if !self.selected.contains(from) {
            let problem = Diagnostic::error("E0440", format!("{taker} takes over {object}, which is not selected"));
            return refused(match self.engine.catalog.get(from) {
                Some(_) => problem.hint(format!("select both: `runner up {from} {to}`")),
                None => problem
                    .note(format!("`{from}` is no longer a stack of this workspace"))
                    .hint(format!("move it by hand: `runner state mv {from} '{urn}' {to} '{name}'`")),
            });
        }
        if self.declares(from, urn) || self.clean.contains(from) {
            let place = self.planned.get(from).and_then(|planned| planned.sources.resources.get(urn));
            let problem =
                Diagnostic::error("E0441", format!("{taker} takes over {object}, which is still declared there"));
            let problem = match place {
                Some(place) => problem.related(place.clone(), format!("{object} is declared here")),
                None => problem,
            };
            return refused(problem.hint("take one of the two away"));
        }
        if !self.compared.contains(from) {
            return Fate::Waits;
        }
        let renamed = self.planned[from].plan.as_ref().and_then(|plan| {
            let takes = |resource: &resource::Resource| {
                resource
                    .options
                    .aliases
                    .iter()
                    .any(|alias| alias.urn == *urn && alias.stack.as_ref().is_none_or(|s| *s == plan.stack))
            };
            let new = |name: &&Urn| !self.state(from).is_some_and(|state| state.objects.contains_key(*name));
            plan.resources.iter().filter(|(_, resource)| takes(resource)).map(|(name, _)| name).find(new)
        });
        let first = match renamed {
            Some(renamed) => Some((from.clone(), renamed.clone())),
            None => self.taken.insert((from.clone(), urn.clone()), (to.clone(), name.clone())),
        };
        first.map_or(Fate::Moves, |(stack, first)| {
            let message = format!("`{}` of `{stack}` and {taker} both take over {object}", first.name());
            refused(Diagnostic::error("E0444", message).hint("leave the earlier name with one of them"))
        })
    }
}

/// Whether targets, taken by their words, let a resource be touched.
fn touches(targets: &Targets, stack: &StackName, urn: &Urn) -> bool {
    if let Some(exactly) = &targets.exactly {
        return exactly.touched.as_ref().is_none_or(|touched| touched.contains(&(stack.clone(), urn.clone())));
    }
    let fits = |patterns: &[diff::Pattern]| patterns.iter().any(|pattern| pattern.fits(stack, urn));
    (targets.only.is_empty() || fits(&targets.only)) && !fits(&targets.except)
}

fn half_targeted(one: &Move) -> Diagnostic {
    let Move { from, urn, to, name } = one;
    let message = format!("`{}` moves from `{from}` to `{to}`, and the targets mean only one of its ends", name.name());
    let both = format!("name both: `--target {from}:{} --target {to}:{}`, or neither", urn.name(), name.name());
    Diagnostic::error("E0547", message).hint(both)
}

impl Moves {
    /// Moves of what is left alone, since it depends on something that is.
    pub(crate) fn left_alone(&self, sets: &[ChangeSet]) -> BTreeSet<Move> {
        let left = |one: &&Move| {
            let set = sets.iter().find(|set| set.stack.to_string() == one.to);
            set.and_then(|set| set.resources.get(&one.name)).is_some_and(|change| change.left)
        };
        self.all.iter().filter(left).cloned().collect()
    }

    /// Moves that are left for later although one of their ends would be touched.
    pub(crate) fn half_skipped(&self, sets: &[ChangeSet]) -> Diagnostics {
        let touched = |stack: &str, urn: &Urn| {
            let set = sets.iter().find(|set| set.stack.to_string() == stack);
            set.and_then(|set| set.resources.get(urn)).is_some_and(|change| !change.left && !change.is_nothing())
        };
        let half = self.skipped.iter().filter(|one| touched(&one.from, &one.urn) || touched(&one.to, &one.name));
        half.map(half_targeted).collect()
    }
}

/// Says in change sets what moves between their stacks.
pub(crate) fn mark(moves: &BTreeSet<Move>, sets: &mut [ChangeSet]) {
    let names: BTreeMap<String, StackName> =
        sets.iter().map(|set| (set.stack.to_string(), set.stack.clone())).collect();
    for Move { from, urn, to, name } in moves {
        for set in &mut *sets {
            let stack = set.stack.to_string();
            if stack == *to
                && let Some(change) = set.resources.get_mut(name)
                && let Some(from) = names.get(from)
            {
                change.moved_from = Some(Box::new((from.clone(), urn.clone())));
            }
            if stack == *from
                && let Some(to) = names.get(to)
            {
                set.leaving.insert(urn.clone(), (to.clone(), name.clone()));
            }
        }
    }
}
