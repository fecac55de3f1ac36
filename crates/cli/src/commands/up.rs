//! `up`, `preview` and `destroy`.

use std::collections::BTreeSet;
use std::time::Instant;

use diag::Diagnostic;
use engine::{ApplyOptions, Engine, Events, Goal, Preview, PreviewOptions, Report};
use render::{RunSummary, ViewOptions};
use resource::StackName;
use tokio::sync::{mpsc, watch};

use crate::args::{Running, Selection};
use crate::exit::{Exit, Failure, Result, usage};
use crate::session::{Selected, Session};

/// Shows what would be done, asks, and does it.
pub(crate) async fn up(session: &Session<'_>, selection: &Selection, running: &Running) -> Result<Exit> {
    session.warn_if_stale();
    session
        .with_engine(async |engine| {
            let selected = session.select(engine, selection, &[])?;
            go(session, engine, &selected, Goal::Programs, running, "up").await
        })
        .await
}

/// Deletes everything in the selected stacks, from state alone.
pub(crate) async fn destroy(session: &Session<'_>, selection: &Selection, running: &Running) -> Result<Exit> {
    session
        .with_engine(async |engine| {
            let orphans = only_in_state(engine).await?;
            let selected = session.select(engine, selection, &orphans)?;
            go(session, engine, &selected, Goal::Nothing, running, "destroy").await
        })
        .await
}

/// Shows what would be done.
pub(crate) async fn preview(session: &Session<'_>, selection: &Selection, full: bool, detailed: bool) -> Result<Exit> {
    session.warn_if_stale();
    session
        .with_engine(async |engine| {
            let selected = session.select(engine, selection, &[])?;
            let begun = Instant::now();
            let preview = make(session, engine, &selected, Goal::Programs).await?;
            show(session, &preview, &selected, full, begun);
            Ok(if detailed && !preview.is_empty() { Exit::Pending } else { Exit::Done })
        })
        .await
}

/// Stacks that have objects and no file any more.
pub(crate) async fn only_in_state(engine: &Engine<'_>) -> Result<Vec<StackName>> {
    let heads = engine.store.heads().await?;
    let orphans = heads.into_iter().filter(|head| engine.catalog.get(&head.stack.to_string()).is_none());
    Ok(orphans.map(|head| head.stack).collect())
}

async fn make(session: &Session<'_>, engine: &Engine<'_>, selected: &Selected, goal: Goal) -> Result<Preview> {
    let cache = session.traces();
    let traces = cache.evaluated();
    let preview = engine.preview(&PreviewOptions { selected: selected.names(), goal }, &traces).await?;
    cache.keep(&traces, &preview.traces);
    Ok(preview)
}

fn show(session: &Session<'_>, preview: &Preview, selected: &Selected, full: bool, begun: Instant) {
    let talk = &session.talk;
    if talk.json {
        talk.json(&crate::form::preview(preview));
        return;
    }
    if preview.is_empty() {
        for note in &preview.notes {
            talk.say(note);
        }
        orphans(session, &preview.to_destroy);
        let time = begun.elapsed().as_secs_f64();
        let stacks = selected.stacks.len();
        let plural = if stacks == 1 { "stack" } else { "stacks" };
        talk.say(&format!("nothing to do: {stacks} {plural}, {} from cache, {time:.2} s", preview.cached));
        return;
    }
    let catalog = &session.catalog;
    let name =
        |full: &String| catalog.get(full).map_or_else(|| StackName::new(full.clone(), ""), |entry| entry.name.clone());
    let notes = preview.notes.iter().chain(&preview.held_back).cloned();
    let options = ViewOptions {
        full,
        opened: selected.single.iter().cloned().collect(),
        height: talk.height(),
        style: talk.stdout(),
        environments: session.workspace.settings().all_environments().map(str::to_owned).collect(),
        unchanged: preview.unchanged.len(),
        deferred: preview.deferred.iter().map(|(stack, waits)| (name(stack), waits.clone())).collect(),
        to_destroy: preview.to_destroy.iter().map(|full| orphan_name(full)).collect(),
        notes: notes.collect(),
        ..ViewOptions::default()
    };
    talk.data(&render::preview(&preview.changes, &options));
}

