//! Objects that exist are taken over by command.

use crate::support::World;

const KMS: &str = "infrastructure.aws.kms.CI";

/// The keys of CI, one alias and one key of which the state has forgotten; and that key's id.
fn forgetful() -> Option<(World, String)> {
    let world = World::fresh()?;
    world.run(&format!("up {KMS} --yes")).ok();
    let key = world.objects().into_iter().find(|line| line.ends_with("AWS::KMS::Key::ec2-ebs-ci")).expect("a key");
    world.run(&format!("state rm {KMS} ec2-ebs-ci-alias --yes")).ok();
    world.run(&format!("state rm {KMS} ec2-ebs-ci --yes")).ok();
    Some((world, key.split(' ').nth(1).expect("an id").to_owned()))
}

#[test]
fn what_the_program_declares_is_compared_and_taken_over() {
    let Some((world, key)) = forgetful() else { return };
    let import = |what: &str| world.run(&format!("import {KMS} {what}"));
    import("ec2-ebs-ci-alias alias/ec2-ebs-ci --yes")
        .ends(10)
        .says(["[E0431]", "take over what it needs first, or make it: `runner up infrastructure.aws.kms.CI`"]);
    import(&format!("ec2-ebs-ci {key}")).ends(64).says(["adopt", "say `--yes`"]);
    import(&format!("ec2-ebs-ci {key} --yes")).ok().says([
        "= ec2-ebs-ci  AWS::KMS::Key  adopt",
        "1 taken over in 1 stack",
        "the program declares it already, and says the same",
    ]);
    world.run(&format!("state rm {KMS} s3-data-analytics-ci-alias --yes")).ok();
    import("ec2-ebs-ci-alias alias/s3-analytical-data-ci --yes").ends(10).says([
        "is not as the program says (there → program), so it is not taken over",
        "AliasName: \"alias/s3-analytical-data-ci\" -> \"alias/ec2-ebs-ci\"",
        "differs from the object `alias/s3-analytical-data-ci` that it should take over [E0522]",
        "note: `AliasName` is \"alias/s3-analytical-data-ci\", the program says \"alias/ec2-ebs-ci\"",
    ]);
    import("ec2-ebs-ci-alias alias/ec2-ebs-ci --yes").ok();
    import("s3-data-analytics-ci-alias alias/s3-analytical-data-ci --yes").ok();
    let calls: Vec<String> =
        world.calls().into_iter().map(|call| call.action).filter(|action| action != "read").collect();
    assert_eq!(calls.iter().filter(|action| *action == "adopt").count(), 3, "{calls:?}");
    assert_eq!(calls.iter().filter(|action| !["create", "adopt"].contains(&action.as_str())).count(), 0, "{calls:?}");
    world.run(&format!("preview {KMS} --detailed-exitcode")).ok().says(["nothing to do"]);
    world.is_whole();
}

#[test]
fn what_the_program_does_not_declare_is_said_to_be_declared() {
    let Some((world, key)) = forgetful() else { return };
    let calls = world.calls().len();
    let files = world.files();
    let words = format!("import {KMS} AWS::KMS::Key volumes {key}");
    let declaration = [
        "use types_aws_kms::Key;",
        "    Key::new(\"volumes\")",
        "        .description(\"Key to encrypt/decrypt ci EBS volumes\")",
        "        .enable_key_rotation(true)",
        "            (\"Name\", \"ec2-ebs-ci\"),",
        "        .protect()\n        .declare(&mut plan);",
        "in the project's Cargo.toml: `types-aws-kms.workspace = true`",
    ];
    world.run(&format!("{words} --preview")).ok().says(declaration).says_not(["taken over"]);
    assert_eq!(world.files().len(), files.len(), "only the log of the sandbox has grown, by what was read");
    assert!(world.calls()[calls..].iter().all(|call| call.action == "read"));
    world
        .run(&format!("{words} --yes"))
        .ok()
        .says(declaration)
        .says(["1 taken over in 1 stack", "paste it before the next `up`, which would delete `volumes` otherwise"]);
    let urn = "infrastructure.aws.kms.CI infrastructure.aws.kms::AWS::KMS::Key::volumes";
    assert!(world.resources().contains(&urn.to_owned()));
    world.run(&words).ok().says(["already"]).says(declaration);
    let events = world.run(&format!("{words} --json")).ok().events();
    let last = events.last().expect("an event");
    assert_eq!(
        (&last["event"], &last["urn"]),
        (&"undeclared".into(), &"infrastructure.aws.kms::AWS::KMS::Key::volumes".into())
    );
    assert!(last["statement"].as_str().is_some_and(|text| text.starts_with("Key::new(\"volumes\")")), "{last}");
    world.run(&format!("preview {KMS}")).ok().says(["- volumes  AWS::KMS::Key  protected, would be refused on live"]);

    world.run(&format!("import aws.kms.QA AWS::KMS::Key volumes {key} --yes")).ends(10).says([
        "it is `volumes` of `infrastructure.aws.kms.CI` [E0446]",
        "move it here with its record: `runner state mv infrastructure.aws.kms.CI",
    ]);
}

#[test]
fn what_cannot_be_meant_is_said_with_what_can() {
    let Some(world) = World::fresh() else { return };
    let cases = [
        ("aws.kms.CI AWS::KMS::Key volumes key-1", 10, "there is no AWS::KMS::Key `key-1` [E0617]"),
        ("aws.kms.CI KMS::Key volumes key-1", 10, "did you mean `AWS::KMS::Key`?"),
        ("aws.kms.CI AWS::KMS::Kee volumes key-1", 10, "did you mean `AWS::KMS::Key`?"),
        ("aws.kms.CI AWS::KMS::Key volumes", 10, "`runner import infrastructure.aws.kms.CI AWS::KMS::Key NAME ID`"),
        ("aws.kms.CI ec2-ebs-c key-1", 10, "it declares `ec2-ebs-ci`"),
        ("aws.kms.CI AWS::KMS::Key volumes key-1 --provider west", 10, "[E0435]"),
        ("infrastructure.aws.kms volumes key-1", 10, "[E0711]"),
        ("aws.kms.CI volumes", 64, "runner import [OPTIONS] STACK TYPE NAME ID"),
    ];
    for (words, code, said) in cases {
        world.run(&format!("import {words} --yes")).ends(code).says([said]);
    }
    assert!(!world.has_state());
}
