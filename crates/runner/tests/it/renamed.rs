//! Stacks that get another name.

use crate::support::World;

const OLD: &str = "infrastructure.aws.kms.CI";
const FILES: &str = "projects/infrastructure/aws/kms/stacks";

#[test]
fn a_stack_with_secrets_goes_by_another_name_and_its_objects_stay() {
    let Some(world) = World::fresh() else { return };
    let xpro = "applications.edxapp.xpro.CI";
    world.run(&format!("up {xpro} --with-upstream --yes")).ok();
    let calls = world.calls().len();
    let before = world.files();
    world.run(&format!("state rename-stack {xpro} second.CI")).ends(64).says([
        "its id and its objects stay",
        "stacks/xpro.CI.toml becomes projects/applications/edxapp/stacks/second.CI.toml",
        "`--yes`",
    ]);
    assert_eq!(world.files(), before, "nothing is written before somebody says yes");
    world
        .run(&format!("state rename-stack {xpro} second.CI --yes"))
        .ok()
        .says(["is called applications.edxapp.second.CI"]);
    assert_eq!(world.calls().len(), calls, "no vendor was called");
    let stacks = "projects/applications/edxapp/stacks";
    assert!(!world.path(&format!("{stacks}/xpro.CI.toml")).exists());
    assert!(!world.path(&format!("{stacks}/xpro.CI.lock.toml")).exists());
    assert!(world.path(&format!("{stacks}/second.CI.lock.toml")).exists());
    world.run("state verify").ok();
    world.run("sandbox check").ok();
    world
        .run(&format!("state rename-stack {xpro} second.CI --yes"))
        .ok()
        .says(["is called applications.edxapp.second.CI already"]);
    world.run("history applications.edxapp.second.CI").ok().says(["state rename-stack"]);
    // Its secrets open under the new name.
    world.run("config get applications.edxapp.second.CI db_password").ok();
}

#[test]
fn what_was_killed_in_between_is_finished_by_the_same_command() {
    let Some(world) = World::fresh() else { return };
    world.run(&format!("up {OLD} --yes")).ok();
    let rename = format!("state rename-stack {OLD} second.CI --yes");
    // As it is when the new file was put aside and the old one taken away; and when only the last step is missing.
    let text = world.read(&format!("{FILES}/CI.toml"));
    world.write(&format!("{FILES}/second.CI.toml.renamed"), &text);
    world.remove(&format!("{FILES}/CI.toml"));
    world.run("up --yes infrastructure.aws.kms.QA").ok();
    let objects = world.objects();
    world.run(&rename).ok();
    assert_eq!(world.read(&format!("{FILES}/second.CI.toml")), text);
    assert!(!world.path(&format!("{FILES}/second.CI.toml.renamed")).exists());
    std::fs::rename(
        world.path(&format!("{FILES}/second.CI.toml")),
        world.path(&format!("{FILES}/second.CI.toml.renamed")),
    )
    .expect("is moved");
    world.run(&rename).ok();
    assert_eq!(world.read(&format!("{FILES}/second.CI.toml")), text);
    assert_eq!(world.objects(), objects);
    world.is_whole();
}

#[test]
fn a_name_that_cannot_be_is_refused() {
    let Some(world) = World::fresh() else { return };
    world.run(&format!("state rename-stack {OLD} QA --yes")).ends(10).says(["[E0727]"]);
    world.run(&format!("state rename-stack {OLD} nosuch --yes")).ends(10).says(["[E0726]"]);
    world.run(&format!("state rename-stack {OLD} CI --yes")).ends(10).says(["[E0782]"]);
    world
        .run(&format!("state rename-stack {OLD} infrastructure.aws.dns.CI --yes"))
        .ends(10)
        .says(["[E0781]", ".moved_from("]);
    world.run("state rename-stack infrastructure.aws.kms.nosuch.CI more.CI --yes").ends(10).says(["[E0780]"]);
}
