//! Changes of state by hand.

use engine::{Stopped, Surgery};
use state::StackState;

use crate::cloud::Harm;
use crate::fixture::{print, print_problems};
use crate::house::House;

const PROGRAM: &str = "stack a.QA
       resource Vpc main Label=x Pass=!db.v1
       resource Vpc reader Peer=@main.Arn
     stack b.QA
       resource Vpc other";

/// Does it; what it said, or what stands against it.
async fn operate(house: &House, stack: &str, surgery: Surgery) -> String {
    house
        .with(async |engine| {
            let (project, short) = stack.split_once('.').expect("project.stack");
            let stack = resource::StackName::new(project, short);
            match engine.prepare(&stack, &surgery).await {
                Ok(operation) => {
                    let says = operation.says.join("\n");
                    engine.operate(operation).await.expect("it is done");
                    says
                }
                Err(Stopped::Problems(found)) => print_problems(&found),
                Err(stopped) => panic!("{stopped:?}"),
            }
        })
        .await
}

fn move_to(stack: &str, resource: &str, name: Option<&str>) -> Surgery {
    let (project, short) = stack.split_once('.').expect("project.stack");
    let to = resource::StackName::new(project, short);
    Surgery::Move { resource: resource.into(), to, name: name.map(str::to_owned) }
}

#[tokio::test]
async fn what_is_removed_stays_in_the_world_and_is_refused_while_others_depend_on_it() {
    let mut house = House::settled(PROGRAM).await;
    let remove = |force| Surgery::Remove { resource: "main".into(), force };
    let told = operate(&house, "a.QA", remove(false)).await;
    assert!(told.starts_with("E0545") && told.contains("a::Vpc::reader"), "{told}");
    let told = operate(&house, "a.QA", remove(true)).await;
    assert_eq!(
        told,
        "the record of `a::Vpc::main` of a.QA goes; its object `main-1` stays\n`a::Vpc::reader` no longer depends on it"
    );
    assert_eq!(house.cloud.calls(), [""; 0]);
    assert_eq!(house.state("a.QA").await.objects.len(), 1);
    // No number is used again, so the new object is another one.
    house.edit("resource Vpc reader Peer=@main.Arn", "resource Vpc reader");
    house.up(&[]).await;
    assert!(house.cloud.ids().contains(&"main-1".to_owned()));
    let told = operate(&house, "a.QA", Surgery::Remove { resource: "nosuch".into(), force: false }).await;
    assert!(told.starts_with("E0542"), "{told}");
}

