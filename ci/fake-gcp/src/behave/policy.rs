//! Policies, which are written under the etag that they were read with.

use serde_json::{Value as Json, json};

use super::{Call, Done, api, iam, missing};
use crate::http::Answer;
use crate::world::World;

/// How many principals a policy may name, and how many of them may be groups; whoever is named twice counts twice.
const MEMBERS: usize = 1500;
const GROUPS: usize = 250;

/// Reads a policy.
pub(crate) fn get_policy(world: &mut World, call: &Call<'_>, name: &str) -> Done {
    let name = known(world, call, name)?;
    let mut policy = world.policy(&call.key(&name));
    if !asks_for_conditions(call) {
        // Whoever does not ask for conditions sees that there are some, and not which.
        let bindings = policy["bindings"].as_array_mut().into_iter().flatten();
        for binding in bindings.filter_map(Json::as_object_mut) {
            if binding.remove("condition").is_some() {
                let role = format!("{}_withcond_1", binding["role"].as_str().unwrap_or_default());
                binding.insert("role".to_owned(), role.into());
            }
        }
    }
    Ok(policy)
}

fn asks_for_conditions(call: &Call<'_>) -> bool {
    let asked = |name| call.parameter(name) == "3";
    asked("optionsRequestedPolicyVersion")
        || asked("options.requestedPolicyVersion")
        || call.body["options"]["requestedPolicyVersion"] == 3
}

/// What has the policy, by its whole name. Buckets look for themselves, and services of Cloud Run may be of others.
fn known(world: &mut World, call: &Call<'_>, name: &str) -> Result<String, Answer> {
    let whole = if name.contains("/-/") { iam::whole(world, name) } else { Some(name.to_owned()) };
    let whole = whole.ok_or_else(|| missing(name))?;
    let others = world.strangers || matches!(api(call.route), "run" | "storage");
    let there = others || world.is_seen(&call.key(&whole));
    there.then_some(whole).ok_or_else(|| missing(name))
}

/// Writes a policy, if it is the one that is there which was changed.
pub(crate) fn set_policy(world: &mut World, call: &Call<'_>, policy: &Json, name: &str) -> Done {
    let name = known(world, call, name)?;
    let key = call.key(&name);
    let there = world.policy(&key);
    if policy["etag"].is_null() {
        world.violations.push(format!("{}: a policy is written blindly", call.route.name));
    }
    if policy["etag"] != there["etag"] {
        return Err(if api(call.route) == "storage" {
            Answer::old(412, "conditionNotMet", "at least one of the pre-conditions you specified did not hold")
        } else {
            Answer::rpc(409, "ABORTED", "there were concurrent policy changes")
        });
    }
    if let Some(message) = refusal(world, policy) {
        return Err(Answer::rpc(400, "INVALID_ARGUMENT", &message));
    }
    let mut policy = policy.clone();
    policy["etag"] = world.etag().into();
    world.policies.insert(key, policy.clone());
    Ok(policy)
}

/// What is wrong with a policy, if something is.
fn refusal(world: &mut World, policy: &Json) -> Option<String> {
    let text = policy.to_string();
    let unknown = world.unknown.iter_mut().find(|(who, times)| **times > 0 && text.contains(who.as_str()));
    if let Some((who, times)) = unknown {
        *times -= 1;
        return Some(format!("{who} does not exist"));
    }
    let bindings: Vec<&Json> = policy["bindings"].as_array().into_iter().flatten().collect();
    if bindings.iter().any(|binding| binding["condition"].is_object()) && policy["version"] != json!(3) {
        return Some("the specified policy version should be 3, since a binding has a condition".to_owned());
    }
    let members: Vec<&str> = bindings
        .iter()
        .filter_map(|binding| binding["members"].as_array())
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    let groups = members.iter().filter(|member| member.starts_with("group:") || member.starts_with("domain:")).count();
    [("members", members.len(), MEMBERS), ("groups and domains", groups, GROUPS)].into_iter().find_map(
        |(what, there, most)| {
            let message =
                format!("The number of {what} in the policy ({there}) is larger than the maximum allowed size {most}.");
            (there > most).then_some(message)
        },
    )
}
