//! Stacks that cannot be evaluated: everything stops, or they are passed over and all else goes on.

use engine::Goal;

use crate::fixture::print;
use crate::house::House;

/// What stands in the way of the stack `bad`, with what is said: its program, or what it reads.
const FAULTS: [(&str, &str); 2] = [
    ("each bad.QA thing nowhere.QA:count", "there is no stack `nowhere.QA`"),
    (
        "stack bad.QA\n resource Vpc faulty Label=#nowhere.QA:name",
        "E0303 bad.rs:2:1 `Label` of `faulty` reads stack `nowhere.QA`, which there is none of",
    ),
];

fn house(fault: &str) -> House {
    let bad = if fault.starts_with("stack") { fault.to_owned() } else { format!("stack bad.QA\n{fault}") };
    House::new(&format!(
        "{bad}
           output name x
         stack after.QA
           resource Vpc after Label=#reader.QA:name
         stack branching.QA
         each branching.QA part bad.QA:name
         stack free.QA
           resource Vpc free
         stack reader.QA
           resource Vpc reader Label=#bad.QA:name
           output name #bad.QA:name"
    ))
}

#[tokio::test]
async fn without_a_word_nothing_is_done_and_everything_wrong_is_said() {
    for (fault, said) in FAULTS {
        let mut house = house(fault);
        let told = house.problems(&[], Goal::Programs).await;
        assert!(told.starts_with("E0303") && told.contains(said), "{told}");
    }
}

#[tokio::test]
async fn cache_12_a_program_that_fails_or_waits_for_one_leaves_no_trace() {
    let mut house = house(FAULTS[0].0);
    house.keep_going = true;
    let preview = house.preview(&[]).await;
    assert!(preview.traces.contains_key("free.QA"));
    assert!(["bad.QA", "branching.QA"].iter().all(|stack| !preview.traces.contains_key(*stack)));
}

#[tokio::test]
async fn what_does_not_depend_on_a_stack_that_is_passed_over_is_done() {
    for (fault, said) in FAULTS {
        let mut house = house(fault);
        house.keep_going = true;
        let preview = house.preview(&[]).await;
        assert_eq!(print(&preview.changes), "free.QA\n+ free");
        let failed: Vec<_> = preview.failed.iter().map(|(stack, found)| (stack.as_str(), found.len())).collect();
        assert_eq!(failed, [("bad.QA", 1)]);
        assert!(crate::fixture::print_problems(&preview.failed["bad.QA"]).contains(said));
        let waiting: Vec<_> = preview.passed_over.iter().collect();
        let bad = ["bad.QA".to_owned()].into();
        assert_eq!(
            waiting.iter().map(|(stack, _)| stack.as_str()).collect::<Vec<_>>(),
            ["after.QA", "branching.QA", "reader.QA"]
        );
        assert!(waiting.iter().all(|(_, failed)| **failed == bad), "{waiting:?}");
        let report = house.apply(&preview).await.expect("applied");
        assert!(report.failed.is_empty());
        assert_eq!(house.cloud.calls(), ["create free"]);
        let preview = house.preview(&[]).await;
        assert_eq!((preview.changes.len(), preview.failed.len(), preview.unchanged.len()), (0, 1, 1));
        assert!(!preview.is_empty(), "something is left to be mended");
    }
}

#[tokio::test]
async fn who_rests_upon_a_stack_that_is_passed_over_goes_on_resting() {
    let mut house = House::settled(
        "stack bad.QA
           output name x
         stack reader.QA
           resource Vpc reader Label=#bad.QA:name",
    )
    .await;
    house.keep_going = true;
    house.edit("output name x", "output name #nowhere.QA:name");
    let preview = house.preview(&[]).await;
    assert_eq!((preview.failed.len(), preview.passed_over.len()), (1, 0));
    assert!(preview.unchanged.contains("reader.QA"));
}

#[tokio::test]
async fn nothing_is_deleted_that_a_stack_that_is_passed_over_may_take_over() {
    let mut house = House::settled("stack a.QA\n resource Vpc main Label=x\n resource Vpc stays\nstack bad.QA").await;
    house.keep_going = true;
    house.program(
        "stack a.QA
           resource Vpc stays
         stack bad.QA
         each bad.QA thing nowhere.QA:count",
    );
    let preview = house.preview(&[]).await;
    assert_eq!(preview.notes, ["`main` of `a.QA` stays until it is known whether `bad.QA` takes over any of that"]);
    house.apply(&preview).await.expect("applied");
    assert_eq!(house.cloud.calls(), [""; 0]);
    house.edit("each bad.QA thing nowhere.QA:count", "resource Vpc taken Label=x\n moved a.QA main");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), [""; 0], "it moved");
}

#[tokio::test]
async fn what_a_stack_that_is_passed_over_was_applied_with_stays() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc main Cidr=10.1.0.0/16
           output id @main.VpcId
         stack reader.QA
           resource Vpc reader Label=#a.QA:id",
    )
    .await;
    house.keep_going = true;
    house.edit("10.1.", "10.9.");
    house.edit("Label=#a.QA:id", "Label=#a.QA:id Peer=#nowhere.QA:id");
    let preview = house.preview(&[]).await;
    assert_eq!(preview.failed.keys().collect::<Vec<_>>(), ["reader.QA"]);
    house.apply(&preview).await.expect("applied");
    assert_eq!(house.cloud.calls(), ["create main"], "the old object is still read");
    house.edit(" Peer=#nowhere.QA:id", "");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update reader", "delete main"]);
}
