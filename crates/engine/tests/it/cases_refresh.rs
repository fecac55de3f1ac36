//! Refresh and drift: cases 21, 32, 52, 53, 54 and 76, with a vendor.

use std::fmt::Write;

use engine::{Budget, RefreshReport};
use state::Status;

use crate::cloud::Harm;
use crate::fixture::print;
use crate::house::House;

const TWO: &str = "stack a.QA
       resource Vpc main Label=x
       resource Vpc reads Label=@main.VpcId";

async fn refresh(house: &House, stack: &str) -> RefreshReport {
    let selected = [stack.to_owned()].into();
    house.with(async |engine| engine.refresh(&selected, &diff::Targets::default()).await).await.expect("refreshes")
}

#[tokio::test]
async fn case_52_what_is_gone_leaves_the_state_and_what_others_say_of_it() {
    let mut house = House::settled(TWO).await;
    house.cloud.strict(false);
    house.cloud.vanish("main-1");
    let report = refresh(&house, "a.QA").await;
    assert_eq!((report.read, report.gone.len()), (2, 1));
    let state = house.state("a.QA").await;
    assert_eq!(state.objects.len(), 1);
    assert!(state.objects.values().all(|object| object.dependencies.is_empty()));
    assert_eq!(state.vanished.values().collect::<Vec<_>>(), ["main-1"]);
    house.program("stack a.QA\n resource Vpc reads Label=z");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update reads"], "nothing is deleted that is gone");
}

#[tokio::test]
async fn case_53_an_object_may_go_by_another_id() {
    let mut house = House::settled(TWO).await;
    house.cloud.rename("main-1", "vpc-0077");
    let report = refresh(&house, "a.QA").await;
    assert_eq!(report.moved.iter().map(|(.., id)| id.as_str()).collect::<Vec<_>>(), ["vpc-0077"]);
    let state = house.state("a.QA").await;
    assert!(state.objects.values().any(|object| object.id == "vpc-0077"));
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update reads"], "who read the old id gets the new one");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_54_what_somebody_deleted_is_shown_as_drift_and_made_anew() {
    let mut house = House::settled("stack a.QA\n resource Vpc main Label=x\n resource Vpc other").await;
    house.cloud.vanish("main-1");
    refresh(&house, "a.QA").await;
    let preview = house.preview(&[]).await;
    assert_eq!(print(&preview.changes), "a.QA\n+ main\n? main-1 is gone");
    assert!(preview.changes[0].resources.values().any(diff::ResourceChange::is_drift));
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create main"]);
    assert!(house.state("a.QA").await.vanished.is_empty());
}

#[tokio::test]
async fn case_54_an_old_copy_that_is_gone_is_dropped() {
    let mut house = House::settled("stack a.QA\n resource Vpc main Cidr=c1").await;
    house.edit("c1", "c2");
    house.cloud.harm("delete main", Harm::Refuse);
    assert_eq!(house.up(&[]).await, "failed delete main of a.QA: E0600");
    house.cloud.heal();
    house.cloud.calls();
    assert_eq!(house.state("a.QA").await.replaced.len(), 1);
    house.cloud.vanish("main-1");
    assert_eq!(refresh(&house, "a.QA").await.gone, []);
    assert!(house.state("a.QA").await.replaced.is_empty());
    assert!(house.preview(&[]).await.is_empty());
    assert_eq!(house.cloud.calls(), [""; 0]);
}

#[tokio::test]
async fn case_21_what_did_not_end_well_is_well_once_the_vendor_says_so() {
    let mut house = House::new("stack a.QA\n resource Vpc main Label=x");
    house.cloud.harm("create main", Harm::Partial);
    assert_eq!(house.up(&[]).await, "failed create main of a.QA: E0600");
    house.cloud.heal();
    house.cloud.ill("main-1", true);
    let status = async |house: &House| house.state("a.QA").await.objects.values().next().expect("one").status.clone();
    assert_eq!(refresh(&house, "a.QA").await.healed, []);
    assert!(matches!(status(&house).await, Status::Partial { .. }), "it is kept as long as it is not well");
    house.cloud.ill("main-1", false);
    assert_eq!(refresh(&house, "a.QA").await.healed.len(), 1);
    assert_eq!(status(&house).await, Status::Ready);
    house.cloud.calls();
    assert!(house.preview(&[]).await.is_empty(), "nothing is left to mend");
}

#[tokio::test]
async fn case_21_where_something_is_hidden_nobody_calls_an_object_well() {
    let mut house = House::new("stack a.QA\n resource Vpc main Pass=!db.v1");
    house.cloud.harm("create main", Harm::Partial);
    assert_eq!(house.up(&[]).await, "failed create main of a.QA: E0600");
    house.cloud.heal();
    assert_eq!(refresh(&house, "a.QA").await.healed, []);
    assert!(!house.preview(&[]).await.is_empty(), "it is updated once more");
}

#[tokio::test]
async fn case_76_a_refresh_changes_no_time() {
    let house = House::settled("stack a.QA\n resource Vpc main Label=x").await;
    let times = async |house: &House| {
        let state = house.state("a.QA").await;
        let object = state.objects.values().next().expect("one");
        (object.created.clone(), object.modified.clone())
    };
    let before = times(&house).await;
    assert_eq!(before.0, before.1, "what was made was last changed when it was made");
    house.cloud.meddle("main-1", "Label", "y");
    assert_eq!(refresh(&house, "a.QA").await.changed.len(), 1);
    assert_eq!(times(&house).await, before);
}

