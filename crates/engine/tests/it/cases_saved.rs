//! Saved previews: what was reviewed is done, that and nothing else.

use engine::Goal;

use crate::cloud::Harm;
use crate::fixture;
use crate::house::{CANARY, House};

const TWO: &str = "stack a.QA
       resource Vpc main Cidr=10.0.0.0/16
       resource Vpc reads Label=@main.VpcId
       output id @main.VpcId
       output label one
     stack b.QA
       resource Vpc reader Peer=#a.QA:id";

/// Plain reads of what is only known when the stack before is there.
const THREE_STAGES: &str = "stack a.QA
       resource Vpc main
       output count @main.Count
     stack b.QA
       resource Vpc second
       output count @second.Count
     each b.QA thing a.QA:count
     stack c.QA
     each c.QA last b.QA:count";

#[tokio::test]
async fn case_70_what_was_saved_is_done_without_any_program() {
    let mut house = House::new(TWO);
    let text = house.save(&[]).await;
    house.program("");
    assert_eq!(house.carry_out(&text).await, "");
    assert_eq!(house.cloud.calls(), ["create main", "create reads", "create reader"]);
    assert_eq!(house.output("a.QA", "id").await, "main-1");
    house.program(TWO);
    assert!(house.preview(&[]).await.is_empty(), "the stacks are settled as after any other run");
    assert_eq!(house.carry_out(&text).await, "", "what is done already is not done again");
    assert_eq!(house.cloud.calls(), [""; 0]);
}

#[tokio::test]
async fn case_70_the_same_inputs_give_the_same_bytes() {
    let mut texts = Vec::new();
    for jobs in [1, 8] {
        let mut house = House::settled(TWO).await;
        house.edit("Label=@main.VpcId", "Label=two Pass=!db.v1");
        house.jobs = jobs;
        let text = house.save(&[]).await;
        assert_eq!(house.save(&["a.QA", "b.QA"]).await, text);
        assert!(!text.contains(house.root().to_str().expect("a text")), "no path");
        // Of the head only its digest is there, and that is of a state with times and random ids.
        texts.push(
            text.lines()
                .filter(|line| !line.contains("digest\": \"") && !line.contains("head\": \""))
                .collect::<String>(),
        );
    }
    assert_eq!(texts[0], texts[1]);
}

#[tokio::test]
async fn case_70_a_saved_preview_holds_no_secret() {
    let mut house = House::settled("stack a.QA\n resource Vpc main Pass=!db.v1 Label=one").await;
    house.edit("Pass=!db.v1 Label=one", "Pass=!db.v2 Label=two");
    let text = house.save(&[]).await;
    assert!(text.contains("$secret") && !text.contains(CANARY));
    assert!(!text.contains("encrypted"), "not even as ciphertext of the state: {text}");
    assert_eq!(house.carry_out(&text).await, "");
    assert!(house.cloud.text("main-1", "Pass").starts_with(CANARY));
    assert!(house.preview(&[]).await.is_empty());
}

/// Creates and deletes that nobody saw, or that somebody saw and that are missing, cannot be: the plans are in the file.
#[tokio::test]
async fn case_70_a_program_that_was_edited_afterwards_changes_nothing() {
    let mut house = House::settled(TWO).await;
    house.edit("Label=@main.VpcId", "Label=shown");
    let text = house.save(&[]).await;
    house.program("stack a.QA\n resource Vpc unplanned\n stack b.QA");
    assert_eq!(house.carry_out(&text).await, "");
    assert_eq!(house.cloud.calls(), ["update reads"]);
    assert_eq!(house.cloud.text("reads-2", "Label"), "shown");
}

