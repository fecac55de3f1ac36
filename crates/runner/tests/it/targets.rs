//! Runs that touch some resources only, and provider instances that are others.

use crate::support::{NETWORK, World};

const CONSUL: &str = "substructure.consul.operations.QA";

/// The calls since a number of them, as words.
fn since(world: &World, before: usize) -> Vec<String> {
    let calls = world.calls().split_off(before);
    calls.iter().map(|call| format!("{} {}", call.action, call.urn.rsplit("::").next().unwrap_or_default())).collect()
}

#[test]
fn a_run_touches_its_targets_and_says_so() {
    let Some(world) = World::applied() else { return };
    let before = world.calls().len();
    world
        .run("preview --target nearest-servce-query")
        .ends(10)
        .says(["`--target nearest-servce-query` fits no resource", "did you mean `--target nearest-service-query`?"]);
    let preview = world.run(&format!("preview {CONSUL} --target *nearest* --replace nearest-service-query")).ok();
    assert_eq!(
        preview.out.lines().last(),
        Some("restricted to 1 target; 3 other resources left as they are"),
        "{preview}"
    );
    world
        .run("up --yes --target operations.QA:nearest-service-query --replace operations.QA:nearest-service-query")
        .ok();
    assert_eq!(since(&world, before), ["delete nearest-service-query", "create nearest-service-query"]);

    world.edit(NETWORK, "cidr_block = \"10.6.0.0/16\"", "cidr_block = \"10.77.0.0/16\"");
    let network = "infrastructure.aws.network.QA";
    world
        .run(&format!("destroy {network} --yes --target mitxpro-qa"))
        .ends(10)
        .says(["cannot go", "--target-dependents"]);
    world.run(&format!("up {network} --yes --exclude *")).ok().says(["restricted to 0 targets"]);
    assert_eq!(since(&world, before).len(), 2, "what is excluded is left");
    world.is_whole();
}

#[test]
fn case_59_and_63_instances_say_where_resources_are() {
    let Some(world) = World::applied() else { return };
    let before = world.calls().len();
    world.edit("groundplan.toml", "consul-operations-qa = {}", "consul-operations = {}");
    world
        .run("preview")
        .ends(10)
        .says(["is to be in the provider instance `consul-operations-qa`, which the profile does not have", "E0435"]);
    world.edit("groundplan.toml", "consul-operations = {}", "consul-operations-qa = {}");
    world.run("preview").ok().says(["nothing to do"]);
    world.edit("groundplan.toml", "account = ", "explicit_instances = [\"aws\"]\naccount = ");
    world.run("up --yes").ends(10).says(["names no provider instance", "E0436"]);
    assert_eq!(since(&world, before), [""; 0]);
}

#[test]
fn a_refresh_looks_at_its_targets_alone() {
    let Some(world) = World::applied() else { return };
    let refresh = |words: &str| world.run(&format!("refresh --preview {CONSUL} {words}"));
    refresh("").ok().says(["4 objects read: 0 gone, 0 changed"]);
    refresh("--target nearest-service-query").ok().says(["1 object read: 0 gone"]);
    refresh("--exclude nearest-service-query").ok().says(["3 objects read: 0 gone"]);
    refresh("--target nearest-servce-query").ends(10).says(["did you mean `--target nearest-service-query`?"]);
    world.run("refresh --preview network.QA --target mitxpro-qa").ok().says(["1 object read"]);
    let all = "refresh --preview infrastructure.aws.network.QA infrastructure.aws.*.CI --target mitxpro-qa --target-dependents";
    world.run(all).ok().says(["objects read: 0 gone, 0 changed"]).says_not(["1 object read"]);
    world.run("refresh network.QA --target mitxpro-qa").ok().says(["`runner up` mends what the programs set"]);
}
