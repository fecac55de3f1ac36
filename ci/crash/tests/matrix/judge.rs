//! Whether all is right: the cloud, the state and the goal are equal, nothing was made twice, nothing is left over.

use std::collections::{BTreeMap, BTreeSet};

use ports::StateStore;
use provider_sandbox::{AuditRecord, Sandbox};
use state::StackState;
use store::{LocalStore, Settings};

use crate::world::World;

/// What there must be in the end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Goal {
    /// Resources: stack and URN.
    resources: BTreeSet<(String, String)>,
    /// The vendor's ids of objects that were there before, and that nobody may have deleted.
    stays: BTreeSet<String>,
}

impl Goal {
    /// What a run that nobody disturbed has left, in a copy of a world as it was before.
    pub(crate) fn of(world: &World, before: &World) -> Self {
        let ids = |world: &World| -> BTreeSet<String> {
            sandbox(world).list().expect("reads").into_iter().map(|line| line.id).collect()
        };
        let (after, deleted) = (ids(world), deleted(&sandbox(world)));
        let mut stays = ids(before);
        stays.retain(|id| after.contains(id) && !deleted.contains(id));
        let goal = Self { resources: in_state(world), stays };
        let problems = problems(world, &goal);
        assert!(problems.is_empty(), "undisturbed: {problems:#?}");
        goal
    }
}

fn in_state(world: &World) -> BTreeSet<(String, String)> {
    let urns = |state: &StackState| -> Vec<(String, String)> {
        state.objects.keys().map(|urn| (state.name.to_string(), urn.to_string())).collect()
    };
    states(world).expect("the state is whole").iter().flat_map(urns).collect()
}

fn sandbox(world: &World) -> Sandbox {
    Sandbox::open(&world.sandbox(), provider_sandbox::Options::default()).expect("opens")
}

/// The ids of objects that were deleted by a call.
fn deleted(sandbox: &Sandbox) -> Vec<String> {
    let calls = sandbox.log().expect("reads");
    calls.filter(|call| call.outcome == "ok" && call.action == "delete").map(|call| call.id).collect()
}

/// Everything that is wrong; empty = all is right.
pub(crate) fn problems(world: &World, goal: &Goal) -> Vec<String> {
    let mut found = Vec::new();
    let states = match states(world) {
        Ok(states) => states,
        Err(problem) => return vec![problem],
    };
    for state in &states {
        found.extend(state.verify().iter().map(|broken| format!("the state of {} is broken: {broken}", state.name)));
        found.extend(state.dangling.keys().map(|at| format!("{}: the step at {at} was not settled", state.name)));
        found.extend(state.replaced.iter().map(|old| format!("{}: the old {} is left", state.name, old.urn)));
    }
    let is = in_state(world);
    found.extend(goal.resources.difference(&is).map(|what| format!("not in the state: {what:?}")));
    found.extend(is.difference(&goal.resources).map(|what| format!("in the state against the goal: {what:?}")));

    let sandbox = sandbox(world);
    found.extend(sandbox.check().expect("reads"));
    // Whose an object is says nothing: one that was renamed or moved keeps the owner that it was made for.
    let in_cloud: BTreeSet<String> = sandbox.list().expect("reads").into_iter().map(|line| line.id).collect();
    let mut in_states = BTreeSet::new();
    for object in states.iter().flat_map(|state| state.objects.values()) {
        if !in_states.insert(object.id.clone()) {
            found.push(format!("{} stands in the state twice", object.id));
        }
    }
    found.extend(in_cloud.difference(&in_states).map(|id| format!("an orphan: {id}")));
    found.extend(in_states.difference(&in_cloud).map(|id| format!("not there: {id}")));
    found.extend(log(&sandbox, &in_cloud));
    let lost = deleted(&sandbox).into_iter().filter(|id| goal.stays.contains(id));
    found.extend(lost.map(|id| format!("deleted, and should have stayed: {id}")));

    let refreshed = world.ok("refresh --json");
    if !refreshed.out.contains("\"changed\":[]") || !refreshed.out.contains("\"gone\":[]") {
        found.push(format!("the cloud is not as the state says: {}", refreshed.out));
    }
    found
}

/// Whatever is killed, no call is made before what runs before it has ended, and what runs after it needs a call.
pub(crate) fn hooks(world: &World) -> Vec<String> {
    let said = std::fs::read_to_string(world.path("hooks.log")).unwrap_or_default();
    let calls: Vec<AuditRecord> = sandbox(world).log().expect("reads").collect();
    let mut found = Vec::new();
    for name in ["bucket", "gateway", "lock"] {
        for action in ["create", "update", "delete"] {
            let of = |call: &&AuditRecord| {
                let resource = call.urn.ends_with(&format!("::{name}")) && !call.urn.contains("EgressOnly");
                call.outcome == "ok" && call.action == action && resource
            };
            let called = calls.iter().filter(of).count();
            let ran = |when: &str| said.lines().filter(|line| *line == format!("{when} {action} {name}")).count();
            let (before, after) = (ran("before"), ran("after"));
            if before < called || after > called {
                found.push(format!("{action} {name}: {before} before and {after} after {called} calls"));
            }
        }
    }
    found
}

/// What the sandbox's own log says of duplicates and of what was made and is nowhere.
fn log(sandbox: &Sandbox, in_cloud: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut made: BTreeMap<(String, String, u64), Vec<String>> = BTreeMap::new();
    let mut living: BTreeSet<String> = BTreeSet::new();
    for call in sandbox.log().expect("reads").filter(|call| call.outcome == "ok") {
        match call.action.as_str() {
            "create" => {
                living.insert(call.id.clone());
                made.entry((call.stack, call.urn, call.incarnation)).or_default().push(call.id);
            }
            "delete" if !living.remove(&call.id) => found.push(format!("deleted, and was not there: {}", call.id)),
            _ => {}
        }
    }
    let twice = made.into_iter().filter(|(_, ids)| ids.len() > 1);
    found.extend(twice.map(|(whose, ids)| format!("made more than once: {whose:?}: {ids:?}")));
    found.extend(living.difference(in_cloud).map(|id| format!("lost without a call: {id}")));
    found
}

/// The states of all stacks, which must be closed.
fn states(world: &World) -> Result<Vec<StackState>, String> {
    let store = LocalStore::open(world.state(), Settings::default());
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let mut states = Vec::new();
        for head in store.heads().await.map_err(|error| error.to_string())? {
            if let Some(run) = &head.open {
                return Err(format!("{} is open: {run}", head.stack));
            }
            states.push(store.load(&head).await.map_err(|error| error.to_string())?.state);
        }
        Ok(states)
    })
}
