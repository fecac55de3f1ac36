//! Previews on the terminal.

use std::time::Instant;

use diag::Diagnostics;
use diff::Restricted;
use engine::Preview;
use render::ViewOptions;
use resource::StackName;

use crate::args::{Look, Shape};
use crate::session::{Selected, Session};

/// Shows a preview as text, or as JSON where that was asked for.
pub(crate) fn show(session: &Session<'_>, preview: &Preview, selected: &Selected, full: bool, begun: Instant) {
    let talk = &session.talk;
    if talk.json {
        talk.json(&crate::form::preview(preview));
        return;
    }
    if preview.is_empty() {
        for note in &preview.notes {
            talk.say(note);
        }
        orphans(session, &preview.to_destroy);
        let time = begun.elapsed().as_secs_f64();
        let stacks = selected.stacks.len();
        let plural = if stacks == 1 { "stack" } else { "stacks" };
        talk.say(&format!("nothing to do: {stacks} {plural}, {} from cache, {time:.2} s", preview.cached));
        if let Some(words) = restricted(preview) {
            talk.say(&words);
        }
        return;
    }
    talk.data(&render::preview(&preview.changes, &view(session, preview, selected, full)));
    super::policies::say(talk, &preview.judgement);
}

/// Shows a preview in the form that was asked for.
pub(crate) fn show_as(session: &Session<'_>, preview: &Preview, selected: &Selected, look: &Look, begun: Instant) {
    if look.format == Shape::Text || session.talk.json {
        return show(session, preview, selected, look.full, begun);
    }
    let digest = Some(preview.digest().to_string());
    let comment = render::Comment { cached: preview.cached, digest, limit: render::Comment::LIMIT };
    let options = view(session, preview, selected, look.full);
    session.talk.data(&render::markdown(&preview.changes, &options, &comment));
}

fn view(session: &Session<'_>, preview: &Preview, selected: &Selected, full: bool) -> ViewOptions {
    let catalog = &session.catalog;
    let name =
        |full: &String| catalog.get(full).map_or_else(|| StackName::new(full.clone(), ""), |entry| entry.name.clone());
    let notes = preview.notes.iter().chain(&preview.held_back).cloned();
    ViewOptions {
        full,
        opened: selected.single.iter().cloned().collect(),
        height: session.talk.height(),
        style: session.talk.stdout(),
        environments: session.workspace.settings().all_environments().map(str::to_owned).collect(),
        unchanged: preview.unchanged.len(),
        deferred: preview.deferred.iter().map(|(stack, waits)| (name(stack), waits.clone())).collect(),
        failed: preview.failed.iter().map(|(stack, found)| (name(stack), first(found))).collect(),
        passed_over: preview.passed_over.iter().map(|(stack, waits)| (name(stack), waits.clone())).collect(),
        to_destroy: preview.to_destroy.iter().map(|full| orphan_name(full)).collect(),
        notes: notes.collect(),
        restricted: restricted(preview),
    }
}

/// What is said first of what is wrong with a stack.
fn first(found: &Diagnostics) -> String {
    found.iter().next().map(|problem| problem.message.clone()).unwrap_or_default()
}

/// How far a restricted run goes, in words.
fn restricted(preview: &Preview) -> Option<String> {
    let Restricted { targets, left } = preview.restricted?;
    let plural = |number: usize, one: &str| if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") };
    Some(format!("restricted to {}; {} left as they are", plural(targets, "target"), plural(left, "other resource")))
}

/// A stack that is only in state goes by its full name alone.
pub(crate) fn orphan_name(full: &str) -> StackName {
    full.rsplit_once('.').map_or_else(|| StackName::new(full, ""), |(project, short)| StackName::new(project, short))
}

fn orphans(session: &Session<'_>, stacks: &[String]) {
    for stack in stacks {
        session
            .talk
            .say(&format!("to destroy: {stack} has no stack file any more; `runner destroy {stack}` takes it down"));
    }
}

/// What would stop a run is shown, and changes nothing else.
pub(crate) fn show_what_stops(session: &Session<'_>, preview: &Preview) {
    let stops = preview.judgement.stops();
    if !stops.is_empty() && !session.talk.json {
        session.talk.error(&stops);
    }
}
