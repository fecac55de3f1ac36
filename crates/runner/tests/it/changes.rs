//! Edits of stack files: what moves, what does not, and why.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{NETWORK, World, XPRO};

const XPRO_VPC: (&str, &str) =
    ("[xpro_vpc]\ncidr_block = \"10.6.0.0/16\"", "[xpro_vpc]\ncidr_block = \"10.77.0.0/16\"");

/// The newest generation of each stack's heads.
fn generations(world: &World) -> BTreeMap<String, usize> {
    let stacks = std::fs::read_dir(world.path(".groundplan/state/sandbox/stacks")).expect("is listed");
    let count = |stack: std::fs::DirEntry| {
        let heads = std::fs::read_dir(stack.path().join("heads")).expect("is listed");
        let newest = heads.map(|head| {
            head.expect("is listed").file_name().to_string_lossy()[..10].parse::<usize>().expect("is a number")
        });
        (stack.file_name().to_string_lossy().into_owned(), newest.max().unwrap_or_default())
    };
    stacks.map(|stack| count(stack.expect("is listed"))).collect()
}

fn stack_of<'a>(
    world: &World,
    generations: &'a BTreeMap<String, usize>,
    before: &BTreeMap<String, usize>,
) -> Vec<&'a str> {
    let _ = world;
    generations
        .iter()
        .filter(|(stack, generation)| before.get(*stack) != Some(generation))
        .map(|(stack, _)| stack.as_str())
        .collect()
}

#[test]
fn a_changed_block_replaces_what_it_must_and_wakes_only_its_readers() {
    let Some(world) = World::applied() else { return };
    world.edit(NETWORK, XPRO_VPC.0, XPRO_VPC.1);
    let before = world.files().into_iter().filter(|file| !file.contains("/cache")).collect::<Vec<_>>();
    let preview = world.run("preview").ok().says([
        "infrastructure.aws.network.QA  ~2 ±40",
        r#"DestinationCidrBlock: "10.6.0.0/16" -> "10.77.0.0/16"  (forces replacement)"#,
        "applications.edxapp.xpro.QA  ~2 ±1",
        "± edxapp-redis-cluster-xpro-qa  AWS::EC2::SecurityGroup  replace  VpcId:",
        "known after infrastructure.aws.network.QA: xpro_vpc.id  (forces replacement)",
        r#"SecurityGroupIngress[3].CidrIp: "10.6.0.0/16" -> "10.77.0.0/16""#,
        "infrastructure.consul.operations.QA  ~3",
        "in 3 stacks; {three less} stacks with nothing to do",
    ]);
    assert!(preview.out.lines().count() <= 24, "{preview}");
    world.run("preview infrastructure.aws.network.QA").ok().says([
        "± mitxpro-qa  AWS::EC2::VPC  replace\n        CidrBlock: \"10.6.0.0/16\" -> \"10.77.0.0/16\"  (forces replacement)",
        r#"~ xpro_vpc.cidr: "10.77.0.0/16""#,
        "the old `mitxpro-qa` of infrastructure.aws.network.QA stays until applications.edxapp.xpro.QA, infrastructure.consul.operations.QA",
        "40 to replace in 1 stack",
    ]);
    world.run("preview --detailed-exitcode").ends(2);
    let after = world.files().into_iter().filter(|file| !file.contains("/cache")).collect::<Vec<_>>();
    assert_eq!(after, before, "a preview has written something");

    let stacks = "infrastructure.aws.network.QA applications.edxapp.xpro.QA applications.edxapp.mitx.QA infrastructure.aws.network.CI";
    let explained = world.run(&format!("explain {stacks} --json")).ok().events();
    let of = |stack: &str| -> (bool, String) {
        let found = explained.iter().find(|event| event["stack"] == stack).expect("is explained");
        (found["moves"] == Value::Bool(true), found["reasons"].to_string())
    };
    let (moves, why) = of("infrastructure.aws.network.QA");
    assert!(moves && why.contains("xpro_vpc.cidr_block"), "{why}");
    let (moves, why) = of("applications.edxapp.xpro.QA");
    assert!(moves && why.contains("output infrastructure.aws.network.QA:xpro_vpc.cidr changes"), "{why}");
    assert!(why.contains("output infrastructure.aws.network.QA:xpro_vpc.id changes"), "{why}");
    // It reads the same stack, but none of the outputs that change.
    let (moves, why) = of("applications.edxapp.mitx.QA");
    assert!(!moves && why.contains("as it was"), "{why}");
    let (moves, why) = of("infrastructure.aws.network.CI");
    assert!(!moves && why.contains("as it was"), "{why}");
    world.run("explain applications.edxapp.mitx.QA").ok().says(["applications.edxapp.mitx.QA does not move"]);
}

#[test]
fn a_comment_moves_nothing() {
    let Some(world) = World::applied() else { return };
    let digest = || world.run("evaluate infrastructure.aws.network.QA --json").ok().events()[0]["digest"].clone();
    let before = digest();
    let state = world.files().into_iter().filter(|file| file.contains(".groundplan/state")).collect::<Vec<_>>();
    let text = world.read(NETWORK);
    let (head, tail) = text.split_once("[xpro_vpc]").expect("is there");
    // Comments, blank lines and the order of tables are nobody's business.
    world.write(NETWORK, &format!("# A remark.\n\n[xpro_vpc]{tail}\n\n# Another.\n{head}"));
    assert_eq!(digest(), before);
    world.run("preview --detailed-exitcode").ok().says(["nothing to do: {stacks} stacks, {stacks} from cache"]);
    world.run("up --yes").ok().says(["nothing to do: {stacks} stacks, {stacks} from cache"]);
    world
        .run("explain infrastructure.aws.network.QA")
        .ok()
        .says(["does not move", "everything that its program reads is as it was"]);
    let after = world.files().into_iter().filter(|file| file.contains(".groundplan/state")).collect::<Vec<_>>();
    assert_eq!(after, state);
}

