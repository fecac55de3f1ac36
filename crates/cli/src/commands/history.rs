//! `history`: what runs did, newest first.

use std::collections::BTreeMap;

use engine::{PastRun, RunEnd};
use serde_json::json;
use state::Tally;

use crate::args::Selection;
use crate::commands::state::heads;
use crate::exit::{Exit, Result};
use crate::session::Session;

/// Shows the runs of selected stacks: of one stack generation by generation, of several run by run.
pub(crate) async fn history(session: &Session<'_>, selection: &Selection) -> Result<Exit> {
    let (runs, stacks) = session
        .with_engine(async |engine| {
            let heads = heads(session, engine, selection).await?;
            let mut runs = Vec::new();
            for head in &heads {
                runs.extend(engine.history(head).await?);
            }
            Ok((runs, heads.len()))
        })
        .await?;
    let talk = &session.talk;
    if talk.json {
        runs.iter().for_each(|run| talk.json(&form(run)));
        return Ok(Exit::Done);
    }
    if runs.is_empty() {
        talk.say("no run is recorded");
        return Ok(Exit::Done);
    }
    let text = if stacks == 1 {
        let rows: Vec<Vec<String>> = runs.iter().rev().map(of_one).collect();
        render::table(&["generation", "began", "command", "run", "end", "what"], &rows, talk.stdout())
    } else {
        render::table(&["began", "command", "run", "stacks", "end", "what"], &together(&runs), talk.stdout())
    };
    talk.data(&text);
    Ok(Exit::Done)
}

fn of_one(run: &PastRun) -> Vec<String> {
    let what = run.tally.map_or_else(|| "damaged".to_owned(), words);
    vec![run.generation.to_string(), began(run), command(run), run.run.clone(), end(&run.end), what]
}

/// One row for each run, with all stacks that it had.
fn together(runs: &[PastRun]) -> Vec<Vec<String>> {
    let mut by_run: BTreeMap<&String, Vec<&PastRun>> = BTreeMap::new();
    for run in runs {
        by_run.entry(&run.run).or_default().push(run);
    }
    // A run takes its stacks within moments of each other, not always in one second.
    let first = |of: &[&PastRun]| of.iter().map(|run| began(run)).min().unwrap_or_default();
    let mut rows: Vec<(String, &String, Vec<&PastRun>)> =
        by_run.into_iter().map(|(id, of)| (first(&of), id, of)).collect();
    rows.sort_by(|a, b| (&b.0, b.1).cmp(&(&a.0, a.1)));
    let row = |(began, id, of): (String, &String, Vec<&PastRun>)| {
        let stacks = match of.as_slice() {
            [one] => one.stack.clone(),
            several => several.len().to_string(),
        };
        let whole: Option<Vec<Tally>> = of.iter().map(|run| run.tally).collect();
        let what =
            whole.map_or_else(|| "damaged".to_owned(), |all| words(all.into_iter().fold(Tally::default(), plus)));
        // What did not end anywhere counts more than what did.
        let worst = of.iter().map(|run| &run.end).max_by_key(|end| !matches!(end, RunEnd::Ended(_)));
        vec![began, command(of[0]), id.clone(), stacks, worst.map(end).unwrap_or_default(), what]
    };
    rows.into_iter().map(row).collect()
}

fn plus(a: Tally, b: Tally) -> Tally {
    Tally {
        created: a.created + b.created,
        updated: a.updated + b.updated,
        replaced: a.replaced + b.replaced,
        deleted: a.deleted + b.deleted,
        taken_over: a.taken_over + b.taken_over,
        failed: a.failed + b.failed,
        recorded: a.recorded + b.recorded,
    }
}

fn words(tally: Tally) -> String {
    let Tally { created, updated, replaced, deleted, taken_over, failed, recorded } = tally;
    let counts = [
        (created, "created"),
        (updated, "updated"),
        (replaced, "replaced"),
        (deleted, "deleted"),
        (taken_over, "taken over"),
        (failed, "failed"),
        (recorded, "recorded"),
    ];
    let said: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if said.is_empty() { "-".to_owned() } else { said.join(", ") }
}

fn began(run: &PastRun) -> String {
    run.began.clone().unwrap_or_else(|| "unknown".to_owned())
}

fn command(run: &PastRun) -> String {
    run.command.clone().unwrap_or_else(|| "unknown".to_owned())
}

fn end(end: &RunEnd) -> String {
    match end {
        RunEnd::Ended(_) => "ended",
        RunEnd::Died => "died, taken over",
        RunEnd::Open { runs: true } => "is running",
        RunEnd::Open { runs: false } => "interrupted",
    }
    .to_owned()
}

fn form(run: &PastRun) -> serde_json::Value {
    let (is, ended) = match &run.end {
        RunEnd::Ended(at) => ("ended", at.clone()),
        RunEnd::Died => ("died", None),
        RunEnd::Open { runs: true } => ("running", None),
        RunEnd::Open { runs: false } => ("interrupted", None),
    };
    json!({
        "stack": run.stack, "generation": run.generation, "run": run.run, "command": run.command,
        "began": run.began, "is": is, "ended": ended, "counts": run.tally,
    })
}
