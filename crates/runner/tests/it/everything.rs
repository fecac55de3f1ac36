//! Everything is applied, and then there is nothing to do.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::{RESOURCES, STACKS, World, counted, ran};

#[test]
fn up_applies_everything_and_says_so() {
    let Some(world) = World::applied() else { return };
    let Some(up) = World::up_of_everything() else { return };
    assert_eq!(up.code, Some(0), "{up}");
    assert!(up.err.contains(&counted("{resources} created in {stacks} stacks")), "{up}");
    assert!(up.out.contains("infrastructure.aws.network"), "{up}");
    assert!(!up.err.contains("E0707"), "there are no sources here that the runner could be older than: {up}");

    assert_eq!(world.resources().len(), RESOURCES);
    assert_eq!(world.objects().len(), RESOURCES);
    world.is_whole();
    let calls = world.calls();
    assert!(calls.iter().all(|call| call.action == "create" && call.outcome == "ok"));
    let made: BTreeSet<(&str, &str)> = calls.iter().map(|call| (call.stack.as_str(), call.urn.as_str())).collect();
    assert_eq!((calls.len(), made.len()), (RESOURCES, RESOURCES), "every object was made once");
    let stacks: BTreeSet<&str> = calls.iter().map(|call| call.stack.as_str()).collect();
    assert_eq!(stacks.len(), STACKS);
}

#[test]
fn up_again_has_nothing_to_do_and_writes_nothing() {
    let Some(world) = World::applied() else { return };
    let before = world.files();
    let trace = std::env::temp_dir().join(format!("runner-trace-{}", std::process::id()));
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-s", "400", "-e", "trace=%file,ftruncate,fsync,fdatasync,write,pwrite64,writev", "-o"]);
    let runner = world.command("up --yes");
    strace.arg(&trace).arg(runner.get_program()).args(runner.get_args());
    assert!(Command::new("strace").arg("-V").output().is_ok(), "strace is missing: apt-get install -y strace");
    ran("up --yes", strace).ok().says(["nothing to do: {stacks} stacks, {stacks} from cache"]);
    assert_eq!(world.files(), before, "the second run has touched a file");

    let text = std::fs::read_to_string(&trace).expect("was traced");
    std::fs::remove_file(&trace).expect("was there");
    assert!(text.contains(".groundplan/state"), "the state was read");
    let writes = |line: &str| {
        let open = line.contains("O_WRONLY") || line.contains("O_RDWR") || line.contains("O_CREAT");
        let change = ["mkdir", "rename", "unlink", "link", "truncate", "utime", "chmod", "symlink"];
        open || change.iter().any(|call| line.split_whitespace().nth(1).is_some_and(|word| word.starts_with(call)))
    };
    let written: Vec<&str> = text.lines().filter(|line| line.contains(".groundplan") && writes(line)).collect();
    assert_eq!(written, Vec::<&str>::new());
    let synced: Vec<&str> = text.lines().filter(|line| line.contains("sync(")).collect();
    assert_eq!(synced, Vec::<&str>::new());
}

#[test]
fn a_preview_without_state_knows_what_upstream_would_publish() {
    let Some(world) = World::fresh() else { return };
    let preview = world.run("preview").ok().says([
        "{resources} to create in {stacks} stacks",
        "infrastructure.aws.network        3 stacks   CI +395  QA +395  Production +419",
        "applications.edxapp               12 stacks  CI +215  QA +215  Production +231",
        "infrastructure.monitoring         1 stack    default +11",
        "read across stacks as proposed:",
        "known after apply",
    ]);
    assert!(preview.out.lines().count() <= 24, "{preview}");
    assert!(!world.has_state(), "a preview has written state");

    // Of the same upstream stack one output is known before anything is applied, the other is not.
    world
        .run("preview applications.edxapp.xpro.QA --with-upstream --full")
        .ok()
        .says(["VpcId: known after infrastructure.aws.network.QA: xpro_vpc.id", r#"CidrIp: "10.12.128.0/21""#]);
    // Alone it cannot be previewed: nothing is published yet.
    world
        .run("preview applications.edxapp.xpro.QA")
        .ends(10)
        .says(["infrastructure.aws.network.QA", "--with-upstream"]);
    assert!(!world.has_state());
}

#[test]
fn two_previews_are_the_same() {
    let Some(world) = World::fresh() else { return };
    let first = world.run("preview --json").ok().out;
    let digest = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("is JSON")["digest"].clone();
    let again = world.run("preview --json --jobs 1").ok().out;
    assert!(digest(&first).is_string());
    assert_eq!(digest(&first), digest(&again));
}
