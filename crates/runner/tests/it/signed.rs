//! Signed approvals: an environment that demands a signature refuses everything else.

use crate::support::World;

const KMS: &str = "infrastructure.aws.kms";

/// A world in which QA takes the signature of `release`; `other` is known and does not count, `stranger` is not known.
fn world() -> Option<World> {
    let world = World::fresh()?;
    let public = |name: &str| world.run(&format!("keys new {name}.key")).ok().out.trim().to_owned();
    let (release, other, _) = (public("release"), public("other"), public("stranger"));
    let settings = world.read("groundplan.toml");
    let signers = format!("[signers]\nrelease = \"{release}\"\nother = \"{other}\"\n");
    world.write("groundplan.toml", &format!("{settings}\n{signers}[approvals.QA]\nsigners = [\"release\"]\n"));
    Some(world)
}

#[test]
fn what_is_not_signed_by_whom_it_takes_is_refused() {
    let Some(world) = world() else { return };
    let refused = |args: &str, texts: &[&str]| {
        let ran =
            world.run(args).ends(20).says(["[E0471]", "what is done to `QA` has to be signed", "`release` (ed25519:"]);
        ran.says(texts.iter().copied()).says(["groundplan.toml:"]);
        assert!(!world.has_state(), "nothing was done by `{args}`");
    };
    let sign = "runner preview --plan plan.json --sign KEY";
    refused(&format!("up {KMS}.QA --yes"), &["this run is not", "runner preview --out FILE --sign KEY"]);
    refused(&format!("up {KMS} --yes"), &["this run is not"]);
    refused(&format!("up {KMS}.QA --yes --sign other.key"), &["the key at hand is `other`, which does not count here"]);
    let digest = "0".repeat(64);
    refused(&format!("up {KMS}.QA --approve {digest}"), &["this run is not"]);

    world.run(&format!("preview {KMS}.QA --out plan.json")).ok();
    refused("up --plan plan.json --yes", &["this saved preview is not", sign]);
    world.run("preview --plan plan.json --sign other.key").ok().says(["signed "]);
    refused("up --plan plan.json --yes", &["it is signed by `other`, who does not approve what is done to `QA`"]);
    world.run(&format!("preview {KMS}.QA --out plan.json --sign stranger.key")).ok();
    refused("up --plan plan.json --yes", &["whom nobody knows here"]);

    // The signature of another preview, and one that was cut.
    world.run(&format!("preview {KMS}.QA --out signed.json --sign release.key")).ok();
    let signed = world.read("signed.json");
    let signature = signed.lines().find(|line| line.contains("ed25519:")).expect("a signature").trim().to_owned();
    world.run(&format!("preview {KMS} --out more.json --sign other.key")).ok();
    let more = world.read("more.json");
    let theirs = more.lines().find(|line| line.contains("ed25519:")).expect("a signature").trim().to_owned();
    world.write("more.json", &more.replace(&theirs, &signature));
    refused("up --plan more.json --yes", &["the signature of `release` is not of this preview"]);
    world.write("more.json", &more.replace(&theirs, &format!("{}\"", &signature[..signature.len() - 9])));
    refused("up --plan more.json --yes", &["one of its signatures cannot be read"]);

    // What was changed after it was signed is refused as anything else that was changed.
    world.write("signed.json", &signed.replacen("ec2-ebs-qa", "ec2-ebs-ci", 1));
    world.run("up --plan signed.json --yes").ends(10).says(["[E0562]"]);
    world.write("signed.json", &signed);

    world.run("preview --sign release.key").ends(64).says(["--out FILE --sign KEY"]);
    world.run("preview --out x.json --sign env").ends(10).says(["[E0473]", "GROUNDPLAN_SIGNING_KEY"]);
    world.run("preview --out x.json --sign missing.key").ends(10).says(["missing.key"]);
}

