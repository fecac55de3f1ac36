//! What must hold before and after steps.

use engine::Goal;

use crate::cloud::Harm;
use crate::house::House;

#[tokio::test]
async fn case_77_a_condition_that_is_known_not_to_hold_stops_the_run_before_anything_is_touched() {
    for (condition, own) in [("requires", "Label"), ("ensures", "Label"), ("ensures", "Count")] {
        let other = if own == "Count" { "3" } else { "y" };
        let program =
            format!("stack a.QA\n resource Vpc other\n resource Vpc main Label=x\n {condition} @main.{own}=={other}");
        let program = if condition == "requires" { program.replace("@main.Label", "x") } else { program };
        let mut house = House::new(&program);
        if own == "Count" {
            // What the vendor will say of an object that is not there is not known before.
            assert_eq!(house.up(&[]).await, "failed create main of a.QA: E0531");
            assert_eq!(house.cloud.ids(), ["main-1", "other-2"]);
        }
        let told = house.problems(&[], Goal::Programs).await;
        assert_eq!(
            told, "E0531 a.rs:3:1 `main`: must be\nhint let what it reads be so, or change the condition",
            "{condition} {own}"
        );
    }
    // All of them at once, and what is neither true nor false is said, too.
    let mut house = House::new(
        "stack a.QA\n resource Vpc one\n requires false\n ensures false\n resource Vpc two\n ensures @two.Size\n resource Vpc three\n requires @nowhere.Size",
    );
    let told = house.problems(&[], Goal::Programs).await;
    assert!(told.contains("E0531 a.rs:2:1 `one`: must be; must be"), "{told}");
    assert!(told.contains("E0532 a.rs:5:1 a condition of `two` is neither true nor false: must be"), "{told}");
    assert!(told.contains("E0309 a.rs:7:1"), "{told}");
    assert_eq!((house.cloud.calls(), house.files().len()), (vec![], 0));
}

#[tokio::test]
async fn case_77_a_precondition_that_fails_when_it_is_known_fails_the_step_before_its_intent() {
    let program = "stack a.QA
           resource Vpc main
           resource Vpc guarded
             requires @main.Count==COUNT
           resource Vpc reads Label=@guarded.VpcId";
    let mut house = House::new(&program.replace("COUNT", "3"));
    let told = house.up(&[]).await;
    assert_eq!(told, "failed create guarded of a.QA: E0531\nskipped reads of a.QA: guarded of a.QA");
    assert_eq!(house.cloud.calls(), ["create main"]);
    assert_eq!(house.state("a.QA").await.last_incarnation, 1, "an intent was written");
    house.program(&program.replace("COUNT", "2"));
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create guarded", "create reads"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_77_a_postcondition_that_fails_keeps_the_object_and_skips_what_needs_it() {
    let program = "stack a.QA
           resource Vpc main Label=x
             ensures @main.Count==COUNT
           resource Vpc reads Label=@main.VpcId
           resource Vpc free
           output id @main.VpcId";
    let mut house = House::new(&program.replace("COUNT", "3"));
    assert_eq!(
        house.up(&[]).await,
        "failed create main of a.QA: E0531\n\
         skipped reads of a.QA: main of a.QA\n\
         skipped output id of a.QA: main of a.QA"
    );
    let state = house.state("a.QA").await;
    let ids: Vec<&str> = state.objects.values().map(|object| object.id.as_str()).collect();
    assert_eq!((ids, state.dangling.len()), (vec!["free-1", "main-2"], 0));
    assert!(state.objects.values().all(|object| object.status == state::Status::Ready));
    // The object stays as it is, and so does the refusal, until the condition or the world is another.
    assert!(house.problems(&[], Goal::Programs).await.starts_with("E0531 a.rs:2:1 `main`: must be"));
    house.program(&program.replace("COUNT", "2"));
    house.cloud.calls();
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create reads"]);
    // A change in place is followed by the same question.
    house.edit("Label=x", "Label=y");
    house.edit("==2", "==3");
    assert_eq!(house.up(&[]).await, "failed update main of a.QA: E0531");
    assert_eq!(house.cloud.text("main-2", "Label"), "y");
    assert_eq!(house.state("a.QA").await.objects.values().next_back().expect("one").inputs.len(), 1);
    // A destroy asks nothing.
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!(house.cloud.ids(), [""; 0]);
}

#[tokio::test]
async fn case_77_conditions_of_what_stays_are_asked_without_planning_it_again() {
    let program = "stack a.QA
           resource Vpc main Cidr=10.1.0.0/16
           resource Vpc stays Label=x
             requires @main.Arn==main-1
             ensures @stays.Count==2";
    let mut house = House::settled(program).await;
    // What is known is judged at once, and costs nothing if it holds.
    let before = house.files();
    house.edit("ensures @stays.Count==2", "ensures 2==@stays.Count");
    assert_eq!(house.up(&[]).await, "");
    assert!(house.files() == before, "something was written");
    // What is known only when another step has ended is judged then.
    house.edit("10.1.", "10.9.");
    let preview = house.preview(&[]).await;
    let shown = crate::fixture::print(&preview.changes);
    assert!(shown.contains(". stays (record)\n# its conditions are checked when what they read is known"), "{shown}");
    assert_eq!(
        house.up(&[]).await,
        "failed record stays of a.QA: E0531\nskipped main of a.QA: stays of a.QA",
        "the old object stays for the one that was not moved on"
    );
    assert_eq!(house.cloud.calls(), ["create main"]);
    house.edit("main-1", "main-3");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete main"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_77_what_was_found_out_by_settling_is_held_against_its_conditions_like_anything_else() {
    let mut house = House::new("stack a.QA\n resource Vpc main\n ensures @main.Count==3");
    house.cloud.harm("create main", Harm::LoseAnswer);
    assert_eq!(house.up(&[]).await, "failed create main of a.QA: E0600");
    house.cloud.heal();
    let preview = house.preview(&[]).await;
    assert_eq!(house.settle(&preview).await.expect("settles"), 1);
    assert!(house.problems(&[], Goal::Programs).await.starts_with("E0531"));
    assert_eq!(house.state("a.QA").await.objects.len(), 1);
}
