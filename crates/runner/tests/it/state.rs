//! The state, changed by hand.

use crate::support::World;

const STACK: &str = "infrastructure.aws.kms.CI";

/// A world with one stack, and the name of one of its keys.
fn world() -> Option<(World, String)> {
    let world = World::fresh()?;
    world.run(&format!("up {STACK} --yes")).ok();
    let list = world.resources();
    let key = list.iter().find(|line| line.contains("::AWS::KMS::Key::")).expect("has a key");
    let name = key.rsplit("::").next().expect("has a name").to_owned();
    Some((world, name))
}

#[test]
fn a_change_by_hand_is_shown_asked_about_and_done() {
    let Some((world, key)) = world() else { return };
    let before = world.files();
    world.run(&format!("state taint {STACK} {key}")).ends(64).says(["is replaced by the next run", "`--yes`"]);
    assert_eq!(world.files(), before, "nothing is written before somebody says yes");
    world.run(&format!("state taint {STACK} {key} --yes")).ok().says(["the state is changed"]);
    world.run(&format!("preview {STACK}")).ok().says(["±"]);
    world.run(&format!("state untaint {STACK} {key} --yes")).ok();
    world.run(&format!("up {STACK} --yes")).ok().says(["nothing to do"]);
    world.run(&format!("state taint {STACK} nosuch --yes")).ends(10).says(["[E0542]", "state list"]);
    world.run(&format!("state rm {STACK} {key} --yes")).ends(10).says(["[E0545]", "`--force`"]);
    world.is_whole();
}

#[test]
fn a_state_is_exported_and_comes_back() {
    let Some((world, key)) = world() else { return };
    let file = world.path("state.json");
    world.run(&format!("state export {STACK} {}", file.display())).ok();
    world.run(&format!("state rm {STACK} {key} --force --yes")).ok().says(["its object"]);
    world.run(&format!("state import {STACK} {} --yes", file.display())).ok().says(["takes the place"]);
    world.run(&format!("up {STACK} --yes")).ok().says(["nothing to do"]);
    world.is_whole();
    std::fs::write(&file, "{}").expect("is written");
    world.run(&format!("state import {STACK} {} --yes", file.display())).ends(10).says(["[E0504]"]);
}

#[test]
fn a_resource_goes_to_another_stack_and_back() {
    let Some((world, key)) = world() else { return };
    let other = "infrastructure.aws.kms.QA";
    world.run(&format!("state mv {STACK} {key} {other} visitor --yes")).ok().says(["its object stays"]);
    world.run(&format!("state show {other} visitor")).ok();
    world.run(&format!("state mv {other} visitor {STACK} {key} --yes")).ok();
    world.run("state verify").ok();
    world.run(&format!("up {STACK} --yes")).ok();
    world.run("sandbox check").ok();
    assert!(world.calls().iter().all(|call| call.action != "delete"), "no object was touched");
}

#[test]
fn names_and_protection_are_changed_and_changed_back() {
    let Some((world, key)) = world() else { return };
    let calls = world.calls().len();
    world.run(&format!("state rename {STACK} {key} door")).ends(64).says(["door", "`--yes`"]);
    world.run(&format!("state rename {STACK} {key} door --yes")).ok();
    assert!(world.resources().iter().any(|line| line.ends_with("::AWS::KMS::Key::door")));
    world.run(&format!("preview {STACK}")).ok().says([&format!("+ {key}"), "- door"]);
    world.run(&format!("state rename {STACK} nosuch other --yes")).ends(10).says(["[E0542]"]);
    world.run(&format!("state rename {STACK} door {key} --yes")).ok();
    world.run(&format!("up {STACK} --yes")).ok().says(["nothing to do"]);

    let is_protected = || world.run(&format!("state show {STACK} {key}")).ok().out.contains("\"protect\": true");
    let before = is_protected();
    let (there, back) = if before { ("unprotect", "protect") } else { ("protect", "unprotect") };
    world.run(&format!("state {there} {STACK} {key} --yes")).ok();
    assert_ne!(is_protected(), before);
    world.run(&format!("state {there} {STACK} {key} --yes")).ends(10).says(["[E0543]"]);
    world.run(&format!("state {back} {STACK} {key} --yes")).ok();
    assert_eq!(is_protected(), before);
    world.run("state verify").ok();
    assert_eq!(world.calls().len(), calls, "no object was touched");
    // Without a file it is printed, for whoever pipes it on.
    let exported = world.run(&format!("state export {STACK}")).ok().out;
    let exported: serde_json::Value = serde_json::from_str(&exported).expect("is JSON");
    assert_eq!((&exported["format"], &exported["stack"]), (&1.into(), &STACK.into()));
}
