//! Traces that other machines have left.

use std::sync::{Arc, Mutex};

use engine::{Preview, Trace, TraceSource};
use plan::{Read, Reads};
use taskgraph::EvaluateRecord;
use value::Digest;

use crate::house::House;

/// Traces in memory, each with its plan; whoever asks gets the first with the right code.
#[derive(Default)]
struct Shelf(Mutex<Vec<(Trace, Vec<u8>)>>);

impl Shelf {
    /// The stacks whose traces are there.
    fn stacks(&self) -> Vec<String> {
        let mut stacks: Vec<String> =
            self.0.lock().expect("sound").iter().map(|(trace, _)| trace.record.stack.to_string()).collect();
        stacks.sort();
        stacks
    }
}

impl TraceSource for Shelf {
    fn find(&self, task: &EvaluateRecord, now: &dyn Fn(&Read) -> Option<Digest>) -> Option<Trace> {
        let shelf = self.0.lock().expect("sound");
        let same = |trace: &Trace| *task == EvaluateRecord { reads: Reads::new(), ..trace.record.clone() };
        let holds = |trace: &Trace| trace.record.reads.iter().all(|(read, digest)| now(read) == Some(*digest));
        shelf.iter().map(|(trace, _)| trace).find(|trace| same(trace) && holds(trace)).cloned()
    }

    fn plan(&self, trace: &Trace) -> Option<Vec<u8>> {
        let shelf = self.0.lock().expect("sound");
        shelf.iter().find(|(other, _)| other.record == trace.record).map(|(_, plan)| plan.clone())
    }

    fn wants(&self) -> bool {
        true
    }

    fn leave(&self, trace: &Trace, plan: &[u8]) {
        self.0.lock().expect("sound").push((trace.clone(), plan.to_owned()));
    }
}

async fn preview(house: &mut House, stacks: &[&str]) -> Preview {
    let preview = house.preview(stacks).await;
    house.with(async |engine| engine.share(&preview)).await;
    preview
}

const WAITING: &str = "stack a.QA
       resource Vpc main
       output count @main.Count
     stack b.QA
       resource Vpc fixed
     each b.QA thing a.QA:count";

#[tokio::test]
async fn what_one_machine_evaluates_another_one_finds() {
    let shelf = Arc::new(Shelf::default());
    let mut house = House::settled("stack a.QA\n resource Vpc main\nstack b.QA\n resource Vpc other").await;
    house.traces.clear();
    house.shared = Some(shelf.clone());
    assert_eq!(preview(&mut house, &[]).await.cached, 0);
    assert_eq!(shelf.stacks(), ["a.QA", "b.QA"]);
    for (trace, plan) in shelf.0.lock().expect("sound").iter() {
        assert_eq!(Digest::of("plan/1", plan), trace.plan, "the plan that the trace speaks of");
    }

    let mut other = house.beside();
    other.shared = Some(shelf.clone());
    let found = preview(&mut other, &[]).await;
    assert_eq!((found.cached, found.found.len(), found.is_empty()), (2, 2, true));
    assert_eq!(shelf.stacks(), ["a.QA", "b.QA"], "what was found is not left once more");
    // It is kept: without the others it is there as well.
    other.shared = None;
    assert_eq!(preview(&mut other, &[]).await.cached, 2);

    other.shared = Some(shelf.clone());
    other.edit("Vpc other", "Vpc another");
    let edited = preview(&mut other, &[]).await;
    assert_eq!((edited.cached, edited.found.len()), (1, 0), "other code is another evaluation");
    assert_eq!(shelf.stacks(), ["a.QA", "b.QA", "b.QA"]);
}

#[tokio::test]
async fn cache_12_a_program_that_waits_leaves_nothing() {
    let shelf = Arc::new(Shelf::default());
    let mut house = House::new(WAITING);
    house.shared = Some(shelf.clone());
    let first = preview(&mut house, &[]).await;
    assert_eq!((first.deferred.len(), shelf.stacks()), (1, vec!["a.QA".to_owned()]));
    assert_eq!(house.up(&[]).await, "");
    house.traces.clear();
    assert!(preview(&mut house, &[]).await.is_empty());
    assert!(shelf.stacks().contains(&"b.QA".to_owned()), "it is known now what it gives: {:?}", shelf.stacks());
    // Outside the selection what it read as a plain value is published, and found with it.
    let mut other = house.beside();
    other.shared = Some(shelf.clone());
    assert!(preview(&mut other, &["b.QA"]).await.is_empty());
}

#[tokio::test]
async fn a_trace_that_does_not_hold_here_does_not_count() {
    struct Liar;
    impl TraceSource for Liar {
        fn find(&self, task: &EvaluateRecord, _: &dyn Fn(&Read) -> Option<Digest>) -> Option<Trace> {
            let nothing = Digest::of("plan/1", b"nothing");
            let reads = [(Read::File("of elsewhere".to_owned()), nothing)].into();
            Some(Trace {
                record: EvaluateRecord { reads, ..task.clone() },
                config: engine::ConfigText::default(),
                plan: nothing,
                outputs: std::collections::BTreeSet::new(),
                after: std::collections::BTreeSet::new(),
                exports: Default::default(),
                idle: Some(nothing),
                secrets: std::collections::BTreeSet::new(),
                takes: std::collections::BTreeSet::new(),
            })
        }

        fn plan(&self, _: &Trace) -> Option<Vec<u8>> {
            None
        }

        fn wants(&self) -> bool {
            false
        }

        fn leave(&self, _: &Trace, _: &[u8]) {
            panic!("nothing is wanted");
        }
    }
    let mut house = House::settled("stack a.QA\n resource Vpc main").await;
    house.traces.clear();
    house.shared = Some(Arc::new(Liar));
    let seen = preview(&mut house, &[]).await;
    assert_eq!((seen.cached, seen.found.len(), seen.is_empty()), (0, 0, true));
}
