//! `sandbox list|log|check|set|delete|reset`.

use diag::Diagnostic;
use provider_sandbox::{HandError, Meant};

use crate::args::{Object, Sandbox};
use crate::exit::{Exit, Failure, Result, io, usage};
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
                    // What was done by hand is nobody's.
                    let urn = if record.urn.is_empty() { "-" } else { &record.urn };
                    talk.data(&format!(
                        "{} {} {} {} {urn} {}",
                        record.call, record.action, record.ty, record.id, record.outcome
                    ));
                }
            }
        }
        Sandbox::Check => {
            let found = sandbox.check().map_err(|error| io(&directory, &error))?;
            if !found.is_empty() {
                let problems = found.into_iter().map(|what| Diagnostic::error("E0714", what));
                return Err(problems.collect::<diag::Diagnostics>().into());
            }
            talk.say("the sandbox is consistent");
        }
        Sandbox::Set { object, property, value } => {
            let path = property.parse().map_err(|_| {
                Diagnostic::error("E0716", format!("`{property}` is not a property path"))
                    .hint("write keys and indices: `Tags[0].Value`")
            })?;
            sandbox
                .set_by_hand(&meant(&object), &path, &value)
                .map_err(|error| not_done(&directory, &object, error))?;
            talk.say(&format!("`{property}` of `{}` is changed; `runner refresh` sees it", object.id));
        }
        Sandbox::Delete { object } => {
            sandbox.delete_by_hand(&meant(&object)).map_err(|error| not_done(&directory, &object, error))?;
            talk.say(&format!("`{}` is deleted; `runner refresh` sees it", object.id));
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

fn meant(Object { id, ty, scope }: &Object) -> Meant {
    Meant { id: id.clone(), ty: ty.clone(), scope: scope.clone() }
}

/// Why nothing was done by hand.
fn not_done(directory: &str, object: &Object, error: HandError) -> Failure {
    let id = &object.id;
    match error {
        HandError::Io(error) => io(directory, &error),
        HandError::Refused(error) => Failure {
            exit: Exit::Provider,
            ..Diagnostic::error("E0716", format!("the sandbox refuses, as the vendor would: {error}")).into()
        },
        HandError::NotOne(found) if found.is_empty() => {
            let problem = Diagnostic::error("E0715", format!("the sandbox has no object `{id}`"));
            problem.hint("`runner sandbox list` lists them; the id is the second word").into()
        }
        HandError::NotOne(found) => {
            let problem =
                Diagnostic::error("E0715", format!("{} objects of the sandbox have the id `{id}`", found.len()));
            let problem = found.iter().fold(problem, |problem, (ty, scope)| problem.note(format!("{ty} in {scope}")));
            problem.hint("say which: `--type TYPE`, or `--scope SCOPE`").into()
        }
    }
}
