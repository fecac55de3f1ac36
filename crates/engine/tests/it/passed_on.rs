//! An output that a stack only passes on: who reads it holds the object that it is made of, wherever that is.

use engine::Goal;

use crate::cloud::Harm;
use crate::house::House;

const PROGRAM: &str = "stack a.QA
       resource Vpc main Cidr=c1
       output main @main.Arn
     stack b.QA
       output passed #a.QA:main
     stack c.QA
       resource Vpc reader Label=#b.QA:passed";

/// A vendor that refuses to delete what another object names.
async fn strict(program: &str) -> House {
    let house = House::settled(program).await;
    house.cloud.strict(true);
    house
}

/// Nobody was asked to delete what is in use, and in the end all is as the programs say.
async fn ends_well(mut house: House) {
    house.cloud.heal();
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.refused_deletes(), [""; 0]);
    assert!(house.preview(&[]).await.is_empty());
    let mut known = Vec::new();
    for stack in ["a.QA", "b.QA", "c.QA"] {
        let state = house.state_if_any(stack).await;
        known.extend(state.iter().flat_map(state::StackState::copies).map(|object| object.id.clone()));
    }
    known.sort();
    assert_eq!(known, house.cloud.ids());
}

#[tokio::test]
async fn what_is_passed_on_goes_after_whoever_reads_it() {
    let twice = PROGRAM.replace("#b.QA:passed", "#d.QA:twice") + "\n stack d.QA\n output twice #b.QA:passed";
    for program in [PROGRAM, &twice] {
        let mut house = strict(program).await;
        house.edit("Cidr=c1", "Cidr=c2");
        assert_eq!(house.up(&[]).await, "");
        assert_eq!(house.cloud.refused_deletes(), [""; 0]);
        assert_eq!(house.cloud.calls(), ["create main", "update reader", "delete main"]);
        assert!(house.preview(&[]).await.is_empty());
    }
}

#[tokio::test]
async fn what_is_passed_on_stays_until_its_readers_in_other_runs_have_moved_on() {
    for stacks in [&["a.QA"][..], &["a.QA", "b.QA"]] {
        let mut house = strict(PROGRAM).await;
        house.edit("Cidr=c1", "Cidr=c2");
        for _ in 0..3 {
            house.attempt(stacks, Goal::Programs).await;
            assert!(house.cloud.ids().contains(&"main-1".to_owned()), "it is read, of {stacks:?}");
        }
        let held = house.preview(stacks).await.held_back;
        assert!(held.len() == 1 && held[0].contains("c.QA"), "{stacks:?}: {held:?}");
        ends_well(house).await;
    }
}

#[tokio::test]
async fn what_is_passed_on_stays_as_long_as_its_readers_fail() {
    let mut house = strict(PROGRAM).await;
    house.edit("Cidr=c1", "Cidr=c2");
    house.cloud.harm("update reader", Harm::Refuse);
    for stacks in [&[][..], &["a.QA"], &[]] {
        house.attempt(stacks, Goal::Programs).await;
        assert!(house.cloud.ids().contains(&"main-1".to_owned()), "it is read, of {stacks:?}");
        assert_eq!(house.cloud.refused_deletes(), [""; 0], "{stacks:?}");
    }
    ends_well(house).await;
}

#[tokio::test]
async fn what_is_passed_on_is_not_destroyed_under_its_readers() {
    let mut house = strict(PROGRAM).await;
    for stacks in [&["a.QA"][..], &["a.QA", "b.QA"]] {
        let told = house.problems(stacks, Goal::Nothing).await;
        assert!(told.contains("E0402") && told.contains("`c.QA` was applied with"), "{stacks:?}: {told}");
    }
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!(house.cloud.refused_deletes(), [""; 0]);
    assert_eq!(house.cloud.ids(), [""; 0]);
}

/// Nobody reads it yet; who does so next is not to find that it is gone.
#[tokio::test]
async fn what_is_passed_on_stays_as_long_as_it_is_published() {
    let mut house = strict(&PROGRAM.replace("Label=#b.QA:passed", "")).await;
    house.edit("Cidr=c1", "Cidr=c2");
    house.attempt(&["a.QA"], Goal::Programs).await;
    assert_eq!(house.cloud.ids(), ["main-1", "main-3", "reader-2"]);
    assert!(house.problems(&["a.QA"], Goal::Nothing).await.contains("`b.QA` was applied with `main`"));
    assert_eq!(house.up(&["a.QA", "b.QA"]).await, "");
    assert_eq!(house.cloud.ids(), ["main-3", "reader-2"]);
    ends_well(house).await;
}

/// The output is made of something else by now; who was applied with what it was still names that.
#[tokio::test]
async fn who_was_applied_with_what_an_output_was_holds_that() {
    let own = "stack a.QA
           resource Vpc main Cidr=c1
           resource Vpc other
           output passed @main.Arn
         stack b.QA
         stack c.QA
           resource Vpc reader Label=#a.QA:passed";
    let through = PROGRAM.replace("output passed", "resource Vpc other\n output passed");
    let cases = [
        (own, ["@main.Arn", "@other.Arn"], &["a.QA"][..]),
        (own, ["@main.Arn", "none"], &["a.QA"]),
        (&through, ["#a.QA:main", "@other.Arn"], &["b.QA"]),
        (&through, ["#a.QA:main", "none"], &["a.QA", "b.QA"]),
    ];
    for (program, [was, is], stacks) in cases {
        let edited = format!("output passed {is}");
        let mut house = strict(program).await;
        house.edit(&format!("output passed {was}"), &edited);
        assert_eq!(house.up(stacks).await, "");
        let told = house.problems(&["a.QA"], Goal::Nothing).await;
        assert!(told.contains("E0402") && told.contains("`c.QA` was applied with"), "{edited}: {told}");
        // It is replaced, and after that nothing of it is declared.
        house.edit("Cidr=c1", "Cidr=c2");
        house.attempt(&["a.QA"], Goal::Programs).await;
        house.attempt(&["a.QA", "b.QA"], Goal::Programs).await;
        assert!(house.cloud.ids().contains(&"main-1".to_owned()), "{edited}: `reader` names it");
        house.attempt(&["a.QA"], Goal::Nothing).await;
        assert!(house.cloud.ids().contains(&"main-1".to_owned()), "{edited}: `reader` names it");
        ends_well(house).await;
    }
}

