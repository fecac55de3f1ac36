//! What somebody changes or deletes behind the program's back.

use crate::support::World;

const KMS: &str = "infrastructure.aws.kms.CI";

#[test]
fn what_is_gone_is_made_anew() {
    let Some(world) = World::applied() else { return };
    world.run("sandbox reset --yes").ok();
    assert_eq!(world.objects(), Vec::<String>::new());
    world.run("refresh substructure.consul.operations.CI").ok().says(["4 objects read: 4 gone"]);
    let stack = "substructure.consul.operations.CI";
    world.run(&format!("preview {stack}")).ok().says([stack]);
    world.run(&format!("up {stack} --yes")).ok();
    assert_eq!(world.objects().len(), 4);
    world.run(&format!("up {stack} --yes")).ok().says(["nothing to do"]);
}

#[test]
fn what_a_colleague_changes_is_shown_apart_and_mended() {
    let Some(world) = World::fresh() else { return };
    world.run(&format!("up {KMS} --yes")).ok();
    let lines = world.objects();
    let key = lines.iter().find(|line| line.ends_with("AWS::KMS::Key::ec2-ebs-ci")).expect("a key");
    let key = key.split(' ').nth(1).expect("an id");
    world
        .run(&format!("sandbox set {key} Description theirs"))
        .ok()
        .says(["`Description`", "`runner refresh` sees it"]);
    world.run(&format!("preview {KMS}")).ok().says(["nothing to do"]);
    let drift =
        ["1 to update in 1 stack, all of it drift", "the world has changed, not the program", "\"theirs\" -> \"Key to"];
    world.run(&format!("preview {KMS} --refresh --detailed-exitcode")).ends(2).says(drift);
    let said = ["8 objects read: 0 gone, 1 changed", "ec2-ebs-ci of infrastructure.aws.kms.CI is not as it was set"];
    world.run(&format!("refresh {KMS} --preview")).ok().says(said).says(["nothing was written"]);
    world.run("stacks drifted()").ends(10);
    world.run(&format!("refresh {KMS}")).ok().says(said);
    world.run("stacks drifted()").ok().says([KMS]);
    world.run(&format!("preview {KMS}")).ok().says(drift);

    // What is gone goes with what is changed, and one run mends both.
    world.run("sandbox delete alias/ec2-ebs-ci").ok();
    let calls = world.calls().len();
    world
        .run(&format!("up {KMS} --refresh --yes"))
        .ok()
        .says(["drift: `alias/ec2-ebs-ci` is gone", "1 created, 1 updated"]);
    let calls: Vec<String> = world.calls()[calls..].iter().map(|call| call.action.clone()).collect();
    assert_eq!(calls, ["update", "create"]);
    world.run(&format!("up {KMS} --refresh --yes")).ok().says(["nothing to do"]);
    world.run("stacks drifted()").ends(10);
    world.is_whole();
}

#[test]
fn what_the_vendor_would_refuse_a_colleague_is_refused() {
    let Some(world) = World::fresh() else { return };
    world.run("sandbox delete alias/ec2-ebs-ci").ends(10).says(["[E0715]", "`runner sandbox list` lists them"]);
    assert!(!world.path(".groundplan/sandbox/world.log").exists());
    world.run(&format!("up {KMS} --yes")).ok();
    let cases = [
        ("set alias/ec2-ebs-ci AliasName alias/other", 30, "NotUpdatable"),
        ("set alias/ec2-ebs-ci Alias alias/other", 30, "`Alias` of AWS::KMS::Alias: there is no such property"),
        ("set alias/ec2-ebs-ci a..b other", 10, "write keys and indices: `Tags[0].Value`"),
        ("set alias/ec2-ebs-ci AliasName x --type AWS::KMS::Key", 10, "[E0715]"),
    ];
    for (words, code, said) in cases {
        world.run(&format!("sandbox {words}")).ends(code).says([said]);
    }
    let log = world.run("sandbox log").ok().lines();
    assert_eq!(
        log.last().map(String::as_str),
        Some("10 update AWS::KMS::Alias alias/ec2-ebs-ci - ValidationException")
    );
    world.is_whole();
}
