//! Knobs: latency, throttling, faults; tokens and fragments.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use ports::{Find, Fragment, Outcome, ProviderErrorKind, StepAction};
use tempfile::TempDir;

use super::{apply, create, open, outcomes, owner, quick, read, step};
use crate::{FRAGMENT_ITEM, Fault, Knobs, Mode, Options, Sandbox, State};

const TOPIC: &str = "AWS::SNS::Topic";

fn topic(name: &str) -> ports::Step {
    create(TOPIC, name, &format!(r#"{{ TopicName = "{name}" }}"#))
}

fn with(fault: Fault) -> Options {
    let mut options = quick();
    options.knobs.faults.push(fault);
    options
}

fn codes(sandbox: &Sandbox) -> Vec<String> {
    sandbox.log().expect("reads").map(|record| record.outcome).collect()
}

#[test]
fn a_fault_strikes_as_often_as_it_says_over_all_runs() {
    let dir = TempDir::new().expect("a directory");
    let fault =
        Fault { ty: "AWS::SNS::*".into(), name: "b*".into(), times: 2, code: "Ouch".into(), ..Fault::default() };
    for (name, code) in [("a", "ok"), ("b", "Ouch"), ("bb", "Ouch"), ("b", "ok")] {
        let sandbox = open(&dir, with(fault.clone()));
        let got = apply(&sandbox, topic(name)).map_or_else(|error| error.code, |_| "ok".to_owned());
        assert_eq!(got, code, "{name}");
    }
    assert_eq!(codes(&open(&dir, quick())), ["ok", "Ouch", "Ouch", "ok"]);
}

#[test]
fn a_death_after_the_commit_leaves_an_object_that_can_be_found() {
    let dir = TempDir::new().expect("a directory");
    let deaths = Arc::new(AtomicU32::new(0));
    let mut options = with(Fault { mode: Mode::AfterCommit, times: 1, ..Fault::default() });
    let counted = Arc::clone(&deaths);
    options.on_death = Some(Arc::new(move || {
        counted.fetch_add(1, Ordering::Relaxed);
    }));
    let sandbox = open(&dir, options);
    let error = apply(&sandbox, topic("a")).expect_err("the answer is lost");
    assert_eq!((error.kind, deaths.load(Ordering::Relaxed)), (ProviderErrorKind::Lost, 1));
    let later = open(&dir, quick());
    assert!(read(&later, TOPIC, Find::Owner(owner("a"))).is_some());
    assert_eq!(codes(&later), ["ok"], "the call itself went well");
}

#[test]
fn a_partial_create_leaves_an_unhealthy_object_which_an_update_mends() {
    let dir = TempDir::new().expect("a directory");
    let sandbox = open(&dir, with(Fault { mode: Mode::Partial, times: 1, code: "Sick".into(), ..Fault::default() }));
    let fragment = Fragment { steps: vec![topic("a")], order: Vec::new() };
    let [Outcome::Failed(error, Some(found))] = &outcomes(&sandbox, fragment)[..] else { panic!("no object") };
    assert_eq!(error.code, "Sick");
    let state = || sandbox.list().expect("lists")[0].state.clone();
    assert_eq!(state(), State::Unhealthy("Sick".into()));
    let inputs = super::properties(r#"{ TopicName = "a" }"#);
    let action = StepAction::Update { id: found.id.clone(), prior: inputs.clone(), inputs };
    apply(&sandbox, step(TOPIC, "a", action)).expect("mended");
    assert_eq!(state(), State::Ready);
}

#[test]
fn knobs_that_cannot_be_read_are_named_with_their_place() {
    let dir = TempDir::new().expect("a directory");
    std::fs::write(dir.path().join("knobs.toml"), "latency = 0\nthrotle_every = 3\n").expect("written");
    let error = Sandbox::open(dir.path(), quick()).expect_err("a slip of the pen").to_string();
    assert!(error.contains("knobs.toml") && error.contains("line 2") && error.contains("throttle_every"), "{error}");
    std::fs::write(dir.path().join("knobs.toml"), "throttle_every = 1\n").expect("written");
    let sandbox = Sandbox::open(dir.path(), quick()).expect("opens");
    assert_eq!(apply(&sandbox, topic("a")).expect_err("too many").kind, ProviderErrorKind::Throttled);
}

#[test]
fn every_nth_call_is_one_too_many() {
    let dir = TempDir::new().expect("a directory");
    let mut options = quick();
    options.knobs.throttle_every = 3;
    let sandbox = open(&dir, options);
    let kinds: Vec<_> =
        (0..6).map(|n| apply(&sandbox, topic(&format!("t{n}"))).map_err(|error| error.kind).err()).collect();
    let throttled = Some(ProviderErrorKind::Throttled);
    assert_eq!(kinds, [None, None, throttled, None, None, throttled]);
}

#[test]
fn waiting_takes_its_time_and_a_timeout_ends_it() {
    let dir = TempDir::new().expect("a directory");
    let slow = |latency| Options { knobs: Knobs { latency, ..Knobs::default() }, ..Options::default() };
    let sandbox = open(&dir, slow(5.0));
    let latency = sandbox.served(TOPIC).expect("served").overlay.latency_ms[0];
    let before = Instant::now();
    apply(&sandbox, topic("a")).expect("made");
    assert!(before.elapsed() >= Duration::from_millis(u64::from(latency) * 5));

    let sandbox = open(&dir, slow(100_000.0));
    let mut step = topic("b");
    step.timeout_seconds = Some(0);
    let [Outcome::Failed(error, Some(_))] = &outcomes(&sandbox, Fragment { steps: vec![step], order: vec![] })[..]
    else {
        panic!("no object")
    };
    assert_eq!(error.kind, ProviderErrorKind::TimedOut);
    // Others see it, pending.
    let lines = open(&dir, quick()).list().expect("lists");
    assert_eq!(lines.iter().map(|line| line.state.clone()).collect::<Vec<_>>(), [State::Ready, State::Pending]);
}

#[test]
fn a_token_makes_a_create_repeatable_only_where_the_vendor_has_tokens() {
    let dir = TempDir::new().expect("a directory");
    let sandbox = open(&dir, quick());
    apply(&sandbox, create("AWS::EC2::VPC", "v", r#"{ CidrBlock = "10.0.0.0/16" }"#)).expect("made");
    let vpc = sandbox.list().expect("lists")[0].id.clone();
    let gateway = || create("AWS::EC2::EgressOnlyInternetGateway", "e", &format!(r#"{{ VpcId = "{vpc}" }}"#));
    let twice =
        [apply(&sandbox, gateway()), apply(&sandbox, gateway())].map(|made| made.expect("made").expect("there").id);
    assert_eq!(twice[0], twice[1]);
    // The vendor has no tokens for addresses: a repetition is a second one, which the checker sees.
    let address = || create("AWS::EC2::EIP", "a", "{}");
    let twice =
        [apply(&sandbox, address()), apply(&sandbox, address())].map(|made| made.expect("made").expect("there").id);
    assert_ne!(twice[0], twice[1]);
    let problems = sandbox.check().expect("checks");
    assert!(problems.len() == 2 && problems.iter().all(|p| p.contains("AWS::EC2::EIP")), "{problems:?}");
    assert_eq!(codes(&sandbox), ["ok", "ok", "repeated", "ok", "ok"]);
}

#[test]
fn a_fragment_applies_as_a_whole_or_not_at_all() {
    let dir = TempDir::new().expect("a directory");
    let sandbox = open(&dir, quick());
    let item = |name: &str, more: &str| create(FRAGMENT_ITEM, name, &format!(r#"{{ Name = "{name}" {more} }}"#));
    // The order counts, not the position.
    let fragment = |value: &str| Fragment {
        steps: vec![item("last", ""), item("bad", value), item("first", "")],
        order: vec![(2, 1), (1, 0)],
    };
    let shapes = |outcomes: Vec<Outcome>| -> Vec<String> {
        outcomes.iter().map(|o| format!("{o:?}").split(['(', ' ']).next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(shapes(outcomes(&sandbox, fragment(r#", Value = "refuse""#))), ["NotStarted", "Failed", "RolledBack"]);
    assert_eq!(sandbox.list().expect("lists"), []);
    assert_eq!(shapes(outcomes(&sandbox, fragment(""))), ["Done", "Done", "Done"]);
    assert_eq!(sandbox.list().expect("lists").len(), 3);
    // Types that know no fragments go one by one; what follows a failure is not started.
    let mixed = Fragment { steps: vec![topic("a b"), topic("c"), topic("d")], order: vec![(0, 1)] };
    assert_eq!(shapes(outcomes(&sandbox, mixed)), ["Failed", "NotStarted", "Done"]);
}
