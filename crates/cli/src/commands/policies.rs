//! `policies`, and what is said of policies elsewhere.

use policy::{Attached, Judgement, Policy};
use serde_json::json;

use crate::exit::Exit;
use crate::session::Session;
use crate::talk::Talk;

/// Lists the policies of the runner where the profile has them attached, and the waivers.
pub(crate) fn list(session: &Session<'_>) -> Exit {
    let talk = &session.talk;
    let mut rows = Vec::new();
    for policy in &session.registry.policies {
        let attached: Vec<&Attached> =
            session.policies.attached().iter().filter(|one| one.rule == policy.name()).collect();
        if talk.json {
            talk.json(&policy_line(policy, &attached));
        }
        if attached.is_empty() {
            rows.push(row(policy, "-", "not in this profile"));
        }
        rows.extend(attached.iter().map(|one| row(policy, one.level.as_str(), &place(one))));
    }
    let waivers = || session.policies.waivers();
    if talk.json {
        for (waiver, holds) in waivers() {
            talk.json(&json!({
                "waives": waiver.rule.value, "stack": waiver.stack, "resource": waiver.resource,
                "reason": waiver.reason, "until": waiver.until.to_string(), "holds": holds,
            }));
        }
        return Exit::Done;
    }
    talk.data(&render::table(&["policy", "level", "attached to", "wants"], &rows, talk.stdout()));
    let rows: Vec<Vec<String>> = waivers()
        .map(|(waiver, holds)| {
            let end = if holds { waiver.until.to_string() } else { format!("{} (ended)", waiver.until) };
            let parts = [waiver.stack.as_deref(), waiver.resource.as_deref()];
            let of: Vec<&str> = parts.into_iter().flatten().collect();
            vec![waiver.rule.value.clone(), of.join(" "), end, waiver.reason.clone()]
        })
        .collect();
    if !rows.is_empty() {
        talk.data("");
        talk.data(&render::table(&["waived", "of", "until", "because"], &rows, talk.stdout()));
    }
    Exit::Done
}

/// Says in a line what policies found that stops nothing; `-v` says all of it.
pub(crate) fn say(talk: &Talk, judgement: &Judgement) {
    if !judgement.warnings.is_empty() {
        talk.error(&judgement.warnings);
    }
    if !talk.verbose {
        judgement.summary().into_iter().for_each(|summary| talk.say(&format!("policies: {summary}; `-v` shows them")));
        return;
    }
    let remarks = judgement.remarks();
    if !remarks.is_empty() {
        talk.error(&remarks);
    }
    judgement.undecided.iter().for_each(|undecided| talk.say(&undecided.to_string()));
}

fn row(policy: &Policy, level: &str, place: &str) -> Vec<String> {
    vec![policy.name().to_owned(), level.to_owned(), place.to_owned(), policy.summary().to_owned()]
}

fn place(attached: &Attached) -> String {
    let stacks = if attached.stacks.is_empty() { "all stacks".to_owned() } else { attached.stacks.join(", ") };
    match attached.environments.as_slice() {
        [] => stacks,
        environments => format!("{stacks} in {}", environments.join(", ")),
    }
}

fn policy_line(policy: &Policy, attached: &[&Attached]) -> serde_json::Value {
    let attached: Vec<_> = attached
        .iter()
        .map(|one| json!({ "level": one.level.as_str(), "stacks": one.stacks, "environments": one.environments }))
        .collect();
    json!({
        "policy": policy.name(), "kind": policy.kind().as_str(), "level": policy.level().as_str(),
        "summary": policy.summary(), "source": policy.place().to_string(), "attached": attached,
    })
}
