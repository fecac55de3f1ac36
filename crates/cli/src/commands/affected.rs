//! `affected`: which stacks are not as they were in another version of the sources.

use resource::StackName;
use serde_json::{Value as Json, json};
use taskgraph::{Cause, Change};

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
                let reasons = reasons(stack, since);
                if session.talk.json {
                    let mut line = entry(stack, since);
                    line["exact"] = since.bound.is_none().into();
                    line["reasons"] = reasons.into();
                    session.talk.json(&line);
                    continue;
                }
                let more = if reasons.len() > 1 { format!(" (and {} more)", reasons.len() - 1) } else { String::new() };
                let first = reasons.first().map(|first| format!("{first}{more}")).unwrap_or_default();
                rows.push(vec![stack.to_string(), word(stack, since).to_owned(), first]);
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

fn entry(stack: &StackName, since: &Since) -> Json {
    json!({
        "stack": stack.to_string(),
        "project": stack.project(),
        "environment": stack.environment(),
        "change": word(stack, since),
    })
}

/// What became of a stack, in a word; one that is there only because of `--with-upstream` or `--with-downstream` is
/// as it was.
fn word(stack: &StackName, since: &Since) -> &'static str {
    match since.affected.stacks.get(&stack.to_string()) {
        Some(Change::Added) => "added",
        Some(Change::Deleted) => "deleted",
        Some(Change::Changed(_)) => "changed",
        None => "none",
    }
}

/// Why a stack is another, one line a reason.
fn reasons(stack: &StackName, since: &Since) -> Vec<String> {
    let name = stack.to_string();
    match since.affected.stacks.get(&name) {
        Some(Change::Changed(causes)) => causes.iter().flat_map(|cause| in_words(&name, cause, since)).collect(),
        Some(Change::Deleted) => vec!["its stack file is gone".to_owned()],
        _ => Vec::new(),
    }
}

fn in_words(stack: &str, cause: &Cause, since: &Since) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    match cause {
        Cause::Plan => since.differences(stack),
        Cause::Inputs => since.reasons.get(stack).cloned().unwrap_or_default(),
        Cause::Waits => one("its program waits for outputs, so that it cannot be told"),
        Cause::Schemas => one("the schemas of resource types changed"),
        Cause::Profile => one("the profile changed"),
        Cause::Output(other, path) => vec![format!("output {other}:{path} changes")],
    }
}