#[test]
fn plan_files_are_the_same_bytes() {
    let Some(world) = World::fresh() else { return };
    world.run("evaluate infrastructure.aws.network.QA --out one").ok();
    world.edit(NETWORK, "[apps_vpc]", "# A remark.\n[apps_vpc]");
    world.run("evaluate infrastructure.aws.network.QA --out two").ok();
    for file in ["plan.json", "plan.digest", "plan.inputs.json", "plan.sources.json"] {
        let read = |out: &str| world.read(&format!("{out}/infrastructure.aws.network.QA/{file}"));
        assert!(!read("one").is_empty());
        assert_eq!(read("one"), read("two"), "{file}");
    }
    assert!(!world.has_state());
}

#[test]
fn a_stack_alone_uses_what_its_upstream_has_published_and_says_so() {
    let Some(world) = World::applied() else { return };
    world.edit(NETWORK, XPRO_VPC.0, XPRO_VPC.1);
    let note = "infrastructure.aws.network.QA has unapplied changes to";
    // With nothing else to do it is said, too.
    world.run("up applications.edxapp.xpro.QA --yes").ok().says([note, "--with-upstream", "nothing to do"]);
    world.edit(XPRO, "cache.r7g.large", "cache.r7g.xlarge");
    let up = world.run("up applications.edxapp.xpro.QA --yes").ok();
    let up = up.says([note, "xpro_vpc.cidr", "published values are used", "--with-upstream", "1 updated in 1 stack"]);
    up.says_not(["10.77.0.0"]);
    world.is_whole();
    // Upstream is as it was.
    world.run("outputs infrastructure.aws.network.QA").ok().says([r#""10.6.0.0/16""#]).says_not(["10.77.0.0"]);
    world.run("preview applications.edx_notes.xpro.QA").ok().says_not([note]);
}

#[test]
fn a_reader_moves_on_to_the_one_output_that_was_published() {
    let Some(world) = World::applied() else { return };
    // Two outputs of the network change, in different VPCs, and readers of both; making one of the subnets fails.
    world.edit(NETWORK, "10.12.152.0/21", "10.12.160.0/21");
    world.edit(NETWORK, "10.5.152.0/21", "10.5.160.0/21");
    world.knobs("[[fault]]\ntype = \"AWS::EC2::Subnet\"\nname = \"mitx-qa-k8s-private-160-subnet\"\naction = \"create\"\ntimes = 1\n");
    world.run("preview").ok().says(["applications.edxapp.xpro.QA", "applications.edxapp.mitx.QA"]);
    world.run("up --yes").ends(30).says(["mitx-qa-k8s-private-160-subnet", "an injected fault", "skipped"]);
    world.run("state verify").ok();
    let published = world.run("outputs infrastructure.aws.network.QA").ok();
    assert!(published.out.contains("10.12.160.0/21") && !published.out.contains("10.5.160.0/21"), "{published}");

    let before = generations(&world);
    let calls = world.calls().len();
    world.run("up --yes").ok();
    world.is_whole();
    let after = generations(&world);
    let moved = stack_of(&world, &after, &before);
    assert!(
        moved.contains(&"applications.edxapp.mitx.QA") && moved.contains(&"infrastructure.aws.network.QA"),
        "{moved:?}"
    );
    assert!(!moved.contains(&"applications.edxapp.xpro.QA"), "it had moved on already: {moved:?}");
    assert!(world.calls().len() > calls);
    world.run("up --yes").ok().says(["nothing to do: {stacks} stacks"]);
}

#[test]
fn a_launch_template_gets_another_version_and_its_group_follows_in_the_same_run() {
    let Some(world) = World::applied() else { return };
    let stack = "infrastructure.consul.operations.CI";
    world.edit(
        "projects/infrastructure/consul/stacks/operations.CI.toml",
        "instance_type = \"burstable_nano\"",
        "instance_type = \"burstable_micro\"",
    );
    let said = [
        "~ consul-operations-ci-autoscaling-group-launch-template",
        "LaunchTemplate.Version: \"1\" -> ",
        "known after",
    ];
    world.run(&format!("preview {stack}")).ok().says(said).says_not(["±"]);
    let before = world.calls().len();
    world.run(&format!("up {stack} --yes")).ok();
    let calls: Vec<(String, String)> =
        world.calls()[before..].iter().map(|call| (call.action.clone(), call.urn.clone())).collect();
    let kinds: Vec<(&str, &str)> =
        calls.iter().map(|(action, urn)| (action.as_str(), urn.rsplit("::").nth(1).unwrap_or_default())).collect();
    assert_eq!(kinds, [("update", "LaunchTemplate"), ("update", "AutoScalingGroup")], "{calls:?}");
    world.run(&format!("up {stack} --yes")).ok().says(["nothing to do"]);
    world.is_whole();
}
