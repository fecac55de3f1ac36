//! `affected`: which stacks are not as they were in another version of the sources.

use resource::StackName;
use serde_json::{Value as Json, json};

use crate::args::{ListForm, Selection};
use crate::exit::{Exit, Result, usage};
use crate::session::Session;
use crate::since::Since;

/// Lists the stacks that a change reaches.
pub(crate) async fn affected(session: &Session<'_>, selection: &Selection, form: ListForm) -> Result<Exit> {
    if selection.changed_since.is_none() {
        return Err(usage("`affected` compares with a version of the sources", "say which: `--changed-since main`"));
    }
    session
        .with_engine(async |engine| {
            let selected = session.select_for_list(engine, selection).await?;
            let Some(since) = &selected.since else { return Ok(Exit::Done) };
            if form == ListForm::Matrix {
                let include: Vec<Json> = selected.stacks.iter().map(|stack| entry(stack, since)).collect();
                session.talk.data(&json!({ "include": include }).to_string());
                return Ok(Exit::Done);
            }
            let mut rows = Vec::new();
            for stack in &selected.stacks {
                let name = stack.to_string();
                let reasons: Vec<String> = since.why(&name).into_iter().map(|reason| reason.text).collect();
                if session.talk.json {
                    let mut line = entry(stack, since);
                    line["exact"] = since.bound.is_none().into();
                    line["reasons"] = reasons.into();
                    session.talk.json(&line);
                    continue;
                }
                let more = if reasons.len() > 1 { format!(" (and {} more)", reasons.len() - 1) } else { String::new() };
                let first = reasons.first().map(|first| format!("{first}{more}")).unwrap_or_default();
                rows.push(vec![name.clone(), since.word(&name).to_owned(), first]);
            }
            if rows.is_empty() && !session.talk.json {
                session.talk.say("no stack is affected");
            } else if !session.talk.json {
                session.talk.data(&render::table(&["stack", "change", "because"], &rows, session.talk.stdout()));
            }
            Ok(Exit::Done)
        })
        .await
}

/// A stack with what became of it; one that is there only as a neighbour is as it was.
fn entry(stack: &StackName, since: &Since) -> Json {
    let name = stack.to_string();
    let change = since.word(&name);
    json!({ "stack": name, "project": stack.project(), "environment": stack.environment(), "change": change })
}