#[tokio::test]
async fn case_32_a_look_at_the_world_writes_nothing() {
    let mut house = House::settled(TWO).await;
    house.cloud.meddle("reads-2", "Label", "meddled");
    let files = house.files();
    let selected = ["a.QA".to_owned()].into();
    let report =
        house.with(async |engine| engine.look(&selected, &diff::Targets::default()).await).await.expect("looks");
    assert_eq!(report.changed.len(), 1);
    let preview = house.preview_refreshed(&[]).await;
    assert_eq!(print(&preview.changes), "a.QA\n~ reads\nLabel? meddled -> main-1");
    assert_eq!(house.files(), files);
    assert!(house.preview(&[]).await.is_empty(), "without a look the state says what it said");
}

#[tokio::test]
async fn what_a_refresh_has_seen_is_compared_once_where_it_is_no_drift() {
    let mut house = House::settled("stack a.QA\n resource Vpc main Cidr=c1").await;
    house.cloud.meddle("main-1", "Label", "of no concern to the program");
    assert_eq!(refresh(&house, "a.QA").await.changed, []);
    let files = house.files();
    let preview = house.preview(&[]).await;
    assert!(preview.is_empty() && !preview.traces.is_empty(), "it is compared");
    let preview = house.preview(&[]).await;
    assert!(preview.is_empty() && preview.traces.is_empty(), "and then left alone");
    assert_eq!(house.files(), files, "without a word in the state");
    house.edit("c1", "c2");
    assert!(!house.preview(&[]).await.is_empty());
    house.edit("c2", "c1");
    house.cloud.meddle("main-1", "Cidr", "c9");
    refresh(&house, "a.QA").await;
    assert!(!house.preview(&[]).await.is_empty(), "a state that has moved is compared anew");
}

/// 350 resources and a vendor that refuses what is above its limit, with a budget and without one.
#[tokio::test]
async fn a_vendor_that_refuses_too_many_calls_is_called_more_slowly() {
    let mut program = "stack a.QA\n".to_owned();
    for number in 0..350 {
        let _ = writeln!(program, "resource Vpc r{number}");
    }
    let fast = Budget { calls_per_second: Some(400.0), burst: Some(50), concurrency: Some(8) };
    for (budget, limit) in [(Budget::default(), 300), (fast, 600)] {
        let mut house = House::new(&program);
        house.jobs = 64;
        house.budget = budget;
        house.cloud.limit(Some(limit));
        assert_eq!(house.up(&[]).await, "");
        assert_eq!(house.cloud.ids().len(), 350);
        let report = refresh(&house, "a.QA").await;
        assert_eq!((report.read, report.gone.len()), (350, 0));
    }
}

#[tokio::test]
async fn only_what_targets_mean_is_read_and_only_its_stacks_are_touched() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc main Label=x
           resource Vpc reads Label=@main.VpcId
           output id @main.VpcId
         stack b.QA
           resource Vpc reader Peer=#a.QA:id
           resource Vpc other Label=x",
    )
    .await;
    let selected = ["a.QA".to_owned(), "b.QA".to_owned()].into();
    let only = |name: &str| diff::Targets { only: vec![name.into()], ..diff::Targets::default() };
    let except = |name: &str| diff::Targets { except: vec![name.into()], ..diff::Targets::default() };
    let cases = [
        (only("main"), 1),
        (diff::Targets { dependents: true, ..only("main") }, 3),
        // What it needs is looked at all the same: nothing is deleted here.
        (except("reads"), 3),
        (diff::Targets { except_dependents: true, ..except("main") }, 1),
        (only("b.QA:*"), 2),
        (only("nosuch"), 0),
    ];
    for (targets, read) in cases {
        let report = house.with(async |engine| engine.look(&selected, &targets).await).await.expect("looks");
        assert_eq!(report.read, read, "{targets:?}");
    }
    house.cloud.meddle("main-1", "Label", "y");
    let other = house.cloud.ids().into_iter().find(|id| id.starts_with("other")).expect("it is there");
    house.cloud.meddle(&other, "Label", "y");
    let generation = async |house: &House| {
        let heads = ports::StateStore::heads(&house.store()).await.expect("heads");
        heads.into_iter().find(|head| head.stack.to_string() == "b.QA").expect("a head").generation
    };
    let before = generation(&house).await;
    let targets = diff::Targets { only: vec!["main".into()], ..diff::Targets::default() };
    let report = house.with(async |engine| engine.refresh(&selected, &targets).await).await.expect("refreshes");
    assert_eq!((report.read, report.changed.len()), (1, 1));
    assert_eq!(generation(&house).await, before, "a stack without targets is not taken");
    house.targets = targets;
    let preview = house.preview_refreshed(&[]).await;
    assert_eq!(print(&preview.changes), "a.QA\n~ main\nLabel? y -> x", "what a preview looks at first are its targets");
    let unmatched = house.with(async |engine| engine.unmatched(&selected, &only("mian")).await).await.expect("reads");
    let told = crate::fixture::print_problems(&unmatched);
    assert!(told.starts_with("E0430 `--target mian` fits no resource") && told.contains("`--target main`"), "{told}");
}
