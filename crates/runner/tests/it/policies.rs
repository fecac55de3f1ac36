//! Policies as the workspace attaches them.

use crate::support::World;

/// A rule that the network breaks, attached to the network alone.
const NO_SSH: &str = "\n[[policy]]\nrule = \"no-public-ingress\"\nstacks = [\"infrastructure.aws.network.QA\"]\nsettings = { ports = [80] }\n";

fn attach(world: &World, text: &str) {
    let settings = world.read("groundplan.toml");
    world.write("groundplan.toml", &format!("{settings}{text}"));
}

#[test]
fn the_organisation_has_no_finding_that_stops_a_run() {
    let Some(world) = World::fresh() else { return };
    world.run("evaluate --policies").ok().says(["advisory findings"]);
    world.run("policies").ok().says(["required-tags", "blast-radius", "not in this profile", "2027-12-31"]);
    let listed = world.run("policies --json").ok().events();
    assert!(listed.iter().any(|line| line["policy"] == "iam-lint" && line["attached"][0]["level"] == "advisory"));
    assert!(listed.iter().any(|line| line["waives"] == "no-public-ingress"));
}

#[test]
fn what_is_mandatory_is_shown_in_a_preview_and_stops_the_run() {
    let Some(world) = World::fresh() else { return };
    attach(&world, NO_SSH);
    world.edit("groundplan.toml", "resource = \"*-public-ssh-access\"", "resource = \"none\"");
    let stack = "infrastructure.aws.network.QA";
    let said = [
        "`0.0.0.0/0` to port 22 (policy `no-public-ingress`) [E0450]",
        "projects/infrastructure/aws/network/src/security_groups.rs:",
        "name the blocks or security groups that need it",
        "--allow no-public-ingress",
    ];
    // A finding changes nothing of what a preview says of changes.
    world.run(&format!("preview {stack} --detailed-exitcode")).ends(2).says(said).says(["395 to create"]);
    world.run(&format!("up {stack} --yes")).ends(20).says(said);
    world.run(&format!("evaluate {stack} --policies")).ends(20).says(said);
    assert!(!world.has_state() && world.objects().is_empty());
    let stopped = world.run(&format!("up {stack} --yes --json")).ends(20).events();
    let findings = stopped[0]["policies"]["findings"].as_array().expect("a list");
    assert!(findings.iter().any(|one| one["stops"] == true && one["standing"] == "counts"), "{findings:?}");

    let events = world.run(&format!("up {stack} --yes --json --allow no-public-ingress")).ok().events();
    let allowed: Vec<_> = events.iter().filter(|event| event["event"] == "allowed").collect();
    assert_eq!(allowed.len(), 1);
    assert_eq!(allowed[0]["rule"], "no-public-ingress");
    world.run(&format!("preview {stack} --allow no-public-ingres")).ends(10).says(["[E0735]", "did you mean"]);
}

#[test]
fn a_remedy_changes_what_is_planned_and_shows_it() {
    let Some(world) = World::fresh() else { return };
    let stack = "infrastructure.aws.kms.QA";
    let resources = |world: &World| {
        let preview = world.run(&format!("preview {stack} --json")).ok().events();
        preview[0]["stacks"].as_array().and_then(|stacks| stacks.first().cloned()).unwrap_or_default()
    };
    world.run(&format!("up {stack} --yes")).ok();
    attach(&world, "\n[[policy]]\nrule = \"default-tags\"\nsettings = { tags = { Custodian = \"nobody\" } }\n");
    let changed = resources(&world);
    assert!(changed["counts"]["update"].as_u64() > Some(0), "what rests is compared again: {changed}");
    assert!(changed.to_string().contains("policy `default-tags` sets `Tags`"), "{changed}");
    world.run(&format!("up {stack} --yes")).ok();
    assert!(world.run("sandbox list").ok().lines().len() > 1);
    assert_eq!(resources(&world), serde_json::Value::Null, "it is as the remedy wants it");
}

