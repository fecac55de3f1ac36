//! Runs that fail, are interrupted or die in the middle.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::support::{Call, World, signal, until};

/// How often each object was made.
fn creates(calls: &[Call]) -> BTreeMap<(&str, &str), usize> {
    let mut counts = BTreeMap::new();
    for call in calls.iter().filter(|call| call.action == "create" && call.outcome == "ok") {
        *counts.entry((call.stack.as_str(), call.urn.as_str())).or_default() += 1;
    }
    counts
}

/// Everything is there, every object was made once and never deleted.
#[track_caller]
fn is_complete_without_duplicates(world: &World) {
    is_complete_without_duplicates_of(world, "infrastructure.aws.*.CI");
}

#[track_caller]
fn is_complete_without_duplicates_of(world: &World, selection: &str) {
    world.is_whole();
    world.run(&format!("preview {selection} --detailed-exitcode")).ok().says(["nothing to do"]);
    let calls = world.calls();
    let twice: Vec<_> = creates(&calls).into_iter().filter(|(_, count)| *count > 1).collect();
    assert!(twice.is_empty(), "made twice: {twice:?}");
    assert_eq!(creates(&calls).len(), world.objects().len(), "every object that was made is there");
}

fn finished(world: &World, name: &str) -> usize {
    let text = std::fs::read_to_string(world.path(&format!("{name}.out"))).unwrap_or_default();
    text.matches("\"event\":\"step_ended\"").count()
}

#[test]
fn a_failure_stops_only_what_depends_on_it() {
    let Some(world) = World::fresh() else { return };
    world.knobs("[[fault]]\ntype = \"AWS::EC2::VPC\"\nname = \"mitxpro-ci\"\naction = \"create\"\ntimes = 1\n");
    let failed = world.run("up --env CI --with-upstream --yes").ends(30).says([
        "`mitxpro-ci`: ",
        "an injected fault",
        "crates/ol/src/vpc/mod.rs:",
        "skipped: concourse-web-ci-auto-scale-group of applications.concourse.CI, because of mitxpro-ci of infrastructure.aws.network.CI",
        "more were skipped",
        "1 failed,",
    ]);
    assert!(!failed.err.contains("created in 12 stacks"), "{failed}");
    let calls = world.calls();
    let has = |urn: &str| calls.iter().any(|call| call.urn.ends_with(urn) && call.outcome == "ok");
    let made = |other: &Call| {
        calls.iter().any(|call| (&call.stack, &call.urn, call.outcome.as_str()) == (&other.stack, &other.urn, "ok"))
    };
    assert!(has("VPC::applications-ci") && has("VPC::ol-data-ci"), "independent work of the same stack went on");
    assert!(has("Key::ec2-ebs-ci"), "other stacks went on");
    assert!(!has("SecurityGroup::edxapp-redis-cluster-xpro-ci"), "a dependant in another stack was not begun");
    assert!(
        calls.iter().any(|call| call.urn.contains("applications.edxapp") && call.outcome == "ok"),
        "the rest of it was"
    );
    world.is_whole();

    world.run("up --env CI --with-upstream --yes").ok();
    let rest = world.calls()[calls.len()..].to_vec();
    assert!(rest.iter().all(|call| call.action == "create" && !made(call)), "only the rest was done");
    is_complete_without_duplicates_of(&world, "--env CI --with-upstream");
}

#[test]
fn fail_fast_starts_nothing_more() {
    let Some(world) = World::fresh() else { return };
    world.knobs("[[fault]]\ntype = \"AWS::EC2::VPC\"\nname = \"mitxpro-ci\"\naction = \"create\"\ntimes = 1\n");
    world.run("up infrastructure.aws.*.CI --yes --fail-fast --jobs 1").ends(30);
    let begun = world.objects().len();
    assert!(begun < 300, "{begun} were made all the same");
    world.run("up infrastructure.aws.*.CI --yes").ok();
    is_complete_without_duplicates(&world);
}

#[test]
fn throttling_and_an_unavailable_vendor_are_waited_out() {
    let Some(world) = World::fresh() else { return };
    world.knobs(
        "throttle_every = 7\n[[fault]]\ntype = \"AWS::KMS::Alias\"\naction = \"create\"\nkind = \"unavailable\"\ntimes = 1\n",
    );
    world.run("up infrastructure.aws.kms --yes").ok().says(["24 created in 3 stacks"]);
    world.is_whole();
}

