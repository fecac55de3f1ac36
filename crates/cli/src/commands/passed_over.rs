//! What is said of stacks that were passed over since they cannot be evaluated.

use std::collections::BTreeMap;

use diag::Diagnostics;

use crate::exit::{Exit, Failure};
use crate::session::Session;

/// All that is wrong with them, each problem once.
pub(crate) fn problems(failed: &BTreeMap<String, Diagnostics>) -> Diagnostics {
    let mut found: Vec<_> = Vec::new();
    for problem in failed.values().flatten() {
        if !found.contains(problem) {
            found.push(problem.clone());
        }
    }
    found.into_iter().collect()
}

/// How a run ends that passed over some: as if nothing else had been wrong, unless something was.
pub(crate) fn end(session: &Session<'_>, failed: &BTreeMap<String, Diagnostics>, exit: Exit) -> Exit {
    if failed.is_empty() {
        return exit;
    }
    session.talk.error(&problems(failed));
    let names: Vec<String> = failed.keys().map(|stack| format!("`{stack}`")).collect();
    session.talk.say(&format!("passed over: {}", names.join(", ")));
    if matches!(exit, Exit::Done | Exit::Pending) { Exit::User } else { exit }
}

/// Why nothing that needs all stacks is done where some were passed over.
///
/// # Errors
/// All that is wrong with them.
pub(crate) fn refuse(failed: &BTreeMap<String, Diagnostics>) -> Result<(), Failure> {
    Ok(problems(failed).into_result(())?)
}
