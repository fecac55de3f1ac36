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
async fn case_31_after_the_first_signal_what_was_begun_ends_and_nothing_else_starts() {
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
async fn case_31_several_calls_that_are_on_their_way_are_all_waited_for_and_recorded() {
    let names = ["one", "two", "three", "four", "five"];
    let program = names.map(|name| format!("resource Vpc {name}")).join("\n");
    let mut house = House::new(&format!("stack a.QA\n{program}\n resource Vpc last Label=@one.VpcId"));
    house.jobs = 3;
    let (cancel, mut calls) = (house.cancel.clone(), 0);
    house.cloud.watch(move |_, _| {
        calls += 1;
        if calls == 2 {
            cancel.send_replace(true);
        }
    });
    assert_eq!(house.up(&[]).await, "cancelled");
    let made = house.cloud.ids();
    assert!((2..=3).contains(&made.len()), "{made:?}");
    let state = house.state("a.QA").await;
    let mut known: Vec<&str> = state.objects.values().map(|object| object.id.as_str()).collect();
    known.sort_unstable();
    assert_eq!((known, state.dangling.len()), (made.iter().map(String::as_str).collect(), 0));
    // A step that fails after the signal is told, and so is the signal.
    house.cancel.send_replace(false);
    house.cloud.calls();
    let (cancel, mut calls) = (house.cancel.clone(), 0);
    house.cloud.watch(move |_, _| {
        calls += 1;
        if calls == 1 {
            cancel.send_replace(true);
        }
    });
    names.iter().for_each(|name| house.cloud.harm(&format!("create {name}"), Harm::Refuse));
    let told = house.up(&[]).await;
    assert!(told.starts_with("failed create ") && told.ends_with("cancelled"), "{told}");
}

#[tokio::test]
async fn case_31_a_refresh_that_is_killed_has_recorded_the_stacks_that_it_was_through_with() {
    let stacks = ["a.QA", "b.QA", "c.QA"];
    let program = stacks.map(|stack| format!("stack {stack}\n resource Vpc main Label=x\n")).concat();
    let mut recorded = std::collections::BTreeSet::new();
    for writes in 0.. {
        let mut house = House::settled(&program).await;
        house.cloud.ids().iter().for_each(|id| house.cloud.meddle(id, "Label", "y"));
        let died = house.refresh_killed_at_write(writes).await;
        let mut seen = Vec::new();
        for stack in stacks {
            let state = house.state(stack).await;
            seen.push(state.objects.values().any(|object| object.observed["Label"] == "y".into()));
        }
        assert!(seen.is_sorted_by(|before, after| before >= after), "{writes}: {seen:?}");
        recorded.insert(seen.iter().filter(|seen| **seen).count());
        if !died {
            break;
        }
        assert_eq!(house.up(&[]).await, "", "{writes}");
        house.refresh(&[]).await;
        assert_eq!(house.up(&[]).await, "", "{writes}");
        assert!(house.cloud.ids().iter().all(|id| house.cloud.text(id, "Label") == "x"), "{writes}");
    }
    assert_eq!(recorded, [0, 1, 2, 3].into());
}

#[tokio::test]
async fn case_79_whatever_a_provider_may_answer_has_a_meaning() {
    // There is no answer that puts a step off; a step that was not done, or was taken back, leaves nothing.
    for harm in [Harm::NotStarted, Harm::RolledBack] {
        let mut house = House::new("stack a.QA\n resource Vpc main Label=x\n resource Vpc reads Label=@main.VpcId");
        house.cloud.harm("create main", harm);
        assert_eq!(house.up(&[]).await, "failed create main of a.QA: E0503\nskipped reads of a.QA: main of a.QA");
        let state = house.state("a.QA").await;
        assert!(state.objects.is_empty() && state.dangling.is_empty());
        house.cloud.heal();
        assert_eq!(house.up(&[]).await, "");
        for verb in ["update", "delete"] {
            house.cloud.harm(&format!("{verb} main"), harm);
        }
        house.edit("Label=x", "Label=y");
        assert!(house.up(&[]).await.starts_with("failed update main of a.QA: E0503"));
        assert!(house.destroy(&[]).await.starts_with("failed delete main of a.QA: E0503"));
        assert_eq!(house.state("a.QA").await.objects.len(), 1);
        house.cloud.heal();
        assert_eq!(house.destroy(&[]).await, "");
        assert_eq!(house.cloud.ids(), [""; 0]);
    }
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
async fn a_program_that_panics_is_a_problem_of_its_stack() {
    // What is no line of the language panics where it is read.
    let mut house = House::new("stack a.QA\n nonsense\n stack b.QA\n resource Vpc main");
    let told = house.problems(&["a.QA"], engine::Goal::Programs).await;
    assert!(told.starts_with("E0590 the program of `a.QA` panicked\nhint"), "{told}");
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
