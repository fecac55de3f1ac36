//! Random plans: what is read after an apply is what was declared, a second apply changes nothing, and of what is no
//! longer declared nothing is left.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use ports::StepAction;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use value::Map;

use crate::house::{House, done, map, step};

/// A declared thing: its type, its id, its properties.
type Thing = (&'static str, String, Map);

fn thing() -> impl Strategy<Value = Thing> {
    let name = prop::sample::select(vec!["a", "b", "c d", "é", "x'y"]);
    let dir = prop::sample::select(vec!["/etc", "/etc/app", "/srv/one/two", "/opt"]);
    let mode = prop::sample::select(vec!["0600", "0644", "0755", "4711", "0000"]);
    let content = prop_oneof!["[a-z\n$'`\"\\\\ ]{0,80}", "\\PC{0,40}"];
    let path = (dir, name).prop_map(|(dir, name)| format!("{dir}/{name}"));
    prop_oneof![
        4 => (path.clone(), content, mode.clone()).prop_map(|(path, content, mode)| {
            let inputs = map(&[("path", &path), ("content", &content), ("mode", mode)]);
            ("host_file", path + ".file", inputs)
        }),
        2 => (path.clone(), mode).prop_map(|(path, mode)| {
            let inputs = map(&[("path", &path), ("mode", mode)]);
            ("host_directory", path + ".dir", inputs)
        }),
        1 => (path, "[a-z/. ]{1,20}").prop_map(|(path, target)| {
            let inputs = map(&[("path", &path), ("target", &target)]);
            ("host_link", path + ".link", inputs)
        }),
    ]
    .prop_map(|(ty, path, mut inputs)| {
        // Kinds have names of their own, so that no plan contradicts itself.
        inputs.insert("path".to_owned(), value::Value::from(path.as_str()));
        (ty, path, inputs)
    })
}

fn plan() -> impl Strategy<Value = BTreeMap<String, Thing>> {
    prop::collection::vec(thing(), 0..8)
        .prop_map(|things| things.into_iter().map(|thing| (thing.1.clone(), thing)).collect())
}

/// The steps from one plan to another, as an engine would make them.
fn steps(from: &BTreeMap<String, Thing>, to: &BTreeMap<String, Thing>) -> Vec<ports::Step> {
    let mut steps = Vec::new();
    for (id, (ty, _, inputs)) in to {
        match from.get(id) {
            None => steps.push(step(ty, StepAction::Create { inputs: inputs.clone() })),
            Some((_, _, prior)) if prior != inputs => steps
                .push(step(ty, StepAction::Update { id: id.clone(), inputs: inputs.clone(), prior: prior.clone() })),
            Some(_) => {}
        }
    }
    for (id, (ty, _, prior)) in from.iter().filter(|(id, _)| !to.contains_key(*id)) {
        steps.push(step(ty, StepAction::Delete { id: id.clone(), prior: prior.clone() }));
    }
    steps
}

#[track_caller]
fn is_as_declared(house: &House, plan: &BTreeMap<String, Thing>) {
    let objects: Vec<(&str, &str)> = plan.iter().map(|(id, (ty, ..))| (*ty, id.as_str())).collect();
    for (found, (id, (ty, _, inputs))) in house.read(&objects).into_iter().zip(plan) {
        let found = found.unwrap_or_else(|| panic!("{ty} {id} is not there"));
        for (name, value) in inputs {
            assert_eq!(found.observed.get(name), Some(value), "`{name}` of {ty} {id}");
        }
    }
}

/// Every path below a root with the time of its last change, but for what the provider keeps for itself.
fn times(root: &Path) -> BTreeMap<String, SystemTime> {
    let mut found = BTreeMap::new();
    let mut left = vec![root.to_owned()];
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(dir).expect("a directory").flatten() {
            let is = entry.metadata().expect("it is there");
            if entry.path().ends_with("var/lib/groundplan") {
                continue;
            }
            if is.is_dir() {
                left.push(entry.path());
            }
            found.insert(entry.path().display().to_string(), is.modified().expect("a time"));
        }
    }
    found
}

#[test]
fn apply_then_plan_is_empty_and_what_goes_leaves_nothing() {
    let mut runner = TestRunner::new(Config { cases: 3, failure_persistence: None, ..Config::default() });
    let plans = prop::collection::vec(plan(), 1..4);
    runner
        .run(&plans, |plans| {
            let mut house = House::new();
            let mut from = BTreeMap::new();
            for to in plans {
                house.apply(steps(&from, &to)).into_iter().for_each(|outcome| drop(done(outcome)));
                is_as_declared(&house, &to);
                // Again: whatever an earlier answer was lost for, nothing moves.
                let before = times(&house.path("/"));
                house.restart();
                let again = to.values().map(|(ty, _, inputs)| step(ty, StepAction::Create { inputs: inputs.clone() }));
                house.apply(again.collect()).into_iter().for_each(|outcome| drop(done(outcome)));
                assert_eq!(times(&house.path("/")), before);
                from = to;
            }
            house.apply(steps(&from, &BTreeMap::new())).into_iter().for_each(|outcome| drop(done(outcome)));
            let root = house.path("/");
            let left = times(&root);
            let files = left.keys().filter(|path| !Path::new(path).is_dir() || Path::new(path).is_symlink());
            let files: Vec<_> = files.filter(|path| !path.ends_with("/passwd") && !path.ends_with("/group")).collect();
            assert_eq!(files, Vec::<&String>::new());
            let declared = left.keys().filter(|path| Path::new(path).extension().is_some_and(|kind| kind == "dir"));
            assert_eq!(declared.collect::<Vec<_>>(), Vec::<&String>::new());
            Ok(())
        })
        .unwrap_or_else(|e| panic!("{e}"));
}
