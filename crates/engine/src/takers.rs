//! What goes, and who may take it over: nothing is deleted that a program may lay claim to.
//!
//! A program says what it takes over only once it has been evaluated. So what a stack no longer declares stays until
//! every other program is known: as long as one waits for outputs of this run it stays for the next round; where one
//! cannot be evaluated, or takes it over and is not selected, nothing is begun.

use std::collections::{BTreeMap, BTreeSet};

use diag::{Diagnostic, Diagnostics};
use diff::{Action, ChangeSet};
use resource::{Evaluated, Plan, Urn};

use crate::moves::{Move, takes};
use crate::preview::PreviewError;
use crate::work::Work;
use crate::{StackEntry, Traces};

/// Whether the record of an object goes because its stack's program no longer declares it.
pub(crate) fn goes(plan: &Plan, set: &ChangeSet, urn: &Urn) -> bool {
    let given_up = !plan.resources.contains_key(urn) && !plan.forget.contains(urn);
    let action = set.resources.get(urn).map(|change| change.action);
    given_up && matches!(action, Some(Action::Delete | Action::Forget))
}

/// What the programs of stacks outside the selection say of objects that go.
#[derive(Default)]
struct Claims {
    known: BTreeSet<Move>,
    /// Programs that cannot be evaluated, each with a reason.
    unknown: BTreeMap<String, String>,
    /// Programs that wait for what this run brings about.
    waiting: BTreeSet<String>,
}

impl Work<'_> {
    /// The selected stacks whose programs are not known yet, and those outside that have been asked.
    pub(crate) fn takers(&self) -> BTreeSet<String> {
        self.world.deferred.iter().chain(&self.preview.takers).cloned().collect()
    }

    /// Sees to it that nothing is deleted that another stack takes over, or may take over.
    ///
    /// # Errors
    /// What a stack outside the selection takes over, and what nobody can tell about.
    pub(crate) async fn refuse_to_lose(&mut self, traces: &Traces) -> Result<(), PreviewError> {
        let losing = self.losing();
        if losing.is_empty() {
            return Ok(());
        }
        let Claims { known, unknown, waiting } = self.claims_outside(traces).await?;
        let mut takers = self.takers();
        takers.extend(waiting);
        if !takers.is_empty() {
            self.preview.notes.push(waits(&losing, &takers));
        }
        self.preview.takers = takers;
        let claimed = |one: &Move| losing.contains(&(one.from.clone(), one.urn.clone()));
        let known: Vec<Move> = known.into_iter().filter(claimed).collect();
        self.load(known.iter().map(|one| one.to.clone()).collect::<Vec<_>>()).await?;
        let mut found = Diagnostics::new();
        for Move { from, urn, to, name } in &known {
            // What has an object of its own takes over nothing.
            if !self.world.states.get(to).is_some_and(|state| state.objects.contains_key(name)) {
                let message = format!("`{}` of `{from}` moves to `{to}`, which is not selected", urn.name());
                found.push(Diagnostic::error("E0442", message).hint(format!("select both: `runner up {from} {to}`")));
            }
        }
        if !unknown.is_empty() {
            found.push(nobody_can_tell(&losing, &unknown));
        }
        found.into_result(()).map_err(PreviewError::Problems)
    }

    /// What goes because no program declares it any more.
    fn losing(&self) -> BTreeSet<(String, Urn)> {
        let mut losing = BTreeSet::new();
        for set in &self.preview.changes {
            let name = set.stack.to_string();
            let Some(plan) = self.planned.get(&name).and_then(|planned| planned.plan.as_deref()) else { continue };
            let gone = set.resources.keys().filter(|urn| goes(plan, set, urn));
            losing.extend(gone.map(|urn| (name.clone(), urn.clone())));
        }
        losing
    }

    fn has_a_say(&self, stack: &str) -> bool {
        let default = self.engine.catalog.get(stack).is_some_and(|entry| entry.default);
        default || self.world.heads.contains_key(stack)
    }

    async fn claims_outside(&mut self, traces: &Traces) -> Result<Claims, PreviewError> {
        let catalog = &self.engine.catalog;
        let names = catalog.stacks().map(|entry| entry.name.to_string());
        let mut asked: BTreeSet<String> = names.filter(|name| !self.options.selected.contains(name)).collect();
        let mut claims = Claims::default();
        while !asked.is_empty() {
            let entries: Vec<&StackEntry> = asked.iter().filter_map(|name| catalog.get(name)).collect();
            let moving = self.moving();
            let evaluations = {
                let outputs = self.plain_outputs(&moving);
                self.engine.evaluate(&entries, traces, &outputs, &outputs)
            };
            claims.known.extend(evaluations.cached.into_values().flat_map(|trace| trace.takes.iter().cloned()));
            let mut waiting: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for (name, evaluation) in evaluations.done {
                let trace = catalog.get(&name).and_then(|entry| self.engine.trace_of(entry, &evaluation));
                self.preview.traces.extend(trace.map(|trace| (name.clone(), trace)));
                match evaluation.result {
                    Ok(Evaluated::Plan(plan)) => claims.known.extend(takes(&plan)),
                    Ok(Evaluated::Deferred { waits_for, .. }) => {
                        drop(waiting.insert(name, waits_for.into_iter().map(|(stack, _)| stack).collect()));
                    }
                    // One that nobody has applied, and that is not among those that everybody applies, has no say yet.
                    Err(_) if !self.has_a_say(&name) => {}
                    Err(found) => {
                        let reason = found.into_iter().next().map(|problem| problem.message).unwrap_or_default();
                        claims.unknown.insert(name, reason);
                    }
                }
            }
            // What was published is there for whoever waits for a stack that nobody has looked at yet.
            let to_load: BTreeSet<String> =
                waiting.values().flatten().filter(|stack| self.world.is_to_load(stack)).cloned().collect();
            let again = |needs: &BTreeSet<String>| !needs.is_disjoint(&to_load);
            asked = waiting.iter().filter(|(_, needs)| again(needs)).map(|(name, _)| name.clone()).collect();
            claims.waiting.extend(waiting.into_keys().filter(|name| !asked.contains(name)));
            self.load(to_load).await?;
        }
        Ok(claims)
    }
}

