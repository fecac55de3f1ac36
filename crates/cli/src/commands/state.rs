//! `state list|show|verify`, and the way to the commands that change it.

use diag::{Diagnostic, Diagnostics};
use resource::Urn;
use state::StackState;

use crate::args::{Selection, State};
use crate::commands::surgery;
use crate::commands::up::only_in_state;
use crate::exit::{Exit, Failure, Result};
use crate::session::Session;

/// Looks at the state.
pub(crate) async fn run(session: &Session<'_>, command: State) -> Result<Exit> {
    match command {
        State::List { selection } => list(session, &selection).await,
        State::Show { stack, resource } => show(session, stack, &resource).await,
        State::Verify { selection } => verify(session, &selection).await,
        change => surgery::run(session, change).await,
    }
}

async fn states(
    session: &Session<'_>,
    selection: &Selection,
) -> Result<Vec<std::result::Result<StackState, ports::StoreError>>> {
    session
        .with_engine(async |engine| {
            let orphans = only_in_state(engine).await?;
            let mut names = session.select(engine, selection, &orphans).await?.names();
            if selection.stacks.is_empty() && selection.env.is_empty() {
                names.extend(orphans.iter().map(ToString::to_string));
            }
            let mut states = Vec::new();
            for head in engine.store.heads().await? {
                if names.contains(&head.stack.to_string()) {
                    states.push(engine.store.load(&head).await.map(|loaded| loaded.state));
                }
            }
            Ok(states)
        })
        .await
}

async fn list(session: &Session<'_>, selection: &Selection) -> Result<Exit> {
    let states = states(session, selection).await?.into_iter().collect::<std::result::Result<Vec<_>, _>>()?;
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

async fn show(session: &Session<'_>, stack: String, resource: &str) -> Result<Exit> {
    let selection = Selection { stacks: vec![stack], ..Selection::default() };
    let mut found = Vec::new();
    for state in states(session, &selection).await? {
        let state = state?;
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
    let mut found = Diagnostics::new();
    let states = states(session, selection).await?;
    let count = states.len();
    for state in states {
        match state {
            Ok(state) => {
                found.extend(
                    state
                        .verify()
                        .iter()
                        .map(|broken| Diagnostic::error("E0504", format!("`{}`: {broken}", state.name))),
                );
                for intent in state.dangling.values() {
                    let message = format!("`{}`: a step on `{}` was interrupted", state.name, intent.urn.name());
                    found.push(Diagnostic::warning("E0505", message).hint("the next `runner up` settles it"));
                }
            }
            Err(error) => found.push(Diagnostic::error("E0501", error.to_string())),
        }
    }
    if found.has_errors() {
        return Err(Failure { exit: Exit::State, found, held: false });
    }
    if !found.is_empty() {
        session.talk.error(&found);
    }
    session.talk.say(&format!("{count} states are whole"));
    Ok(Exit::Done)
}
