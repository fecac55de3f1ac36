//! Plans that were made elsewhere: `evaluate --out`, `preview --plans`, `up --plans`.

use crate::support::{NETWORK, World};

#[test]
fn plans_that_were_built_do_what_evaluating_would() {
    let Some(world) = World::fresh() else { return };
    world.run("evaluate --out plans").ok();
    let evaluated = world.run("preview").ok();
    let built = world.run("preview --plans plans --verify-inputs").ok();
    let table = |text: &str| text.lines().filter(|line| !line.contains(" s")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(table(&built.out), table(&evaluated.out), "one preview, whoever made the plans");
    world.run("up --plans plans --yes").ok().says(["created in {stacks} stacks"]);
    world.is_whole();
    world.run("up --yes").ok().says(["nothing to do"]);
    world.run("up --plans plans --yes").ok().says(["nothing to do"]);
}

#[test]
fn a_built_plan_stands_whatever_the_workspace_says_by_now() {
    let Some(world) = World::applied() else { return };
    world.run("evaluate aws.network.QA --out old").ok();
    world.edit(NETWORK, "10.6.0.0/16", "10.77.0.0/16");
    world.run("evaluate aws.network.QA --out new").ok();

    world.run("preview aws.network.QA --plans old --detailed-exitcode").ok().says(["nothing to do"]);
    world.run("preview aws.network.QA --plans new --verify-inputs --detailed-exitcode").ends(2).says(["10.77.0.0/16"]);
    world.run("up aws.network.QA --plans old --verify-inputs --yes").ends(10).says([
        "[E0336]",
        "the stack file, which says something else here",
        "build it again from this workspace",
    ]);
}

#[test]
fn what_cannot_be_gone_by_is_refused_before_anything_is_touched() {
    let Some(world) = World::fresh() else { return };
    world.run("evaluate aws.network.QA --out plans").ok();
    let plan = "plans/infrastructure.aws.network.QA/plan.json";
    let text = world.read(plan);

    world
        .run("up aws.network.QA aws.network.CI --plans plans --yes")
        .ends(10)
        .says(["[E0335]", "no plan of `infrastructure.aws.network.CI`"]);
    world.write(plan, &text.replacen("10.6.0.0/16", "10.7.0.0/16", 1));
    world.run("up aws.network.QA --plans plans --yes").ends(10).says(["[E0334]", "is not the plan of its digest"]);
    world.write(plan, "{");
    world.run("preview aws.network.QA --plans plans").ends(10).says(["[E0334]", "is no plan"]);
    world.run("preview --plans nowhere").ends(10).says(["[E0205]", "nowhere"]);
    world.run("preview --verify-inputs").ends(64).says(["--plans"]);
    world.run("up --plan plan.json --plans plans").ends(64).says(["cannot be used with"]);
    assert!(!world.has_state(), "nothing was begun");
}

#[test]
fn manifests_of_inputs_are_current_or_said_not_to_be() {
    let Some(world) = World::fresh() else { return };
    world.run("evaluate --manifests write").ok();
    world.run("evaluate --manifests check").ok();
    let file = "projects/infrastructure/aws/network/stacks/inputs.lock.json";
    let text = world.read(file);
    world.edit(NETWORK, "10.6.0.0/16", "10.77.0.0/16");
    world.run("evaluate --manifests check").ok();
    world.remove(file);
    world.run("evaluate --manifests check").ends(10).says(["[E0333]", file, "evaluate --manifests write"]);
    world.run("evaluate aws.network.QA --manifests write").ok().says([file]);
    assert_ne!(world.read(file), text, "only that of one stack");
    world.run("evaluate --manifests write").ok();
    assert_eq!(world.read(file), text);
}
