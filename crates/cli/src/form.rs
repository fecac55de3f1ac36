//! The forms of `--json` that are not the engine's events; `docs/events.md` describes them.

use diff::{Action, ChangeSet, Difference, ResourceChange};
use engine::Preview;
use policy::{Finding, Judgement, Standing, Undecided};
use serde_json::{Value, json};

/// A preview as one event.
pub(crate) fn preview(preview: &Preview) -> Value {
    let deferred: serde_json::Map<String, Value> = preview
        .deferred
        .iter()
        .map(|(stack, waits)| (stack.clone(), waits.iter().map(|(stack, path)| format!("{stack}:{path}")).collect()))
        .collect();
    json!({
        "event": "preview",
        "digest": preview.digest(),
        "stacks": preview.changes.iter().map(stack).collect::<Vec<_>>(),
        "unchanged": preview.unchanged,
        "cached": preview.cached,
        "deferred": deferred,
        "failed": preview.failed.keys().collect::<Vec<_>>(),
        "passed_over": preview.passed_over,
        "to_destroy": preview.to_destroy,
        "restricted": preview.restricted,
        "notes": preview.notes.iter().chain(&preview.held_back).collect::<Vec<_>>(),
        "policies": judgement(&preview.judgement),
    })
}

/// What policies said.
pub(crate) fn judgement(judgement: &Judgement) -> Value {
    let finding = |finding: &Finding| {
        let (standing, reason, until) = match &finding.standing {
            Standing::Counts => ("counts", None, None),
            Standing::Expired { until } => ("expired", None, Some(until)),
            Standing::Waived { reason, until } => ("waived", Some(reason), Some(until)),
            Standing::Allowed => ("allowed", None, None),
        };
        json!({
            "rule": finding.rule,
            "level": finding.level.as_str(),
            "stack": finding.stack.as_ref().map(ToString::to_string),
            "resource": finding.resource.as_ref().map(ToString::to_string),
            "source": finding.place.as_ref().map(ToString::to_string),
            "message": finding.message,
            "hints": finding.hints,
            "standing": standing,
            "reason": reason,
            "until": until.map(ToString::to_string),
            "stops": finding.stops(),
        })
    };
    let undecided = |undecided: &Undecided| {
        json!({
            "rule": undecided.rule,
            "level": undecided.level.as_str(),
            "stack": undecided.stack.as_ref().map(ToString::to_string),
            "resource": undecided.resource.as_ref().map(ToString::to_string),
            "origins": undecided.origins.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    };
    json!({
        "findings": judgement.findings.iter().map(finding).collect::<Vec<_>>(),
        "undecided": judgement.undecided.iter().map(undecided).collect::<Vec<_>>(),
    })
}

fn stack(set: &ChangeSet) -> Value {
    let resources = set.resources.iter().filter(|(_, change)| !change.is_nothing());
    let outputs = set.outputs.iter().filter(|(_, output)| output.changes());
    json!({
        "stack": set.stack.to_string(),
        "counts": set.counts(),
        "resources": resources.map(|(urn, change)| resource(&urn.to_string(), change)).collect::<Vec<_>>(),
        "outputs": outputs.map(|(path, output)| json!({ "path": path.to_string(), "value": output.value })).collect::<Vec<_>>(),
    })
}

fn resource(urn: &str, change: &ResourceChange) -> Value {
    let (action, undecided, delete_first) = match change.action {
        Action::Keep if change.moved_from.is_some() => ("move", false, false),
        Action::Keep => ("record", false, false),
        Action::Create => ("create", false, false),
        Action::Update => ("update", false, false),
        Action::Replace { delete_first, undecided } => ("replace", undecided, delete_first),
        Action::Delete => ("delete", false, false),
        Action::Forget => ("forget", false, false),
        Action::Adopt => ("adopt", false, false),
        Action::Read => ("read", false, false),
    };
    let moved = change
        .moved_from
        .iter()
        .map(|from| (&from.0, &from.1))
        .map(|(stack, earlier)| format!("moved from {stack}, where it is `{earlier}`"));
    let remarks: Vec<String> = change.remarks.iter().cloned().chain(moved).collect();
    json!({
        "urn": urn,
        "action": action,
        "undecided": undecided,
        "delete_first": delete_first,
        "differences": change.differences.iter().map(difference).collect::<Vec<_>>(),
        "properties": change.goal,
        "protection_ignored": change.protection_ignored,
        "source": change.source.as_ref().map(ToString::to_string),
        "vanished": change.vanished,
        "remarks": remarks,
    })
}

fn difference(difference: &Difference) -> Value {
    let Difference { path, old, new, replaces, drift } = difference;
    json!({ "path": path.to_string(), "old": old, "new": new, "replaces": replaces, "drift": drift })
}