#[tokio::test]
async fn case_70_everything_that_moved_is_told_by_stack_before_anything_is_touched() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc main Label=one
         stack b.QA
           resource Vpc reader Label=#up.QA:label
         stack up.QA
           output label one",
    )
    .await;
    house.edit("Vpc main Label=one", "Vpc main Label=two");
    house.edit("Label=#up.QA:label", "Label=#up.QA:label Size=9");
    let text = house.save(&["a.QA", "b.QA", "new.QA"]).await;
    house.edit("output label one", "output label two");
    house.edit("Vpc main Label=two", "Vpc main Label=three");
    assert_eq!(house.up(&["a.QA", "up.QA"]).await, "");
    house.profile = "other".to_owned();
    house.cloud.calls();
    let files = house.files();
    let told = house.refusal(&text).await;
    assert_eq!(
        told,
        "E0564 it was made for the profile `test`; this is `other`\n\
         hint say `--profile test`\n\
         E0566 what the preview was made from has moved since\n\
         note `a.QA` was changed by another run: it was at generation 2, now it is at 4\n\
         note `b.QA` reads `label` of `up.QA`, which has another value now\n\
         hint look at what would be done now: `runner preview --out FILE`"
    );
    assert_eq!(house.cloud.calls(), [""; 0]);
    assert_eq!(house.files(), files);
}

/// An output that the program branched on was read, too, although the plan does not show it.
#[tokio::test]
async fn case_70_an_output_that_was_read_as_a_plain_value_is_pinned() {
    let mut house = House::new("stack a.QA\n output count 1\n stack b.QA\n each b.QA thing a.QA:count");
    assert_eq!(house.up(&["a.QA"]).await, "");
    let text = house.save(&["b.QA"]).await;
    house.edit("count 1", "count 2");
    assert_eq!(house.up(&["a.QA"]).await, "");
    let told = house.refusal(&text).await;
    assert!(told.contains("note `b.QA` reads `count` of `a.QA`, which has another value now"), "{told}");
}

/// The bucket's ARN is predicted, and the vendor gives it another one.
#[tokio::test]
async fn case_70_a_property_that_comes_out_otherwise_fails_its_step() {
    let mut house = House::new(
        "stack a.QA
           resource Bucket logs Name=logs
           output arn @logs.Arn
           resource Vpc other
         stack b.QA
           resource Vpc reader Label=#a.QA:arn
           resource Vpc next Peer=@reader.VpcId",
    );
    house.account = Some("7".to_owned());
    let text = house.save(&[]).await;
    assert!(text.contains("arn:7:logs"), "{text}");
    assert_eq!(
        house.carry_out(&text).await,
        "failed create reader of b.QA: E0530\nskipped next of b.QA: reader of b.QA"
    );
    assert_eq!(house.cloud.calls(), ["create logs", "create other"]);
    let told = house.refusal(&text).await;
    assert!(told.starts_with("E0567") && told.contains("note `b.QA`: `Label` of `reader` has another value"), "{told}");
}

#[tokio::test]
async fn case_70_what_is_computed_may_become_known() {
    let mut house = House::settled(TWO).await;
    house.edit("10.0.0.0/16", "10.9.0.0/16");
    let text = house.save(&[]).await;
    assert!(text.contains("$unknown"));
    assert_eq!(house.carry_out(&text).await, "");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_70_an_undecided_replacement_is_left_to_the_next_preview() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc main Cidr=10.1.0.0/16
           resource Vpc other Label=one
           resource Vpc maybe Peer=@main.Arn
           output maybe @maybe.VpcId
         stack b.QA
           resource Vpc reader Label=#a.QA:maybe",
    )
    .await;
    house.edit("10.1.0.0/16", "10.9.0.0/16");
    house.edit("Label=one", "Label=two");
    let first = house.save(&[]).await;
    let left =
        "left maybe of a.QA\nleft main of a.QA\nleft maybe of a.QA\nleft output maybe of a.QA\nleft reader of b.QA";
    let mut told: Vec<String> = house.carry_out(&first).await.lines().map(str::to_owned).collect();
    let mut expected: Vec<String> = left.lines().map(str::to_owned).collect();
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
    assert_eq!(house.cloud.calls(), ["create main", "update other"]);
    // The same file again does no more of it.
    house.carry_out(&first).await;
    assert_eq!(house.cloud.calls(), [""; 0]);

    let next = house.reopen(&first).await.expect("fits");
    let next = house.with(async |engine| saved::text(&engine.save(&next).expect("can be saved"))).await;
    assert!(!next.contains("\"undecided\": true"), "{next}");
    assert_eq!(house.carry_out(&next).await, "");
    assert_eq!(house.cloud.calls(), ["create maybe", "update reader", "delete maybe", "delete main"]);
    assert!(house.preview(&[]).await.is_empty());
}

