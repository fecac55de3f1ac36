//! Taking down: everything, in the right order; and what must not go.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{RESOURCES, World};

/// What outlives its declaration: projects, APIs, and users and projects of services, all of the genomics centre.
const RETAINED: usize = 70;

#[test]
fn destroy_takes_everything_down_readers_first() {
    let Some(world) = World::applied() else { return };
    // Who reads whose VPC: security groups of applications are in VPCs of the network.
    let made = world.calls();
    let deleted = RESOURCES - RETAINED;
    let said = format!("{},{:03} deleted in {{stacks}} stacks", deleted / 1000, deleted % 1000);
    world.run("destroy --yes").ok().says([said.as_str()]);
    let left = world.objects();
    assert_eq!(left.len(), RETAINED);
    assert!(left.iter().all(|object| object.contains("::cpg") || object.contains("cpg.")), "{left:?}");
    assert_eq!(world.resources(), Vec::<String>::new());

    let calls = world.calls()[made.len()..].to_vec();
    assert!(
        calls.iter().all(|call| call.action == "delete" && call.outcome == "ok"),
        "the sandbox had to refuse something"
    );
    assert_eq!(calls.len(), deleted);
    let at: BTreeMap<(&str, &str), usize> =
        calls.iter().enumerate().map(|(number, call)| ((call.stack.as_str(), call.urn.as_str()), number)).collect();
    let of = |part: &str| {
        at.iter().filter(move |((_, urn), _)| urn.contains(part)).map(|(_, number)| *number).collect::<Vec<_>>()
    };
    let last_group = of("applications.edxapp::AWS::EC2::SecurityGroup::edxapp-redis-cluster-xpro-qa");
    let vpc = of("infrastructure.aws.network::AWS::EC2::VPC::mitxpro-qa");
    assert_eq!((last_group.len(), vpc.len()), (1, 1));
    assert!(last_group[0] < vpc[0], "the VPC went before a security group of another stack in it");
    // What was made first goes last: no stack is taken down whole before another is begun.
    let stacks: Vec<&str> = calls.iter().map(|call| call.stack.as_str()).collect();
    let switches = stacks.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let distinct: BTreeSet<&&str> = stacks.iter().collect();
    assert!(switches > distinct.len(), "steps of all stacks are one graph");

    world.run("destroy --yes").ok().says(["nothing to do"]);
    world.run("state verify").ok();
    world.run("preview").ok().says(["{resources} to create in {stacks} stacks"]);
}

#[test]
fn what_others_read_is_not_destroyed() {
    let Some(world) = World::applied() else { return };
    let before = world.files();
    world.run("destroy infrastructure.aws.kms.CI --yes").ends(10).says([
        "`s3-data-analytics-ci`",
        "of `infrastructure.aws.kms.CI` cannot go: other stacks still read it",
        "was applied with `kms_s3_data_analytics_key.id`",
        "`applications.edxapp.mitx.CI`",
        "`applications.edxapp.mitx-staging.CI`",
        "`applications.edxapp.mitxonline.CI`",
        "`applications.edxapp.xpro.CI`",
        "`infrastructure.vault.operations.CI` was applied with `kms_ec2_ebs_key.arn`, `vault_auto_unseal_key.arn`",
        "--with-downstream",
    ]);
    assert_eq!(world.files(), before, "a refused destroy has touched something");
    // A stack that nobody reads may go, and the stacks that it reads stay as they are.
    world.run("destroy substructure.consul.operations.CI --yes").ok().says(["4 deleted in 1 stack"]);
    assert_eq!(world.objects().len(), RESOURCES - 4);
    world.is_whole();
    world.run("up --yes").ok().says(["4 created in 1 stack"]);
    world.is_whole();
}

#[test]
fn a_protected_resource_is_refused_before_anything_is_deleted() {
    let Some(world) = World::applied() else { return };
    world
        .run("destroy infrastructure.monitoring --with-downstream")
        .ends(64)
        .says(["monitoring-mitodl-fastly-access-logs-bucket", "protected, would be refused on live"]);
    world.edit("groundplan.toml", "ignore_protection = true\n", "");
    let calls = world.calls().len();
    for selection in ["", "infrastructure.monitoring --with-downstream"] {
        world
            .run(&format!("destroy --yes {selection}"))
            .ends(10)
            .says([
                "`monitoring-mitodl-fastly-access-logs-bucket`",
                "is protected",
                "crates/ol/src/bucket.rs:",
                "hint: ",
            ])
            .says_not(["would be refused on live"]);
    }
    assert_eq!((world.calls().len(), world.objects().len()), (calls, RESOURCES));
}

#[test]
fn live_cannot_ignore_protection() {
    let Some(world) = World::fresh() else { return };
    world.edit("groundplan.toml", "[profiles.live]\n", "[profiles.live]\nignore_protection = true\n");
    world.run("preview").ends(10).says(["groundplan.toml:", "ignore_protection", "live"]);
}

#[test]
fn a_stack_without_file_is_shown_left_alone_and_taken_down_by_name() {
    let Some(world) = World::applied() else { return };
    let stack = "substructure.consul.operations.CI";
    world.remove("projects/substructure/consul/stacks/operations.CI.toml");
    let gone = format!("to destroy: {stack}");
    world.run("preview").ok().says([gone.as_str(), "nothing to do: {one less} stacks"]);
    world.run("preview infrastructure.monitoring").ok().says([gone.as_str()]);
    world.run("preview --detailed-exitcode").ok();
    world.run("up --yes").ok().says([gone.as_str(), format!("runner destroy {stack}").as_str()]);
    world.run("stacks").ok().says([stack, "to destroy"]);
    // It is shown beside changes, too.
    world.edit("projects/substructure/consul/stacks/operations.QA.toml", "", "# A remark.\n");
    world.run("destroy substructure.consul.operations.QA --yes").ok().says(["4 deleted"]);
    world.run("preview").ok().says(["4 to create in 1 stack", stack, "to destroy"]);
    world.run("up --yes").ok().says(["4 created in 1 stack"]);
    assert_eq!(world.objects().len(), RESOURCES, "the stack without file is still there");
    // A pattern does not reach it, its name does.
    world.run(&format!("destroy {stack} --yes")).ok().says(["4 deleted in 1 stack"]);
    assert_eq!(world.objects().len(), RESOURCES - 4);
    world.run("preview").ok().says(["nothing to do: {one less} stacks"]).says_not(["to destroy"]);
}
