//! Damaged states: what is wrong with them, and what is put in their place.

use std::collections::{BTreeMap, BTreeSet};

use diag::{Diagnostic, Diagnostics};
use ports::{Examined, Lost, Run};
use resource::{StackName, Urn};
use state::{Action, Entry, Intent, Object, StackState, stack_id};

use crate::apply::run_id;
use crate::{Engine, Stopped};

/// What a repair comes to.
#[derive(Debug)]
pub struct Repair {
    /// What is wrong, what changes, what is lost and how to bring it back: a sentence each.
    pub says: Vec<String>,
    examined: Examined,
    state: StackState,
}

impl Engine<'_> {
    /// Everything that is wrong with the states of stacks. Reads all of the store, and writes nothing.
    pub fn verify(&self, examined: &[Examined], selected: &BTreeSet<String>) -> Diagnostics {
        let ids: BTreeSet<&str> = examined.iter().filter_map(|stack| Some(stack.state.as_ref()?.id.as_str())).collect();
        let mut found = Diagnostics::new();
        for stack in examined.iter().filter(|stack| selected.contains(&stack.stack)) {
            found.extend(damage(stack));
            let Some(state) = &stack.state else { continue };
            found.extend(untidy(state));
            found.extend(reads_of_nobody(state, &ids));
            for intent in state.dangling.values() {
                let message = format!("`{}`: a step on `{}` was interrupted", state.name, intent.urn.name());
                found.push(Diagnostic::warning("E0505", message).hint("the next `runner up` settles it"));
            }
        }
        found
    }

    /// Finds out what would make the state of a stack whole; `None` if it is. Writes nothing.
    ///
    /// # Errors
    /// If the store cannot be read, or has no such stack.
    pub async fn prepare_repair(&self, stack: &str) -> Result<Option<Repair>, Stopped> {
        let all = self.store.examine().await?;
        let Some(examined) = all.into_iter().find(|examined| examined.stack == stack) else {
            let problem = Diagnostic::error("E0585", format!("`{stack}` has no state"));
            return Err(problem.hint("it was never applied").into());
        };
        let mut state = examined.state.clone().unwrap_or_else(|| StackState::new(String::new(), self.named(stack)));
        if state.id.is_empty() {
            state.name = self.named(stack);
            state.id = stack_id(&self.organisation, &state.name, 0);
        }
        let now = examined.damage.iter().filter(|damage| !damage.past);
        let mut says: Vec<String> = now.map(|damage| format!("`{}` {}", damage.place, damage.what)).collect();
        let damaged = !says.is_empty();
        take_up(&examined.lost, &mut state);
        let mended = state.mend();
        if !damaged && mended.is_empty() {
            return Ok(None);
        }
        if damaged {
            says.push(told(&examined, &state));
        }
        says.extend(mended);
        says.extend(lost(&examined.lost, &state));
        if !state.verify().is_empty() {
            let problem = Diagnostic::error("E0504", format!("the state of `{stack}` cannot be made whole"));
            let problem = state.verify().iter().fold(problem, |problem, broken| problem.note(broken.to_string()));
            return Err(problem.hint("take the version that wrote it, or a newer one").into());
        }
        Ok(Some(Repair { says, examined, state }))
    }

    /// Does what was prepared: adds one generation, and leaves what is damaged where it is.
    ///
    /// # Errors
    /// If the stack is held, or has moved since.
    pub async fn repair(&self, repair: Repair) -> Result<(), Stopped> {
        let run = Run { id: run_id(), command: "state repair".to_owned() };
        self.store.restore(&run, &repair.examined, &repair.state).await?;
        Ok(())
    }

    fn named(&self, stack: &str) -> StackName {
        let entry = self.catalog.get(stack).map(|entry| entry.name.clone());
        let split = || stack.rsplit_once('.').map(|(project, short)| StackName::new(project, short));
        entry.or_else(split).unwrap_or_else(|| StackName::new(stack, ""))
    }
}

/// What of the files of a stack is not as it was written.
fn damage(examined: &Examined) -> Diagnostics {
    let stack = &examined.stack;
    let say = |damage: &ports::Damage| {
        let message = format!("`{stack}`: `{}` {}", damage.place, damage.what);
        if damage.past {
            return Diagnostic::warning("E0581", message)
                .note("what the stack holds now does not need it; it goes with the generations before it");
        }
        Diagnostic::error("E0580", message).hint(format!("`runner state repair {stack}`"))
    };
    examined.damage.iter().map(say).collect()
}

