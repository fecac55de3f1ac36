//! Saved previews: written, shown, applied, refused and taken up again.

use crate::support::{NETWORK, World, signal, until};

const SELECTION: &str = "infrastructure.aws.*.CI";

/// How many calls changed something.
fn calls(world: &World) -> usize {
    world.calls().iter().filter(|call| call.action != "read").count()
}

#[test]
fn what_was_saved_is_shown_and_applied_and_then_there_is_nothing_to_do() {
    let Some(world) = World::fresh() else { return };
    let shown =
        world.run("preview --out plan.json").ok().says(["saved; `runner up --plan plan.json` applies exactly this"]);
    let text = world.read("plan.json");
    world.run("preview --out again.json").ok();
    assert!(text == world.read("again.json"), "the same inputs give the same bytes");
    assert!(!text.contains(world.path("").to_str().expect("is text")), "no path of this machine is in it");
    assert!(!world.has_state(), "saving writes no state");

    let again = world.run("preview --plan plan.json --detailed-exitcode").ends(2);
    assert_eq!(again.out, shown.out, "a saved preview is shown as it was");
    let events = world.run("preview --plan plan.json --json").ok().events();
    assert_eq!(events[0]["event"], "preview");

    world.run("up --plan plan.json").ends(64).says(["say `--yes`"]);
    world.run("up --plan plan.json --yes").ok().says(["created in {stacks} stacks"]);
    world.is_whole();
    let before = calls(&world);
    world.run("preview --detailed-exitcode").ok().says(["nothing to do"]);
    world.run("explain").ok();
    world.run("up --plan plan.json --yes").ok().says(["nothing to do"]);
    assert_eq!(calls(&world), before);
}

#[test]
fn what_does_not_fit_any_more_is_refused_before_anything_is_touched() {
    let Some(world) = World::applied() else { return };
    world.edit(NETWORK, "10.6.0.0/16", "10.77.0.0/16");
    world.run("preview aws.network.QA --out plan.json --json").ok().says(["\"event\":\"saved\""]);
    let text = world.read("plan.json");
    let before = calls(&world);

    world.write("plan.json", &text.replacen("10.77.0.0/16", "10.78.0.0/16", 1));
    world.run("up --plan plan.json --yes").ends(10).says([
        "[E0562]",
        "was changed after it was written",
        "plan.json:1:1",
    ]);
    world.write("plan.json", &text.replacen("\"format\": 1", "\"format\": 9", 1));
    world.run("up --plan plan.json --yes").ends(10).says(["[E0561]", "of version 9"]);
    world.write("plan.json", "no plan");
    world.run("preview --plan plan.json").ends(10).says(["[E0560]", "plan.json:1:"]);
    world.run("up --plan missing.json --yes").ends(10).says(["[E0701]", "missing.json"]);
    world.write("plan.json", &text);
    world.run("up aws.network.QA --plan plan.json --yes").ends(64).says(["cannot be used with"]);
    world.run("up --plan plan.json --yes --profile live").says(["live"]).says_not(["replaced"]);
    assert_eq!(calls(&world), before);

    // What the stack files say by now does not count; what another run did does.
    world.edit(NETWORK, "10.77.0.0/16", "10.6.0.0/16");
    world.run("preview --plan plan.json").ok().says(["10.77.0.0/16"]);
    world.edit("projects/infrastructure/aws/network/stacks/QA.toml", "10.6.0.0/16", "10.76.0.0/16");
    world.run("up aws.network.QA --yes").ok();
    let before = calls(&world);
    world.run("up --plan plan.json --yes").ends(40).says([
        "[E0566]",
        "`infrastructure.aws.network.QA` was changed by another run: it was at generation 2, now it is at 4",
        "look at what would be done now: `runner preview --out FILE`",
    ]);
    assert_eq!(calls(&world), before);
}

#[test]
fn a_run_that_was_killed_is_taken_up_where_it_was() {
    let Some(world) = World::fresh() else { return };
    world.run(&format!("preview {SELECTION} --out plan.json")).ok();
    world.knobs("latency = 2.0\n");
    let up = "up --plan plan.json --yes --json --jobs 8";
    for (round, steps) in [20, 60].into_iter().enumerate() {
        let name = format!("run{round}");
        let mut child = world.start(&name, up);
        until("some steps", || world.read(&format!("{name}.out")).matches("\"step_ended\"").count() > steps);
        signal(&child, "KILL");
        child.wait().expect("ends");
    }
    world.knobs("");
    let before = calls(&world);
    world.run("up --plan plan.json --yes").ok().says(["left open is settled"]);
    assert!(calls(&world) > before);
    world.is_whole();
    world.run(&format!("preview {SELECTION} --detailed-exitcode")).ok().says(["nothing to do"]);
}

#[test]
fn what_is_to_be_deleted_is_reviewed_and_then_deleted_exactly() {
    let Some(world) = World::fresh() else { return };
    let kms = "infrastructure.aws.kms";
    world.run(&format!("up {kms} --yes")).ok();
    let before = calls(&world);
    let shown = world
        .run(&format!("destroy {kms}.CI --out gone.json"))
        .ok()
        .says(["saved; `runner destroy --plan gone.json` deletes exactly this", "8 to delete in 1 stack"]);
    assert_eq!(calls(&world), before, "nothing is done");
    assert_eq!(world.run("preview --plan gone.json").ok().out, shown.out);
    world.run("up --plan gone.json --yes").ends(10).says([
        "[E0568]",
        "`gone.json` takes stacks down",
        "`runner destroy --plan gone.json`",
    ]);
    world.run("destroy --plan gone.json").ends(64).says(["say `--yes`"]);
    world.run(&format!("destroy {kms}.QA --plan gone.json --yes")).ends(64).says(["cannot be used with"]);
    world.run(&format!("destroy {kms}.QA --out gone.json --yes")).ends(64).says(["cannot be used with"]);
    world.run(&format!("preview {kms}.QA --out none.json")).ok();
    world.run("destroy --plan none.json --yes").ok().says(["nothing to do"]);
    world.run("preview substructure.consul.operations.CI --out made.json").ok();
    world.run("destroy --plan made.json --yes").ends(10).says(["[E0568]", "`runner up --plan made.json`"]);
    assert_eq!(calls(&world), before);

    world.run("destroy --plan gone.json --yes").ok().says(["8 deleted in 1 stack"]);
    world.run("destroy --plan gone.json --yes").ok().says(["nothing to do"]);
    assert_eq!(world.resources().len(), 16, "the other stacks stay");
    world.is_whole();
    world.run(&format!("destroy {kms}.QA --out gone.json")).ok();
    world.run(&format!("state taint {kms}.QA ec2-ebs-qa --yes")).ok();
    world.run("destroy --plan gone.json --yes").ends(40).says([
        "[E0566]",
        "was changed by another run",
        "look at what would be done now: `runner destroy --out FILE`",
    ]);
}