#[tokio::test]
async fn what_only_a_person_can_tell_is_asked_with_the_commands_that_answer() {
    let mut house = House::new("stack a.QA\n resource Guess main Label=x");
    house.cloud.harm("create main", Harm::LoseAnswer);
    house.up(&[]).await;
    house.cloud.heal();
    for _ in 0..2 {
        let preview = house.preview(&[]).await;
        let found = match house.settle(&preview).await {
            Err(Stopped::Problems(found)) => found,
            other => panic!("nobody can tell: {other:?}"),
        };
        assert_eq!(
            print_problems(&found),
            "E0540 nobody but you can tell whether `a::Guess::main` of `a.QA` was made\n\
             hint look at the vendor, and give the step up: `runner state rm a.QA 'a::Guess::main'`\n\
             hint if it was made, take it over after that: `runner import a.QA 'a::Guess::main' ID`"
        );
    }
    operate(&house, "a.QA", Surgery::Remove { resource: "a::Guess::main".into(), force: false }).await;
    let import = engine::Import {
        stack: resource::StackName::new("a", "QA"),
        ty: None,
        resource: "a::Guess::main".to_owned(),
        id: "main-1".to_owned(),
        instance: None,
        protect: true,
    };
    let imported = house.with(async |engine| engine.import(&import).await).await.expect("it is there");
    let report = house.apply(&imported.preview.expect("to be taken over")).await.expect("starts");
    assert!(report.failed.is_empty(), "{report:?}");
    assert_eq!((house.up(&[]).await.as_str(), house.cloud.ids()), ("", vec!["main-1".to_owned()]));
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn a_step_that_nobody_can_tell_the_end_of_is_given_up() {
    let mut house = House::new("stack a.QA\n resource Vpc main");
    house.cloud.harm("create main", Harm::LoseCall);
    house.up(&[]).await;
    assert_eq!(house.state("a.QA").await.dangling.len(), 1);
    let told = operate(&house, "a.QA", Surgery::Remove { resource: "main".into(), force: false }).await;
    assert!(told.contains("is given up"), "{told}");
    assert_eq!(house.state("a.QA").await.dangling.len(), 0);
}

#[tokio::test]
async fn a_renamed_resource_keeps_its_object_its_readers_and_its_secrets() {
    let mut house = House::settled(PROGRAM).await;
    let rename = |resource: &str, name: &str| Surgery::Rename { resource: resource.into(), name: name.into() };
    assert!(operate(&house, "a.QA", rename("main", "reader")).await.starts_with("E0543"));
    assert!(operate(&house, "a.QA", rename("main", "a::Bucket::x")).await.starts_with("E0543"));
    operate(&house, "a.QA", rename("main", "anew")).await;
    house.edit("Vpc main Label=x", "Vpc anew Label=x");
    house.edit("@main.Arn", "@anew.Arn");
    assert!(print(&house.preview(&[]).await.changes).is_empty());
    house.edit("Label=x", "Label=y");
    assert_eq!(house.up(&[]).await, "", "its secret opens under its new name");
    assert_eq!(house.cloud.calls(), ["update anew"]);
}

#[tokio::test]
async fn a_resource_moves_by_hand_with_the_entries_of_a_move_in_a_program() {
    let mut house = House::settled(PROGRAM).await;
    assert!(operate(&house, "a.QA", move_to("a.QA", "main", None)).await.starts_with("E0543"));
    assert!(operate(&house, "a.QA", move_to("b.QA", "main", Some("other"))).await.starts_with("E0543"));
    let told = operate(&house, "a.QA", move_to("b.QA", "main", Some("taken"))).await;
    assert_eq!(
        told,
        "`a::Vpc::main` of a.QA moves to b.QA as `b::Vpc::taken`; its object stays\n`a::Vpc::reader` of a.QA holds it there until it is applied again"
    );
    house.program(
        "stack a.QA
           resource Vpc reader Peer=#b.QA:arn
         stack b.QA
           resource Vpc other
           resource Vpc taken Label=y Pass=!db.v1
           output arn @taken.Arn",
    );
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update taken"]);
    assert_eq!(house.state("b.QA").await.arrived.len(), 1);
}

#[tokio::test]
async fn a_resource_moves_by_hand_to_a_stack_that_was_never_applied() {
    let mut house = House::new(PROGRAM);
    assert_eq!(house.up(&["a.QA"]).await, "");
    operate(&house, "a.QA", move_to("b.QA", "reader", None)).await;
    assert_eq!(house.state("b.QA").await.objects.len(), 1);
    assert_eq!(house.state("a.QA").await.objects.len(), 1);
}

#[tokio::test]
async fn case_14_what_is_tainted_is_replaced_once() {
    let mut house = House::settled(PROGRAM).await;
    let taint = |tainted| Surgery::Taint { resource: "other".into(), tainted };
    assert!(operate(&house, "b.QA", taint(false)).await.starts_with("E0543"));
    operate(&house, "b.QA", taint(true)).await;
    operate(&house, "b.QA", taint(false)).await;
    assert!(house.preview(&[]).await.changes.is_empty());
    operate(&house, "b.QA", taint(true)).await;
    assert!(operate(&house, "b.QA", taint(true)).await.starts_with("E0543"));
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create other", "delete other"]);
    assert!(house.preview(&[]).await.changes.is_empty());
}

#[tokio::test]
async fn case_47_protection_by_hand_holds_until_a_program_says_otherwise() {
    let mut house = House::settled(PROGRAM).await;
    let protect = |protected| Surgery::Protect { resource: "other".into(), protected };
    operate(&house, "b.QA", protect(true)).await;
    assert!(house.problems(&["b.QA"], engine::Goal::Nothing).await.starts_with("E0401"));
    assert_eq!(house.up(&[]).await, "");
    assert!(!house.state("b.QA").await.objects.values().any(|object| object.kept.protect), "the program does not");
    assert!(operate(&house, "b.QA", protect(false)).await.starts_with("E0543"));
}

#[tokio::test]
async fn an_exported_state_comes_back_as_it_was() {
    let mut house = House::settled(PROGRAM).await;
    let text = serde_json::to_string(&house.state("a.QA").await).expect("serialises");
    let exported: StackState = serde_json::from_str(&text).expect("reads back");
    operate(&house, "a.QA", Surgery::Remove { resource: "main".into(), force: true }).await;
    let import = |state: &StackState, force| Surgery::Import { state: Box::new(state.clone()), force };
    let told = operate(&house, "b.QA", import(&exported, false)).await;
    assert!(told.starts_with("E0546"), "{told}");
    let told = operate(&house, "a.QA", import(&exported, false)).await;
    assert_eq!(told, "the state of a.QA with 2 resources takes the place of that with 1");
    assert_eq!(house.state("a.QA").await.objects, exported.objects);
    assert!(house.preview(&[]).await.changes.is_empty());
    let mut broken = exported;
    broken.objects.retain(|urn, _| urn.name() != "main");
    assert!(operate(&house, "a.QA", import(&broken, false)).await.starts_with("E0504"));
}