/// What of a state cannot be, or means nothing any more.
fn untidy(state: &StackState) -> Diagnostics {
    let hint = format!("`runner state repair {}`", state.name);
    let broken =
        state.verify().into_iter().map(|broken| Diagnostic::error("E0504", format!("`{}`: {broken}", state.name)));
    let loose =
        state.loose_ends().into_iter().map(|end| Diagnostic::warning("E0582", format!("`{}`: {end}", state.name)));
    broken.chain(loose).map(|problem| problem.hint(hint.clone())).collect()
}

/// Objects that were applied with outputs of stacks of which there is no state.
fn reads_of_nobody(state: &StackState, ids: &BTreeSet<&str>) -> Diagnostics {
    let mut found = Diagnostics::new();
    for object in state.copies() {
        let nobody =
            object.read.iter().filter(|read| read.stack_id != "foreign" && !ids.contains(read.stack_id.as_str()));
        for read in nobody {
            let message = format!(
                "`{}`: `{}` was applied with `{}` of `{}`, of which there is no state",
                state.name, object.urn, read.path, read.stack
            );
            let hint =
                format!("restore that state from a copy, or let the program read another: `runner up {}`", state.name);
            found.push(Diagnostic::warning("E0583", message).hint(hint));
        }
    }
    found
}

/// What is left of a damaged state.
fn told(examined: &Examined, state: &StackState) -> String {
    let objects = state.objects.len() + state.replaced.len();
    match (&examined.state, examined.lost.len()) {
        (None, _) => "nothing can be told of it: its state begins empty".to_owned(),
        (Some(_), 0) => format!("all of it can be told from what is whole: {objects} objects, nothing is lost"),
        (Some(_), lost) => format!("{objects} objects can be told for sure; {lost} entries were written after that"),
    }
}

/// Takes up the steps that were begun after the state that can be told: the next run finds out what became of them, as
/// it does after a crash.
fn take_up(lost: &[Lost], state: &mut StackState) {
    for (position, intent) in begun(lost) {
        let mut intent = intent.clone();
        // What it hangs on may be lost, too; the next run writes down anew what its object depends on.
        intent.request.dependencies.retain(|urn| state.has(urn));
        if intent.request.kept.deleted_with.as_ref().is_some_and(|urn| !state.has(urn)) {
            intent.request.kept.deleted_with = None;
            intent.request.kept.deleted_with_incarnation = None;
        }
        state.last_incarnation = state.last_incarnation.max(intent.incarnation);
        state.dangling.insert(position, intent);
    }
}

/// The steps that were begun in what is lost, and whose objects nobody gave up, forgot, renamed or moved after that, for
/// all that can be read: an object that is another stack's by now must not be found here, and then deleted.
fn begun(lost: &[Lost]) -> BTreeMap<u64, &Intent> {
    let mut begun: BTreeMap<u64, &Intent> = BTreeMap::new();
    let mut next = None;
    for Lost { entry, .. } in lost {
        let position = entry.as_ref().map(|(position, _)| *position);
        if next.is_some_and(|next| Some(next) != position) {
            begun.clear();
        }
        next = position.map(|position| position + 1);
        match entry {
            None | Some((_, Entry::Imported { .. })) => begun.clear(),
            Some((position, Entry::Intent(intent))) => {
                begun.insert(*position, intent);
            }
            Some((_, Entry::Failed { intent, object: None, .. })) => {
                begun.remove(intent);
            }
            Some((_, Entry::Dropped { urn, .. } | Entry::Leaving { urn, .. } | Entry::Renamed { from: urn, .. })) => {
                begun.retain(|_, intent| intent.urn != *urn);
            }
            Some(_) => {}
        }
    }
    begun
}

/// What was written after the state that can be told, and what to do about it.
fn lost(lost: &[Lost], state: &StackState) -> Vec<String> {
    let mut says = Vec::new();
    let mut after = After::new(state);
    for Lost { place, entry } in lost {
        let what = match entry {
            None => "cannot be read".to_owned(),
            Some((position, entry)) => after.tell(*position, entry),
        };
        says.push(format!("lost: `{place}` {what}"));
    }
    says.extend(after.advice());
    if !lost.is_empty() {
        let stack = &state.name;
        says.push(format!("see what the world says of it then: `runner up {stack} --refresh`"));
    }
    says
}

/// What became of objects in entries that are lost.
struct After<'a> {
    state: &'a StackState,
    /// The steps that were begun, by position.
    steps: BTreeMap<u64, Intent>,
    /// The objects that were there last, by resource and incarnation.
    made: BTreeMap<(Urn, u64), Object>,
    gone: Vec<(Urn, u64)>,
}

impl<'a> After<'a> {
    fn new(state: &'a StackState) -> Self {
        Self { state, steps: state.dangling.clone(), made: BTreeMap::new(), gone: Vec::new() }
    }

