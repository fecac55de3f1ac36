//! Members of policies. A policy is changed by many hands at a time: it is read, changed and written back under its etag,
//! and whoever was overtaken begins anew. Members of one policy that change at the same time share the calls.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rest::{Repeat, Result, jittered, refused};
use serde_json::{Value as Json, json};
use tokio::sync::oneshot;

use crate::entries;
use crate::failure::{is_contended, is_missing, is_unknown_principal};
use crate::kind::{Kind, Policy, call};
use crate::site::Site;
use crate::thing::request_to;
use crate::url::Request;

/// For how long what was made a moment ago may not have got about yet.
const NEW: Duration = Duration::from_secs(20);
/// For how long others may get in between.
const CONTENDED: Duration = Duration::from_mins(2);
/// The version of policies that says which bindings hold under a condition.
const VERSION: &str = "3";

/// The policies of a site that are at work.
#[derive(Debug, Default)]
pub(crate) struct Policies(Mutex<BTreeMap<Key, Arc<Shared>>>);

/// An interface and what has the policy.
type Key = (String, String);

#[derive(Debug, Default)]
struct Shared {
    /// Whoever has it may call; it holds what was read last, and since when that is so.
    turn: tokio::sync::Mutex<Option<(Instant, Option<Json>)>>,
    waiting: Mutex<Vec<Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    change: Change,
    answer: oneshot::Sender<Result<()>>,
}

/// What becomes of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) role: String,
    pub(crate) member: String,
    /// Whether it is to be there.
    pub(crate) there: bool,
}

/// A policy: a kind of member, and what has it.
#[derive(Debug, Clone)]
pub(crate) struct On<'a> {
    pub(crate) site: &'a Site,
    pub(crate) kind: &'static Kind,
    pub(crate) policy: &'static Policy,
    pub(crate) name: String,
}

