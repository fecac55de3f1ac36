//! Changes of state by hand: what each would do is said first; it is then written like any other run's entries.

use std::collections::{BTreeMap, BTreeSet};

use diag::Diagnostic;
use ports::{Base, Closing, Journal, Run};
use resource::{StackName, Urn};
use state::{Entry, Head, Object, StackState, Status};

use crate::apply::run_id;
use crate::moves::Move;
use crate::seal::{self, Context};
use crate::{Engine, Stopped};

/// A change of state by hand.
#[derive(Debug, Clone, PartialEq)]
pub enum Surgery {
    /// Drops the record of a resource; its object stays.
    Remove {
        /// The resource: URN or name.
        resource: String,
        /// Also if others depend on it.
        force: bool,
    },
    /// Gives a resource another name.
    Rename {
        /// The resource: URN or name.
        resource: String,
        /// Its new URN or name.
        name: String,
    },
    /// Moves a resource to another stack.
    Move {
        /// The resource: URN or name.
        resource: String,
        /// The stack.
        to: StackName,
        /// Its URN or name there; the same, if it is not given.
        name: Option<String>,
    },
    /// Has a resource replaced by the next run, or not.
    Taint {
        /// The resource: URN or name.
        resource: String,
        /// Whether it is to be replaced.
        tainted: bool,
    },
    /// Protects a resource, or not.
    Protect {
        /// The resource: URN or name.
        resource: String,
        /// Whether it is protected.
        protected: bool,
    },
    /// Puts another state in the place of the one that is there.
    Import {
        /// The state.
        state: Box<StackState>,
        /// Also if it is another stack's.
        force: bool,
    },
}

/// What a change by hand comes to.
#[derive(Debug)]
pub struct Operation {
    /// What it does, a sentence each.
    pub says: Vec<String>,
    pub(crate) command: &'static str,
    pub(crate) bases: Vec<Base>,
    /// What is written, in order, by the stack's full name.
    pub(crate) entries: Vec<(String, Vec<Entry>)>,
}

impl Engine<'_> {
    /// Finds out what a change by hand would do. Writes nothing.
    ///
    /// # Errors
    /// If it cannot be done.
    pub async fn prepare(&self, stack: &StackName, surgery: &Surgery) -> Result<Operation, Stopped> {
        let (base, state) = self.held(stack).await?;
        let operation = |command, says: Vec<String>, entries| Operation {
            says,
            command,
            bases: vec![base.clone()],
            entries: vec![(stack.to_string(), entries)],
        };
        Ok(match surgery {
            Surgery::Remove { resource, force } => {
                let (says, entries) = remove(&state, resource, *force)?;
                operation("state rm", says, entries)
            }
            Surgery::Rename { resource, name } => {
                let (says, entries) = self.rename(&state, resource, name)?;
                operation("state rename", says, entries)
            }
            Surgery::Taint { resource, tainted } => {
                let (says, entry) = taint(object(&state, resource)?, *tainted)?;
                operation("state taint", vec![says], vec![entry])
            }
            Surgery::Protect { resource, protected } => {
                let (says, entry) = protect(object(&state, resource)?, *protected)?;
                operation("state protect", vec![says], vec![entry])
            }
            Surgery::Import { state: new, force } => {
                let (says, entry) = import(&state, new, *force)?;
                operation("state import", vec![says], vec![entry])
            }
            Surgery::Move { resource, to, name } => {
                return self.prepare_move(&base, state, resource, to, name.as_deref()).await;
            }
        })
    }

    /// Does what was prepared.
    ///
    /// # Errors
    /// If the stack is held, or has moved since.
    pub async fn operate(&self, operation: Operation) -> Result<(), Stopped> {
        let run = Run { id: run_id(), command: operation.command.to_owned() };
        let journals = self.store.acquire(&run, &operation.bases).await?;
        let mut held: BTreeMap<String, (Box<dyn Journal>, StackState)> = BTreeMap::new();
        for (base, journal) in operation.bases.iter().zip(journals) {
            let state = journal.state().clone();
            held.insert(base.stack.to_string(), (journal, state));
        }
        for (stack, entries) in operation.entries {
            let Some((journal, state)) = held.get_mut(&stack) else { continue };
            entries.iter().for_each(|entry| state.apply(entry));
            journal.append(entries).await?;
        }
        for (journal, state) in held.into_values() {
            journal.close(Closing { state, settled: None }).await?;
        }
        Ok(self.store.release(&run).await?)
    }

    /// The state of a stack, with the base to take it by; an empty one, if it was never applied.
    async fn held(&self, stack: &StackName) -> Result<(Base, StackState), Stopped> {
        let heads: Vec<Head> = self.store.heads().await?;
        Ok(match heads.iter().find(|head| head.stack == *stack) {
            Some(head) => {
                let state = self.store.load(head).await?.state;
                let generation = Some(head.generation);
                (Base { stack: stack.clone(), id: head.id.clone(), generation, plan: head.plan }, state)
            }
            None => {
                let id = self.fresh_id(stack, heads.iter());
                let base = Base { stack: stack.clone(), id: id.clone(), generation: None, plan: None };
                (base, StackState::new(id, stack.clone()))
            }
        })
    }

    fn rename(&self, state: &StackState, resource: &str, name: &str) -> Result<(Vec<String>, Vec<Entry>), Diagnostic> {
        let object = object(state, resource)?;
        is_settled(state, &object.urn)?;
        let to = named(&object.urn, &state.name, name)?;
        is_free(state, &to)?;
        let (earlier, now) = (Context::resource(&state.id, &object.urn), Context::resource(&state.id, &to));
        let rebound = seal::rebound(self.secrets.as_ref(), &state.renamed(object, &to), &earlier, &now)
            .map_err(|error| Diagnostic::error("E0511", error.to_string()))?;
        let mut entries = vec![Entry::Renamed { from: object.urn.clone(), to: to.clone() }];
        entries.extend(rebound.map(|object| Entry::Recorded { object: Box::new(object) }));
        Ok((vec![format!("`{}` of {} is called `{to}` from now on", object.urn, state.name)], entries))
    }

    async fn prepare_move(
        &self,
        base: &Base,
        state: StackState,
        resource: &str,
        to: &StackName,
        name: Option<&str>,
    ) -> Result<Operation, Stopped> {
        let object = object(&state, resource)?;
        is_settled(&state, &object.urn)?;
        if state.name == *to {
            let problem = Diagnostic::error("E0543", format!("`{}` is in `{to}` already", object.urn.name()));
            return Err(problem
                .hint(format!("give it another name: `runner state rename {to} '{}' NAME`", object.urn))
                .into());
        }
        let (target_base, target) = self.held(to).await?;
        let there = named(&object.urn, to, name.unwrap_or(object.urn.name()))?;
        is_free(&target, &there)?;
        let mut says = vec![format!("`{}` of {} moves to {to} as `{there}`; its object stays", object.urn, state.name)];
        let readers = dependants(&state, &object.urn);
        let holds = |reader| format!("`{reader}` of {} holds it there until it is applied again", state.name);
        says.extend(readers.iter().map(holds));
        let one = Move { from: state.name.to_string(), urn: object.urn.clone(), to: to.to_string(), name: there };
        let bases = vec![base.clone(), target_base];
        let states = [state, target].map(|state| (state.name.to_string(), state));
        let phases = self.phases(&BTreeSet::from([one]), states.into())?;
        Ok(Operation { says, command: "state mv", bases, entries: phases.in_order().collect() })
    }
}