#[test]
fn what_is_signed_is_done_and_other_environments_ask_for_nothing() {
    let Some(world) = world() else { return };
    world.run(&format!("up {KMS}.CI --yes")).ok().says(["8 created"]);
    world.run(&format!("preview {KMS}.QA --out plan.json")).ok();
    let unsigned = world.read("plan.json");
    world.run("preview --plan plan.json --sign other.key").ok();
    let signed = world.run("preview --plan plan.json --sign release.key").ok();
    world.run("preview --plan plan.json --sign release.key").ok();
    let text = world.read("plan.json");
    assert_eq!(text.matches("ed25519:").count(), 2, "who signs twice stands there once");
    assert_eq!(
        text.lines().filter(|line| line.contains("\"digest\"")).take(1).collect::<Vec<_>>(),
        unsigned.lines().filter(|line| line.contains("\"digest\"")).take(1).collect::<Vec<_>>(),
        "signing changes nothing of what is approved"
    );
    assert!(signed.err.contains("signed "), "{signed}");
    world.run("up --plan plan.json --yes").ok().says(["8 created"]);
    world.run("up --plan plan.json --yes").ok().says(["nothing to do"]);

    // Whoever has the key can stand for a run; in another profile, or for what is taken down, it is the same.
    world.run(&format!("destroy {KMS}.QA --yes")).ends(20).says(["[E0471]"]);
    world.run(&format!("destroy {KMS}.QA --out gone.json --sign release.key")).ok();
    world.run("destroy --plan gone.json --yes").ok().says(["8 deleted"]);
    let mut command = world.command(&format!("up {KMS}.QA --yes --sign env"));
    command.env("GROUNDPLAN_SIGNING_KEY", world.path("release.key"));
    crate::support::ran("up --sign env", command).ok().says(["8 created"]);

    let settings = world.read("groundplan.toml");
    world.write("groundplan.toml", &settings.replace("[\"release\"]", "[\"release\"]\nprofiles = [\"live\"]"));
    world.run(&format!("destroy {KMS}.QA --yes")).ok().says(["8 deleted"]);
    for (from, to, says) in [
        ("[\"release\"]", "[\"relaese\"]", "did you mean `release`?"),
        ("approvals.QA", "approvals.QE", "there is no environment `QE`"),
        ("[\"release\"]", "[]", "nobody could sign for `QA`"),
    ] {
        world.write("groundplan.toml", &settings.replace(from, to));
        world.run("stacks").ends(10).says(["[E0472]", "groundplan.toml:", says]);
    }
}

#[test]
fn plans_that_were_built_elsewhere_are_signed_by_whom_it_takes() {
    let Some(world) = World::fresh() else { return };
    let public = |name: &str| world.run(&format!("keys new {name}.key")).ok().out.trim().to_owned();
    let (builder, other, _) = (public("builder"), public("other"), public("stranger"));
    let settings = world.read("groundplan.toml");
    let signers = format!("[signers]\nbuilder = \"{builder}\"\nother = \"{other}\"\n");
    world.write("groundplan.toml", &format!("{settings}\n{signers}[plans.QA]\nsigners = [\"builder\"]\n"));
    world.run(&format!("evaluate {KMS} --out plans")).ok();
    let sign = |key: &str| world.run(&format!("keys sign {key}.key plans")).ok().out;
    let refused = |args: &str, texts: &[&str]| {
        let ran = world.run(&format!("up {args} --plans plans --yes")).ends(20).says(["[E0338]"]);
        ran.says(texts.iter().copied()).says(["runner keys sign KEY DIR"]);
        assert!(!world.has_state(), "nothing was done by `{args}`");
    };

    // The environment demands it; where it does not, none is needed.
    let unsigned = "the plan of `infrastructure.aws.kms.QA` has to be signed";
    refused(&format!("{KMS}.QA"), &[unsigned, "`builder` (ed25519:", "groundplan.toml:"]);
    world.run(&format!("preview {KMS}.QA --plans plans")).ends(20).says(["[E0338]", unsigned]);
    world.run(&format!("preview {KMS}.CI --plans plans")).ok();

    // Somebody else's signature, a stranger's, and that of another plan.
    world.write("other", &sign("other"));
    refused(&format!("{KMS}.QA --signatures other"), &["it is signed by `other`, which does not count for it"]);
    world.write("stranger", &sign("stranger"));
    refused(&format!("{KMS}.QA --signatures stranger"), &["whom nobody knows here"]);
    let good = sign("builder");
    world.write("swapped", &good.replace(".CI ", ".x ").replace(".QA ", ".CI ").replace(".x ", ".QA "));
    refused(&format!("{KMS}.QA --signatures swapped"), &["the signature of `builder` is that of another plan"]);
    // Whoever hands signatures in means them, also where none is demanded.
    refused(&format!("{KMS}.CI --signatures swapped"), &["somebody under `[signers]`"]);
    world.write("cut", &good.replace("ed25519:", "ed25519"));
    world.run(&format!("up {KMS}.QA --plans plans --signatures cut --yes")).ends(10).says(["[E0339]", "cut:1:1"]);
    world.run(&format!("up {KMS}.QA --signatures cut")).ends(64).says(["--plans"]);

    // What several have signed is put together, and one of them counts.
    world.write("both", &format!("{}{good}", world.read("other")));
    world
        .run(&format!("up {KMS}.QA {KMS}.CI --plans plans --signatures both --yes"))
        .ok()
        .says(["created in 2 stacks"]);
}
