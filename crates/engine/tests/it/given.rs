//! Plans that were built elsewhere: a whole one stands as it is, and one that waits for an output is made here.

use evaluator::Given;
use resource::Evaluated;

use crate::fixture::print;
use crate::house::House;

const PROGRAM: &str = "stack a.QA
       resource Vpc main
       output count @main.Count
     stack b.QA
       resource Vpc fixed
     each b.QA thing a.QA:count";

/// The world of a program whose plans were built of it, without anything that stacks export.
async fn built() -> House {
    let mut house = House::new(PROGRAM);
    house.given = house
        .with(async |engine| {
            let survey = engine.survey(engine.catalog.stacks());
            let code = |name: &str| engine.code.get(name.split('.').next()?).copied();
            survey
                .evaluations
                .into_iter()
                .map(|(name, evaluation)| (name.clone(), Given { code: code(&name), evaluation }))
                .collect()
        })
        .await;
    let waits = |name: &str| matches!(house.given[name].evaluation.result, Ok(Evaluated::Deferred { .. }));
    assert_eq!(["a.QA", "b.QA"].map(waits), [false, true]);
    house
}

/// What stands against going by the plans.
async fn refused(house: &House) -> Vec<String> {
    let selected = ["a.QA", "b.QA"].map(str::to_owned).into();
    let found = house.with(async |engine| engine.check_given(&selected)).await;
    found.iter().map(|problem| format!("{} {}", problem.code, problem.message)).collect()
}

#[tokio::test]
async fn a_plan_that_waits_is_made_here_once_what_it_waits_for_is_known() {
    let mut house = built().await;
    assert!(refused(&house).await.is_empty());
    let preview = house.preview(&[]).await;
    assert_eq!(preview.deferred.keys().collect::<Vec<_>>(), ["b.QA"]);
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create main", "create fixed", "create thing-0", "create thing-1"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn a_whole_plan_needs_no_code_and_one_that_waits_that_of_its_builder() {
    let mut house = built().await;
    house.edit("resource Vpc main", "resource Vpc main Label=other");
    assert!(refused(&house).await.is_empty(), "nobody asks the program of a whole plan");
    assert_eq!(print(&house.preview(&["a.QA"]).await.changes), "a.QA\n+ main\n> count <a.QA:main.Count>");

    house.edit("resource Vpc fixed", "resource Vpc fixed Label=other");
    let wanted = "E0335 the plan of `b.QA` waits for outputs, and this runner has other code to make it of";
    assert_eq!(refused(&house).await, [wanted]);
}
