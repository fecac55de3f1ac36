//! One world, many processes, and what a crash leaves.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ports::{Find, StepAction};
use tempfile::TempDir;

use super::{apply, create, open, owner, quick, read, step};
use crate::ids::Ids;
use crate::{Knobs, Options, Sandbox};

const TOPIC: &str = "AWS::SNS::Topic";
const CHILD: &str = "SANDBOX_TEST_CHILD";

fn topic(name: &str) -> ports::Step {
    create(TOPIC, name, &format!(r#"{{ TopicName = "{name}" }}"#))
}

#[test]
fn reading_makes_nothing() {
    let dir = TempDir::new().expect("a directory");
    let sandbox = open(&dir, quick());
    assert_eq!(read(&sandbox, TOPIC, Find::Id("x".into())), None);
    assert_eq!(sandbox.list().expect("lists"), []);
    assert_eq!(sandbox.log().expect("reads").count(), 0);
    assert_eq!(sandbox.check().expect("checks"), Vec::<String>::new());
    sandbox.reset().expect("resets");
    assert!(!sandbox.dir().exists());
}

#[test]
fn two_sandboxes_see_one_another() {
    let dir = TempDir::new().expect("a directory");
    let (one, two) = (open(&dir, quick()), open(&dir, quick()));
    apply(&one, topic("a")).expect("made");
    assert!(read(&two, TOPIC, Find::Owner(owner("a"))).is_some());
    assert_eq!(apply(&two, topic("a")).expect_err("is there").code, "AlreadyExists");
    two.reset().expect("resets");
    assert_eq!(read(&one, TOPIC, Find::Owner(owner("a"))), None);
    apply(&one, topic("a")).expect("made anew");
    assert_eq!(two.list().expect("lists").len(), 1);
    assert_eq!(two.log().expect("reads").map(|record| record.call).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_search_is_behind_if_it_is_told_to_and_a_look_by_id_is_not() {
    let dir = TempDir::new().expect("a directory");
    let knobs = Knobs { latency: 0.0, consistency: 0.2, ..Knobs::default() };
    let sandbox = open(&dir, Options { knobs, ..Options::default() });
    let ty = "AWS::KMS::Key";
    let begun = Instant::now();
    let id = apply(&sandbox, create(ty, "a", "{}")).expect("made").expect("is there").id;
    assert_eq!(ports::Provider::consistency_delay(&sandbox, ty), Duration::from_secs(1));
    assert!(read(&sandbox, ty, Find::Id(id)).is_some());
    while read(&sandbox, ty, Find::Owner(owner("a"))).is_none() {
        assert!(begun.elapsed() < Duration::from_secs(5), "it is shown in the end");
        thread::sleep(Duration::from_millis(20));
    }
    assert!(begun.elapsed() >= Duration::from_millis(999), "{:?}", begun.elapsed());
}

#[test]
fn a_line_that_was_cut_off_never_happened() {
    let dir = TempDir::new().expect("a directory");
    let sandbox = open(&dir, quick());
    apply(&sandbox, topic("a")).expect("made");
    let file = sandbox.dir().join("world.log");
    let mut log = OpenOptions::new().append(true).open(&file).expect("opens");
    log.write_all(br#"{"put":[{"key":["AWS::SNS::Topic","#).expect("writes");
    for sandbox in [&sandbox, &open(&dir, quick())] {
        assert_eq!(sandbox.list().expect("lists").len(), 1);
    }
    apply(&open(&dir, quick()), topic("b")).expect("made");
    let names: Vec<_> = sandbox.list().expect("lists").into_iter().map(|line| line.name.expect("named")).collect();
    assert_eq!(names, ["a", "b"]);
    assert!(fs::read_to_string(&file).expect("reads").lines().all(|line| line.ends_with('}')));
}

#[test]
fn a_broken_line_is_named_with_the_way_out() {
    let dir = TempDir::new().expect("a directory");
    let sandbox = open(&dir, quick());
    fs::create_dir_all(sandbox.dir()).expect("made");
    fs::write(sandbox.dir().join("world.log"), "{}\nnonsense\n").expect("written");
    let error = apply(&sandbox, topic("a")).expect_err("broken");
    assert!(error.message.contains("world.log") && error.message.contains("sandbox reset"), "{error}");
    sandbox.reset().expect("resets");
    apply(&sandbox, topic("a")).expect("made");
}

#[test]
fn a_long_file_is_compacted_and_nothing_is_lost() {
    let dir = TempDir::new().expect("a directory");
    let (sandbox, other) = (open(&dir, quick()), open(&dir, quick()));
    apply(&sandbox, topic("kept")).expect("made");
    assert_eq!(other.list().expect("lists").len(), 1);
    for _ in 0..520 {
        let made = apply(&sandbox, topic("passing")).expect("made").expect("there");
        apply(&sandbox, step(TOPIC, "passing", StepAction::Delete { id: made.id, prior: value::Map::new() }))
            .expect("gone");
    }
    let length = fs::metadata(sandbox.dir().join("world.log")).expect("is there").len();
    assert!(length < 100_000, "{length} bytes");
    for sandbox in [&sandbox, &other, &open(&dir, quick())] {
        assert_eq!(sandbox.list().expect("lists").len(), 1);
        let calls: Vec<_> = sandbox.log().expect("reads").map(|record| record.call).collect();
        assert_eq!(calls, (1..=1041).collect::<Vec<_>>());
    }
}

#[test]
fn records_that_a_cut_off_compaction_left_twice_count_once() {
    let dir = TempDir::new().expect("a directory");
    let sandbox = open(&dir, quick());
    for name in ["a", "b", "c"] {
        apply(&sandbox, topic(name)).expect("made");
    }
    let file = |name: &str| sandbox.dir().join(name);
    fs::copy(file("world.log"), file("calls.log")).expect("copied");
    apply(&sandbox, topic("d")).expect("made");
    assert_eq!(sandbox.log().expect("reads").map(|record| record.call).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

/// What the file says is what the world is, whatever happened and whatever was refused.
#[test]
fn a_world_read_anew_is_the_world() {
    for seed in 0..8 {
        let dir = TempDir::new().expect("a directory");
        let sandbox = open(&dir, quick());
        let mut refused = 0;
        for n in 0..300 {
            let dice = Ids::new(&format!("{seed}/{n}"));
            let there = sandbox.list().expect("lists");
            let pick = |ty: &str, what: &str| {
                let fitting: Vec<_> = there.iter().filter(|line| line.ty.ends_with(ty)).collect();
                let count = u32::try_from(fitting.len()).expect("few");
                fitting.get(dice.number(what, count) as usize).map_or("none", |line| line.id.as_str()).to_owned()
            };
            let (vpc, third) = (pick("::VPC", "vpc"), dice.number("third", 6));
            let step = match dice.number("what", 9) {
                0 => create("AWS::EC2::VPC", &format!("{n}"), &format!(r#"{{ CidrBlock = "10.{third}.0.0/16" }}"#)),
                1 | 2 => {
                    let second = dice.number("second", 6);
                    let text = format!(r#"{{ VpcId = "{vpc}", CidrBlock = "10.{second}.{third}.0/24" }}"#);
                    create("AWS::EC2::Subnet", &format!("{n}"), &text)
                }
                3 => create("AWS::EC2::InternetGateway", &format!("{n}"), "{}"),
                4 => {
                    let gateway = pick("::InternetGateway", "igw");
                    let text = format!(r#"{{ VpcId = "{vpc}", InternetGatewayId = "{gateway}" }}"#);
                    create("AWS::EC2::VPCGatewayAttachment", &format!("{n}"), &text)
                }
                5 => create("AWS::KMS::Key", &format!("{n}"), "{ KeyPolicy = { Statement = [] } }"),
                6 => {
                    let text =
                        format!(r#"{{ AliasName = "alias/{third}", TargetKeyId = "{}" }}"#, pick("::Key", "key"));
                    create("AWS::KMS::Alias", &format!("{n}"), &text)
                }
                _ => {
                    let Some(line) = there.get(dice.number("line", u32::try_from(there.len()).expect("few")) as usize)
                    else {
                        continue;
                    };
                    step(
                        &line.ty,
                        &format!("{n}"),
                        StepAction::Delete { id: line.id.clone(), prior: value::Map::new() },
                    )
                }
            };
            refused += usize::from(apply(&sandbox, step).is_err());
        }
        assert!(refused > 20, "{refused} of 300 were refused");
        let fresh = open(&dir, quick());
        assert_eq!(fresh.check().expect("checks"), Vec::<String>::new());
        let same = fresh.shared().world == sandbox.shared().world;
        assert!(same, "seed {seed}: the world in memory is not the world in the file");
    }
}

#[test]
fn threads_and_processes_share_a_world() {
    let dir = TempDir::new().expect("a directory");
    let world = dir.path().join("world");
    let mut child = writer(&world, "child");
    thread::scope(|scope| {
        for worker in 0..3 {
            let dir = &dir;
            scope.spawn(move || {
                let sandbox = open(dir, quick());
                for n in 0..50 {
                    apply(&sandbox, topic(&format!("w{worker}-{n}"))).expect("made");
                    // All fight for one name; one has it.
                    let _ = apply(
                        &sandbox,
                        create(TOPIC, &format!("f{worker}-{n}"), &format!(r#"{{ TopicName = "fight-{n}" }}"#)),
                    );
                }
            });
        }
    });
    wait_for(&world, "child-50");
    child.kill().expect("ends");
    child.wait().expect("ends");
    let sandbox = open(&dir, quick());
    assert_eq!(sandbox.check().expect("checks"), Vec::<String>::new());
    let names: Vec<_> = sandbox.list().expect("lists").into_iter().filter_map(|line| line.name).collect();
    assert_eq!(names.iter().filter(|name| name.starts_with('w')).count(), 150);
    assert_eq!(names.iter().filter(|name| name.starts_with("fight")).count(), 50);
    let calls: Vec<_> = sandbox.log().expect("reads").map(|record| record.call).collect();
    assert_eq!(calls, (1..=calls.len() as u64).collect::<Vec<_>>(), "no call is lost or counted twice");
}

#[test]
fn a_killed_process_leaves_a_whole_world() {
    let dir = TempDir::new().expect("a directory");
    let world = dir.path().join("world");
    for round in 0..5 {
        let prefix = format!("round{round}");
        let mut child = writer(&world, &prefix);
        wait_for(&world, &format!("{prefix}-1"));
        thread::sleep(Duration::from_millis(7 * round));
        child.kill().expect("dies");
        child.wait().expect("dies");
        let sandbox = open(&dir, quick());
        assert_eq!(sandbox.check().expect("checks"), Vec::<String>::new());
        apply(&sandbox, topic(&format!("after{round}"))).expect("made");
        let made = sandbox.log().expect("reads").filter(|record| record.outcome == "ok").count();
        assert_eq!(made, sandbox.list().expect("lists").len(), "each object has its call and the other way round");
    }
}

/// Another process, which makes topics until it is killed.
fn writer(world: &Path, prefix: &str) -> std::process::Child {
    let program = std::env::current_exe().expect("is there");
    Command::new(program)
        .args(["--exact", "tests::shared::in_another_process", "--ignored"])
        .env(CHILD, format!("{prefix}={}", world.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts")
}

fn wait_for(world: &Path, name: &str) {
    let sandbox = Sandbox::open(world, quick()).expect("opens");
    let end = Instant::now() + Duration::from_secs(30);
    while read(&sandbox, TOPIC, Find::Owner(owner(name))).is_none() {
        assert!(Instant::now() < end, "{name} did not come");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
#[ignore = "started by other tests, as a process of its own"]
fn in_another_process() {
    let Ok(what) = std::env::var(CHILD) else { return };
    let (prefix, world) = what.split_once('=').expect("a prefix and a directory");
    let sandbox = Sandbox::open(&PathBuf::from(world), quick()).expect("opens");
    for n in 0..100_000 {
        apply(&sandbox, topic(&format!("{prefix}-{n}"))).expect("made");
    }
}

#[test]
#[ignore = "measures; for a release build on a quiet machine"]
fn speed() {
    let dir = TempDir::new().expect("a directory");
    let sandbox = open(&dir, quick());
    let start = Instant::now();
    for v in 0..100 {
        let vpc = create(
            "AWS::EC2::VPC",
            &format!("v{v}"),
            r#"{ CidrBlock = "10.0.0.0/16", Tags = [{ Key = "Name", Value = "some name" }, { Key = "OU", Value = "data" }, { Key = "Environment", Value = "data-qa" }] }"#,
        );
        let vpc = apply(&sandbox, vpc).expect("made").expect("there").id;
        for s in 0..13 {
            let text = format!(
                r#"{{ VpcId = "{vpc}", CidrBlock = "10.0.{s}.0/24", AvailabilityZone = "us-east-1a", Tags = [{{ Key = "Name", Value = "some name" }}, {{ Key = "OU", Value = "data" }}, {{ Key = "Environment", Value = "data-qa" }}] }}"#
            );
            apply(&sandbox, create("AWS::EC2::Subnet", &format!("s{v}-{s}"), &text)).expect("made");
        }
    }
    let made = start.elapsed();
    let fresh = open(&dir, quick());
    let start = Instant::now();
    assert_eq!(read(&fresh, TOPIC, Find::Id("x".into())), None);
    let opened = start.elapsed();
    let fast = made < Duration::from_millis(500) && opened < Duration::from_millis(20);
    assert!(fast, "made in {made:?}, read in {opened:?}");
    assert_eq!(fresh.list().expect("lists").len(), 1400);
}
