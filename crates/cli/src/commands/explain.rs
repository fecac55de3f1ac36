//! `explain`: why a stack would be touched, or would not.

use engine::{Goal, PreviewOptions, Traces};

use crate::args::Selection;
use crate::exit::{Exit, Result};
use crate::session::Session;

/// Explains for each selected stack.
pub(crate) async fn explain(session: &Session<'_>, selection: &Selection) -> Result<Exit> {
    session
        .with_engine(async |engine| {
            let selected = session.select(engine, selection, &[]).await?;
            let cache = session.traces();
            let applied = cache.applied();
            let options = PreviewOptions {
                selected: selected.names(),
                goal: Goal::Programs,
                targets: diff::Targets::default(),
            };
            let preview = engine.preview(&options, &cache.evaluated()).await?;
            for stack in &selected.stacks {
                let name = stack.to_string();
                let reasons = reasons(&name, &applied, engine, &preview);
                if session.talk.json {
                    session.talk.json(&serde_json::json!({ "stack": name, "moves": !preview.unchanged.contains(&name), "reasons": reasons }));
                } else {
                    let verdict = if preview.unchanged.contains(&name) { "does not move" } else { "moves" };
                    session.talk.data(&format!("{name} {verdict}"));
                    for reason in reasons {
                        session.talk.data(&format!("  {reason}"));
                    }
                }
            }
            Ok(Exit::Done)
        })
        .await
}

fn reasons(name: &str, applied: &Traces, engine: &engine::Engine<'_>, preview: &engine::Preview) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Some(waits) = preview.deferred.get(name) {
        for (stack, path) in waits {
            reasons.push(format!("its program waits for {stack}:{path}"));
        }
        return reasons;
    }
    match applied.get(name) {
        None => reasons.push("it was not applied from here before".to_owned()),
        Some(old) => match engine.why_evaluated(name, old) {
            why if why.is_empty() => reasons.push("everything that its program reads is as it was".to_owned()),
            why => {
                reasons.extend(why);
                if engine.plan_digest(name) == Some(old.plan) {
                    reasons.push("its plan has the same bytes all the same".to_owned());
                }
            }
        },
    }
    reasons.extend(engine.why_changed(name, preview));
    reasons
}