#[test]
fn what_is_wrong_with_policies_in_groundplan_toml_is_said_at_once() {
    let Some(world) = World::fresh() else { return };
    attach(
        &world,
        "\n[[policy]]\nrule = \"iam-lint\"\nenvironments = [\"Qa\"]\nprofiles = [\"life\"]\n\
         [[waiver]]\nrule = \"iam-lint\"\nreason = \"x\"\nuntil = \"2027-12-31\"\n",
    );
    world.run("stacks").ends(10).says(["[E0261]", "did you mean `QA`?", "did you mean `live`?", "[E0262]"]);
    let Some(world) = World::fresh() else { return };
    attach(
        &world,
        "\n[[policy]]\nrule = \"iam-lynt\"\n[[policy]]\nrule = \"blast-radius\"\nsettings = { deletion = 1 }\n",
    );
    world.run("stacks").ends(10).says(["[E0260]", "did you mean `iam-lint`?", "[E0101]", "did you mean `deletions`?"]);
}

/// What the workspace attaches to `live` alone, here for the CI of the sandbox.
const GUARDED: &str = "\n[[policy]]\nrule = \"blast-radius\"\nenvironments = [\"CI\"]\nprofiles = [\"sandbox\"]\n\
                       settings = { deletions = 3 }\n";

#[test]
fn what_a_run_would_take_down_stops_it_unless_it_is_allowed() {
    let Some(world) = World::fresh() else { return };
    world.run("up infrastructure.aws.kms --yes").ok();
    let key = world.resources().into_iter().find(|line| line.contains("kms.CI") && line.contains("::AWS::KMS::Key::"));
    let key = key.and_then(|line| line.rsplit("::").next().map(str::to_owned)).expect("a key");
    attach(&world, GUARDED);
    let objects = world.objects();
    let many = ["8 objects would be deleted, and 3 may be (policy `blast-radius`) [E0450]", "--allow blast-radius"];
    world.run("destroy infrastructure.aws.kms.CI --yes").ends(20).says(many);
    let lost = [
        "it would be replaced, and what it holds would be lost (policy `blast-radius`) [E0450]",
        &key,
        "projects/infrastructure/aws/kms/src/lib.rs:",
        "keep the properties that force it as they are",
        "--allow blast-radius",
    ];
    let replace = format!("infrastructure.aws.kms.CI --replace {key}");
    world.run(&format!("preview {replace} --detailed-exitcode")).ends(2).says(lost);
    world.run(&format!("up {replace} --yes")).ends(20).says(lost);
    world.run(&format!("preview {replace} --out plan.json")).ok().says(lost);
    world.run("up --plan plan.json --yes").ends(20).says(lost);
    assert_eq!(world.objects(), objects, "nothing was touched");
    // Elsewhere it does not count, and here it may be allowed once.
    world.run("destroy infrastructure.aws.kms.QA --yes").ok();
    world.run(&format!("up {replace} --yes --allow blast-radius")).ok();
    world.run("destroy infrastructure.aws.kms.CI --yes").ends(20);
    world.run("destroy infrastructure.aws.kms.CI --yes --allow blast-radius").ok();
    assert_eq!(world.resources().len(), 8, "Production is left");
    world.is_whole();
}

#[test]
fn what_holds_data_has_to_be_protected_where_that_is_asked_for() {
    let Some(world) = World::fresh() else { return };
    attach(&world, "\n[[policy]]\nrule = \"protect-stateful\"\nenvironments = [\"CI\"]\n");
    let said =
        ["it holds data and is not protected (policy `protect-stateful`) [E0450]", "declare it with `.protect()`"];
    world.run("preview applications.edxapp.xpro.CI --with-upstream").ok().says(said);
    world.run("up applications.edxapp.xpro.CI --with-upstream --yes").ends(20).says(said);
    assert!(!world.has_state() && world.objects().is_empty());
    // The sandbox itself, as it is checked in, asks for nothing.
    let Some(world) = World::fresh() else { return };
    world.run("up infrastructure.aws.kms.CI --yes").ok();
    world.run("destroy infrastructure.aws.kms.CI --yes").ok();
}
