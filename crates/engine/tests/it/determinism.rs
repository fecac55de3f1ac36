//! Programs that are not functions of what they read are found out.

use std::collections::BTreeMap;
use std::sync::Mutex;

use engine::{Plans, Sample};
use value::Digest;

use crate::house::House;

const ALL: Sample = Sample { percent: 100, seed: 0 };

/// Plans in memory.
#[derive(Default)]
struct Kept(Mutex<BTreeMap<Digest, Vec<u8>>>);

impl Plans for Kept {
    fn get(&self, plan: Digest) -> Option<Vec<u8>> {
        self.0.lock().expect("sound").get(&plan).cloned()
    }

    fn keep(&self, plan: Digest, bytes: &[u8]) {
        self.0.lock().expect("sound").insert(plan, bytes.to_owned());
    }
}

/// What a look at every stack finds: code, message and notes.
async fn check(house: &House, kept: &Kept) -> (usize, Vec<String>) {
    house
        .with(async |engine| {
            let stacks: Vec<_> = engine.catalog.stacks().collect();
            let (looked, found) = engine.check_determinism(&stacks, &house.traces, ALL, kept);
            let text = |problem: diag::Diagnostic| {
                format!("{} {}: {}", problem.code, problem.message, problem.notes.join("; "))
            };
            (looked, found.into_iter().map(text).collect())
        })
        .await
}

#[tokio::test]
async fn programs_that_give_the_same_plan_pass() {
    let mut house = House::settled("stack a.QA\n resource Vpc main\nstack b.QA\n resource Vpc other").await;
    let kept = Kept::default();
    house.preview(&[]).await;
    assert_eq!(check(&house, &kept).await, (2, vec![]));
    assert_eq!(kept.0.lock().expect("sound").len(), 2, "their plans are kept");
    // In whatever order it declares.
    house.backwards = true;
    assert_eq!(check(&house, &kept).await, (2, vec![]));
}

#[tokio::test]
async fn a_program_that_gives_another_plan_each_time_is_named_with_the_first_difference() {
    let house = House::new("stack a.QA\n resource Vpc unsteady\nstack b.QA\n resource Vpc other");
    let (looked, found) = check(&house, &Kept::default()).await;
    assert_eq!((looked, found.len()), (2, 1), "{found:?}");
    assert!(found[0].starts_with("E0572 `a.QA` has another plan each time"), "{found:?}");
    assert!(found[0].contains("unsteady") && found[0].contains("Label"), "the path: {found:?}");
}

#[tokio::test]
async fn a_plan_that_is_not_what_the_cache_says_is_named_with_the_first_difference() {
    let mut house = House::settled("stack a.QA\n resource Vpc main Label=one").await;
    let kept = Kept::default();
    house.preview(&[]).await;
    assert_eq!(check(&house, &kept).await, (1, vec![]));
    let before = house.traces.clone();
    house.edit("Label=one", "Label=two");
    house.preview(&[]).await;
    // The cache says of the new program what was true of the old one.
    let trace = house.traces.get_mut("a.QA").expect("is there");
    trace.plan = before["a.QA"].plan;
    let (_, found) = check(&house, &kept).await;
    assert!(found[0].starts_with("E0573 `a.QA` has another plan than the cache says"), "{found:?}");
    assert!(found[0].contains("Label") && found[0].contains("one") && found[0].contains("two"), "{found:?}");
    let (_, found) = check(&house, &Kept::default()).await;
    assert!(found[0].contains("not at hand"), "{found:?}");
}
