//! Stacks that read one another, selected or not.

use engine::Stopped;
use ports::StoreError;

use crate::house::House;

const TWO: &str = "stack a.QA
       resource Vpc main Label=one
       output label @main.Label
       output other x
     stack b.QA
       resource Vpc reader Label=#a.QA:label";

#[tokio::test]
async fn a_stack_that_reads_nothing_that_changed_is_untouched() {
    let mut house = House::settled(TWO).await;
    house.edit("other x", "other y");
    let preview = house.preview(&[]).await;
    assert_eq!(crate::fixture::print(&preview.changes), "a.QA\n> other y");
    assert_eq!((preview.cached, preview.unchanged.len()), (1, 1));
    assert_eq!(house.up(&[]).await, "");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn an_upstream_that_is_not_selected_is_read_as_published_and_its_changes_are_told() {
    let mut house = House::settled(TWO).await;
    house.edit("Label=one", "Label=two");
    house.edit("Label=#a.QA:label", "Label=#a.QA:label Size=9");
    let preview = house.preview(&["b.QA"]).await;
    assert_eq!(crate::fixture::print(&preview.changes), "b.QA\n~ reader\nSize nothing -> 9");
    assert_eq!(
        preview.notes,
        ["a.QA has unapplied changes to label; the published values are used (to apply them too: --with-upstream)"]
    );
    assert_eq!(house.up(&["b.QA"]).await, "");
    assert_eq!(house.cloud.text("reader-2", "Label"), "one");
}

#[tokio::test]
async fn nothing_published_is_a_problem_with_a_hint() {
    let mut house = House::new(TWO);
    let told = house.problems(&["b.QA"], engine::Goal::Programs).await;
    assert!(told.starts_with("E0305") && told.contains("hint select it too: `--with-upstream`"), "{told}");
    assert!(told.ends_with("hint or apply it first: `runner up a.QA`"), "{told}");
}

#[tokio::test]
async fn what_moved_between_preview_and_apply_is_not_applied() {
    // An upstream outside the selection, and one inside that has nothing to do.
    for selected in [&["b.QA"][..], &["a.QA", "b.QA"][..]] {
        let mut house = House::settled(TWO).await;
        house.edit("Label=#a.QA:label", "Label=#a.QA:label Size=9");
        let preview = house.preview(selected).await;
        house.edit("Label=one", "Label=two");
        assert_eq!(house.up(&["a.QA"]).await, "");
        house.cloud.calls();
        let stopped = house.apply(&preview).await.expect_err("it moved");
        assert!(matches!(&stopped, Stopped::Store(StoreError::Moved { stack }) if stack == "a.QA"), "{stopped:?}");
        assert_eq!(house.cloud.calls(), [""; 0]);
    }
    let mut house = House::settled(TWO).await;
    house.edit("Label=one", "Label=two");
    let preview = house.preview(&["a.QA"]).await;
    assert_eq!(house.up(&["a.QA"]).await, "");
    let stopped = house.apply(&preview).await.expect_err("its base moved");
    assert!(matches!(&stopped, Stopped::Store(StoreError::Moved { stack }) if stack == "a.QA"), "{stopped:?}");
}

#[tokio::test]
async fn a_stack_that_branches_on_an_output_waits_until_it_is_known() {
    let mut house = House::new(
        "stack a.QA
           resource Vpc main
           output count @main.Count
         stack b.QA
           resource Vpc fixed
         each b.QA thing a.QA:count",
    );
    let preview = house.preview(&[]).await;
    assert_eq!(crate::fixture::print(&preview.changes), "a.QA\n+ main\n> count <a.QA:main.Count>");
    assert_eq!(preview.deferred.keys().collect::<Vec<_>>(), ["b.QA"]);
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create main", "create fixed", "create thing-0", "create thing-1"]);
    let preview = house.preview(&[]).await;
    assert!(preview.is_empty(), "{:?}", preview.deferred);
    assert_eq!(house.up(&["b.QA"]).await, "");
    assert!(house.preview(&["b.QA"]).await.is_empty());
}

#[tokio::test]
async fn what_reads_a_stack_that_waits_for_an_output_waits_with_it() {
    let mut house = House::new(
        "stack a.QA
           resource Vpc main
           output count @main.Count
         stack b.QA
           resource Vpc fixed
           output name @fixed.VpcId
         each b.QA thing a.QA:count
         stack c.QA
           resource Vpc alone
           resource Vpc reader Label=#b.QA:name
           output passed #b.QA:name
           output own @alone.VpcId
         stack d.QA
           resource Vpc last Label=#c.QA:passed",
    );
    let preview = house.preview(&[]).await;
    assert_eq!(preview.deferred.keys().collect::<Vec<_>>(), ["b.QA"]);
    let shown = crate::fixture::print(&preview.changes);
    assert!(shown.contains("> passed <b.QA:name>"), "{shown}");
    assert_eq!(house.up(&[]).await, "");
    let calls = house.cloud.calls();
    let at = |call: &str| calls.iter().position(|made| made == call).expect(call);
    assert!(at("create alone") < at("create fixed"), "what does not read it does not wait: {calls:?}");
    assert!(at("create fixed") < at("create reader") && at("create reader") < at("create last"), "{calls:?}");
    assert_eq!(calls.len(), 7, "{calls:?}");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn a_stack_that_branches_on_one_output_is_reached_by_another_that_changes() {
    let mut house = House::settled(
        "stack a.QA
           output label one
         stack b.QA
           output count 1
         stack c.QA
           resource Vpc reader Label=#a.QA:label
         each c.QA thing b.QA:count",
    )
    .await;
    house.edit("label one", "label two");
    let shown = crate::fixture::print(&house.preview(&[]).await.changes);
    assert!(shown.contains("~ reader"), "{shown}");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update reader"]);
}

#[tokio::test]
async fn a_stack_that_branches_on_a_known_output_is_planned_in_the_same_preview() {
    let mut house = House::new(
        "stack a.QA
           output count 1
         stack b.QA
         each b.QA thing a.QA:count
         stack c.QA
           output half 1
         each c.QA thing a.QA:count",
    );
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create thing-0", "create thing-0"]);
    assert!(house.preview(&[]).await.is_empty());
    house.edit("count 1", "count 2");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create thing-1", "create thing-1"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn an_upstream_outside_the_selection_can_be_branched_on_without_a_trace() {
    let mut house = House::new(
        "stack a.QA
           output count 2
         stack b.QA
         each b.QA thing a.QA:count
         each b.QA other c.QA:count
         stack c.QA
           output count 1",
    );
    assert_eq!(house.up(&["a.QA", "c.QA"]).await, "");
    assert_eq!(house.up(&["b.QA"]).await, "");
    assert_eq!(house.cloud.calls(), ["create other-0", "create thing-0", "create thing-1"]);
    assert!(house.preview(&["b.QA"]).await.is_empty());
}

#[tokio::test]
async fn stacks_that_wait_for_one_another_are_a_cycle() {
    let mut house = House::new(
        "stack a.QA
           output count 1
         each a.QA thing b.QA:count
         stack b.QA
           output count 1
         each b.QA thing a.QA:count",
    );
    let told = house.problems(&[], engine::Goal::Programs).await;
    assert!(told.starts_with("E0304 a cycle of plain reads: `a.QA`, `b.QA` wait for one another\nhint"), "{told}");
}

#[tokio::test]
async fn a_stack_without_an_optional_output_of_another_has_nothing_to_do_the_second_time() {
    let mut house = House::settled(
        "stack a.QA
           output there 1
         stack b.QA
           resource Vpc reader Label=#?a.QA:missing",
    )
    .await;
    let preview = house.preview(&[]).await;
    assert_eq!((preview.cached, preview.is_empty()), (2, true));
    house.edit("there 1", "missing \"now\"");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.text("reader-1", "Label"), "now");
    house.edit("missing \"now\"", "there 1");
    assert_eq!(house.up(&[]).await, "");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn two_stacks_that_read_each_other_come_up_and_go_down() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc first
           resource Vpc third Label=#b.QA:second
           output first @first.VpcId
         stack b.QA
           resource Vpc second Label=#a.QA:first
           output second @second.VpcId",
    )
    .await;
    assert!(house.preview(&[]).await.is_empty());
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete third", "delete second", "delete first"]);
}

