//! Bringing up, doing nothing, taking down.

use std::sync::{Arc, Mutex};

use engine::Goal;

use crate::house::{House, walk};

const TWO: &str = "stack a.QA
       resource Vpc main Cidr=10.0.0.0/16
       resource Vpc reads Label=@main.VpcId
       output id @main.VpcId
     stack b.QA
       resource Vpc reader Peer=#a.QA:id";

#[tokio::test]
async fn everything_is_made_in_order_and_the_outputs_are_published() {
    let mut house = House::new(TWO);
    let preview = house.preview(&[]).await;
    assert_eq!(
        crate::fixture::print(&preview.changes),
        "a.QA\n+ main\n+ reads\n> id <a.QA:main.VpcId>\nb.QA\n+ reader"
    );
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create main", "create reads", "create reader"]);
    assert_eq!(house.output("a.QA", "id").await, "main-1");
    assert_eq!(house.cloud.text("reader-3", "Peer"), "main-1");
}

#[tokio::test]
async fn with_nothing_to_do_nothing_is_evaluated_called_or_written() {
    let mut house = House::settled(TWO).await;
    let files = house.files();
    let preview = house.preview(&[]).await;
    assert!(preview.is_empty() && preview.changes.is_empty(), "{}", crate::fixture::print(&preview.changes));
    assert_eq!((preview.cached, preview.unchanged.len()), (2, 2));
    assert_eq!(house.cloud.calls(), [""; 0]);
    assert_eq!(house.files(), files);
}

#[tokio::test]
async fn a_preview_writes_nothing() {
    let mut house = House::settled(TWO).await;
    let files = house.files();
    house.edit("Cidr=10.0.0.0/16", "Cidr=10.9.0.0/16");
    assert!(!house.preview(&[]).await.is_empty());
    assert!(!house.preview_of(&[], Goal::Nothing).await.expect("a preview").is_empty());
    assert_eq!(house.files(), files);
}

#[tokio::test]
async fn a_call_starts_after_its_intent_is_durable() {
    let mut house = House::new(TWO);
    let root = house.root();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    house.cloud.watch(move |call, step| {
        let mut files = Vec::new();
        walk(&root.join("stacks"), &mut files);
        let durable = files.iter().any(|(path, bytes, _)| {
            path.extension().is_some_and(|extension| extension == "jsonl")
                && String::from_utf8_lossy(bytes).contains(&step.token)
        });
        log.lock().expect("lock").push((call.to_owned(), durable));
    });
    assert_eq!(house.up(&[]).await, "");
    house.edit("Cidr=10.0.0.0/16", "Cidr=10.9.0.0/16");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.destroy(&[]).await, "");
    let seen = seen.lock().expect("lock");
    assert_eq!(seen.len(), 3 + 5 + 3);
    assert!(seen.iter().all(|(_, durable)| *durable), "{seen:?}");
}

#[tokio::test]
async fn everything_goes_in_reverse_across_stacks() {
    let mut house = House::settled(TWO).await;
    assert_eq!(
        house.problems(&["a.QA"], Goal::Nothing).await,
        "E0402 `main`, output `id` of `a.QA` cannot go: other stacks still read it\n\
         note `b.QA` was applied with `id`\nhint select the readers too: `--with-downstream`"
    );
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete reads", "delete reader", "delete main"]);
    assert!(house.cloud.ids().is_empty());
    let state = house.state("a.QA").await;
    assert!(state.is_empty() && state.outputs.is_empty() && state.last_incarnation == 1);
    assert!(house.preview_of(&[], Goal::Nothing).await.expect("a preview").is_empty());
}

#[tokio::test]
async fn a_stack_that_comes_back_makes_new_objects_under_new_names() {
    let mut house = House::settled("stack a.QA\n resource Bucket logs").await;
    let name = house.cloud.text("logs-1", "Name");
    house.destroy(&[]).await;
    assert_eq!(house.up(&[]).await, "");
    assert_ne!(house.cloud.text("logs-2", "Name"), name);
}

#[tokio::test]
async fn a_protected_object_is_refused_before_anything_is_deleted_unless_the_profile_says_otherwise() {
    let mut house = House::settled("stack a.QA\n resource Vpc main\n protect\n resource Vpc other").await;
    assert!(house.problems(&[], Goal::Nothing).await.starts_with("E0401"));
    house.ignore_protection = true;
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete main", "delete other"]);
}

#[tokio::test]
async fn protection_that_was_added_later_is_remembered() {
    let mut house = House::settled("stack a.QA\n resource Vpc main Label=x").await;
    house.edit("Label=x", "Label=x\n protect");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), [""; 0]);
    assert!(house.state("a.QA").await.objects.values().all(|object| object.kept.protect));
    assert!(house.problems(&[], Goal::Nothing).await.starts_with("E0401"));
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn drift_is_mended() {
    let mut house = House::settled("stack a.QA\n resource Vpc main Label=x").await;
    house.cloud.meddle("main-1", "Label", "y");
    let selected = ["a.QA".to_owned()].into();
    let report =
        house.with(async |engine| engine.refresh(&selected, &diff::Targets::default()).await).await.expect("refreshes");
    assert_eq!(report.changed.len(), 1);
    assert_eq!(crate::fixture::print(&house.preview(&[]).await.changes), "a.QA\n~ main\nLabel? y -> x");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.text("main-1", "Label"), "x");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn an_object_that_is_gone_is_made_again() {
    let mut house = House::settled(TWO).await;
    house.destroy(&["b.QA"]).await;
    let mut house = House::settled("stack a.QA\n resource Vpc main Label=x").await;
    house.cloud.vanish("main-1");
    let selected = ["a.QA".to_owned()].into();
    let report =
        house.with(async |engine| engine.refresh(&selected, &diff::Targets::default()).await).await.expect("refreshes");
    assert_eq!(report.gone.len(), 1);
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.ids(), ["main-2"]);
}

#[tokio::test]
async fn a_renamed_resource_keeps_its_object() {
    let mut house = House::settled("stack a.QA\n resource Vpc old Label=x\n resource Vpc reads Peer=@old.VpcId").await;
    house.edit("Vpc old Label=x", "Vpc new Label=x\n alias old");
    house.edit("@old", "@new");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), [""; 0]);
    assert!(house.preview(&[]).await.is_empty());
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete reads", "delete new"]);
}

#[tokio::test]
async fn an_existing_object_is_taken_over_if_it_is_as_the_program_says() {
    let mut house = House::settled("stack a.QA\n resource Vpc main Label=x\n retain").await;
    house.destroy(&[]).await;
    assert_eq!((house.cloud.calls().len(), house.cloud.ids().len()), (0, 1));
    house.edit("Label=x\n retain", "Label=x\n import main-1");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["adopt main"], "its owner is told to the vendor");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn an_object_is_left_where_it_is_when_it_is_retained() {
    let mut house = House::settled("stack a.QA\n resource Vpc main Cidr=c1\n retain").await;
    house.edit("c1", "c2");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create main"]);
    house.program("stack a.QA");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!((house.cloud.calls().len(), house.cloud.ids().len()), (0, 2));
    assert!(house.state("a.QA").await.is_empty());
}
