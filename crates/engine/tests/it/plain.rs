//! Programs that branch on outputs of other stacks: evaluated again exactly where one of these changes.

use crate::fixture::print;
use crate::house::House;

/// `c` branches on what `b` exports, which branches on what `a` exports.
const CHAIN: &str = "stack a.QA
       output count 1
       output other x
     stack b.QA
       output size 1
     each b.QA thing a.QA:count
     stack c.QA
     each c.QA part b.QA:size";

#[tokio::test]
async fn where_nothing_changed_no_program_is_asked() {
    let mut house = House::settled(CHAIN).await;
    let preview = house.preview(&[]).await;
    assert_eq!((preview.cached, preview.is_empty()), (3, true));
    for stack in ["b.QA", "c.QA"] {
        let preview = house.preview(&[stack]).await;
        assert_eq!((preview.cached, preview.is_empty()), (1, true), "{stack} alone");
    }
}

#[tokio::test]
async fn an_output_that_a_program_does_not_branch_on_leaves_it_alone() {
    let mut house = House::settled(CHAIN).await;
    house.edit("other x", "other y");
    let preview = house.preview(&[]).await;
    assert_eq!(print(&preview.changes), "a.QA\n> other y");
    assert_eq!((preview.cached, preview.unchanged.len()), (2, 2));
}

#[tokio::test]
async fn an_output_that_changes_reaches_whoever_branches_on_it_and_on_what_they_export() {
    let mut house = House::settled(CHAIN).await;
    house.edit("count 1", "count 2");
    assert_eq!(print(&house.preview(&[]).await.changes), "a.QA\n> count 2\nb.QA\n+ thing-1");
    house.edit("size 1", "size 2");
    let shown = print(&house.preview(&[]).await.changes);
    assert_eq!(shown, "a.QA\n> count 2\nb.QA\n+ thing-1\n> size 2\nc.QA\n+ part-1");
    assert_eq!(house.up(&[]).await, "");
    let preview = house.preview(&[]).await;
    assert_eq!((preview.cached, preview.is_empty()), (3, true), "what was proposed is published now");
}

#[tokio::test]
async fn what_was_published_in_between_is_seen() {
    let mut house = House::settled(CHAIN).await;
    house.edit("count 1", "count 3");
    assert_eq!(house.up(&["a.QA"]).await, "");
    for selected in [&["b.QA"][..], &[]] {
        let shown = print(&house.preview(selected).await.changes);
        assert_eq!(shown, "b.QA\n+ thing-1\n+ thing-2", "{selected:?}");
    }
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create thing-1", "create thing-2"]);
}

#[tokio::test]
async fn a_program_that_was_asked_too_early_is_asked_again() {
    // `e` and `r` wait for `d` together; what `e` then exports reaches `r` through `b`, which had nothing to do.
    let mut house = House::settled(
        "stack b.QA
           output x #e.QA:m
         stack d.QA
           output n 1
         stack e.QA
           output m 1
         each e.QA extra d.QA:n
         stack r.QA
           resource Vpc own Label=a
         each r.QA early d.QA:n
         each r.QA thing b.QA:x",
    )
    .await;
    house.edit("output n 1", "output n 2");
    house.edit("output m 1", "output m 3");
    house.edit("Label=a", "Label=b");
    let shown = print(&house.preview(&[]).await.changes);
    assert!(shown.contains("r.QA\n+ early-1\n~ own\nLabel a -> b\n+ thing-1\n+ thing-2"), "{shown}");
    assert_eq!(house.up(&[]).await, "");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn an_output_of_a_stack_that_waits_is_not_taken_to_stay() {
    // What `b` exports changes only once its program is known, which waits for an object.
    let mut house = House::settled(
        "stack b.QA
           output size 1
         each b.QA thing fixed.QA:count
         stack c.QA
         each c.QA part b.QA:size
         stack fixed.QA
           output count 1",
    )
    .await;
    house.program(
        "stack a.QA
           resource Vpc main
           output count @main.Count
         stack b.QA
           output size 2
         each b.QA thing a.QA:count
         stack c.QA
         each c.QA part b.QA:size
         stack fixed.QA
           output count 1",
    );
    let preview = house.preview(&[]).await;
    assert_eq!(preview.deferred.keys().collect::<Vec<_>>(), ["b.QA", "c.QA"]);
    assert_eq!(house.up(&[]).await, "");
    assert!(house.cloud.calls().contains(&"create part-1".to_owned()));
    assert!(house.preview(&[]).await.is_empty());
}
