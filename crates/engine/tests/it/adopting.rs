//! Taking over what is there already, found by its natural identity: what the program declares so, and whole stacks.

use engine::Goal;
use ports::Owner;
use value::Map;

use crate::cloud::Harm;
use crate::fixture::{print, targets};
use crate::house::House;

/// A bucket that somebody made by hand.
fn by_hand(house: &House, name: &str, label: &str) {
    let inputs = [("Name", name), ("Label", label)].map(|(key, value)| (key.to_owned(), value.into()));
    let [organisation, stack_id, urn] = ["", "", ""].map(str::to_owned);
    let nobody = Owner { organisation, stack_id, urn, incarnation: 0 };
    house.cloud.put(name, "Bucket", Map::from(inputs), nobody, None);
}

#[tokio::test]
async fn what_is_there_is_taken_over_and_what_is_not_is_made() {
    let mut house = House::new(
        "stack a.QA
           resource Bucket logs Name=logs Label=x
             adopt
           resource Bucket more Name=more
             adopt
           resource Vpc reader Label=@logs.Arn
           output arn @logs.Arn",
    );
    by_hand(&house, "logs", "x");
    let preview = house.preview(&[]).await;
    assert_eq!(print(&preview.changes), "a.QA\n= logs\n+ more\n+ reader\n> arn logs");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["adopt logs", "create more", "create reader"]);
    assert_eq!(house.cloud.owner("logs"), (house.state("a.QA").await.id, "a::Bucket::logs".to_owned()));
    assert!(house.preview(&[]).await.is_empty(), "the option has nothing more to do");
    house.edit("Label=x", "Label=y");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update logs"], "and then it is as any other");
}

#[tokio::test]
async fn what_is_there_and_otherwise_is_refused_with_the_difference() {
    let mut house = House::new("stack a.QA\n resource Bucket logs Name=logs Label=x\n adopt");
    by_hand(&house, "logs", "theirs");
    let preview = house.preview(&[]).await;
    assert_eq!(print(&preview.changes), "a.QA\n= logs\nLabel theirs -> x");
    let refused = crate::fixture::print_problems(&preview.refused());
    assert!(refused.starts_with("E0522 a.rs:2:1 `logs` differs from the object `logs`"), "{refused}");
    assert!(house.apply(&preview).await.is_err());
    assert_eq!(house.cloud.calls(), [""; 0]);
}

#[tokio::test]
async fn without_the_option_it_is_in_the_way_and_the_error_says_what_to_do() {
    let mut house = House::new("stack a.QA\n resource Bucket logs Name=logs");
    by_hand(&house, "logs", "x");
    let preview = house.preview(&[]).await;
    let said = format!("{:?}", house.apply(&preview).await.expect("starts").failed);
    assert!(said.contains("E0520") && said.contains("or run with `--adopt`"), "{said}");
    assert_eq!(house.cloud.calls(), [""; 0]);
}

#[tokio::test]
async fn what_is_somebody_elses_is_not_taken_over_unasked() {
    let mut house = House::settled("stack a.QA\n resource Bucket logs Name=logs").await;
    house.cloud.calls();
    house.program("stack a.QA\n resource Bucket logs Name=logs\nstack b.QA\n resource Bucket mine Name=logs\n adopt");
    let problems = house.problems(&["b.QA"], Goal::Programs).await;
    assert!(
        problems.starts_with("E0447 b.rs:4:1 `mine` of `b.QA` is there already, and somebody else's"),
        "{problems}"
    );
    assert!(problems.contains("is tagged as `a::Bucket::logs` of a.QA"), "{problems}");
    assert!(problems.contains("`.import(\"logs"), "{problems}");
}

#[tokio::test]
async fn what_has_no_identity_cannot_be_found() {
    let mut house = House::new("stack a.QA\n resource Vpc main\n adopt");
    let problems = house.problems(&[], Goal::Programs).await;
    assert!(problems.starts_with("E0443 a.rs:2:1 `main` is to take over what is there"), "{problems}");
    assert!(problems.contains("objects of the type `Vpc` have no identity but their ids"), "{problems}");
}

#[tokio::test]
async fn what_cannot_be_looked_at_is_neither_made_nor_taken_over() {
    let mut house = House::new("stack a.QA\n resource Bucket logs Name=logs\n adopt");
    house.cloud.harm("read", Harm::Refuse);
    let problems = house.problems(&[], Goal::Programs).await;
    assert!(problems.starts_with("E0438 a.rs:2:1 what `logs` of `a.QA` is to take over cannot be told"), "{problems}");
    house.cloud.heal();
    assert_eq!(house.up(&[]).await, "", "and once it can be, it is made");
}

#[tokio::test]
async fn a_stack_whose_state_is_lost_finds_its_own_again() {
    let program = "stack a.QA
           resource Bucket logs
           resource Bucket data Name=data
           resource Route to Table=@logs.Arn
           resource Vpc main Label=@data.Arn";
    let mut house = House::settled(program).await;
    let ids = house.cloud.ids();
    house.cloud.calls();
    std::fs::remove_dir_all(house.root().join("stacks")).expect("is removed");
    house.traces = engine::Traces::new();
    house.targets = targets("--adopt");
    let preview = house.preview(&[]).await;
    assert_eq!(print(&preview.changes), "a.QA\n= data\n= logs\n= to\n+ main", "a Vpc can only be found by its id");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["adopt data", "adopt logs", "adopt to", "create main"]);
    assert_eq!(house.cloud.ids(), ids, "the vendor remembers the token that it was made with");
    house.targets = targets("");
    assert!(house.preview(&[]).await.is_empty());
}