/// A stack that is only in state goes by its full name alone.
fn orphan_name(full: &str) -> StackName {
    full.rsplit_once('.').map_or_else(|| StackName::new(full, ""), |(project, short)| StackName::new(project, short))
}

fn orphans(session: &Session<'_>, stacks: &[String]) {
    for stack in stacks {
        session
            .talk
            .say(&format!("to destroy: {stack} has no stack file any more; `runner destroy {stack}` takes it down"));
    }
}

async fn go(
    session: &Session<'_>,
    engine: &Engine<'_>,
    selected: &Selected,
    goal: Goal,
    running: &Running,
    command: &str,
) -> Result<Exit> {
    let talk = &session.talk;
    let begun = Instant::now();
    let mut preview = make(session, engine, selected, goal).await?;
    show(session, &preview, selected, running.full, begun);
    if preview.is_empty() {
        return Ok(Exit::Done);
    }
    if preview.changes.is_empty() {
        let message = "every stack with changes waits for outputs that are not published yet";
        return Err(Diagnostic::error("E0305", message)
            .hint("select what they wait for too: `--with-upstream`")
            .into());
    }
    let missing = engine.missing_keys(&preview);
    if missing.has_errors() {
        return Err(missing.into());
    }
    if !running.yes {
        if !talk.can_ask() {
            return Err(usage(
                format!("`{command}` asks before it does something, and there is no terminal"),
                "say `--yes`",
            ));
        }
        let question = if goal == Goal::Nothing { "Delete all this? (yes/no)" } else { "Apply this? (yes/no)" };
        let answer = talk.ask(question).unwrap_or_default();
        if !matches!(answer.as_str(), "y" | "yes") {
            talk.say("nothing was done");
            return Ok(Exit::User);
        }
    }
    let cancel = on_interrupt();
    let begun = Instant::now();
    let mut done = Done::default();
    // Every round applies what is known; stacks that waited for an output are evaluated once it is published.
    loop {
        let ended = round(session, engine, selected, goal, running, command, preview, cancel.clone()).await;
        let (report, rounds_preview) = match ended {
            Err(failure) if running.wait && failure.held && !*cancel.borrow() => {
                talk.failure(&failure);
                talk.say("waiting for it");
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                preview = make(session, engine, selected, goal).await?;
                continue;
            }
            other => other?,
        };
        let well = report.failed.is_empty() && !report.cancelled;
        let more = well && !rounds_preview.deferred.is_empty();
        done.add(&rounds_preview, report);
        if !more {
            break;
        }
        preview = make(session, engine, selected, goal).await?;
        if preview.changes.is_empty() {
            break;
        }
        if !talk.json {
            talk.say("outputs that stacks waited for are known now:");
            show(session, &preview, selected, running.full, begun);
        }
    }
    finish(session, engine, selected, goal, &done, begun).await
}

/// What all rounds did.
#[derive(Default)]
struct Done {
    report: Report,
    stacks: BTreeSet<String>,
    unchanged: usize,
    cached: usize,
}

impl Done {
    fn add(&mut self, preview: &Preview, report: Report) {
        self.report.counts = self.report.counts.plus(report.counts);
        self.stacks.extend(preview.changes.iter().map(|set| set.stack.to_string()));
        self.unchanged = preview.unchanged.len();
        self.cached = preview.cached;
        self.report.done += report.done;
        self.report.failed.extend(report.failed);
        self.report.skipped.extend(report.skipped);
        self.report.cancelled |= report.cancelled;
    }
}

