//! Whether all is right: the cloud, the state and the goal are equal, nothing was made twice, nothing is left over.

use std::collections::{BTreeMap, BTreeSet};

use ports::StateStore;
use provider_sandbox::Sandbox;
use state::StackState;
use store::{LocalStore, Settings};

use crate::world::World;

/// The resources that there must be in the end: stack and URN.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Goal(BTreeSet<(String, String)>);

/// An object: stack id, URN, the vendor's id.
type Thing = (String, String, String);

impl Goal {
    /// What a run that nobody disturbed has left.
    pub(crate) fn of(world: &World) -> Self {
        let goal = Self::in_state(world);
        let problems = problems(world, &goal);
        assert!(problems.is_empty(), "undisturbed: {problems:#?}");
        goal
    }

    fn in_state(world: &World) -> Self {
        let urns = |state: &StackState| -> Vec<(String, String)> {
            state.objects.keys().map(|urn| (state.name.to_string(), urn.to_string())).collect()
        };
        Self(states(world).expect("the state is whole").iter().flat_map(urns).collect())
    }
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
    let is = Goal::in_state(world);
    found.extend(goal.0.difference(&is.0).map(|what| format!("not in the state: {what:?}")));
    found.extend(is.0.difference(&goal.0).map(|what| format!("in the state against the goal: {what:?}")));

    let sandbox = Sandbox::open(&world.sandbox(), provider_sandbox::Options::default()).expect("opens");
    found.extend(sandbox.check().expect("reads"));
    let in_cloud: BTreeSet<Thing> = sandbox
        .list()
        .expect("reads")
        .into_iter()
        .map(|line| {
            let owner = line.owner.expect("everything here has an owner");
            (owner.stack_id, owner.urn, line.id)
        })
        .collect();
    let in_state: BTreeSet<Thing> = states
        .iter()
        .flat_map(|state| {
            state.objects.values().map(|object| (state.id.clone(), object.urn.to_string(), object.id.clone()))
        })
        .collect();
    found.extend(without_name(&in_cloud).difference(&without_name(&in_state)).map(|it| format!("an orphan: {it:?}")));
    found.extend(without_name(&in_state).difference(&without_name(&in_cloud)).map(|it| format!("not there: {it:?}")));
    found.extend(log(&sandbox, &in_cloud));

    let refreshed = world.ok("refresh --json");
    if !refreshed.out.contains("\"changed\":[]") || !refreshed.out.contains("\"gone\":[]") {
        found.push(format!("the cloud is not as the state says: {}", refreshed.out));
    }
    found
}

/// A renamed object keeps the owner that it was made for.
fn without_name(things: &BTreeSet<Thing>) -> BTreeSet<(&str, &str)> {
    things.iter().map(|(stack, _, id)| (stack.as_str(), id.as_str())).collect()
}

/// What the sandbox's own log says of duplicates and of what was made and is nowhere.
fn log(sandbox: &Sandbox, in_cloud: &BTreeSet<Thing>) -> Vec<String> {
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
    let there: BTreeSet<&str> = in_cloud.iter().map(|(_, _, id)| id.as_str()).collect();
    found
        .extend(living.iter().filter(|id| !there.contains(id.as_str())).map(|id| format!("lost without a call: {id}")));
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
