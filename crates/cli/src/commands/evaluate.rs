//! `evaluate`: plans as files.

use std::collections::BTreeMap;
use std::path::Path;

use diag::Diagnostics;
use engine::{Engine, Survey};
use resource::Evaluated;

use crate::args::Selection;
use crate::commands::passed_over;
use crate::exit::{Exit, Failure, Result, io};
use crate::records::{Depth, RunRecords};
use crate::session::Session;

/// Evaluates the selected stacks; never reads state.
pub(crate) async fn evaluate(
    session: &Session<'_>,
    selection: &Selection,
    out: Option<&Path>,
    policies: bool,
    keep_going: bool,
) -> Result<Exit> {
    session
        .with_engine(async |engine| {
            let selected = session.select(engine, selection, &[]).await?;
            let entries = selected.stacks.iter().filter_map(|stack| engine.catalog.get(&stack.to_string()));
            let survey = engine.survey(entries);
            let failed = survey.evaluations.iter().filter_map(|(name, evaluation)| {
                Some((name.clone(), evaluation.result.as_ref().err()?.clone()))
            });
            let failed: BTreeMap<String, Diagnostics> = failed.collect();
            if !keep_going {
                passed_over::refuse(&failed)?;
            }
            let mut rows = Vec::new();
            for (name, evaluation) in &survey.evaluations {
                let Ok(evaluated) = &evaluation.result else { continue };
                if let Some(out) = out {
                    let directory = session.start.join(out).join(name);
                    let project = engine.catalog.get(name).map(|entry| entry.name.project());
                    let code = project.and_then(|project| engine.code.get(project).copied());
                    evaluator::write(&directory, evaluation, evaluated, code).map_err(|error| io("cannot write", &error))?;
                }
                let digest = evaluated.digest();
                let counts = match evaluated {
                    Evaluated::Plan(plan) => Some((plan.resources.len(), plan.outputs.len())),
                    Evaluated::Deferred { .. } => None,
                };
                let (resources, outputs) = counts.unzip();
                if session.talk.json {
                    session.talk.json(&serde_json::json!({
                        "stack": name, "digest": digest, "deferred": counts.is_none(), "resources": resources, "outputs": outputs,
                    }));
                }
                let shown = |count: Option<usize>| count.map_or_else(|| "deferred".to_owned(), |count| count.to_string());
                rows.push(vec![name.clone(), digest.short(16), shown(resources), shown(outputs)]);
            }
            if failed.is_empty() {
                let record = || engine.record_of_survey(&survey);
                RunRecords::of(session).leave(session, engine, (Depth::Evaluated, &selected.names()), record);
            }
            if !session.talk.json {
                session.talk.data(&render::table(&["stack", "digest", "resources", "outputs"], &rows, session.talk.stdout()));
            }
            if policies {
                judge(session, engine, &survey)?;
            }
            Ok(passed_over::end(session, &failed, Exit::Done))
        })
        .await
}

/// Asks the policies that need no state.
fn judge(session: &Session<'_>, engine: &Engine<'_>, survey: &Survey) -> Result<()> {
    let judgement = engine.judge_goals(survey)?;
    if session.talk.json {
        let mut event = crate::form::judgement(&judgement);
        event["event"] = "policies".into();
        session.talk.json(&event);
    } else {
        super::policies::say(&session.talk, &judgement);
    }
    judgement.stops().into_result(()).map_err(Failure::policy)
}
