//! `--check-determinism`: programs are evaluated twice more, and give the same plans, or the run fails.

use diag::Diagnostics;
use engine::Sample;
use serde_json::json;

use crate::args::{Determinism, Selection};
use crate::exit::Result;
use crate::session::Session;

/// Looks whether the programs of the selected stacks give the same plans as before, if that was asked for.
pub(crate) async fn check(session: &Session<'_>, selection: &Selection, asked: Determinism) -> Result<()> {
    let Some(percent) = asked.check_determinism else { return Ok(()) };
    session
        .with_engine(async |engine| {
            let selected = session.select(engine, selection, &[]).await?;
            let stacks = selected.stacks.iter().filter_map(|stack| engine.catalog.get(&stack.to_string()));
            let stacks: Vec<_> = stacks.collect();
            let cache = session.traces();
            // Others each time, so that in the end all are looked at.
            let seed = u64::from(jiff::Timestamp::now().subsec_nanosecond().unsigned_abs());
            let sample = Sample { percent, seed };
            let (looked, found) = engine.check_determinism(&stacks, &cache.evaluated(), sample, &cache.plans());
            found.into_iter().collect::<Diagnostics>().into_result(())?;
            let talk = &session.talk;
            if talk.json {
                talk.json(&json!({ "event": "determinism", "evaluated": looked }));
            } else {
                talk.say(&format!(
                    "{looked} of {} stacks were evaluated twice more: every plan is the same",
                    stacks.len()
                ));
            }
            Ok(())
        })
        .await
}
