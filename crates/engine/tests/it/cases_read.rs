//! Resources that are only read: cases 53 and 55, with a vendor.

use engine::Goal;

use crate::fixture::print;
use crate::house::House;

/// A vendor that has an object which nobody manages: `main-1`, with a label `x`.
async fn with_a_stray() -> House {
    let mut house = House::settled("stack a.QA\n resource Vpc main Label=x\n retain").await;
    house.destroy(&[]).await;
    house.cloud.calls();
    house
}

const READS: &str = "stack b.QA
       resource Vpc shared
         read main-1
       resource Vpc reader Peer=@shared.VpcId Label=@shared.Label
       output id @shared.VpcId";

#[tokio::test]
async fn an_object_that_is_only_read_gives_its_attributes_and_is_left_alone() {
    let mut house = with_a_stray().await;
    house.program(READS);
    let preview = house.preview(&[]).await;
    assert_eq!(print(&preview.changes), "b.QA\n+ reader\n< shared\n> id main-1", "it is known before anything is done");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create reader"]);
    assert_eq!(house.cloud.text("reader-2", "Label"), "x");
    assert!(house.state("b.QA").await.objects.values().any(|object| object.external && object.id == "main-1"));
    assert!(house.preview(&[]).await.is_empty());
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete reader"]);
    assert_eq!(house.cloud.ids(), ["main-1"]);
    assert!(house.state("b.QA").await.is_empty());
}

#[tokio::test]
async fn case_53_what_is_only_read_stays_so_through_a_refresh() {
    let mut house = with_a_stray().await;
    house.program(READS);
    assert_eq!(house.up(&[]).await, "");
    house.cloud.calls();
    house.cloud.meddle("main-1", "Label", "y");
    let selected = ["b.QA".to_owned()].into();
    let report =
        house.with(async |engine| engine.refresh(&selected, &diff::Targets::default()).await).await.expect("refreshes");
    assert_eq!(report.changed, [], "what it is, it is");
    assert!(house.state("b.QA").await.objects.values().any(|object| object.external));
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update reader"], "its readers follow it");
    assert_eq!(house.cloud.text("reader-2", "Label"), "y");
}

#[tokio::test]
async fn case_55_an_object_to_be_read_has_to_be_there() {
    let mut house = House::new("stack a.QA\n resource Vpc shared\n read vpc-9");
    let problems = house.problems(&[], Goal::Programs).await;
    assert!(problems.starts_with("E0448 a.rs:2:1 `shared`: Vpc `vpc-9` does not exist"), "{problems}");
}

#[tokio::test]
async fn an_id_that_is_not_known_yet_is_read_when_it_is() {
    let mut house = House::new(
        "stack a.QA
           resource Vpc made Label=x
           resource Vpc again
             read @made.VpcId
           resource Vpc reader Label=@again.Label",
    );
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create made", "create reader"]);
    assert_eq!(house.cloud.text("reader-2", "Label"), "x");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn what_is_only_read_may_become_managed_and_is_taken_over() {
    let mut house = with_a_stray().await;
    house.program(READS);
    assert_eq!(house.up(&[]).await, "");
    house.cloud.calls();
    house.program(
        &READS.replace("resource Vpc shared\n         read main-1", "resource Vpc shared Label=x\n import main-1"),
    );
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["adopt shared"]);
    assert!(house.state("b.QA").await.replaced.is_empty());
    house.program(READS);
    assert_eq!(house.up(&[]).await, "", "and let go again");
    assert_eq!(house.cloud.calls(), [""; 0]);
}

#[tokio::test]
async fn what_must_hold_of_an_object_that_is_only_read_is_asked_when_it_was_read() {
    let program = "stack b.QA
           resource Vpc made Label=x
           resource Vpc shared
             read ID
             ensures @shared.Label==x
           resource Vpc reader Label=@shared.VpcId";
    let mut house = with_a_stray().await;
    house.program(&program.replace("ID", "main-1"));
    let preview = house.preview(&[]).await;
    house.cloud.meddle("main-1", "Label", "y");
    let report = house.apply(&preview).await.expect("starts");
    let told = ["failed read shared of b.QA: E0531", "skipped reader of b.QA: shared of b.QA"];
    assert_eq!(crate::house::told(&report), told);
    assert!(house.problems(&[], Goal::Programs).await.starts_with("E0531 b.rs:3:1 `shared`: must be"));
    // An id that is known only on the way makes no difference.
    let mut house = House::new(&program.replace("ID", "@made.VpcId").replace("==x", "==y"));
    assert_eq!(house.up(&[]).await, told.join("\n"));
    house.edit("==y", "==x");
    assert_eq!(house.up(&[]).await, "");
    assert!(house.preview(&[]).await.is_empty());
}