#[test]
fn a_death_before_the_answer_is_settled_by_the_next_run() {
    let Some(world) = World::fresh() else { return };
    let fault = |ty: &str| {
        format!(
            "[[fault]]\ntype = \"{ty}\"\nname = \"*\"\naction = \"create\"\nmode = \"after_commit\"\nkind = \"lost\"\ntimes = 1\n"
        )
    };
    let types =
        ["AWS::EC2::NatGateway", "AWS::EC2::Route", "AWS::EC2::SecurityGroup", "AWS::KMS::Alias", "AWS::EC2::Subnet"];
    world.knobs(&types.map(fault).concat());
    // Each of them kills the process after the object was made, before the answer.
    let mut deaths = 0;
    loop {
        let ran = world.run("up infrastructure.aws.*.CI --yes");
        match ran.code {
            Some(0) => break,
            Some(137) | None => deaths += 1,
            _ => panic!("{ran}"),
        }
        assert!(deaths <= types.len(), "{ran}");
    }
    assert_eq!(deaths, types.len());
    is_complete_without_duplicates(&world);
}

#[test]
fn ctrl_c_lets_what_runs_finish() {
    let Some(world) = World::fresh() else { return };
    world.knobs("latency = 2.0\n");
    let mut child = world.start("first", "up infrastructure.aws.*.CI --yes --json --jobs 8");
    until("the first steps", || finished(&world, "first") > 20);
    signal(&child, "INT");
    let status = child.wait().expect("ends");
    assert_eq!(status.code(), Some(130), "{}", world.read("first.err"));
    let said = world.read("first.out");
    assert!(said.contains("\"event\":\"cancelling\"") && said.contains("\"is\":\"cancelled\""));
    assert_eq!(said.matches("\"event\":\"step_started\"").count(), {
        let ended = said.lines().filter(|line| line.contains("step_ended") && line.contains("\"resource\""));
        ended.filter(|line| line.contains("\"is\":\"done\"")).count()
    });
    let made = world.objects().len();
    assert!(made > 5 && made < 390, "{made}");
    world.is_whole();
    world.knobs("");
    world.run("up infrastructure.aws.*.CI --yes").ok().says_not(["left open"]);
    is_complete_without_duplicates(&world);
}

#[test]
fn the_second_ctrl_c_stops_at_once_and_the_next_run_settles() {
    let Some(world) = World::fresh() else { return };
    world.knobs("latency = 500.0\n");
    let mut child = world.start("first", "up infrastructure.aws.kms.CI --yes --json");
    // What starts at once, and is on its way to the provider: nothing else comes before an answer.
    let count = |event: &str| world.read("first.out").matches(&format!("\"event\":\"{event}\"")).count();
    until("the first calls", || count("call_started") > 0 && count("call_started") == count("step_started"));
    signal(&child, "INT");
    until("cancelling", || world.read("first.out").contains("cancelling"));
    let begun = Instant::now();
    signal(&child, "INT");
    let status = child.wait().expect("ends");
    assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
    assert_eq!(status.code(), Some(130));
    let said = world.read("first.err");
    let told: Vec<&str> = said.lines().collect();
    let calls = told.iter().filter(|line| line.starts_with("  infrastructure.aws.kms.CI  create ")).count();
    let wanted = format!("stopped at once; {calls} calls were under way, and nobody waited for their answers:");
    assert!(calls > 1 && told.contains(&wanted.as_str()), "{said}");
    assert!(said.ends_with("then goes on:\n  runner up infrastructure.aws.kms.CI\n"), "{said}");
    let last = world.read("first.out").lines().last().expect("a line").to_owned();
    let last: serde_json::Value = serde_json::from_str(&last).expect("an event");
    assert_eq!((&last["event"], last["calls"].as_array().map(Vec::len)), (&"abandoned".into(), Some(calls)));
    let open = world.run("state verify").ok().err.matches("was interrupted").count();
    assert_eq!(open, calls, "every call that was listed is open in the state, and no other");
    world.run("state verify").ok().says(["was interrupted", "the next `runner up` settles it"]);
    world.run("preview").ok().says(["infrastructure.aws.kms.CI", "interrupted"]);
    world.knobs("");
    world.run("up infrastructure.aws.kms.CI --yes").ok().says(["left open by an interrupted run"]);
    world.is_whole();
    let calls = world.calls();
    assert!(creates(&calls).values().all(|count| *count == 1), "{calls:?}");
}

