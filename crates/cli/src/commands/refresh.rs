//! `refresh`.

use crate::args::Selection;
use crate::commands::up::only_in_state;
use crate::exit::{Exit, Result};
use crate::session::Session;

/// Reads the objects of the selected stacks anew.
pub(crate) async fn refresh(session: &Session<'_>, selection: &Selection) -> Result<Exit> {
    session
        .with_engine(async |engine| {
            let orphans = only_in_state(engine).await?;
            let selected = session.select(engine, selection, &orphans)?;
            let report = engine.refresh(&selected.names()).await?;
            let talk = &session.talk;
            if talk.json {
                talk.json(&serde_json::json!({
                    "event": "refreshed", "read": report.read, "gone": report.gone, "changed": report.changed,
                }));
                return Ok(Exit::Done);
            }
            for (stack, urn) in &report.gone {
                talk.data(&format!("- {} of {stack} is gone", urn.name()));
            }
            for (stack, urn) in &report.changed {
                talk.data(&format!("~ {} of {stack} is not as it was set", urn.name()));
            }
            let (gone, changed) = (report.gone.len(), report.changed.len());
            talk.say(&format!(
                "{} objects read: {gone} gone, {changed} changed; `runner up` mends what the programs set",
                report.read
            ));
            Ok(Exit::Done)
        })
        .await
}