/// The one live object that a word means: its URN, or its name.
fn object<'a>(state: &'a StackState, word: &str) -> Result<&'a Object, Diagnostic> {
    let found: Vec<&Object> =
        state.objects.values().map(AsRef::as_ref).filter(|object: &&Object| means(word, &object.urn)).collect();
    match found.as_slice() {
        [one] => Ok(one),
        several => Err(not_one(state, word, several.iter().map(|object| &object.urn).collect())),
    }
}

fn means(word: &str, urn: &Urn) -> bool {
    urn.to_string() == word || urn.name() == word
}

fn not_one(state: &StackState, word: &str, found: BTreeSet<&Urn>) -> Diagnostic {
    if found.is_empty() {
        return Diagnostic::error("E0542", format!("the state of `{}` has no resource `{word}`", state.name))
            .hint(format!("`runner state list {}` lists them", state.name));
    }
    let problem = Diagnostic::error("E0542", format!("`{word}` names {} resources of `{}`", found.len(), state.name));
    found.into_iter().fold(problem, |problem, urn| problem.note(urn.to_string())).hint("give the URN")
}

/// A URN, or the name that an object of the same type gets in a stack.
fn named(old: &Urn, stack: &StackName, name: &str) -> Result<Urn, Diagnostic> {
    let urn = match name.parse::<Urn>() {
        Ok(urn) => urn,
        Err(_) => Urn::new(stack.project(), old.ty(), name),
    };
    if urn.ty() == old.ty() {
        return Ok(urn);
    }
    let message = format!("`{}` is a `{}` and cannot become a `{}`", old.name(), old.ty(), urn.ty());
    Err(Diagnostic::error("E0543", message).hint("give a URN of the same type, or a name alone"))
}

fn is_free(state: &StackState, urn: &Urn) -> Result<(), Diagnostic> {
    if !state.has(urn) {
        return Ok(());
    }
    let message = format!("`{}` has a resource `{urn}` already", state.name);
    Err(Diagnostic::error("E0543", message).hint("choose another name, or remove that one first: `runner state rm`"))
}

/// Nothing is known for sure of a resource with a step whose end is not known.
fn is_settled(state: &StackState, urn: &Urn) -> Result<(), Diagnostic> {
    if !state.dangling.values().any(|intent| intent.urn == *urn) && !state.leaving.contains_key(urn) {
        return Ok(());
    }
    let message = format!("a step on `{}` of `{}` was interrupted, and its end is not known", urn.name(), state.name);
    Err(Diagnostic::error("E0544", message)
        .hint(format!("let the next run settle it first: `runner up {}`", state.name)))
}

