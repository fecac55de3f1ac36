//! The genomics centre: one stack a dataset, from the directory of configuration.

use crate::support::World;

const MEMBERS: &str = "configuration/cpg/datasets/alpha/members.yaml";

/// The words that mean the centre.
const CENTRE: &str = "cpg.*";

/// The centre with everything made.
fn made() -> Option<World> {
    let world = World::fresh()?;
    world.run(&format!("up {CENTRE} --yes")).ok();
    Some(world)
}

#[test]
fn the_centre_is_made_and_then_there_is_nothing_to_do() {
    let Some(world) = made() else { return };
    world.run(&format!("stacks {CENTRE}")).ok().says([
        "cpg.dataset.alpha.production",
        "cpg.dataset.beta.production",
        "cpg.dataset.gamma.production",
        "cpg.github_wif.production",
        "cpg.organisation.production",
    ]);
    let all = world.run("stacks").ok().out;
    assert!(all.contains("cpg.organisation.production"), "it is in the default selection: {all}");
    let resources = world.run("state list").ok().lines().len();
    assert_eq!((resources, world.objects().len()), (1242, 1242), "every object was made once");
    world.run(&format!("preview {CENTRE} --detailed-exitcode")).ok().says(["nothing to do: 5 stacks"]);
    world.run(&format!("refresh {CENTRE} --preview")).ok();
    let members = world.run("sandbox list").ok().out;
    assert!(members.contains("storage.googleapis.com/Bucket"), "{members}");
}

#[test]
fn evaluating_prints_what_would_be_made_and_reads_no_state() {
    let Some(world) = World::fresh() else { return };
    let ran = world.run(&format!("evaluate {CENTRE} --out plans")).ok();
    ran.says(["cpg.github_wif.production", "cpg.organisation.production"]);
    let plan = world.read("plans/cpg.dataset.beta.production/plan.json");
    assert!(plan.contains("ex-beta-release"), "{plan}");
    assert!(!world.has_state());
}

#[test]
fn a_new_member_moves_what_they_reach_and_nothing_else() {
    let Some(world) = made() else { return };
    world.write(MEMBERS, "analysis:\n  - ana.lyst\nweb-access:\n  - web.viewer\n");
    let before = world.calls().len();
    let up = world.run(&format!("up {CENTRE} --yes")).ok();
    up.says(["in 2 stacks; 3 stacks with nothing to do (3 from cache)"]);
    let calls: Vec<String> = world.calls()[before..].iter().map(|call| call.urn.clone()).collect();
    let name = |urn: &String| urn.rsplit("::").next().unwrap_or_default().to_owned();
    let mut moved: Vec<String> = calls.iter().map(name).collect();
    moved.sort();
    let hash = moved.iter().find(|name| name.starts_with("alpha-gcp-web-access-member-WV-"));
    assert!(hash.is_some(), "{moved:?}");
    assert_eq!(moved.len(), 3, "the membership, and the lists of alpha's and of the common group: {moved:?}");
    assert!(moved.contains(&"alpha-web-access-group-cache-members".to_owned()), "{moved:?}");
    assert!(moved.contains(&"common-web-access-group-cache-members".to_owned()), "{moved:?}");
}

#[test]
fn a_mistake_is_said_with_its_place_before_anything_is_done() {
    let Some(world) = World::fresh() else { return };
    let right = world.read(MEMBERS);
    world.write(MEMBERS, "analysis:\n  - ana.list\n");
    let ran = world.run(&format!("preview {CENTRE}")).ends(10);
    ran.says(["E0808", "datasets/alpha/members.yaml:2:5", "did you mean `ana.lyst`?"]);
    world.write(MEMBERS, &right);
    assert!(world.calls().is_empty());
}

#[test]
fn the_files_of_the_configuration_have_schemas() {
    let Some(world) = World::fresh() else { return };
    let schema = world.run("config schema cpg.dataset members").ok().out;
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("it is JSON");
    assert_eq!(schema["properties"]["data-manager"]["type"], "array");
    world.run("config schema cpg.dataset").ends(64).says(["`members`"]);
    let network = world.run("config schema aws.network").ok().out;
    assert!(network.contains("\"additionalProperties\": false"), "{network}");
}