impl On<'_> {
    /// Whether somebody has a role, by a look that began after this was asked.
    pub(crate) async fn has(&self, role: &str, member: &str) -> Result<bool> {
        let asked = Instant::now();
        let shared = self.shared();
        let mut turn = shared.turn.lock().await;
        let fresh = turn.as_ref().is_some_and(|(read, _)| *read >= asked);
        if !fresh {
            let read = Instant::now();
            let policy = match self.read().await {
                Ok(policy) => Some(policy),
                Err(error) if is_missing(&error) => None,
                Err(error) => return Err(error),
            };
            *turn = Some((read, policy));
        }
        let policy = turn.as_ref().and_then(|(_, policy)| policy.as_ref());
        Ok(policy.is_some_and(|policy| holds(policy, role, member)))
    }

    /// Gives somebody a role, or takes it away; with it goes what others want of the policy at the same time.
    pub(crate) async fn change(&self, change: Change) -> Result<()> {
        let (answer, mut answered) = oneshot::channel();
        let shared = self.shared();
        shared.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(Waiting { change, answer });
        let mut turn = shared.turn.lock().await;
        // Whoever was before may have done it.
        if let Ok(done) = answered.try_recv() {
            return done;
        }
        let waiting = std::mem::take(&mut *shared.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        *turn = None;
        let changes: Vec<Change> = waiting.iter().map(|waiting| waiting.change.clone()).collect();
        let together = self.write(&changes).await;
        for waiting in waiting {
            let done = match &together {
                Ok(()) => Ok(()),
                // One of many may be what the vendor does not like.
                Err(error) if changes.len() > 1 && error.kind == ports::ProviderErrorKind::Refused => {
                    self.write(std::slice::from_ref(&waiting.change)).await
                }
                Err(error) => Err(error.clone()),
            };
            // Nobody listens any more: then nobody is told.
            waiting.answer.send(done).unwrap_or_default();
        }
        answered.await.unwrap_or_else(|_| Err(refused("Died", "the change of the policy was given up")))
    }

    async fn write(&self, changes: &[Change]) -> Result<()> {
        let start = Instant::now();
        let only_removals = changes.iter().all(|change| !change.there);
        let mut pause = Duration::from_millis(50);
        loop {
            let error = match self.attempt(changes).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let patience = if is_missing(&error) {
                if only_removals {
                    return Ok(());
                }
                NEW
            } else if is_unknown_principal(&error) && changes.len() == 1 {
                NEW
            } else if is_contended(&error) {
                CONTENDED
            } else {
                Duration::ZERO
            };
            if start.elapsed() + pause > patience {
                return Err(error);
            }
            tokio::time::sleep(jittered(pause)).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    async fn attempt(&self, changes: &[Change]) -> Result<()> {
        let policy = self.read().await?;
        let mut wanted = policy.clone();
        changes.iter().for_each(|change| apply(&mut wanted, change));
        if wanted == policy {
            return Ok(());
        }
        // The etag makes a repetition of what has happened one that comes too late.
        self.site.call(&self.writing(wanted)?, Repeat::Freely).await.map(drop)
    }

    fn writing(&self, wanted: Json) -> Result<Request> {
        if let Some(list) = &self.policy.entries {
            let mut request = request_to(self.kind, self.method("patch")?, &self.name);
            request.etag = wanted["etag"].as_str().map(str::to_owned);
            request.body = Some(json!({ list: entries::written(&wanted) }));
            return Ok(request);
        }
        let call = self.method("setIamPolicy")?;
        let mut request = Request::new(call, &self.name);
        request.body = Some(if call.method.wraps_policy() { json!({ "policy": wanted }) } else { wanted });
        Ok(request)
    }

    async fn read(&self) -> Result<Json> {
        if let Some(list) = &self.policy.entries {
            let request = request_to(self.kind, self.method("get")?, &self.name);
            return Ok(entries::read(&self.site.call(&request, Repeat::Freely).await?, list));
        }
        let call = self.method("getIamPolicy")?;
        let mut request = Request::new(call, &self.name);
        let asked = ["optionsRequestedPolicyVersion", "options.requestedPolicyVersion"];
        match asked.into_iter().find(|name| call.method.takes(name)) {
            Some(name) => request.query.push((name.to_owned(), VERSION.to_owned())),
            None => request.body = Some(json!({ "options": { "requestedPolicyVersion": 3 } })),
        }
        self.site.call(&request, Repeat::Freely).await
    }

    fn method(&self, name: &str) -> Result<crate::kind::Call> {
        call(&self.kind.api, &format!("{}.{name}", self.policy.of))
    }

    fn shared(&self) -> Arc<Shared> {
        let key = (self.kind.api.clone(), self.name.clone());
        let mut policies = self.site.policies.0.lock().unwrap_or_else(PoisonError::into_inner);
        policies.entry(key).or_default().clone()
    }
}

/// The bindings of a role that hold without a condition.
fn bindings<'a>(policy: &'a Json, role: &'a str) -> impl Iterator<Item = &'a Json> {
    let all = policy.get("bindings").and_then(Json::as_array).into_iter().flatten();
    all.filter(move |binding| is_plain(binding, role))
}

fn is_plain(binding: &Json, role: &str) -> bool {
    binding.get("role").and_then(Json::as_str) == Some(role) && binding.get("condition").is_none_or(Json::is_null)
}

fn holds(policy: &Json, role: &str, member: &str) -> bool {
    let members = bindings(policy, role).filter_map(|binding| binding.get("members")?.as_array()).flatten();
    members.filter_map(Json::as_str).any(|there| is_same(there, member))
}

/// Whether two name the same: the vendor writes addresses in small letters.
fn is_same(one: &str, other: &str) -> bool {
    let address = ["user:", "group:", "serviceAccount:", "domain:"].iter().any(|kind| one.starts_with(kind));
    one == other || (address && one.eq_ignore_ascii_case(other))
}

/// Whether an entry is what is left of somebody who was deleted: it goes with the member.
fn was(there: &str, member: &str) -> bool {
    let left = there.strip_prefix("deleted:").and_then(|left| left.split_once("?uid="));
    left.is_some_and(|(who, _)| is_same(who, member))
}

fn apply(policy: &mut Json, change: &Change) {
    if change.there && holds(policy, &change.role, &change.member) {
        return;
    }
    if !policy.is_object() {
        *policy = json!({});
    }
    let Some(bindings) = policy.as_object_mut().map(|map| map.entry("bindings").or_insert_with(|| json!([]))) else {
        return;
    };
    let Some(bindings) = bindings.as_array_mut() else { return };
    if change.there {
        let known = bindings.iter_mut().find(|binding| is_plain(binding, &change.role));
        match known.and_then(|binding| binding.get_mut("members")?.as_array_mut()) {
            Some(members) => members.push(change.member.as_str().into()),
            None => bindings.push(json!({ "role": change.role, "members": [change.member] })),
        }
        return;
    }
    for binding in bindings.iter_mut().filter(|binding| is_plain(binding, &change.role)) {
        if let Some(members) = binding.get_mut("members").and_then(Json::as_array_mut) {
            members.retain(|there| {
                there.as_str().is_none_or(|there| !is_same(there, &change.member) && !was(there, &change.member))
            });
        }
    }
    bindings
        .retain(|binding| binding.get("members").and_then(Json::as_array).is_none_or(|members| !members.is_empty()));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Change, apply, holds};

    fn change(role: &str, member: &str, there: bool) -> Change {
        Change { role: role.to_owned(), member: member.to_owned(), there }
    }

    #[test]
    fn a_member_comes_and_goes_and_nobody_else_is_touched() {
        let conditional = json!({"role": "r", "members": ["user:a@ex.org"], "condition": {"expression": "x"}});
        let mut policy = json!({"etag": "1", "version": 3, "bindings": [conditional]});
        apply(&mut policy, &change("r", "user:a@ex.org", true));
        apply(&mut policy, &change("r", "user:b@ex.org", true));
        apply(&mut policy, &change("r", "user:B@ex.org", true));
        let plain = json!({"role": "r", "members": ["user:a@ex.org", "user:b@ex.org"]});
        assert_eq!(policy, json!({"etag": "1", "version": 3, "bindings": [conditional, plain]}));
        assert!(holds(&policy, "r", "user:A@ex.org") && !holds(&policy, "s", "user:a@ex.org"));
        apply(&mut policy, &change("r", "user:a@ex.org", false));
        apply(&mut policy, &change("r", "user:b@ex.org", false));
        assert_eq!(policy, json!({"etag": "1", "version": 3, "bindings": [conditional]}));
    }

    #[test]
    fn the_first_member_makes_the_bindings_and_pools_are_told_apart_by_their_letters() {
        let mut policy = json!({"etag": "1"});
        apply(&mut policy, &change("r", "principalSet://x/A", true));
        apply(&mut policy, &change("r", "principalSet://x/a", true));
        assert_eq!(policy["bindings"][0]["members"], json!(["principalSet://x/A", "principalSet://x/a"]));
    }
}
