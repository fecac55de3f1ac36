//! Restricted runs, replacements that were asked for, provider instances.

use diff::Restricted;
use engine::Goal;

use crate::fixture::targets;
use crate::house::House;

/// `b` reads `a`; `c` reads `b` from another stack.
const CHAIN: &str = "stack net.QA
       resource Vpc a Label=one
       resource Vpc b Label=@a.Label Size=1
       resource Vpc apart Label=one
       output label @b.Label
     stack app.QA
       resource Vpc c Label=#net.QA:label";

#[tokio::test]
async fn case_65_an_untargeted_create_is_refused_before_anything_is_done() {
    let mut house = House::new(CHAIN);
    house.targets = targets("--target b");
    let told = house.problems(&[], Goal::Programs).await;
    assert!(told.contains("`b` of `net.QA` needs `a`, which is not there"), "{told}");
    house.targets = targets("--target apart");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create apart"]);
    house.targets = targets("--target b --target a");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create a", "create b"]);
    assert_eq!(house.output("net.QA", "label").await, "one");
}

#[tokio::test]
async fn a_restricted_run_does_what_it_says_and_the_next_does_the_rest() {
    let mut house = House::settled(CHAIN).await;
    house.edit("Vpc a Label=one", "Vpc a Label=two");
    house.edit("Size=1", "Size=2");
    house.edit("apart Label=one", "apart Label=two");
    house.targets = targets("--target b");
    let preview = house.preview(&[]).await;
    assert_eq!(crate::fixture::print(&preview.changes), "net.QA\n~ b\nSize 1 -> 2");
    assert_eq!(preview.restricted, Some(Restricted { targets: 1, left: 3 }));
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update b"]);
    let label = |house: &House| house.cloud.text("b-3", "Label");
    assert_eq!(label(&house), "one", "what is not targeted is read as state says");
    // The stack is not settled: a run without targets sees what was left, and only that.
    house.targets = targets("");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update a", "update apart", "update b", "update c"]);
    assert_eq!((label(&house).as_str(), house.preview(&[]).await.is_empty()), ("two", true));
}

#[tokio::test]
async fn a_restricted_run_with_nothing_to_do_writes_nothing() {
    let mut house = House::settled(CHAIN).await;
    house.edit("Vpc a Label=one", "Vpc a Label=two");
    let files = house.files();
    house.targets = targets("--target apart");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!((house.cloud.calls().len(), house.files() == files), (0, true));
    house.targets = targets("--target aparrt");
    let told = house.problems(&[], Goal::Programs).await;
    assert!(told.starts_with("E0430") && told.contains("did you mean `--target apart`?"), "{told}");
    assert!(house.problems(&[], Goal::Nothing).await.starts_with("E0430"));
}

#[tokio::test]
async fn case_67_a_targeted_destroy_is_refused_or_takes_along_what_depends_on_it() {
    let mut house = House::settled(CHAIN).await;
    house.targets = targets("--target a");
    let told = house.problems(&[], Goal::Nothing).await;
    assert!(told.starts_with("E0432 `a`, output `label` of `net.QA` cannot go"), "`b` passes it on: {told}");
    assert_eq!(house.cloud.calls(), [""; 0]);
    house.targets = targets("--target a --target-dependents");
    house.cloud.harm("delete b", crate::cloud::Harm::Refuse);
    assert_eq!(
        house.destroy(&[]).await,
        "failed delete b of net.QA: E0600\nskipped a of net.QA: b of net.QA\n\
         skipped output label of net.QA: b of net.QA",
        "what could not be deleted keeps what it needs"
    );
    assert_eq!(house.cloud.calls(), ["delete c", "delete b"]);
    house.cloud.heal();
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete b", "delete a"]);
    assert_eq!(house.cloud.ids(), ["apart-2"]);
}

#[tokio::test]
async fn case_69_what_is_excluded_keeps_its_state_and_its_outputs() {
    let mut house = House::settled(CHAIN).await;
    house.edit("Vpc a Label=one", "Vpc a Label=two");
    house.targets = targets("--exclude b");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update a"]);
    assert_eq!(house.output("net.QA", "label").await, "one");
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete c", "delete apart"], "what is excluded keeps what it needs");
    assert_eq!(house.output("net.QA", "label").await, "one");
    house.targets = targets("");
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!((house.cloud.ids().len(), house.state("net.QA").await.outputs.len()), (0, 0));
}

#[tokio::test]
async fn a_replacement_that_was_asked_for_is_done_once() {
    let mut house = House::settled(CHAIN).await;
    house.targets = targets("--replace a");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create a", "delete a"]);
    house.targets = targets("");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn the_old_object_stays_until_readers_that_were_left_have_moved_on() {
    let text = "stack net.QA
       resource Vpc a Cidr=one
       resource Vpc b Peer=@a.VpcId";
    let mut house = House::settled(text).await;
    house.edit("Cidr=one", "Cidr=two");
    house.targets = targets("--target a");
    let preview = house.preview(&[]).await;
    assert_eq!(preview.held_back, ["the old `a` of net.QA stays until `b` of net.QA no longer read it"]);
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create a"]);
    house.targets = targets("");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create b", "delete b", "delete a"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_70_a_saved_preview_touches_and_replaces_what_it_was_made_for() {
    let mut house = House::settled(CHAIN).await;
    house.edit("Vpc a Label=one", "Vpc a Label=two");
    house.edit("Size=1", "Size=2");
    house.targets = targets("--target net.QA:b --target *apart --replace apart");
    let text = house.save(&[]).await;
    house.targets = targets("");
    assert_eq!(house.carry_out(&text).await, "");
    assert_eq!(house.cloud.calls(), ["create apart", "delete apart", "update b"]);
    assert_eq!(house.carry_out(&text).await, "", "what was replaced is not replaced again");
    assert_eq!(house.cloud.calls(), [""; 0]);
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update a", "update b", "update c"], "the rest was left");
}

#[tokio::test]
async fn what_reads_something_excluded_by_way_of_another_stack_does_not_move() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc main Cidr=c1
           resource Vpc reader Peer=@main.Arn
         stack b.QA
         stack c.QA",
    )
    .await;
    house.edit("resource Vpc reader Peer=@main.Arn", "output main @main.Arn");
    house.edit("stack b.QA", "stack b.QA\n resource Vpc reader Peer=#c.QA:passed\n moved a.QA reader");
    house.edit("stack c.QA", "stack c.QA\n output passed #a.QA:main");
    house.targets = targets("--exclude main --exclude-dependents");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), [""; 0]);
    assert_eq!(house.state("a.QA").await.objects.len(), 2);
    assert!(house.state_if_any("b.QA").await.is_none_or(|state| state.objects.is_empty()));
    house.targets = targets("");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.state("b.QA").await.objects.len(), 1);
    assert!(house.preview(&[]).await.is_empty());
}

/// In its new place it reads nothing of what is excluded: one end would stay, and the other one be touched.
#[tokio::test]
async fn what_is_excluded_at_one_end_of_its_move_is_refused() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc main Cidr=c1
           resource Vpc reader Peer=@main.Arn
         stack b.QA",
    )
    .await;
    house.edit("resource Vpc reader Peer=@main.Arn", "");
    house.edit("stack b.QA", "stack b.QA\n resource Vpc reader\n moved a.QA reader");
    house.targets = targets("--exclude main --exclude-dependents");
    let told = house.problems(&[], Goal::Programs).await;
    assert!(told.starts_with("E0547 `reader` moves from `a.QA` to `b.QA`"), "{told}");
}
