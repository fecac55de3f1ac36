//! Replacement: the order of calls, and what is weakened when it is known.

use diff::Action;

use crate::house::House;

const CHAIN: &str = "stack a.QA
       resource Vpc main Cidr=10.1.0.0/16
       resource Vpc replaced Peer=@main.VpcId
       resource Vpc updated Label=@main.VpcId
       output id @main.VpcId
     stack b.QA
       resource Vpc reader Label=#a.QA:id";

#[tokio::test]
async fn the_new_object_is_made_before_the_old_one_is_deleted() {
    let mut house = House::settled(CHAIN).await;
    house.edit("10.1.", "10.9.");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(
        house.cloud.calls(),
        ["create main", "create replaced", "delete replaced", "update updated", "update reader", "delete main"]
    );
    assert_eq!(house.cloud.text("reader-4", "Label"), "main-5");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn the_old_object_and_what_is_replaced_with_it_go_first_if_they_must() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc main Cidr=10.1.0.0/16
             dbr true
           resource Vpc replaced Peer=@main.VpcId
           output id @main.VpcId
         stack b.QA
           resource Vpc reader Peer=#a.QA:id",
    )
    .await;
    house.edit("10.1.", "10.9.");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(
        house.cloud.calls(),
        ["delete replaced", "delete reader", "delete main", "create main", "create replaced", "create reader"]
    );
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn two_objects_of_one_name_are_never_there_at_a_time() {
    let mut house = House::settled("stack a.QA\n resource Bucket logs Name=logs Region=a").await;
    house.edit("Region=a", "Region=b");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete logs", "create logs"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn a_replacement_that_was_not_needed_after_all_is_not_done() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc main Cidr=10.1.0.0/16
           resource Vpc reads Peer=@main.Label",
    )
    .await;
    house.edit("10.1.", "10.9.");
    let shown = crate::fixture::print(&house.preview(&[]).await.changes);
    assert!(shown.contains("±? reads\nPeer! nothing -> <a.QA:main.Label>"), "{shown}");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create main", "delete main"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn what_is_ignored_is_kept_even_by_an_object_that_went_first() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc main Cidr=10.1.0.0/16 Label=first Pass=!db.v1
             dbr true
             ignore Label
             ignore Pass",
    )
    .await;
    let pass = house.cloud.text("main-1", "Pass");
    house.edit("10.1.0.0/16 Label=first Pass=!db.v1", "10.9.0.0/16 Label=second Pass=!db.v2");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete main", "create main"]);
    assert_eq!((house.cloud.text("main-2", "Label"), house.cloud.text("main-2", "Pass")), ("first".to_owned(), pass));
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn an_ignored_secret_is_there_when_something_else_is_updated() {
    let mut house = House::settled("stack a.QA\n resource Vpc main Label=x Pass=!db.v1\n ignore Pass").await;
    let pass = house.cloud.text("main-1", "Pass");
    house.edit("Label=x Pass=!db.v1", "Label=y Pass=!db.v2");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!((house.cloud.calls(), house.cloud.text("main-1", "Pass")), (vec!["update main".to_owned()], pass));
}

#[tokio::test]
async fn secrets_follow_a_resource_to_its_new_name() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc old Label=x Pass=!db.v1
           output pass @old.Pass
           resource Vpc first Cidr=10.1.0.0/16
             dbr true",
    )
    .await;
    house.edit("Vpc old Label=x Pass=!db.v1", "Vpc new Label=x Pass=!db.v1\n alias old");
    house.edit("@old", "@new");
    house.edit("Vpc first Cidr=10.1.0.0/16", "Vpc second Cidr=10.9.0.0/16\n alias first");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete second", "create second"]);
    house.edit("Label=x", "Label=y");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update new"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn an_old_object_stays_until_a_reader_outside_the_selection_has_moved_on() {
    let mut house = House::settled(CHAIN).await;
    house.edit("10.1.", "10.9.");
    let preview = house.preview(&["a.QA"]).await;
    assert_eq!(preview.held_back, ["the old `main` of a.QA stays until b.QA no longer read it"]);
    assert_eq!(house.up(&["a.QA"]).await, "");
    assert!(house.cloud.ids().contains(&"main-1".to_owned()));
    assert_eq!(house.up(&["b.QA"]).await, "");
    assert_eq!(house.cloud.text("reader-4", "Label"), "main-5");
    house.cloud.calls();
    assert_eq!(house.up(&["a.QA"]).await, "");
    assert_eq!(house.cloud.calls(), ["delete main"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn a_protected_object_is_not_replaced_even_if_that_turns_out_only_on_the_way() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc main Cidr=c1
           resource Vpc reads Peer=@main.Arn
             protect",
    )
    .await;
    house.edit("c1", "c2");
    assert_eq!(
        house.up(&[]).await,
        "failed replace reads of a.QA: E0401\nskipped main of a.QA: reads of a.QA\nskipped reads of a.QA: reads of a.QA"
    );
    assert_eq!(house.cloud.calls(), ["create main"]);
    assert_eq!(house.cloud.ids(), ["main-1", "main-3", "reads-2"]);
}

/// Its name is made for an incarnation, and it stays the one that it is.
#[tokio::test]
async fn what_has_a_made_name_and_is_not_replaced_after_all_keeps_its_name() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc main Cidr=c1
           resource Bucket logs Label=one Region=@main.Count",
    )
    .await;
    house.edit("Cidr=c1", "Cidr=c2");
    house.edit("Label=one", "Label=two");
    let named = |house: &House| house.cloud.ids().into_iter().find(|id| id.starts_with("logs"));
    let before = named(&house);
    let undecided = |change: &diff::ResourceChange| matches!(change.action, Action::Replace { undecided: true, .. });
    assert!(house.preview(&[]).await.changes[0].resources.values().any(undecided));
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create main", "update logs", "delete main"]);
    assert_eq!(named(&house), before);
}
