//! `refresh`.

use diff::Targets;
use engine::RefreshReport;

use crate::args::Selection;
use crate::exit::{Exit, Result};
use crate::session::Session;
use crate::talk::Talk;

/// Reads the objects of the selected stacks anew that targets mean; with `only_look` nothing is written.
pub(crate) async fn refresh(
    session: &Session<'_>,
    selection: &Selection,
    targets: &Targets,
    only_look: bool,
) -> Result<Exit> {
    session
        .with_engine(async |engine| {
            let selected = session.select_with_gone(engine, selection).await?.names();
            engine.unmatched(&selected, targets).await?.into_result(())?;
            let report = if only_look {
                engine.look(&selected, targets).await?
            } else {
                engine.refresh(&selected, targets).await?
            };
            show(&session.talk, &report);
            if !session.talk.json {
                session.talk.say(if only_look {
                    "nothing was written; `runner refresh` does"
                } else {
                    "`runner up` mends what the programs set"
                });
            }
            Ok(Exit::Done)
        })
        .await
}

/// Shows what a refresh found.
pub(crate) fn show(talk: &Talk, report: &RefreshReport) {
    let RefreshReport { read, gone, changed, moved, healed } = report;
    if talk.json {
        talk.json(&serde_json::json!({
            "event": "refreshed", "read": read, "gone": gone, "changed": changed, "moved": moved, "healed": healed,
        }));
        return;
    }
    for (stack, urn) in gone {
        talk.data(&format!("- {} of {stack} is gone", urn.name()));
    }
    for (stack, urn) in changed {
        talk.data(&format!("~ {} of {stack} is not as it was set", urn.name()));
    }
    for (stack, urn, id) in moved {
        talk.data(&format!("~ {} of {stack} is `{id}` now", urn.name()));
    }
    for (stack, urn) in healed {
        talk.data(&format!("· {} of {stack} is well by now", urn.name()));
    }
    let objects = if *read == 1 { "1 object".to_owned() } else { format!("{read} objects") };
    talk.say(&format!("{objects} read: {} gone, {} changed", gone.len(), changed.len()));
}
