//! `outputs` and `stacks`.

use std::collections::{BTreeMap, BTreeSet};

use engine::Engine;
use resource::StackName;
use value::{Path, Value};

use crate::args::Selection;
use crate::exit::{Exit, Result};
use crate::session::Session;

/// Shows published outputs.
pub(crate) async fn outputs(session: &Session<'_>, selection: &Selection) -> Result<Exit> {
    session
        .with_engine(async |engine| {
            let foreign: Vec<StackName> = Vec::new();
            let mut chosen = selection.clone();
            // A foreign stack has outputs and nothing else: it is known here by its full name.
            let named: Vec<String> =
                chosen.stacks.iter().filter(|name| engine.catalog.foreign(name).is_some()).cloned().collect();
            chosen.stacks.retain(|name| !named.contains(name));
            let mut found = published_foreign(engine, &named);
            if named.is_empty() || !chosen.stacks.is_empty() {
                let selected = session.select(engine, &chosen, &foreign).await?;
                found.extend(published(engine, &selected.names()).await?);
            }
            for (stack, outputs) in &found {
                if session.talk.json {
                    let leaves: BTreeMap<String, &Value> =
                        outputs.iter().map(|(path, value)| (path.to_string(), value)).collect();
                    session.talk.json(&serde_json::json!({ "stack": stack, "outputs": leaves }));
                } else {
                    if found.len() > 1 {
                        session.talk.data(&format!("{stack}:"));
                    }
                    session.talk.data(&render::outputs(outputs, session.talk.stdout()));
                }
            }
            Ok(Exit::Done)
        })
        .await
}

/// After `up`: the outputs of one stack whole, of many as numbers.
pub(crate) async fn show_outputs(
    session: &Session<'_>,
    engine: &Engine<'_>,
    names: &BTreeSet<String>,
    whole: bool,
) -> Result<()> {
    if whole {
        for outputs in published(engine, names).await?.values() {
            session.talk.data(&render::outputs(outputs, session.talk.stdout()));
        }
        return Ok(());
    }
    // The heads know how many there are; no state is loaded for that.
    let mut projects: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for head in engine.store.heads().await? {
        if names.contains(&head.stack.to_string()) && !head.outputs.is_empty() {
            let entry = projects.entry(head.stack.project().to_owned()).or_default();
            *entry = (entry.0 + 1, entry.1 + head.outputs.len());
        }
    }
    let leaves: usize = projects.values().map(|(_, outputs)| outputs).sum();
    if leaves == 0 {
        return Ok(());
    }
    let rows: Vec<Vec<String>> = projects
        .into_iter()
        .map(|(project, (stacks, outputs))| vec![project, stacks.to_string(), outputs.to_string()])
        .collect();
    session.talk.data(&render::table(&["project", "stacks", "outputs"], &rows, session.talk.stdout()));
    let are = if leaves == 1 { "1 output is".to_owned() } else { format!("{leaves} outputs are") };
    session.talk.say(&format!("{are} published; `runner outputs STACK` shows them"));
    Ok(())
}

fn published_foreign(engine: &Engine<'_>, names: &[String]) -> BTreeMap<String, BTreeMap<Path, Value>> {
    names.iter().filter_map(|name| Some((name.clone(), engine.catalog.foreign(name)?.outputs.clone()))).collect()
}

async fn published(engine: &Engine<'_>, names: &BTreeSet<String>) -> Result<BTreeMap<String, BTreeMap<Path, Value>>> {
    let mut found = BTreeMap::new();
    for head in engine.store.heads_of(names).await? {
        let name = head.stack.to_string();
        if !head.outputs.is_empty() {
            let loaded = engine.store.load(&head).await?;
            let outputs = loaded.state.outputs.into_iter().map(|(path, output)| (path, output.value));
            found.insert(name, outputs.collect());
        }
    }
    Ok(found)
}

/// Lists the names of stacks.
pub(crate) async fn names(session: &Session<'_>, selection: &Selection) -> Result<Exit> {
    session
        .with_engine(async |engine| {
            let selected = session.select_for_list(engine, selection).await?;
            let names: Vec<String> = selected.stacks.iter().map(ToString::to_string).collect();
            if !names.is_empty() {
                session.talk.data(&names.join("\n"));
            }
            Ok(Exit::Done)
        })
        .await
}

/// Lists stacks.
pub(crate) async fn stacks(session: &Session<'_>, selection: &Selection) -> Result<Exit> {
    session
        .with_engine(async |engine| {
            let selected = session.select_for_list(engine, selection).await?;
            let heads: BTreeMap<String, state::Head> = engine
                .store
                .heads_of(&selected.names())
                .await?
                .into_iter()
                .map(|head| (head.stack.to_string(), head))
                .collect();
            let mut rows = Vec::new();
            for stack in &selected.stacks {
                let head = heads.get(&stack.to_string());
                let gone = engine.catalog.get(&stack.to_string()).is_none();
                let standing = match head {
                    _ if gone => "to destroy".to_owned(),
                    None => "never applied".to_owned(),
                    Some(head) if head.open.is_some() => "open".to_owned(),
                    Some(head) => format!("{} resources", head.objects),
                };
                if session.talk.json {
                    session.talk.json(&serde_json::json!({
                        "stack": stack.to_string(),
                        "project": stack.project(),
                        "environment": stack.environment(),
                        "resources": head.map_or(0, |head| head.objects),
                        "applied": head.is_some(),
                        "gone": gone,
                    }));
                }
                rows.push(vec![stack.to_string(), stack.environment().to_owned(), standing]);
            }
            if !session.talk.json {
                if selection.stacks.is_empty() && selection.env.is_empty() {
                    for (name, _) in engine.catalog.foreign_stacks() {
                        rows.push(vec![
                            name.clone(),
                            name.rsplit('.').next().unwrap_or_default().to_owned(),
                            "foreign".to_owned(),
                        ]);
                    }
                }
                session.talk.data(&render::table(&["stack", "environment", "state"], &rows, session.talk.stdout()));
            }
            Ok(Exit::Done)
        })
        .await
}