#[expect(clippy::too_many_arguments, reason = "they are one round's circumstances, and it is called in one place")]
async fn round(
    session: &Session<'_>,
    engine: &Engine<'_>,
    selected: &Selected,
    goal: Goal,
    running: &Running,
    command: &str,
    preview: Preview,
    cancel: watch::Receiver<bool>,
) -> Result<(Report, Preview)> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let shown = tokio::spawn(crate::progress::show(session.talk.clone(), receiver));
    let events = Events::to(sender);
    let result = async {
        let mut preview = preview;
        // What an interrupted run left open is settled first; then there may be less to do, never more.
        if engine.settle(&preview, &events).await? > 0 {
            preview = make(session, engine, selected, goal).await?;
            if preview.changes.is_empty() {
                return Ok((Report::default(), preview));
            }
        }
        let options = ApplyOptions { command: command.to_owned(), stop_at_failure: running.fail_fast, cancel };
        let report = engine.apply(&preview, options, &events).await?;
        Ok::<_, Failure>((report, preview))
    }
    .await;
    drop(events);
    // The renderer ends when the last sender is gone.
    drop(shown.await);
    result
}

async fn finish(
    session: &Session<'_>,
    engine: &Engine<'_>,
    selected: &Selected,
    goal: Goal,
    done: &Done,
    begun: Instant,
) -> Result<Exit> {
    let talk = &session.talk;
    let report = &done.report;
    if goal == Goal::Programs && !report.cancelled {
        let failed = report.failed.iter().map(|failure| failure.stack.to_string());
        let failed: BTreeSet<String> =
            failed.chain(report.skipped.iter().map(|(stack, ..)| stack.to_string())).collect();
        session.traces().brought_about(done.stacks.difference(&failed));
    }
    if !report.failed.is_empty() {
        talk.error(&report.failed.iter().map(|failure| failure.problem.clone()).collect());
    }
    if !talk.json {
        say_skipped(session, report);
        if goal == Goal::Programs && report.failed.is_empty() {
            super::look::show_outputs(session, engine, &selected.names(), selected.single.is_some()).await?;
        }
        let summary = RunSummary {
            counts: report.counts,
            stacks: done.stacks.len(),
            unchanged: done.unchanged,
            cached: done.cached,
            failed: report.failed.len(),
            skipped: report.skipped.len(),
            seconds: begun.elapsed().as_secs_f64(),
        };
        talk.say(&render::summary(&summary, talk.stderr()));
    }
    Ok(match (report.cancelled, report.failed.is_empty()) {
        (true, _) => Exit::Interrupted,
        (false, false) if report.failed.iter().any(|failure| failure.problem.code == "E0530") => Exit::Contradiction,
        (false, false) => Exit::Provider,
        (false, true) => Exit::Done,
    })
}

/// Says which resources were skipped, and because of what; `-v` names them all.
fn say_skipped(session: &Session<'_>, report: &Report) {
    const SHOWN: usize = 10;
    let skipped = report.skipped.iter().filter(|(_, target, _)| matches!(target, engine::Target::Resource(_)));
    let lines: Vec<String> =
        skipped.map(|(stack, target, because)| format!("skipped: {target} of {stack}, because of {because}")).collect();
    let shown = if session.talk.verbose { lines.len() } else { lines.len().min(SHOWN) };
    lines[..shown].iter().for_each(|line| session.talk.say(line));
    if lines.len() > shown {
        session.talk.say(&format!("… and {} more were skipped; `-v` names them", lines.len() - shown));
    }
}

/// Turns to true at the first Ctrl-C; at the second the process ends at once.
fn on_interrupt() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            sender.send_replace(true);
            if tokio::signal::ctrl_c().await.is_ok() {
                #[expect(clippy::exit, reason = "the second Ctrl-C means now; the state is right at every instant")]
                std::process::exit(i32::from(Exit::Interrupted.number()));
            }
        }
        sender.closed().await;
    });
    receiver
}
