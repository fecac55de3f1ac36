//! What fails, what goes on, and what the next run does.

use std::sync::{Arc, Mutex};

use crate::cloud::Harm;
use crate::house::House;

const TWO: &str = "stack a.QA
       resource Vpc main
       resource Vpc other
       resource Vpc reads Label=@main.VpcId
       output id @main.VpcId
     stack b.QA
       resource Vpc free
       resource Vpc reader Peer=#a.QA:id";

#[tokio::test]
async fn independent_work_goes_on_and_the_next_run_does_only_the_rest() {
    let mut house = House::new(TWO);
    house.cloud.harm("create main", Harm::Refuse);
    assert_eq!(
        house.up(&[]).await,
        "failed create main of a.QA: E0600\n\
         skipped reads of a.QA: main of a.QA\n\
         skipped output id of a.QA: main of a.QA\n\
         skipped reader of b.QA: main of a.QA"
    );
    assert_eq!(house.cloud.calls(), ["create main", "create other", "create free"]);
    house.cloud.heal();
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create main", "create reads", "create reader"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn a_reader_that_has_moved_on_is_untouched_when_its_upstream_failed_afterwards() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc one Cidr=10.1.0.0/16
           resource Vpc two Cidr=10.2.0.0/16
           output one @one.VpcId
           output two @two.VpcId
         stack b.QA
           resource Vpc reader Label=#a.QA:one
         stack c.QA
           resource Vpc reader Label=#a.QA:two",
    )
    .await;
    house.edit("10.1.", "10.8.");
    house.edit("10.2.", "10.9.");
    house.cloud.harm("create two", Harm::Refuse);
    assert!(house.up(&[]).await.starts_with("failed replace two of a.QA: E0600"));
    assert_eq!(house.output("a.QA", "one").await, "one-5");
    assert_eq!(house.output("a.QA", "two").await, "two-2 (stale)");
    assert_eq!(house.cloud.calls(), ["create one", "create two", "update reader", "delete one"]);
    house.cloud.heal();
    let preview = house.preview(&[]).await;
    assert!(preview.unchanged.contains("b.QA"));
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create two", "update reader", "delete two"]);
    assert_eq!(house.cloud.text("reader-4", "Label"), "two-6");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn a_run_that_stops_at_the_first_failure_says_what_it_gave_up_and_is_not_done() {
    let mut house = House::new(TWO);
    house.stop_at_failure = true;
    house.cloud.harm("create main", Harm::Refuse);
    let told = house.up(&[]).await;
    assert!(told.contains("skipped other of a.QA: the first failure"), "{told}");
    assert!(told.contains("skipped free of b.QA: the first failure"), "{told}");
    assert_eq!(house.cloud.calls(), ["create main"]);
    house.cloud.heal();
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls().len(), 5);
}

#[tokio::test]
async fn a_cancelled_run_ends_what_it_has_begun_and_the_next_does_the_rest() {
    let mut house = House::new(TWO);
    let cancel = house.cancel.clone();
    house.cloud.watch(move |call, _| {
        if call == "create main" {
            cancel.send_replace(true);
        }
    });
    assert_eq!(house.up(&[]).await, "cancelled");
    assert_eq!(house.cloud.calls(), ["create main"]);
    assert_eq!(house.state("a.QA").await.objects.len(), 1);
    house.cloud.watch(|_, _| ());
    house.cancel.send_replace(false);
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls().len(), 4);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn a_run_that_is_cancelled_before_it_begins_calls_nothing() {
    let mut house = House::new(TWO);
    house.cancel.send_replace(true);
    assert_eq!(house.up(&[]).await, "cancelled");
    assert_eq!(house.cloud.calls(), [""; 0]);
}

#[tokio::test]
async fn a_task_that_dies_takes_only_its_own_step_with_it() {
    let mut house = House::new(TWO);
    house.cloud.harm("create main", Harm::Panic);
    let told = house.up(&[]).await;
    assert!(told.starts_with("failed create main of a.QA: E0901\nskipped reads of a.QA: main of a.QA"), "{told}");
    assert_eq!(house.cloud.calls(), ["create main", "create other", "create free"]);
    house.cloud.heal();
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.ids().len(), 5);
}

#[tokio::test]
async fn every_step_that_was_announced_has_an_end() {
    let mut house = House::new(TWO);
    house.cloud.harm("create main", Harm::Refuse);
    house.up(&[]).await;
    let open = Arc::new(Mutex::new(0));
    for event in &house.events {
        match event {
            engine::Event::StepStarted { .. } => *open.lock().expect("lock") += 1,
            engine::Event::StepEnded { outcome, .. } if !matches!(outcome, engine::StepOutcome::Skipped { .. }) => {
                *open.lock().expect("lock") -= 1;
            }
            _ => {}
        }
    }
    let stacks = house.events.iter().filter(|event| matches!(event, engine::Event::StackEnded { .. })).count();
    assert_eq!((*open.lock().expect("lock"), stacks), (0, 2), "{:#?}", house.events);
}

#[tokio::test]
async fn a_stack_whose_journal_cannot_be_written_stops_and_others_go_on() {
    // The chunk that fails is that of the first intents, or of the results that follow, and so on.
    for chunks in 0..3 {
        let mut house = House::new(TWO);
        house.jobs = 4;
        house.failing_disk = Some(("a.QA".to_owned(), chunks));
        let preview = house.preview(&[]).await;
        let report = house.apply(&preview).await.expect("starts");
        let calls = house.cloud.calls();
        assert!(report.failed.iter().all(|failure| failure.problem.code == "E0501"), "{:?}", report.failed);
        assert!(report.failed.iter().all(|failure| failure.stack.to_string() == "a.QA"), "{:?}", report.failed);
        assert!(calls.contains(&"create free".to_owned()), "{calls:?}");
        assert_eq!(calls.contains(&"create main".to_owned()), chunks > 0, "{calls:?}");
        house.failing_disk = None;
        assert_eq!(house.up(&[]).await, "", "after {chunks} chunks");
        assert_eq!(house.cloud.ids().len(), 5, "after {chunks} chunks: {:?}", house.cloud.ids());
        assert!(house.preview(&[]).await.is_empty());
    }
}
