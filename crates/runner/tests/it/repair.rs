//! Damaged states, and what runs did.

use std::path::PathBuf;

use crate::support::World;

const STACK: &str = "infrastructure.aws.kms.CI";

/// The files of a kind of the stack, oldest first.
fn files(world: &World, kind: &str) -> Vec<PathBuf> {
    let dir = world.path(&format!(".groundplan/state/sandbox/stacks/{STACK}/{kind}"));
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(dir).expect("is listed").map(|entry| entry.expect("is listed").path()).collect();
    files.sort();
    files
}

#[test]
fn every_damage_is_named_with_its_place_and_one_command_mends_it() {
    let Some(world) = World::fresh() else { return };
    world.run(&format!("up {STACK} --yes")).ok();
    world.run(&format!("state verify {STACK}")).ok().says(["1 state is whole"]);
    world.run(&format!("state repair {STACK} --yes")).ok().says(["is whole"]);
    for kind in ["snapshots", "heads"] {
        let newest = files(&world, kind).pop().expect("has one");
        std::fs::write(&newest, "{").expect("is written");
        let name = newest.file_name().expect("has a name").to_string_lossy().into_owned();
        let place = format!("stacks/{STACK}/{kind}/{name}");
        let repair = format!("hint: `runner state repair {STACK}`");
        world.run("state verify").ends(40).says(["[E0580]", place.as_str(), repair.as_str()]);
        world.run(&format!("state list {STACK}")).ends(40).says(["[E0501]", repair.as_str()]);
        let before = world.files();
        world.run(&format!("state repair {STACK}")).ends(64).says([place.as_str(), "nothing is lost", "`--yes`"]);
        assert_eq!(world.files(), before, "nothing is written before somebody says yes");
        world.run(&format!("state repair {STACK} --yes")).ok().says(["is whole; what was damaged is kept beside it"]);
        assert_eq!(std::fs::read_to_string(&newest).expect("is there"), "{");
        world.run("state verify").ok().says(["[E0581]"]);
        world.is_whole();
        world.run(&format!("up {STACK} --yes")).ok().says(["nothing to do"]);
    }
    // What can no longer be told is said with what brings it back.
    let segment = files(&world, "journal").remove(0);
    let text = std::fs::read_to_string(&segment).expect("is there");
    std::fs::write(&segment, text.replacen("\"fencing\":1", "\"fencing\":2", 1)).expect("is written");
    files(&world, "snapshots").iter().for_each(|path| std::fs::write(path, "").expect("is written"));
    world.run(&format!("state repair {STACK} --yes")).ok().says([
        "lost: `stacks/",
        "0 objects can be told",
        "`) the next run finds out by itself",
    ]);
    world.run(&format!("state list {STACK}")).ok();
    let objects = world.objects();
    world.run(&format!("up {STACK} --yes")).ok();
    assert_eq!(world.objects(), objects, "they are found, and nothing is made");
    world.is_whole();
    world.run("state repair nosuch --yes").ends(10);
}

#[test]
fn history_tells_what_runs_did_and_a_state_is_shown_as_it_was() {
    let Some(world) = World::fresh() else { return };
    world.run("history").ok().says(["no run is recorded"]);
    world.run("up infrastructure.aws.kms --yes").ok();
    let key = world.run(&format!("state list {STACK}")).ok().lines();
    let key = key.iter().find(|line| line.contains("::AWS::KMS::Key::")).expect("has a key").rsplit("::").next();
    let show = format!("state show {STACK} {}", key.expect("has a name"));
    world.run(&format!("state taint {STACK} {} --yes", key.expect("has a name"))).ok();
    world.run(&format!("destroy {STACK} --yes")).ok();

    let told = world.run(&format!("history {STACK}")).ok().lines();
    let words: Vec<Vec<&str>> = told.iter().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(words[0][..3], ["generation", "began", "command"]);
    assert_eq!((words[1][0], words[1][2]), ("6", "destroy"), "{told:?}");
    assert!(told[1].ends_with("8 deleted") && told[1].contains("ended"), "{told:?}");
    assert!(told[2].contains("state taint") && told[2].ends_with("1 recorded"), "{told:?}");
    assert!(told[3].ends_with("8 created"), "{told:?}");
    assert_eq!(told.len(), 4);
    let all = world.run("history").ok().lines();
    assert!(all.len() == 4 && all[3].contains(" 3 ") && all[3].ends_with("24 created"), "{all:?}");
    let events = world.run(&format!("history {STACK} --json")).ok().events();
    assert_eq!(
        (events.len(), events[0]["counts"]["created"].as_u64(), events[0]["is"].as_str()),
        (3, Some(8), Some("ended"))
    );
    assert!(events[0]["began"].as_str() <= events[0]["ended"].as_str());

    world.run(&show).ends(10).says(["[E0710]"]);
    world.run(&format!("{show} --at 2")).ok().says(["\"status\": \"ready\""]);
    world.run(&format!("{show} --at 4")).ok().says(["\"status\": \"tainted\""]);
    assert_eq!(world.run(&format!("state list {STACK} --at 2")).ok().lines().len(), 8);
    world.run(&format!("state list {STACK} --at 77")).ends(10).says([
        "[E0584]",
        "generations 1 to 6",
        "runner history",
    ]);
    world.run("state list infrastructure.aws.kms --at 2").ends(64);
}
