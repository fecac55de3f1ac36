//! `state list|show|verify|repair`, and the way to the commands that change it.

use diag::Diagnostic;
use engine::Engine;
use resource::{StackName, Urn};
use state::{Head, StackState};

use crate::args::{Selection, State};
use crate::commands::show::orphan_name;
use crate::commands::{rename_stack, surgery};
use crate::exit::{Exit, Failure, Result, usage};
use crate::session::{Session, only_in_state};

/// Looks at the state.
pub(crate) async fn run(session: &Session<'_>, command: State) -> Result<Exit> {
    match command {
        State::List { selection, at } => list(session, &selection, at).await,
        State::Show { stack, resource, at } => show(session, stack, &resource, at).await,
        State::Verify { selection } => verify(session, &selection).await,
        State::Repair { stack, yes } => repair(session, stack, yes).await,
        State::RenameStack { old, new, yes } => rename_stack::run(session, &old, &new, yes).await,
        change => surgery::run(session, change).await,
    }
}

/// The newest heads of selected stacks; without a selection also those of stacks that are only in state.
pub(crate) async fn heads(session: &Session<'_>, engine: &Engine<'_>, selection: &Selection) -> Result<Vec<Head>> {
    let orphans = only_in_state(engine).await?;
    let names = names(session, engine, selection, &orphans).await?;
    let heads = engine.store.heads().await?.into_iter();
    Ok(heads.filter(|head| names.contains(&head.stack.to_string())).collect())
}

async fn names(
    session: &Session<'_>,
    engine: &Engine<'_>,
    selection: &Selection,
    orphans: &[StackName],
) -> Result<std::collections::BTreeSet<String>> {
    let mut names = session.select(engine, selection, orphans).await?.names();
    if selection.stacks.is_empty() && selection.env.is_empty() {
        names.extend(orphans.iter().map(ToString::to_string));
    }
    Ok(names)
}

/// The states of selected stacks, or of one as it was at a generation.
async fn states(session: &Session<'_>, selection: &Selection, at: Option<u64>) -> Result<Vec<StackState>> {
    session
        .with_engine(async |engine| {
            let heads = heads(session, engine, selection).await?;
            let Some(generation) = at else {
                let mut states = Vec::new();
                for head in heads {
                    states.push(engine.store.load(&head).await?.state);
                }
                return Ok(states);
            };
            match heads.as_slice() {
                [head] => Ok(vec![engine.state_at(head, generation).await?]),
                several => Err(usage(
                    format!("`--at` is of one stack, and {} are selected", several.len()),
                    "name one stack that was applied",
                )),
            }
        })
        .await
}

async fn list(session: &Session<'_>, selection: &Selection, at: Option<u64>) -> Result<Exit> {
    let states = states(session, selection, at).await?;
    let resources: Vec<(&resource::StackName, &Urn)> =
        states.iter().flat_map(|state| state.objects.keys().map(|urn| (&state.name, urn))).collect();
    if session.talk.json {
        for (stack, urn) in resources {
            session.talk.json(&serde_json::json!({ "stack": stack.to_string(), "urn": urn }));
        }
    } else if !resources.is_empty() {
        session.talk.data(&render::state_list(resources));
    }
    Ok(Exit::Done)
}

async fn show(session: &Session<'_>, stack: String, resource: &str, at: Option<u64>) -> Result<Exit> {
    let selection = Selection { stacks: vec![stack], ..Selection::default() };
    let mut found = Vec::new();
    for state in states(session, &selection, at).await? {
        let named = |urn: &Urn| urn.to_string() == resource || urn.name() == resource;
        found.extend(state.objects.into_values().filter(|object| named(&object.urn)));
    }
    match found.as_slice() {
        [] => Err(Diagnostic::error("E0710", format!("the state has no resource `{resource}`"))
            .hint("`runner state list` lists them")
            .into()),
        [object] => {
            session.talk.data(&serde_json::to_string_pretty(object).unwrap_or_default());
            Ok(Exit::Done)
        }
        several => {
            let problem = Diagnostic::error("E0710", format!("`{resource}` names {} resources", several.len()))
                .hint("give the URN");
            Err(several.iter().fold(problem, |problem, object| problem.note(object.urn.to_string())).into())
        }
    }
}

async fn verify(session: &Session<'_>, selection: &Selection) -> Result<Exit> {
    let (found, count) = session
        .with_engine(async |engine| {
            let examined = engine.store.examine().await?;
            let unknown = examined.iter().filter(|stack| engine.catalog.get(&stack.stack).is_none());
            let orphans: Vec<StackName> = unknown.map(|stack| orphan_name(&stack.stack)).collect();
            let names = names(session, engine, selection, &orphans).await?;
            let count = examined.iter().filter(|stack| names.contains(&stack.stack)).count();
            Ok((engine.verify(&examined, &names), count))
        })
        .await?;
    if found.has_errors() {
        return Err(Failure { exit: Exit::State, found, held: false });
    }
    if !found.is_empty() {
        session.talk.error(&found);
    }
    session.talk.say(&if count == 1 { "1 state is whole".to_owned() } else { format!("{count} states are whole") });
    Ok(Exit::Done)
}

/// Says what is wrong and what would be put in its place, asks, and does it.
async fn repair(session: &Session<'_>, stack: String, yes: bool) -> Result<Exit> {
    let talk = &session.talk;
    session
        .with_engine(async |engine| {
            // The heads may be what is damaged, so names come from what lies in the store.
            let examined = engine.store.examine().await?;
            let unknown = examined.iter().filter(|stack| engine.catalog.get(&stack.stack).is_none());
            let orphans: Vec<StackName> = unknown.map(|stack| orphan_name(&stack.stack)).collect();
            let stack = surgery::one_of(session, engine, stack, &orphans).await?;
            let Some(repair) = engine.prepare_repair(&stack.to_string()).await? else {
                talk.say(&format!("the state of {stack} is whole"));
                return Ok(Exit::Done);
            };
            repair.says.iter().for_each(|line| talk.say(line));
            if !surgery::approved(session, "Repair the state? (yes/no)", yes)? {
                return Ok(Exit::User);
            }
            engine.repair(repair).await?;
            talk.say(&format!("the state of {stack} is whole; what was damaged is kept beside it"));
            Ok(Exit::Done)
        })
        .await
}