#[tokio::test]
async fn a_stack_that_is_only_in_state_is_told_and_left_alone_until_it_is_destroyed_by_name() {
    let mut house = House::settled("stack a.QA\n resource Vpc main\nstack old.QA\n resource Vpc left").await;
    house.edit("stack old.QA\n resource Vpc left", "");
    let preview = house.preview(&[]).await;
    assert_eq!((preview.to_destroy.clone(), preview.is_empty()), (vec!["old.QA".to_owned()], true));
    assert_eq!(house.destroy(&["old.QA"]).await, "");
    assert_eq!(house.cloud.calls(), ["delete left"]);
    assert!(house.preview(&[]).await.to_destroy.is_empty());
}

#[tokio::test]
async fn a_cycle_that_closes_through_stacks_with_nothing_to_do_is_seen() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc first Label=x
           output first @first.VpcId
         stack b.QA
           resource Vpc second Label=#a.QA:first
           output second @second.VpcId
           output free 1
         stack c.QA
           resource Vpc third Label=#b.QA:second
           output third @third.VpcId",
    )
    .await;
    house.edit("first Label=x", "first Label=#c.QA:third");
    let told = house.problems(&[], engine::Goal::Programs).await;
    assert!(told.starts_with("E0304 a.rs:2:1 a cycle: `first` of `a.QA` needs output `third` of `c.QA`"), "{told}");
    // Stacks may read one another, as long as no resource does.
    house.edit("Label=#c.QA:third", "Size=#b.QA:free");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update first"]);
    assert!(house.preview(&[]).await.is_empty());
}