/// What is read is the same although what it is made of is new: whoever reads it is not touched, and holds nothing.
#[tokio::test]
async fn who_reads_a_value_that_stays_the_same_holds_nothing_that_was_replaced() {
    let mut house = strict(
        &PROGRAM
            .replace("#a.QA:main", "#a.QA:main==none")
            .replace("Label=#b.QA:passed", "Tags={\"x\":\"#b.QA:passed\"}"),
    )
    .await;
    house.edit("Cidr=c1", "Cidr=c2");
    // Whether the readers have moved on is known once it is published.
    assert_eq!(house.up(&["a.QA", "b.QA"]).await, "");
    assert_eq!(house.up(&["a.QA", "b.QA"]).await, "");
    assert_eq!(house.cloud.calls(), ["create main", "delete main"]);
    assert!(house.preview(&[]).await.is_empty());
}

/// A property of `middle` is the ARN of `main`, and others read it there: what they name is `main`.
#[tokio::test]
async fn what_is_passed_on_by_a_property_goes_after_whoever_reads_it() {
    let inside = "stack a.QA
           resource Vpc main Cidr=c1
           resource Vpc middle Label=@main.Arn
           resource Vpc last Label=@middle.Label
         stack b.QA
         stack c.QA";
    let outside = "stack a.QA
           resource Vpc main Cidr=c1
           output main @main.Arn
         stack b.QA
           resource Vpc middle Label=#a.QA:main
           output again @middle.Label
         stack c.QA
           resource Vpc last Label=#b.QA:again";
    for program in [inside, outside] {
        let mut house = strict(program).await;
        house.edit("Cidr=c1", "Cidr=c2");
        house.cloud.harm("update last", Harm::Refuse);
        for stacks in [&[][..], &["a.QA"], &[]] {
            house.attempt(stacks, Goal::Programs).await;
            assert!(house.cloud.ids().contains(&"main-1".to_owned()), "it is named, of {stacks:?}");
            assert_eq!(house.cloud.refused_deletes(), [""; 0], "{stacks:?}");
        }
        house.cloud.heal();
        assert_eq!(house.up(&[]).await, "");
        assert_eq!(house.cloud.calls().last().map(String::as_str), Some("delete main"));
        ends_well(house).await;

        let mut house = strict(program).await;
        house.attempt(&[], Goal::Nothing).await;
        assert_eq!(house.cloud.refused_deletes(), [""; 0]);
        assert_eq!(house.cloud.ids(), [""; 0]);
    }
}

#[tokio::test]
async fn a_run_that_is_killed_at_any_write_leaves_known_who_reads_what_is_passed_on_and_renamed() {
    for writes in 0.. {
        let mut house = strict(PROGRAM).await;
        house.edit("Vpc main Cidr=c1", "Vpc other Cidr=c2\n alias main");
        house.edit("output main @main.Arn", "output other @other.Arn");
        house.edit("#a.QA:main", "#a.QA:other");
        let died = house.attempt_killed_at_write(&[], writes).await;
        house.cloud.harm("update reader", Harm::Refuse);
        for stacks in [&["a.QA"][..], &["a.QA", "b.QA"], &[]] {
            house.attempt(stacks, Goal::Programs).await;
            assert_eq!(house.cloud.refused_deletes(), [""; 0], "{writes} {stacks:?}");
        }
        ends_well(house).await;
        if !died {
            break;
        }
    }
}

/// With its secret bound to the new name, it is still known by the name under which others read it.
#[tokio::test]
async fn who_waits_for_its_program_holds_what_has_another_name_and_a_secret() {
    let program = "stack a.QA
           resource Vpc main Cidr=c1 Pass=!k.v1
           output main @main.Arn
           output count @main.Count
         stack c.QA
           resource Vpc reader Peer=#a.QA:main
         each c.QA e a.QA:count";
    for by_hand in [true, false] {
        let mut house = strict(program).await;
        if by_hand {
            let surgery = engine::Surgery::Rename { resource: "main".to_owned(), name: "renamed".to_owned() };
            let stack = resource::StackName::new("a", "QA");
            house
                .with(async |engine| engine.operate(engine.prepare(&stack, &surgery).await?).await)
                .await
                .expect("is renamed");
        } else {
            house.edit("Vpc main Cidr=c1 Pass=!k.v1", "Vpc renamed Cidr=c2 Pass=!k.v1\n alias main");
            house.edit("@main.Arn", "@renamed.Arn");
            house.edit("@main.Count", "@renamed.Count");
        }
        assert_eq!(house.up(&[]).await, "");
        assert_eq!(house.cloud.refused_deletes(), [""; 0], "{by_hand}");
        assert_eq!(house.cloud.calls().last().map(String::as_str), Some("delete renamed"), "{by_hand}");
    }
}
