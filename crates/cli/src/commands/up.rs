//! `up`, `preview` and `destroy`.

use std::path::Path;
use std::time::Instant;

use diag::Diagnostic;
use diff::Targets;
use engine::{Engine, Goal, Preview, PreviewOptions};
use resource::StackName;

use super::job::Job;
use super::passed_over;
use super::show::{show, show_as, show_what_stops};
use crate::args::{Look, Running, Selection};
use crate::exit::{Exit, Result};
use crate::records::{Depth, RunRecords};
use crate::session::{Selected, Session};

/// Shows what would be done, asks, and does it.
pub(crate) async fn up(
    session: &Session<'_>,
    selection: &Selection,
    targets: Targets,
    running: &Running,
) -> Result<Exit> {
    session.warn_if_stale();
    session
        .with_engine(async |engine| {
            let selected = session.select_with_gone(engine, selection).await?;
            refuse_gone(engine, &selected)?;
            session.check_given(engine, &selected)?;
            Job::of(session, engine, &selected, Goal::Programs, targets, running)?.run().await
        })
        .await
}

/// Deletes everything in the selected stacks, from state alone.
pub(crate) async fn destroy(
    session: &Session<'_>,
    selection: &Selection,
    targets: Targets,
    running: &Running,
) -> Result<Exit> {
    session
        .with_engine(async |engine| {
            let selected = session.select_with_gone(engine, selection).await?;
            Job::of(session, engine, &selected, Goal::Nothing, targets, running)?.run().await
        })
        .await
}

/// Shows what would be deleted, and saves it.
pub(crate) async fn save_destroy(
    session: &Session<'_>,
    selection: &Selection,
    targets: &Targets,
    file: &Path,
    running: &Running,
) -> Result<Exit> {
    session
        .with_engine(async |engine| {
            let selected = session.select_with_gone(engine, selection).await?;
            let begun = Instant::now();
            let preview = make(session, engine, &selected, Goal::Nothing, targets, Making::default()).await?;
            show(session, &preview, &selected, running.full, begun);
            show_what_stops(session, &preview);
            super::plan::save(session, engine, &preview, file, running.sign.as_deref())?;
            Ok(Exit::Done)
        })
        .await
}

/// How a preview is made, besides what it aims at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Making {
    /// After a look at the world.
    pub refresh: bool,
    /// Without the stacks that cannot be evaluated.
    pub keep_going: bool,
}

/// Shows what would be done.
pub(crate) async fn preview(
    session: &Session<'_>,
    selection: &Selection,
    targets: Targets,
    out: Option<(&Path, Option<&Path>)>,
    look: &Look,
    making: Making,
) -> Result<Exit> {
    session.warn_if_stale();
    session
        .with_engine(async |engine| {
            let mut selected = session.select_with_gone(engine, selection).await?;
            // A stack that is gone is told of in every preview: what it should be nobody says.
            selected.stacks.retain(|stack| !is_gone(engine, stack));
            session.check_given(engine, &selected)?;
            let begun = Instant::now();
            let preview = make(session, engine, &selected, Goal::Programs, &targets, making).await?;
            show_as(session, &preview, &selected, look, begun);
            show_what_stops(session, &preview);
            match out {
                Some((file, key)) => super::plan::save(session, engine, &preview, file, key)?,
                None => super::approval::offer(session, &preview),
            }
            let exit = if look.detailed_exitcode && !preview.is_empty() { Exit::Pending } else { Exit::Done };
            Ok(passed_over::end(session, &preview.failed, exit))
        })
        .await
}

fn is_gone(engine: &Engine<'_>, stack: &StackName) -> bool {
    engine.catalog.get(&stack.to_string()).is_none()
}

/// A stack that has no file any more goes only by `destroy`.
fn refuse_gone(engine: &Engine<'_>, selected: &Selected) -> Result<()> {
    let gone = selected.stacks.iter().filter(|stack| is_gone(engine, stack));
    let problems = gone.map(|stack| {
        Diagnostic::error("E0765", format!("`{stack}` has no stack file any more, so nothing says what it should be"))
            .hint(format!("to take it down: `runner destroy {stack}`"))
    });
    Ok(problems.collect::<diag::Diagnostics>().into_result(())?)
}

pub(crate) async fn make(
    session: &Session<'_>,
    engine: &Engine<'_>,
    selected: &Selected,
    goal: Goal,
    targets: &Targets,
    making: Making,
) -> Result<Preview> {
    let cache = session.traces();
    let traces = cache.evaluated();
    let keep_going = making.keep_going;
    let options = PreviewOptions { selected: selected.names(), goal, targets: targets.clone(), keep_going };
    let preview = if making.refresh {
        engine.preview_refreshed(&options, &traces).await?
    } else {
        engine.preview(&options, &traces).await?
    };
    cache.keep(&traces, &preview.traces);
    if goal == Goal::Programs && targets.is_empty() && !making.refresh && preview.failed.is_empty() {
        let record = || engine.record(&preview, &traces);
        RunRecords::of(session).leave(session, engine, (Depth::of(&preview), &preview.selected), record);
    }
    engine.share(&preview);
    session.shared.tell(session);
    Ok(preview)
}