#[test]
fn killed_at_any_time_the_next_run_finishes() {
    let Some(world) = World::fresh() else { return };
    world.knobs("latency = 0.5\n");
    for (round, steps) in [0, 40, 120, 250].into_iter().enumerate() {
        let name = format!("round{round}");
        let mut child = world.start(&name, "up infrastructure.aws.*.CI --yes --json");
        until("some steps", || finished(&world, &name) >= steps || child.try_wait().expect("is known").is_some());
        child.kill().expect("is killed");
        child.wait().expect("ends");
        world.run("state verify").ok();
    }
    world.knobs("");
    world.run("up infrastructure.aws.*.CI --yes").ok();
    is_complete_without_duplicates(&world);

    // The same for taking down.
    world.knobs("latency = 0.5\n");
    let mut child = world.start("down", "destroy --yes --json");
    until("some steps", || finished(&world, "down") >= 100);
    child.kill().expect("is killed");
    child.wait().expect("ends");
    world.knobs("");
    world.run("destroy --yes").ok();
    assert_eq!(world.objects(), Vec::<String>::new());
    assert_eq!(world.resources(), Vec::<String>::new());
}

#[test]
fn a_run_that_meets_another_ends_and_names_it() {
    let Some(world) = World::fresh() else { return };
    world.knobs("latency = 1000.0\n");
    let mut child = world.start("first", "up infrastructure.aws.kms.CI --yes --json");
    until("the first step", || world.read("first.out").contains("step_started"));
    let said = world.read("first.out");
    let run =
        said.lines().find_map(|line| line.split_once("\"run\":\"")?.1.split('"').next()).expect("is said").to_owned();
    let second = world.run("up infrastructure.aws.kms.CI infrastructure.aws.kms.QA --yes").ends(40);
    assert!(
        second.err.contains(&run) && second.err.contains("infrastructure.aws.kms.CI"),
        "it names run {run}: {second}"
    );
    assert!(!world.calls().iter().any(|call| call.urn.contains("-qa")), "all stacks or none");
    // A stack that nobody holds can be brought up beside it; a preview holds nothing.
    world.run("preview").ok();
    world.knobs("");
    world.run("up infrastructure.aws.kms.QA --yes").ok();
    signal(&child, "KILL");
    child.wait().expect("ends");
    world.run("up --yes infrastructure.aws.kms").ok();
    world.is_whole();
}

#[test]
fn a_run_that_is_stopped_before_its_call_is_not_taken_over_and_goes_on_when_it_may() {
    let Some(world) = World::fresh() else { return };
    world.knobs("latency = 300.0\n");
    let mut child = world.start("first", "up substructure.consul.operations.CI --yes --json");
    until("the first intent", || world.read("first.out").contains("step_started"));
    signal(&child, "STOP");
    let before = world.calls();
    let said = world.read("first.out");
    let run = said.lines().find_map(|line| line.split_once("\"run\":\"")?.1.split('"').next()).expect("is said");
    for command in ["up substructure.consul.operations.CI --yes", "destroy substructure.consul.operations.CI --yes"] {
        world.run(command).ends(40).says([run, "substructure.consul.operations.CI"]);
    }
    assert_eq!(world.calls(), before, "nobody called");
    signal(&child, "CONT");
    assert_eq!(child.wait().expect("ends").code(), Some(0), "{}", world.read("first.err"));
    is_complete_without_duplicates_of(&world, "substructure.consul.operations.CI");
}

#[test]
fn a_run_may_wait_for_another() {
    let Some(world) = World::fresh() else { return };
    world.knobs("latency = 300.0\n");
    let mut child = world.start("first", "up substructure.consul.operations.CI --yes --json");
    until("the first step", || world.read("first.out").contains("step_started"));
    let said = world.read("first.out");
    let run = said.lines().find_map(|line| line.split_once("\"run\":\"")?.1.split('"').next()).expect("is said");
    let second = world.run("up substructure.consul.operations.CI substructure.consul.operations.QA --yes --wait").ok();
    second.says([run, "substructure.consul.operations.CI", "waiting for it"]);
    assert_eq!(child.wait().expect("ends").code(), Some(0), "it waited until the first was over");
    is_complete_without_duplicates_of(&world, "substructure.consul.operations.CI substructure.consul.operations.QA");
}

#[test]
fn a_look_at_the_world_waits_for_another_run_as_well() {
    let Some(world) = World::fresh() else { return };
    let stack = "substructure.consul.operations.CI";
    world.run(&format!("up {stack} --yes")).ok();
    world.knobs("latency = 300.0\n");
    let mut child = world.start("first", &format!("destroy {stack} --yes --json"));
    until("the first step", || world.read("first.out").contains("step_started"));
    let said = world.read("first.out");
    let run = said.lines().find_map(|line| line.split_once("\"run\":\"")?.1.split('"').next()).expect("is said");
    world.run(&format!("up {stack} --yes --refresh")).ends(40).says([run, stack]);
    world.run(&format!("up {stack} --yes --refresh --wait")).ok().says([run, stack, "waiting for it", "4 created"]);
    assert_eq!(child.wait().expect("ends").code(), Some(0), "it waited until the first was over");
    world.is_whole();
}
