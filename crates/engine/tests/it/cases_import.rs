//! Taking over objects that exist: cases 57 and 58, with a vendor.

use engine::Goal;

use crate::cloud::Harm;
use crate::house::House;

/// A vendor that has an object which nobody manages: `main-1`, with a label `x`.
async fn with_a_stray() -> House {
    let mut house = House::settled("stack a.QA\n resource Vpc main Label=x\n retain").await;
    house.destroy(&[]).await;
    assert_eq!((house.cloud.calls().len(), house.cloud.ids().len()), (0, 1));
    house
}

#[tokio::test]
async fn case_57_a_mismatch_is_shown_and_stops_the_run() {
    let mut house = with_a_stray().await;
    house.program("stack a.QA\n resource Vpc main Label=y\n import main-1\n resource Vpc other");
    let preview = house.preview(&[]).await;
    assert_eq!(crate::fixture::print(&preview.changes), "a.QA\n= main\nLabel x -> y\n+ other");
    let refused = crate::fixture::print_problems(&preview.refused());
    assert!(refused.starts_with("E0522 a.rs:2:1 `main` differs from the object `main-1`"), "{refused}");
    assert!(refused.contains("note `Label` is \"x\", the program says \"y\""), "{refused}");
    assert!(house.apply(&preview).await.is_err(), "nothing is started");
    assert_eq!(house.cloud.calls(), [""; 0]);
}

#[tokio::test]
async fn case_57_a_mismatch_that_is_ignored_is_taken_over() {
    let mut house = with_a_stray().await;
    house.program("stack a.QA\n resource Vpc main Label=y\n ignore Label\n import main-1");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["adopt main"]);
    assert_eq!(house.cloud.text("main-1", "Label"), "x");
    assert!(house.preview(&[]).await.is_empty(), "and the next run has nothing to do");
}

#[tokio::test]
async fn case_57_after_it_was_taken_over_its_owner_and_its_life_are_as_any_other() {
    let mut house = with_a_stray().await;
    house.program("stack b.QA\n resource Vpc renamed Label=x\n import main-1\n output id @renamed.VpcId");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.output("b.QA", "id").await, "main-1");
    let object = house.state("b.QA").await.objects.values().next().expect("it is there").clone();
    assert_eq!((object.id.as_str(), &object.created), ("main-1", &object.modified));
    assert_eq!(house.cloud.owner("main-1"), (house.state("b.QA").await.id, "b::Vpc::renamed".to_owned()));
    house.program("stack b.QA\n resource Vpc renamed Label=z");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["adopt renamed", "update renamed"]);
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!(house.cloud.ids(), [""; 0]);
}

#[tokio::test]
async fn case_57_an_object_that_is_not_there_is_named() {
    let mut house = House::new("stack a.QA\n resource Vpc main\n import vpc-9");
    let problems = house.problems(&[], Goal::Programs).await;
    assert!(problems.starts_with("E0521 a.rs:2:1 there is no Vpc `vpc-9`"), "{problems}");
}

#[tokio::test]
async fn case_57_what_moves_between_the_preview_and_the_takeover_is_seen() {
    let mut house = with_a_stray().await;
    house.program("stack a.QA\n resource Vpc main Label=x\n import main-1");
    let preview = house.preview(&[]).await;
    house.cloud.meddle("main-1", "Label", "z");
    let report = house.apply(&preview).await.expect("starts");
    assert_eq!(crate::house::told(&report), ["failed adopt main of a.QA: E0522"]);
    assert!(house.state("a.QA").await.is_empty());
}

#[tokio::test]
async fn case_57_a_run_that_dies_while_it_takes_over_is_finished_by_the_next() {
    for harm in [Harm::LoseCall, Harm::LoseAnswer] {
        let mut house = with_a_stray().await;
        house.program("stack a.QA\n resource Vpc main Label=x\n import main-1");
        house.cloud.harm("adopt main", harm);
        assert_eq!(house.up(&[]).await, "failed adopt main of a.QA: E0600");
        house.cloud.heal();
        assert_eq!(house.up(&[]).await, "");
        assert_eq!(house.cloud.ids(), ["main-1"]);
        assert!(house.preview(&[]).await.is_empty());
    }
}

#[tokio::test]
async fn case_58_an_object_has_one_resource() {
    let mut house = House::settled("stack a.QA\n resource Vpc main Label=x").await;
    let both = "stack a.QA\n resource Vpc main Label=x\n stack b.QA\n resource Vpc other Label=x\n import main-1";
    house.program(both);
    let problems = house.problems(&["b.QA"], Goal::Programs).await;
    let expected = "E0446 b.rs:4:1 `other` of `b.QA` cannot take over `main-1`: it is `main` of `a.QA`";
    assert!(problems.starts_with(expected), "{problems}");
    let mut house = with_a_stray().await;
    house.program("stack a.QA\n resource Vpc one Label=x\n import main-1\n resource Vpc two Label=x\n import main-1");
    let problems = house.problems(&[], Goal::Programs).await;
    assert!(
        problems.starts_with("E0446 a.rs:4:1 `two` of `a.QA` cannot take over `main-1`: it is `one`"),
        "{problems}"
    );
}

#[tokio::test]
async fn case_58_an_object_has_one_resource_through_whatever_instance_it_is_reached() {
    for (region, refused) in [("us-west-2", true), ("eu-west-1", false)] {
        let mut house = House::new("stack a.QA\n resource Vpc main Label=x\n provider west");
        house.instances = [("west", "us-west-2"), ("other", region)].map(|(a, b)| (a.into(), b.into())).into();
        assert_eq!(house.up(&[]).await, "");
        house.program("stack a.QA\n resource Vpc main Label=x\n provider west\n stack b.QA\n resource Vpc two Label=x\n import main-1\n provider other");
        if refused {
            assert!(house.problems(&[], Goal::Programs).await.starts_with("E0446 b.rs:5:1"));
        } else {
            assert_eq!(crate::fixture::print(&house.preview(&[]).await.changes), "b.QA\n= two");
        }
    }
}

#[tokio::test]
async fn a_vendor_that_cannot_be_asked_does_not_stop_a_preview() {
    let mut house = with_a_stray().await;
    house.program("stack a.QA\n resource Vpc main Label=x\n import main-1");
    house.cloud.harm("read", Harm::Refuse);
    let preview = house.preview(&[]).await;
    assert_eq!(
        crate::fixture::print(&preview.changes),
        "a.QA\n= main\n# it was not looked at; it is compared before it is taken over"
    );
    assert_eq!(preview.notes, ["`main-1` could not be looked at: Deaf: it is so"]);
    house.cloud.heal();
    let report = house.apply(&preview).await.expect("starts");
    assert_eq!(crate::house::told(&report), [""; 0]);
}