/// A sentence about what stays for now.
fn waits(losing: &BTreeSet<(String, Urn)>, takers: &BTreeSet<String>) -> String {
    let (what, stays) = (list(losing.iter().map(what)), if losing.len() == 1 { "stays" } else { "stay" });
    let takers = list(takers.iter().map(|name| format!("`{name}`")));
    format!("{what} {stays} until it is known whether {takers} takes over any of that")
}

fn nobody_can_tell(losing: &BTreeSet<(String, Urn)>, unknown: &BTreeMap<String, String>) -> Diagnostic {
    let message = format!("{} would be deleted, and may be taken over elsewhere", list(losing.iter().map(what)));
    let problem = unknown.iter().fold(Diagnostic::error("E0460", message), |problem, (stack, reason)| {
        problem.note(format!("what `{stack}` takes over is not known: {reason}"))
    });
    let problem = problem.hint("mend these programs; they need not be selected for that");
    losing.iter().take(1).fold(problem, |problem, (stack, urn)| {
        problem.hint(format!("or delete by name: `runner destroy {stack} --target '{}'`", urn.name()))
    })
}

fn what((stack, urn): &(String, Urn)) -> String {
    format!("`{}` of `{stack}`", urn.name())
}

/// The first few, and how many more there are.
fn list(words: impl ExactSizeIterator<Item = String>) -> String {
    const SHOWN: usize = 3;
    let more = words.len().saturating_sub(SHOWN);
    let shown = words.take(SHOWN).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}
