//! What would be done by now against what was approved.

use resource::Plan;

use crate::{Action, ChangeSet, OutputChange, ResourceChange};

/// What would be done now although it was not approved, a sentence each.
///
/// Between the two only those have moved the stack who did a part of what was approved. So less may be left, what was
/// unknown may be known, and what was made in part may have to be completed; nothing else.
pub fn beyond(approved: &ChangeSet, now: &ChangeSet, plan: Option<&Plan>) -> Vec<String> {
    let mut found = Vec::new();
    for (urn, change) in now.resources.iter().filter(|(_, change)| !change.is_nothing()) {
        let name = urn.name();
        let Some(was) = approved.resources.get(urn) else {
            found.push(format!("`{name}` would be touched, which was not shown"));
            continue;
        };
        if !follows(was, change) {
            found.push(format!("`{name}`: shown was {}, now it is {}", was.action.word(), change.action.word()));
            continue;
        }
        // What the plan does not set is made by the engine: a new incarnation has another name.
        let set = plan.and_then(|plan| plan.resources.get(urn)).map(|resource| &resource.properties);
        let set = |key: &String| set.is_some_and(|properties| properties.contains_key(key));
        let known = was.goal.iter().filter(|(key, value)| set(key) && !value.has_unknown());
        let differing = known.filter(|(key, value)| change.goal.get(*key) != Some(value));
        found.extend(differing.map(|(key, _)| format!("`{key}` of `{name}` has another value than was shown")));
    }
    let more = now.leaving.iter().filter(|(urn, to)| approved.leaving.get(*urn) != Some(to));
    found
        .extend(more.map(|(urn, (stack, _))| format!("`{}` would move to `{stack}`, which was not shown", urn.name())));
    for (urn, incarnation) in &now.leftovers {
        let replaced = |was: &ResourceChange| matches!(was.action, Action::Create | Action::Replace { .. });
        let known = approved.leftovers.contains(&(urn.clone(), *incarnation));
        if !known && !approved.resources.get(urn).is_some_and(replaced) {
            found.push(format!("an old `{}` would be deleted, which was not shown", urn.name()));
        }
    }
    for (path, output) in now.outputs.iter().filter(|(_, output)| output.changes()) {
        if !approved.outputs.get(path).is_some_and(|was| is_as_shown(was, output)) {
            found.push(format!("output `{path}` has another value than was shown"));
        }
    }
    found
}

/// Whether a change is what is left of another one.
fn follows(was: &ResourceChange, now: &ResourceChange) -> bool {
    let action = match (was.action, now.action) {
        (_, Action::Keep) => true,
        // An object that was made in part is completed, or made anew where it cannot be.
        (Action::Create, action) => {
            matches!(action, Action::Create | Action::Update | Action::Replace { .. })
        }
        (Action::Adopt, action) => matches!(action, Action::Adopt | Action::Update),
        // With the old object gone the rest of a replacement is a create.
        (Action::Replace { .. }, action) => {
            matches!(action, Action::Create | Action::Update | Action::Replace { .. })
        }
        (was, now) => was == now,
    };
    let moved = now.moved_from.is_none() || now.moved_from == was.moved_from;
    action && moved && (now.renamed_from.is_none() || now.renamed_from == was.renamed_from)
}

fn is_as_shown(was: &OutputChange, now: &OutputChange) -> bool {
    match (&was.value, &now.value) {
        (Some(was), Some(now)) => was.has_unknown() || was == now,
        (was, now) => was.is_none() && now.is_none(),
    }
}
