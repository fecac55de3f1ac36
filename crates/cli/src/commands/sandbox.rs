//! `sandbox list|log|check|reset`.

use crate::args::Sandbox;
use crate::exit::{Exit, Result, io, usage};
use crate::session::Session;

/// Looks at the embedded cloud.
pub(crate) fn run(session: &Session<'_>, command: Sandbox) -> Result<Exit> {
    let sandbox = session.sandbox()?;
    let directory = sandbox.dir().display().to_string();
    let talk = &session.talk;
    match command {
        Sandbox::List => {
            for object in sandbox.list().map_err(|error| io(&directory, &error))? {
                if talk.json {
                    let urn = object.owner.as_ref().map(|owner| &owner.urn);
                    talk.json(&serde_json::json!({
                        "type": object.ty, "id": object.id, "scope": object.scope, "name": object.name, "urn": urn,
                    }));
                    continue;
                }
                let owner = object.owner.map_or_else(|| "-".to_owned(), |owner| owner.urn);
                let name = object.name.unwrap_or_else(|| "-".to_owned());
                talk.data(&format!("{} {} {name} {owner}", object.ty, object.id));
            }
        }
        Sandbox::Log => {
            for record in sandbox.log().map_err(|error| io(&directory, &error))? {
                if talk.json {
                    talk.json(&serde_json::to_value(&record).unwrap_or_default());
                } else {
                    talk.data(&format!(
                        "{} {} {} {} {} {}",
                        record.call, record.action, record.ty, record.id, record.urn, record.outcome
                    ));
                }
            }
        }
        Sandbox::Check => {
            let found = sandbox.check().map_err(|error| io(&directory, &error))?;
            if !found.is_empty() {
                let problems = found.into_iter().map(|what| diag::Diagnostic::error("E0714", what));
                return Err(problems.collect::<diag::Diagnostics>().into());
            }
            talk.say("the sandbox is consistent");
        }
        Sandbox::Reset { yes } => {
            if !yes {
                if !talk.can_ask() {
                    return Err(usage(
                        "`sandbox reset` asks before it forgets everything, and there is no terminal",
                        "say `--yes`",
                    ));
                }
                let answer = talk.ask(&format!("Forget everything in {directory}? The state still holds it. (yes/no)"));
                if !matches!(answer.as_deref(), Some("y" | "yes")) {
                    talk.say("nothing was done");
                    return Ok(Exit::User);
                }
            }
            sandbox.reset().map_err(|error| io(&directory, &error))?;
        }
    }
    Ok(Exit::Done)
}