/// Killed at every call, on the way to what is not known yet and after that.
#[tokio::test]
async fn case_70_a_run_that_was_killed_and_one_that_stops_at_an_unknown_are_taken_up_again() {
    let program = "stack a.QA
           resource Vpc main Cidr=10.1.0.0/16
           resource Vpc maybe Peer=@main.Arn
           output maybe @maybe.VpcId
         stack b.QA
           resource Vpc reader Label=#a.QA:maybe
           resource Vpc free Label=one";
    for nth in 1..=4 {
        let mut house = House::settled(program).await;
        house.edit("10.1.0.0/16", "10.9.0.0/16");
        house.edit("Label=one", "Label=two");
        let first = house.save(&[]).await;
        house.carry_out_killed(&first, nth).await;
        // Settled first, or else as far as it goes; what cannot be decided is left again.
        house.carry_out(&first).await;
        assert!(house.carry_out(&first).await.contains("left maybe of a.QA"), "killed at call {nth}");
        let calls = house.cloud.calls();
        let count = |call: &str| calls.iter().filter(|made| *made == call).count();
        assert_eq!((count("create main"), count("create maybe")), (1, 0), "killed at call {nth}: {calls:?}");
        let rest = house.reopen(&first).await.expect("fits");
        let next = house.with(async |engine| saved::text(&engine.save(&rest).expect("can be saved"))).await;
        house.carry_out_killed(&next, nth).await;
        house.carry_out(&next).await;
        assert_eq!(house.carry_out(&next).await, "", "killed at call {nth}");
        assert_eq!(house.cloud.ids().len(), 4, "killed at call {nth}: {:?}", house.cloud.ids());
        assert!(house.preview(&[]).await.is_empty(), "killed at call {nth}");
    }
}

#[tokio::test]
async fn case_70_three_stages_take_three_files() {
    let mut house = House::new(THREE_STAGES);
    let mut stages = Vec::new();
    for _ in 0..3 {
        let text = house.save(&[]).await;
        assert_eq!(house.carry_out(&text).await, "");
        stages.push(house.cloud.calls());
    }
    assert_eq!(
        stages,
        [
            vec!["create main"],
            vec!["create second", "create thing-0", "create thing-1"],
            vec!["create last-0", "create last-1"]
        ]
    );
    assert!(house.preview(&[]).await.is_empty());
}

/// Killed at every call, it is taken up where it was.
#[tokio::test]
async fn case_70_a_run_that_was_killed_is_taken_up_again() {
    for nth in 1.. {
        let mut house = House::settled(TWO).await;
        house.edit("10.0.0.0/16", "10.9.0.0/16");
        house.edit("label one", "label two");
        let text = house.save(&[]).await;
        house.carry_out_killed(&text, nth).await;
        let calls = house.cloud.calls().len();
        assert_eq!(house.carry_out(&text).await, "", "killed at call {nth}");
        let mut ids = house.cloud.ids();
        ids.retain(|id| !id.starts_with("reads"));
        assert_eq!(ids.len(), 2, "killed at call {nth}: {ids:?}");
        assert!(house.preview(&[]).await.is_empty(), "killed at call {nth}");
        if calls < nth {
            assert!(nth > 5, "it was killed at every one of its calls");
            return;
        }
    }
}