/// Refuses a state with steps whose end is not known.
pub(crate) fn open_steps(state: &StackState) -> Result<(), Diagnostic> {
    let open = state.dangling.len() + state.leaving.len();
    if open == 0 {
        return Ok(());
    }
    let message = format!("{open} steps of an interrupted run are open in `{}`", state.name);
    Err(Diagnostic::error("E0544", message)
        .hint(format!("let the next run settle them first: `runner up {}`", state.name)))
}

fn dependants<'a>(state: &'a StackState, urn: &Urn) -> BTreeSet<&'a Urn> {
    let objects = state.copies().filter(|object| object.urn != *urn);
    objects.filter(|object| object.dependencies.contains(urn)).map(|object| &object.urn).collect()
}

fn remove(state: &StackState, word: &str, force: bool) -> Result<(Vec<String>, Vec<Entry>), Diagnostic> {
    let copies = || state.copies();
    let known = copies().map(|object| &object.urn).chain(state.dangling.values().map(|intent| &intent.urn));
    let urns: BTreeSet<&Urn> = known.filter(|urn| means(word, urn)).collect();
    let [urn] = urns.iter().copied().collect::<Vec<_>>()[..] else { return Err(not_one(state, word, urns)) };
    let dependants = dependants(state, urn);
    if !dependants.is_empty() && !force {
        let message = format!("other resources of `{}` depend on `{}`", state.name, urn.name());
        let problem = Diagnostic::error("E0545", message);
        let problem = dependants.into_iter().fold(problem, |problem, urn| problem.note(urn.to_string()));
        return Err(problem.hint("remove them first, or say `--force`: they no longer depend on it then"));
    }
    let (mut says, mut entries) = (Vec::new(), Vec::new());
    for (position, intent) in state.dangling.iter().filter(|(_, intent)| intent.urn == *urn) {
        says.push(format!("the open step on `{}` of {} is given up, whatever became of it", intent.urn, state.name));
        entries.push(Entry::Failed { intent: *position, reason: "given up by hand".to_owned(), object: None });
    }
    for copy in copies().filter(|object| object.urn == *urn) {
        says.push(format!("the record of `{urn}` of {} goes; its object `{}` stays", state.name, copy.id));
        entries.push(Entry::Dropped { urn: urn.clone(), incarnation: copy.incarnation });
    }
    says.extend(dependants.iter().map(|reader| format!("`{reader}` no longer depends on it")));
    let outputs = state.outputs.iter().filter(|(_, output)| output.from.contains(urn));
    says.extend(outputs.map(|(path, _)| format!("output `{path}` is made of it, and stays as it is published")));
    Ok((says, entries))
}

fn taint(object: &Object, tainted: bool) -> Result<(String, Entry), Diagnostic> {
    let is = object.status == Status::Tainted;
    if is == tainted {
        let word = if is { "is tainted already" } else { "is not tainted" };
        return Err(Diagnostic::error("E0543", format!("`{}` {word}", object.urn.name())));
    }
    let (status, what) = if tainted {
        (Status::Tainted, "is replaced by the next run")
    } else {
        (Status::Ready, "is no longer to be replaced")
    };
    let recorded = Entry::Recorded { object: Box::new(Object { status, ..object.clone() }) };
    Ok((format!("`{}` {what}", object.urn), recorded))
}

fn protect(object: &Object, protected: bool) -> Result<(String, Entry), Diagnostic> {
    if object.kept.protect == protected {
        let word = if protected { "is protected already" } else { "is not protected" };
        return Err(Diagnostic::error("E0543", format!("`{}` {word}", object.urn.name())));
    }
    let mut changed = object.clone();
    changed.kept.protect = protected;
    let what = if protected {
        "is protected, until a run of a program that does not protect it"
    } else {
        "is no longer protected, until a run of a program that protects it"
    };
    Ok((format!("`{}` {what}", object.urn), Entry::Recorded { object: Box::new(changed) }))
}

fn import(state: &StackState, new: &StackState, force: bool) -> Result<(String, Entry), Diagnostic> {
    let broken = new.verify();
    if !broken.is_empty() {
        let problem = Diagnostic::error("E0504", "the state to import is not whole");
        return Err(broken.iter().fold(problem, |problem, broken| problem.note(broken.to_string())));
    }
    if new.id != state.id && !force {
        let message = format!("the state to import is that of `{}`, another stack than `{}`", new.name, state.name);
        return Err(Diagnostic::error("E0546", message)
            .note("its secrets are bound to that stack, and no longer open")
            .hint("if it is meant, say `--force`"));
    }
    open_steps(state)?;
    let (before, after) = (state.objects.len(), new.objects.len());
    let says = format!("the state of {} with {after} resources takes the place of that with {before}", state.name);
    Ok((says, Entry::Imported { state: Box::new(new.clone()) }))
}
