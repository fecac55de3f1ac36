//! Approvals by digest: what somebody has looked at is done, that and nothing else.

use diag::Diagnostic;
use diff::Outline;
use engine::Preview;
use value::Digest;

use crate::exit::{Exit, Failure};
use crate::session::Session;

/// What is told of a larger preview is only that it has moved.
const MOST: usize = 20_000;

/// How many sentences say what has moved.
const SHOWN: usize = 12;

/// Says by which digest a preview is approved.
pub(crate) fn offer(session: &Session<'_>, preview: &Preview) {
    if preview.changes.is_empty() {
        return;
    }
    remember(session, preview);
    if !session.talk.json {
        let digest = preview.digest();
        session.talk.say(&format!("`--approve {digest}` does this and nothing else, and does not ask"));
    }
}

/// Keeps the outline of what was shown, so that it can be said later what of it has moved.
fn remember(session: &Session<'_>, preview: &Preview) {
    let resources: usize = preview.changes.iter().map(|set| set.resources.len() + set.outputs.len()).sum();
    if preview.changes.is_empty() || resources > MOST {
        return;
    }
    if let Ok(bytes) = serde_json::to_vec(&Outline::of(&preview.changes)) {
        crate::traces::local(session.workspace.root()).put_record(key(preview.digest()), &bytes);
    }
}

/// Another preview was approved than the one that there is now.
pub(crate) fn unapproved(session: &Session<'_>, approved: Digest, now: &Preview) -> Failure {
    let message = "what would be done now is not what was approved";
    let problem = Diagnostic::error("E0470", message).note(format!("approved was {approved}"));
    let kept = crate::traces::local(session.workspace.root()).get_record(key(approved));
    let then: Option<Outline> = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let problem = match then {
        Some(then) => {
            let moved = then.moved(&Outline::of(&now.changes));
            let more = moved.len().saturating_sub(SHOWN);
            let problem = moved.iter().take(SHOWN).fold(problem, |problem, what| problem.note(what.clone()));
            if more > 0 { problem.note(format!("… and {more} more")) } else { problem }
        }
        None => problem.note("no preview of that digest was made here, so it cannot be said what has moved"),
    };
    let digest = now.digest();
    let found = problem.hint(format!("look at what would be done now; `--approve {digest}` does that")).into();
    Failure { exit: Exit::Contradiction, found, held: false }
}

fn key(preview: Digest) -> Digest {
    Digest::of("outline/1", preview.as_bytes())
}
