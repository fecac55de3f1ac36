//! `access`: who may do what with which object, and through which groups.

use std::collections::BTreeMap;
use std::path::Path;

use access::{Change, Entry, Model, Review, Thing, Wanted};
use diag::{Diagnostic, Place};
use diff::Targets;
use engine::{Engine, Goal, Preview};
use serde_json::{Value as Json, json};
use state::StackState;

use crate::args::{Paper, Reviewing, Selection};
use crate::commands::up::{self, Making};
use crate::exit::{Exit, Result, io};
use crate::session::Session;

/// Reviews the access that the selected stacks give.
pub(crate) async fn access(session: &Session<'_>, selection: &Selection, how: &Reviewing) -> Result<Exit> {
    session
        .with_engine(async |engine| {
            let selected = session.select_with_gone(engine, selection).await?;
            let targets = Targets::default();
            let preview = up::make(session, engine, &selected, Goal::Programs, &targets, Making::default()).await?;
            let mut states = BTreeMap::new();
            for head in engine.store.heads_of(&selected.names()).await? {
                states.insert(head.stack.to_string(), engine.store.load(&head).await?.state);
            }
            let now = planned(engine, &preview, &states);
            let earlier = match &how.against {
                Some(file) => Some(saved(&session.start.join(file))?),
                None => how.changes.then(|| applied(engine, &states)),
            };
            show(session, how, &now, earlier.as_ref());
            Ok(Exit::Done)
        })
        .await
}

/// What is applied.
fn applied(engine: &Engine<'_>, states: &BTreeMap<String, StackState>) -> Review {
    let things = states.iter().flat_map(|(stack, state)| there(engine, stack, state));
    Review::of(&Model::of(things))
}

/// What is there when everything is applied: what is planned, and of stacks that nothing is done to what is there.
fn planned(engine: &Engine<'_>, preview: &Preview, states: &BTreeMap<String, StackState>) -> Review {
    let changed: BTreeMap<String, &diff::ChangeSet> =
        preview.changes.iter().map(|set| (set.stack.to_string(), set)).collect();
    let left = states.iter().filter(|(stack, _)| !changed.contains_key(*stack));
    let left = left.flat_map(|(stack, state)| there(engine, stack, state));
    let goals = changed.iter().flat_map(|(stack, set)| {
        set.resources.iter().filter(|(_, change)| !change.goal.is_empty() && !change.is_missing()).filter_map(
            move |(urn, change)| {
                let object = states.get(stack).and_then(|state| state.objects.get(urn));
                // Of an object that is made anew nothing is known that was chosen for the old one.
                let attributes = object.filter(|_| !change.is_replace()).map(|object| &object.observed);
                let schema = engine.providers.schema(urn.ty()).ok().flatten()?;
                Some(Thing { stack, name: urn.name(), properties: &change.goal, attributes, schema })
            },
        )
    });
    Review::of(&Model::of(left.chain(goals)))
}

/// The objects of a state.
fn there<'a>(engine: &'a Engine<'_>, stack: &'a str, state: &'a StackState) -> impl Iterator<Item = Thing<'a>> + Clone {
    state.objects.iter().filter_map(move |(urn, object)| {
        let schema = engine.providers.schema(urn.ty()).ok().flatten()?;
        let attributes = Some(&object.observed);
        Some(Thing { stack, name: urn.name(), properties: &object.inputs, attributes, schema })
    })
}

/// A review that was written before.
fn saved(file: &Path) -> Result<Review> {
    let text =
        std::fs::read_to_string(file).map_err(|error| io(&format!("cannot read `{}`", file.display()), &error))?;
    let mut entries = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let entry: Entry = serde_json::from_str(line).map_err(|error| {
            let problem = Diagnostic::error("E0825", format!("this is no entry of a review: {error}"));
            let place = Place::new(file.display().to_string(), u32::try_from(number + 1).unwrap_or(u32::MAX), 1);
            problem.at(place).hint("write one: `runner access --json > FILE`")
        })?;
        entries.push(entry);
    }
    Ok(Review { entries })
}

fn show(session: &Session<'_>, how: &Reviewing, now: &Review, earlier: Option<&Review>) {
    let wanted = Wanted { on: how.on.clone(), can: how.can.clone(), who: how.who.clone() };
    let now = now.wanted(&wanted);
    let found: Vec<(Option<Change>, Entry)> = match earlier {
        Some(earlier) => {
            let changes = now.since(&earlier.wanted(&wanted));
            changes.into_iter().map(|(change, entry)| (Some(change), entry)).collect()
        }
        None => now.entries.into_iter().map(|entry| (None, entry)).collect(),
    };
    if session.talk.json {
        found.iter().for_each(|(change, entry)| session.talk.json(&line(change.as_ref(), entry)));
        return;
    }
    let entries = found.iter().map(|(change, entry)| (change.as_ref(), entry));
    let shown = match how.format {
        Paper::Text => access::text(entries),
        Paper::Markdown => access::markdown(entries),
    };
    if found.is_empty() {
        session.talk.say(if earlier.is_some() { "nobody gains or loses access" } else { "nobody has access" });
    } else {
        session.talk.data(shown.trim_end());
    }
}

fn line(change: Option<&Change>, entry: &Entry) -> Json {
    let mut line = json!({ "on": entry.on, "can": entry.can, "who": entry.who, "through": entry.through });
    if let (Some(change), Some(line)) = (change, line.as_object_mut()) {
        line.insert("change".to_owned(), json!(change));
    }
    line
}