#[tokio::test]
async fn case_70_a_run_that_failed_in_part_is_taken_up_again() {
    let mut house = House::new(TWO);
    let text = house.save(&[]).await;
    house.cloud.harm("create reads", Harm::Partial);
    house.cloud.harm("create reader", Harm::Refuse);
    assert_eq!(house.carry_out(&text).await, "failed create reads of a.QA: E0600\nfailed create reader of b.QA: E0600");
    house.cloud.heal();
    house.cloud.calls();
    assert_eq!(house.carry_out(&text).await, "");
    assert_eq!(house.cloud.calls(), ["update reads", "create reader"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_70_a_run_that_was_cancelled_is_taken_up_again() {
    let mut house = House::new(TWO);
    let text = house.save(&[]).await;
    house.cancel.send_replace(true);
    assert_eq!(house.carry_out(&text).await, "cancelled");
    house.cancel.send_replace(false);
    assert_eq!(house.carry_out(&text).await, "");
    assert_eq!(house.cloud.calls(), ["create main", "create reads", "create reader"]);
}

#[tokio::test]
async fn case_70_what_another_run_did_in_between_is_refused() {
    let mut house = House::new(TWO);
    let text = house.save(&[]).await;
    house.cloud.harm("create reader", Harm::Refuse);
    house.carry_out(&text).await;
    house.cloud.heal();
    house.edit("label one", "label two");
    assert_eq!(house.up(&["a.QA"]).await, "");
    let told = house.refusal(&text).await;
    assert!(
        told.contains("note `a.QA` was changed by another run: it had never been applied, now it is at 4"),
        "{told}"
    );
}

/// A run that settles only finishes what the saved preview began.
#[tokio::test]
async fn case_70_settling_is_no_move() {
    let mut house = House::new(TWO);
    let text = house.save(&[]).await;
    house.carry_out_killed(&text, 2).await;
    let preview = house.preview(&[]).await;
    assert!(house.settle(&preview).await.expect("settles") > 0);
    assert_eq!(house.carry_out(&text).await, "");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_70_what_is_not_settled_cannot_be_saved() {
    let mut house = House::new(TWO);
    house.attempt_killed(&[], 1).await;
    let preview = house.preview(&[]).await;
    let found = house.with(async |engine| engine.save(&preview)).await.expect_err("it has to be settled");
    let told = fixture::print_problems(&found);
    assert!(told.starts_with("E0563 this preview cannot be saved\nnote `a.QA` is held by run"), "{told}");
    let nothing = house.preview_of(&[], Goal::Nothing).await.expect("a preview");
    assert!(house.with(async |engine| engine.save(&nothing)).await.is_err());
}

/// The cascade of a replacement whose old object goes first is the same, and in the same order, after the round trip.
#[tokio::test]
async fn case_15_a_cascade_survives_the_round_trip_without_a_cycle() {
    let program = "stack a.QA
           resource Fixed base Label=one
           resource Route first Table=@base.Id
           resource Vpc second Peer=@first.Id
           output id @second.VpcId
         stack b.QA
           resource Vpc reader Peer=#a.QA:id";
    let mut calls = Vec::new();
    for saved in [false, true] {
        let mut house = House::settled(program).await;
        house.edit("Label=one", "Label=two");
        if saved {
            let text = house.save(&[]).await;
            assert_eq!(house.carry_out(&text).await, "");
        } else {
            assert_eq!(house.up(&[]).await, "");
        }
        assert!(house.preview(&[]).await.is_empty());
        calls.push(house.cloud.calls());
    }
    assert_eq!(calls[0], calls[1]);
    assert!(calls[0].contains(&"delete base".to_owned()), "{:?}", calls[0]);
}

#[tokio::test]
async fn case_32_saving_and_taking_up_write_nothing() {
    let mut house = House::settled(TWO).await;
    house.edit("10.0.0.0/16", "10.9.0.0/16");
    let files = house.files();
    let text = house.save(&[]).await;
    assert!(!house.reopen(&text).await.expect("fits").is_empty());
    assert_eq!(house.files(), files);
    assert_eq!(house.cloud.calls(), [""; 0]);
}

/// The name of what is made is that which was shown, also after other things of the stack were made, and after a create
/// of which nobody knew whether it happened.
#[tokio::test]
async fn case_70_a_made_name_is_the_one_that_was_shown() {
    let mut house = House::new(
        "stack a.QA
           resource Vpc first
           resource Bucket logs Label=@first.VpcId
           output name @logs.Name",
    );
    let text = house.save(&[]).await;
    for nth in [1, 2] {
        house.carry_out_killed(&text, nth).await;
    }
    house.cloud.harm("create logs", Harm::LoseCall);
    house.carry_out(&text).await;
    house.cloud.heal();
    assert_eq!(house.carry_out(&text).await, "");
    let name = house.output("a.QA", "name").await;
    assert!(text.contains(&format!("\"{name}\"")), "{name}");
    assert!(house.preview(&[]).await.is_empty());
}

/// The text of a saved preview of taking stacks down.
async fn save_destroy(house: &mut House, stacks: &[&str]) -> String {
    let preview = house.preview_of(stacks, Goal::Nothing).await.expect("a preview");
    house.with(async |engine| saved::text(&engine.save(&preview).expect("can be saved"))).await
}

#[tokio::test]
async fn case_70_what_is_to_be_deleted_is_saved_and_deleted_in_its_order() {
    let mut house = House::settled(TWO).await;
    let files = house.files();
    let text = save_destroy(&mut house, &[]).await;
    assert_eq!(house.files(), files, "saving writes no state");
    assert_eq!(save_destroy(&mut house, &["a.QA", "b.QA"]).await, text, "the same inputs give the same bytes");
    assert!(saved::read(&text, "plan.json").expect("reads").destroys());
    assert_eq!(house.carry_out(&text).await, "");
    assert_eq!(house.cloud.calls(), ["delete reads", "delete reader", "delete main"]);
    assert_eq!(house.carry_out(&text).await, "", "what is done already is not done again");
    assert_eq!((house.cloud.calls(), house.cloud.ids()), (vec![], vec![]));
}

#[tokio::test]
async fn case_70_what_is_to_be_deleted_is_refused_once_anything_has_moved() {
    let mut house = House::settled(TWO).await;
    let text = save_destroy(&mut house, &[]).await;
    house.edit("label one", "label two");
    assert_eq!(house.up(&["a.QA"]).await, "");
    house.cloud.calls();
    assert_eq!(
        house.refusal(&text).await,
        "E0566 what the preview was made from has moved since\n\
         note `a.QA` was changed by another run: it was at generation 2, now it is at 4\n\
         hint look at what would be done now: `runner destroy --out FILE`"
    );
    // Somebody who was not there when it was saved reads by now what is to go.
    let mut house = House::new(TWO);
    assert_eq!(house.up(&["a.QA"]).await, "");
    let text = save_destroy(&mut house, &["a.QA"]).await;
    assert_eq!(house.up(&["b.QA"]).await, "");
    house.cloud.calls();
    let told = house.refusal(&text).await;
    assert!(told.contains("`a.QA` cannot go") && told.contains("b.QA"), "{told}");
    assert_eq!(house.cloud.calls(), [""; 0]);
}

#[tokio::test]
async fn case_70_deleting_what_was_saved_is_taken_up_again() {
    for nth in 1.. {
        let mut house = House::settled(TWO).await;
        let text = save_destroy(&mut house, &[]).await;
        house.carry_out_killed(&text, nth).await;
        let calls = house.cloud.calls().len();
        assert_eq!(house.carry_out(&text).await, "", "killed at call {nth}");
        assert_eq!(house.cloud.ids(), [""; 0], "killed at call {nth}");
        if calls < nth {
            assert!(nth > 3, "it was killed at every one of its calls");
            return;
        }
    }
}

#[tokio::test]
async fn case_70_targets_of_what_is_to_be_deleted_are_saved_with_it() {
    let mut house = House::settled(TWO).await;
    house.targets.except = vec!["main".into()];
    let text = save_destroy(&mut house, &[]).await;
    house.targets = diff::Targets::default();
    assert_eq!(house.carry_out(&text).await, "");
    assert_eq!(house.cloud.calls(), ["delete reads", "delete reader"]);
}
