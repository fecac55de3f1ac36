//! Hosts as the engine sees them.

use std::collections::BTreeMap;
use std::sync::Arc;

use hostops::{Answer, Before, Item, Key, Kind, Task};
use ports::{BoxFuture, Find, Found, Fragment, Outcome, Provider, ProviderError, ReadRequest, Step, StepAction};
use schema::{CatalogError, TypeSchema};
use value::Map;

use crate::Hosts;
use crate::failure::{self, Result, refused};
use crate::host::Host;

/// How many steps may run at a time: all that can be done at a time goes in one script.
const CONCURRENCY: usize = 256;

impl Provider for Hosts {
    fn name(&self) -> &'static str {
        "host"
    }

    fn schema(&self, ty: &str) -> std::result::Result<Option<&TypeSchema>, CatalogError> {
        self.catalog.get(ty)
    }

    fn types(&self) -> Vec<String> {
        self.catalog.names().map(str::to_owned).collect()
    }

    fn schemas_digest(&self) -> value::Digest {
        self.catalog.digest()
    }

    fn site_settings(&self, _ty: &str) -> &'static [&'static str] {
        &["endpoint"]
    }

    fn hint(&self, error: &ProviderError) -> Option<String> {
        failure::hint(error)
    }

    fn concurrency(&self) -> usize {
        CONCURRENCY
    }

    fn read<'a>(&'a self, requests: &'a [ReadRequest]) -> BoxFuture<'a, Result<Vec<Option<Found>>>> {
        Box::pin(async move {
            let mut keys = Vec::with_capacity(requests.len());
            for request in requests {
                keys.push((self.host(request.instance.as_deref())?, wanted(request)?));
            }
            let mut by_host: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
            for (position, request) in requests.iter().enumerate() {
                by_host.entry(request.instance.as_deref()).or_default().push(position);
            }
            let mut found: Vec<Option<Found>> = vec![None; requests.len()];
            for positions in by_host.into_values() {
                let tasks = positions.iter().map(|position| Task::Look(keys[*position].1.clone())).collect();
                let Some(host) = positions.first().map(|position| &keys[*position].0) else { continue };
                for (position, answer) in positions.iter().zip(host.all(tasks).await) {
                    found[*position] = there(&keys[*position].1, answer?);
                }
            }
            Ok(found)
        })
    }

    fn apply<'a>(
        &'a self,
        fragment: &'a Fragment,
        ended: &'a mut (dyn FnMut(usize, Outcome) + Send),
    ) -> BoxFuture<'a, ()> {
        Box::pin(fragment.in_waves(ended, |wave| Box::pin(self.wave(fragment, wave))))
    }
}

impl Hosts {
    /// Steps that do not wait for one another.
    async fn wave(&self, fragment: &Fragment, positions: Vec<usize>) -> Vec<(usize, Outcome)> {
        let mut outcomes = Vec::with_capacity(positions.len());
        let mut by_host: BTreeMap<Option<&str>, Vec<(usize, Key, Task)>> = BTreeMap::new();
        for position in positions {
            let step = &fragment.steps[position];
            match self.host(step.instance.as_deref()).and_then(|host| task(&host, step)) {
                Ok(task) => by_host.entry(step.instance.as_deref()).or_default().push((position, task.key(), task)),
                Err(error) => outcomes.push((position, Outcome::Failed(error, None))),
            }
        }
        for (instance, group) in by_host {
            let Ok(host) = self.host(instance) else { continue };
            let tasks = group.iter().map(|(.., task)| task.clone()).collect();
            for ((position, key, _), answer) in group.into_iter().zip(host.all(tasks).await) {
                outcomes.push((position, outcome(&fragment.steps[position], &key, answer)));
            }
        }
        outcomes
    }

    fn host(&self, instance: Option<&str>) -> Result<Arc<Host>> {
        self.hosts.get(&instance.map(str::to_owned)).cloned().ok_or_else(|| {
            refused(
                "NoHost",
                match instance {
                    Some(name) => format!("it is not said where the host `{name}` is"),
                    None => "the resource names no host: `.provider(…)`".to_owned(),
                },
            )
        })
    }
}

fn kind(ty: &str) -> Result<Kind> {
    Kind::of(ty).ok_or_else(|| refused("NoDriver", format!("`{ty}` is not served")))
}

fn wanted(request: &ReadRequest) -> Result<Key> {
    let kind = kind(&request.ty)?;
    match &request.find {
        Find::Id(id) => Ok(Key { kind, id: id.clone() }),
        Find::Identity(identity) => Key::within(kind, identity)
            .ok_or_else(|| refused("NoIdentity", "what it is looked for by is no natural identity of its type")),
        Find::Owner(_) => Err(refused("NoTags", "nothing on a host says whose it is")),
    }
}

fn item(kind: Kind, inputs: &Map) -> Result<Item> {
    Item::read(kind, inputs).map_err(|problems| refused("Properties", problems.join("; ")))
}

fn task(host: &Host, step: &Step) -> Result<Task> {
    let kind = kind(&step.ty)?;
    let before = |key: &Key, prior: &Map| match host.last_seen(key) {
        Some(words) if words != "none" => Before::Seen(words),
        // What was read by an earlier version of this program may be unreadable by now; then it is not compared.
        _ => Item::read(kind, prior).map_or(Before::Anything, |prior| Before::Made(Box::new(prior))),
    };
    Ok(match &step.action {
        StepAction::Create { inputs } => Task::Make { item: Box::new(item(kind, inputs)?), before: Before::Anything },
        StepAction::Update { inputs, prior, .. } => {
            let item = item(kind, inputs)?;
            let before = before(&item.key(), prior);
            // A service is compared with what it was declared as: what changed of that is what it is restarted for.
            let before = if item.is_done_again() {
                Item::read(kind, prior).map_or(before, |prior| Before::Made(Box::new(prior)))
            } else {
                before
            };
            Task::Make { item: Box::new(item), before }
        }
        StepAction::Adopt { id } => Task::Look(Key { kind, id: id.clone() }),
        StepAction::Delete { id, prior } => {
            let key = Key { kind, id: id.clone() };
            let before = before(&key, prior);
            Task::Drop { key, before }
        }
    })
}

fn there(key: &Key, answer: Answer) -> Option<Found> {
    let Answer::There(there) = answer else { return None };
    Some(Found { id: key.id.clone(), observed: there.properties, owner: None, unhealthy: None })
}

fn outcome(step: &Step, key: &Key, answer: Result<Answer>) -> Outcome {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Outcome::Failed(error, None),
    };
    match (&step.action, there(key, answer)) {
        (StepAction::Delete { .. }, _) => Outcome::Done(None),
        (StepAction::Create { inputs } | StepAction::Update { inputs, .. }, Some(mut found)) => {
            // What was just written is not sent back; and a secret stays one.
            for (name, value) in inputs.iter().filter(|(_, value)| !value.is_null()) {
                let untold = told(name) && !found.observed.contains_key(name);
                if untold || value.has_secret() && found.observed.contains_key(name) {
                    found.observed.insert(name.clone(), value.clone());
                }
            }
            Outcome::Done(Some(found))
        }
        (_, Some(found)) => Outcome::Done(Some(found)),
        (_, None) => Outcome::Failed(refused("Gone", format!("{key} is not there any more")), None),
    }
}

/// Whether a property is what is in a file: the only one that is written and not sent back.
fn told(name: &str) -> bool {
    name == "content"
}
