//! What the vendor sets anew in an update reaches its readers in the same run.

use crate::cloud::Harm;
use crate::fixture;
use crate::house::House;

const READ: &str = "stack a.QA
       resource Template main Data=one Label=x
       resource Vpc reader Label=@main.Version
       resource Vpc replaced Peer=@main.Version
       output version @main.Version
     stack b.QA
       resource Vpc reader Label=#a.QA:version";

#[tokio::test]
async fn whoever_reads_what_an_update_sets_anew_follows_in_the_same_run() {
    let mut house = House::settled(READ).await;
    house.edit("Data=one", "Data=two");
    let shown = fixture::print(&house.preview(&[]).await.changes);
    assert_eq!(
        shown,
        fixture::trimmed(
            "a.QA
             ~ main
             Data one -> two
             ~ reader
             Label v1 -> <a.QA:main.Version>
             ±? replaced
             Peer! v1 -> <a.QA:main.Version>
             > version <a.QA:main.Version>
             b.QA
             ~ reader
             Label v1 -> <a.QA:version>"
        )
    );
    assert_eq!(house.up(&[]).await, "");
    let mut calls = house.cloud.calls();
    assert_eq!(calls.remove(0), "update main", "before whoever reads it");
    calls.sort();
    assert_eq!(calls, ["create replaced", "delete replaced", "update reader", "update reader"]);
    assert_eq!(house.output("a.QA", "version").await, "v2");
    assert!(house.preview(&[]).await.is_empty(), "once is enough");
}

#[tokio::test]
async fn what_comes_out_as_it_was_changes_nobody() {
    let mut house = House::settled(READ).await;
    // The vendor has it already, and makes no other version of it.
    house.cloud.meddle("main-1", "Data", "two");
    house.edit("Data=one", "Data=two");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update main"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn an_update_of_something_else_reaches_nobody() {
    let mut house = House::settled(READ).await;
    house.edit("Label=x", "Label=y");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update main"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn a_reader_that_was_killed_before_it_followed_follows_in_the_next_run() {
    for call in 1..=5 {
        let mut house = House::settled(READ).await;
        house.edit("Data=one", "Data=two");
        house.attempt_killed(&[], call).await;
        assert_eq!(house.up(&[]).await, "", "killed at call {call}");
        let ids = house.cloud.ids();
        assert_eq!(ids.len(), 4, "{ids:?}");
        assert!(ids.iter().filter(|id| id.starts_with("reader")).all(|id| house.cloud.text(id, "Label") == "v2"));
        assert!(house.preview(&[]).await.is_empty());
    }
}

#[tokio::test]
async fn an_update_that_was_interrupted_and_taken_back_is_followed_to_the_end() {
    for harm in [Harm::LoseAnswer, Harm::LoseCall, Harm::Partial] {
        let mut house = House::settled(READ).await;
        house.edit("Data=one", "Data=two");
        house.cloud.harm("update main", harm);
        assert!(house.up(&[]).await.starts_with("failed update main of a.QA: E0600"), "{harm:?}");
        house.cloud.heal();
        house.edit("Data=two", "Data=one");
        assert_eq!(house.up(&[]).await, "", "{harm:?}");
        assert!(house.preview(&[]).await.is_empty(), "{harm:?}");
        let version = house.output("a.QA", "version").await;
        let readers = house.cloud.ids().into_iter().filter(|id| id.starts_with("reader")).collect::<Vec<_>>();
        assert!(readers.iter().all(|id| house.cloud.text(id, "Label") == version), "{harm:?}: {version}");
    }
}
