//! `state rm|rename|mv|taint|untaint|protect|unprotect|export|import`.

use std::path::{Path, PathBuf};

use diag::Diagnostic;
use engine::{Engine, Surgery};
use resource::StackName;
use serde_json::{Value, json};
use state::{STATE_FORMAT, StackState};

use crate::args::{Selection, State};
use crate::exit::{Exit, Result, io, usage};
use crate::session::{Session, only_in_state};

/// Does what one of the commands that change the state says.
pub(crate) async fn run(session: &Session<'_>, command: State) -> Result<Exit> {
    let taint = |resource, tainted| Surgery::Taint { resource, tainted };
    let protect = |resource, protected| Surgery::Protect { resource, protected };
    match command {
        State::Rm { stack, resource, force, yes } => {
            change(session, stack, Surgery::Remove { resource, force }, yes).await
        }
        State::Rename { stack, resource, name, yes } => {
            change(session, stack, Surgery::Rename { resource, name }, yes).await
        }
        State::Mv { stack, resource, to, name, yes } => {
            let to = session.one(to)?;
            change(session, stack, Surgery::Move { resource, to, name }, yes).await
        }
        State::Taint { stack, resource, yes } => change(session, stack, taint(resource, true), yes).await,
        State::Untaint { stack, resource, yes } => change(session, stack, taint(resource, false), yes).await,
        State::Protect { stack, resource, yes } => change(session, stack, protect(resource, true), yes).await,
        State::Unprotect { stack, resource, yes } => change(session, stack, protect(resource, false), yes).await,
        State::Export { stack, file } => export(session, stack, file).await,
        State::Import { stack, file, force, yes } => {
            let state = Box::new(read(&file)?);
            change(session, stack, Surgery::Import { state, force }, yes).await
        }
        State::List { .. }
        | State::Show { .. }
        | State::Verify { .. }
        | State::Repair { .. }
        | State::RenameStack { .. } => Ok(Exit::Done),
    }
}

/// Says what would be done, asks, and does it.
async fn change(session: &Session<'_>, stack: String, surgery: Surgery, yes: bool) -> Result<Exit> {
    let talk = &session.talk;
    session
        .with_engine(async |engine| {
            let stack = stack_of(session, engine, stack).await?;
            let operation = engine.prepare(&stack, &surgery).await?;
            operation.says.iter().for_each(|line| talk.say(line));
            if !approved(session, "Change the state? (yes/no)", yes)? {
                return Ok(Exit::User);
            }
            engine.operate(operation).await?;
            talk.say("the state is changed");
            Ok(Exit::Done)
        })
        .await
}

/// Asks, unless `--yes` has answered already.
pub(crate) fn approved(session: &Session<'_>, question: &str, yes: bool) -> Result<bool> {
    let talk = &session.talk;
    if yes {
        return Ok(true);
    }
    if !talk.can_ask() {
        return Err(usage("a change of the state is asked about, and there is no terminal", "say `--yes`"));
    }
    let yes = matches!(talk.ask(question).unwrap_or_default().as_str(), "y" | "yes");
    if !yes {
        talk.say("nothing was done");
    }
    Ok(yes)
}

/// The one stack that a word means, also one that is only in state.
pub(super) async fn stack_of(session: &Session<'_>, engine: &Engine<'_>, word: String) -> Result<StackName> {
    one_of(session, engine, word, &only_in_state(engine).await?).await
}

/// The one stack that a word means, of those that have a file and some more.
pub(crate) async fn one_of(
    session: &Session<'_>,
    engine: &Engine<'_>,
    word: String,
    more: &[StackName],
) -> Result<StackName> {
    let selection = Selection { stacks: vec![word.clone()], ..Selection::default() };
    let selected = session.select(engine, &selection, more).await?;
    match selected.stacks.as_slice() {
        [one] => Ok(one.clone()),
        several => {
            let problem =
                Diagnostic::error("E0711", format!("`{word}` means {} stacks", several.len())).hint("name one");
            Err(several.iter().fold(problem, |problem, stack| problem.note(stack.to_string())).into())
        }
    }
}

/// Writes a state as a file has it; its secrets are encrypted as in the store.
async fn export(session: &Session<'_>, stack: String, file: Option<PathBuf>) -> Result<Exit> {
    let state = session
        .with_engine(async |engine| {
            let stack = stack_of(session, engine, stack).await?;
            let head = engine.store.heads().await?.into_iter().find(|head| head.stack == stack);
            let Some(head) = head else {
                return Err(Diagnostic::error("E0711", format!("`{stack}` has no state"))
                    .hint("it was never applied")
                    .into());
            };
            Ok(engine.store.load(&head).await?.state)
        })
        .await?;
    let exported = json!({ "format": STATE_FORMAT, "stack": state.name.to_string(), "state": state });
    let text = serde_json::to_string_pretty(&exported).unwrap_or_default();
    match file {
        None => session.talk.data(&text),
        Some(file) => std::fs::write(&file, text).map_err(|error| io(&file.display().to_string(), &error))?,
    }
    Ok(Exit::Done)
}

fn read(file: &Path) -> Result<StackState> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| io(&name, &error))?;
    let no_state = |reason: String| {
        Diagnostic::error("E0504", format!("`{name}` is no exported state: {reason}"))
            .hint("write one with `runner state export STACK FILE`")
    };
    let mut exported: Value = serde_json::from_str(&text).map_err(|error| no_state(error.to_string()))?;
    match exported["format"].as_u64() {
        Some(format) if format > u64::from(STATE_FORMAT) => {
            let message = format!("`{name}` has format {format}, and this version reads up to {STATE_FORMAT}");
            Err(Diagnostic::error("E0504", message).hint("take the version that wrote it, or a newer one").into())
        }
        Some(_) => serde_json::from_value(exported["state"].take()).map_err(|error| no_state(error.to_string()).into()),
        None => Err(no_state("it has no `format`".to_owned()).into()),
    }
}