    /// Says what an entry is, without any value.
    fn tell(&mut self, position: u64, entry: &Entry) -> String {
        let step = |after: &Self, intent: &u64| match after.steps.get(intent) {
            Some(intent) => format!("to {} `{}`", verb(intent.action), intent.urn),
            None => format!("of entry {intent}"),
        };
        match entry {
            Entry::Seal { run, .. } => format!("run {run} began"),
            Entry::Intent(intent) => {
                self.steps.insert(position, (**intent).clone());
                format!("a step to {} `{}` was about to start", verb(intent.action), intent.urn)
            }
            Entry::Done { intent, object } => {
                let what = step(self, intent);
                self.has(object);
                format!("the step {what} ended well: object `{}`", object.id)
            }
            Entry::Deleted { intent } => {
                let what = step(self, intent);
                if let Some(intent) = self.steps.get(intent) {
                    self.gone.push((intent.urn.clone(), intent.incarnation));
                }
                format!("the step {what} ended well")
            }
            Entry::Failed { intent, object, .. } => {
                let what = step(self, intent);
                object.iter().for_each(|object| self.has(object));
                format!("the step {what} failed")
            }
            Entry::Recorded { object } | Entry::Arrived { object, .. } => {
                self.has(object);
                format!("object `{}` was recorded as `{}`", object.id, object.urn)
            }
            Entry::Observed { urn, observed: None, .. } => format!("`{urn}` was found to be gone"),
            Entry::Observed { urn, .. } => format!("`{urn}` was read anew"),
            Entry::Dropped { urn, incarnation } => {
                self.gone.push((urn.clone(), *incarnation));
                format!("the record of `{urn}` was dropped")
            }
            Entry::Leaving { urn, .. } => format!("`{urn}` was about to move to another stack"),
            Entry::Left { urn } => format!("`{urn}` moved to another stack"),
            Entry::Stayed { urn } => format!("`{urn}` stayed"),
            Entry::Renamed { from, to } => format!("`{from}` was called `{to}`"),
            Entry::Published { path, .. } => format!("output `{path}` was published"),
            Entry::Stale { path } => format!("output `{path}` could not be renewed"),
            Entry::Withdrawn { path } => format!("output `{path}` was withdrawn"),
            Entry::WaitsFor { .. } => "it was noted which stacks it waits for".to_owned(),
            Entry::Imported { .. } => "another state was put in its place by hand".to_owned(),
            Entry::NamedAs { name } => format!("the stack was called `{name}`"),
        }
    }

    fn has(&mut self, object: &Object) {
        self.made.insert((object.urn.clone(), object.incarnation), object.clone());
    }

    /// How to bring back what is not in the state.
    fn advice(self) -> Vec<String> {
        let of = |urn: &Urn, incarnation: u64| {
            self.state.copies().any(|object| object.urn == *urn && object.incarnation == incarnation)
        };
        let settles = |urn: &Urn, incarnation: u64| {
            self.state.dangling.values().any(|intent| intent.urn == *urn && intent.incarnation == incarnation)
        };
        let mut says = Vec::new();
        let gone: BTreeSet<&(Urn, u64)> = self.gone.iter().collect();
        for ((urn, incarnation), object) in self.made.iter().filter(|(key, _)| !gone.contains(key)) {
            if settles(urn, *incarnation) {
                says.push(format!("what became of `{urn}` (`{}`) the next run finds out by itself", object.id));
            } else if of(urn, *incarnation) {
                says.push(format!("`{urn}` (`{}`) is recorded as it was before that", object.id));
            } else {
                says.push(format!(
                    "object `{0}` is recorded nowhere; `runner import {1} '{urn}' {0}` takes it over",
                    object.id, self.state.name
                ));
            }
        }
        let untold = |(urn, incarnation): &&(Urn, u64)| of(urn, *incarnation) && !settles(urn, *incarnation);
        for (urn, incarnation) in self.gone.iter().filter(untold) {
            says.push(format!("`{urn}` (incarnation {incarnation}) is recorded and may be gone"));
        }
        let begun = self.steps.values().filter(|intent| matches!(intent.action, Action::Create | Action::Adopt));
        for intent in begun.filter(|intent| !self.made.contains_key(&(intent.urn.clone(), intent.incarnation))) {
            says.push(if settles(&intent.urn, intent.incarnation) {
                format!("whether `{}` was made the next run finds out by itself", intent.urn)
            } else {
                format!("`{}` may have been made: look for it before the next run makes it", intent.urn)
            });
        }
        says
    }
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "change",
        Action::Delete => "delete",
        Action::Adopt => "take over",
    }
}
