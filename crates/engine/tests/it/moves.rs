//! Objects that move: to another name, to another stack, or out of the state.

use engine::Goal;
use state::Entry;

use crate::cloud::Harm;
use crate::fixture::print;
use crate::house::{CANARY, House};

const BEFORE: &str = "stack a.QA
       resource Vpc main Label=x Pass=!db.v1
       resource Vpc stays
     stack b.QA
       resource Vpc other";

const AFTER: &str = "stack a.QA
       resource Vpc stays
     stack b.QA
       resource Vpc other
       resource Vpc taken Label=x Pass=!db.v1
       moved a.QA main";

/// The live objects of a stack: name and id.
async fn objects(house: &House, stack: &str) -> Vec<String> {
    let state = house.state(stack).await;
    state.objects.values().map(|object| format!("{} {}", object.urn.name(), object.id)).collect()
}

#[tokio::test]
async fn case_45_a_resource_moves_to_another_stack_with_its_object_and_its_secrets() {
    let mut house = House::settled(BEFORE).await;
    house.program(AFTER);
    let preview = house.preview(&[]).await;
    assert_eq!(print(&preview.changes), "a.QA\nmain leaves for b.QA as taken\nb.QA\n. taken (from a.QA main)");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), [""; 0], "no call is needed");
    assert_eq!(objects(&house, "a.QA").await, ["stays stays-2"]);
    assert_eq!(objects(&house, "b.QA").await, ["other other-3", "taken main-1"]);
    assert!(house.preview(&[]).await.is_empty());
    // Its secrets open where it is now.
    house.edit("Label=x", "Label=y");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update taken"]);
    assert!(house.cloud.text("main-1", "Pass").starts_with(CANARY));
    house.program("stack a.QA\n resource Vpc stays\nstack b.QA\n resource Vpc other");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.ids(), ["other-3", "stays-2"]);
}

#[tokio::test]
async fn case_45_a_moved_resource_may_change_or_be_replaced_in_the_same_run() {
    let mut house = House::settled(BEFORE).await;
    house.program(&AFTER.replace("Label=x", "Label=y"));
    assert_eq!(
        print(&house.preview(&[]).await.changes),
        "a.QA\nmain leaves for b.QA as taken\nb.QA\n~ taken (from a.QA main)\nLabel x -> y"
    );
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update taken"]);
    let incarnation = house.state("b.QA").await.objects.values().find(|o| o.id == "main-1").expect("there").incarnation;
    house.edit("Label=y", "Label=y Cidr=10.0.0.0/16");
    assert_eq!(house.up(&[]).await, "");
    let state = house.state("b.QA").await;
    let taken = state.objects.values().find(|object| object.urn.name() == "taken").expect("there");
    assert!(taken.incarnation > incarnation, "no number is used twice");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_70_a_move_can_be_saved_and_carried_out_later_also_in_two_goes() {
    let mut house = House::settled(BEFORE).await;
    house.program(&AFTER.replace("Label=x", "Label=y"));
    let text = house.save(&[]).await;
    house.cloud.harm("update taken", Harm::Refuse);
    assert_eq!(house.carry_out(&text).await, "failed update taken of b.QA: E0600");
    assert_eq!(objects(&house, "b.QA").await, ["other other-3", "taken main-1"]);
    house.cloud.heal();
    assert_eq!(house.carry_out(&text).await, "");
    assert_eq!(house.cloud.calls(), ["update taken", "update taken"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_45_a_move_needs_both_its_ends() {
    let mut house = House::settled(BEFORE).await;
    house.program(AFTER);
    let taker = house.problems(&["b.QA"], Goal::Programs).await;
    assert!(taker.starts_with("E0440") && taker.contains("hint select both: `runner up a.QA b.QA`"), "{taker}");
    let source = house.problems(&["a.QA"], Goal::Programs).await;
    assert!(source.starts_with("E0442") && source.contains("hint select both: `runner up a.QA b.QA`"), "{source}");
    assert_eq!(house.cloud.calls(), [""; 0]);
    // A resource that nobody takes over goes as ever.
    house.edit("resource Vpc stays\n", "");
    house.edit("resource Vpc other\n", "resource Vpc stays\n");
    let source = house.problems(&["a.QA"], Goal::Programs).await;
    assert!(source.starts_with("E0442") && !source.contains("`stays`"), "{source}");
}

#[tokio::test]
async fn case_45_targets_mean_both_ends_of_a_move_or_neither() {
    let mut house = House::settled(BEFORE).await;
    house.program(AFTER);
    for only in ["b.QA:taken", "a.QA:main"] {
        house.targets.only = vec![only.into()];
        let told = house.problems(&[], Goal::Programs).await;
        assert!(told.starts_with("E0547"), "{told}");
    }
    house.targets.only = vec!["stays".into()];
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(objects(&house, "a.QA").await, ["main main-1", "stays stays-2"], "for a later run");
    house.targets.only = vec!["main".into(), "taken".into()];
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(objects(&house, "b.QA").await, ["other other-3", "taken main-1"]);
    assert_eq!(house.cloud.calls(), [""; 0]);
}

#[tokio::test]
async fn case_45_where_the_name_is_taken_its_own_object_stays() {
    let mut house =
        House::settled(&BEFORE.replace("resource Vpc other", "resource Vpc taken Label=x Pass=!db.v1")).await;
    house.program(&AFTER.replace("resource Vpc other\n", ""));
    let preview = house.preview(&[]).await;
    assert_eq!(print(&preview.changes), "a.QA\n- main", "the other one goes as its program says");
    assert_eq!(preview.notes, ["`taken` of b.QA has an object already, so `main` of a.QA does not move there"]);
    assert_eq!(house.up(&["a.QA"]).await, "", "so the one end is enough");
    assert_eq!(house.cloud.ids(), ["stays-2", "taken-3"]);
}

#[tokio::test]
async fn case_45_what_cannot_move_is_refused() {
    let still = "stack a.QA
           resource Vpc main Label=x Pass=!db.v1
           resource Vpc stays
         stack b.QA
           resource Vpc other
           resource Vpc taken
           moved a.QA main";
    let twice = "stack a.QA
           resource Vpc stays
         stack b.QA
           resource Vpc one
           moved a.QA main
         stack c.QA
           resource Vpc two
           moved a.QA main";
    let renamed = "stack a.QA
           resource Vpc stays
           resource Vpc anew Label=x Pass=!db.v1
           alias main
         stack b.QA
           resource Vpc taken
           moved a.QA main";
    for (program, code) in [(still, "E0441"), (twice, "E0444"), (renamed, "E0444")] {
        let mut house = House::settled(BEFORE).await;
        house.program(program);
        let told = house.problems(&[], Goal::Programs).await;
        assert!(told.starts_with(code), "{told}");
    }
    // A stack with nothing to do declares it still, too.
    let mut house = House::settled(BEFORE).await;
    house.edit("resource Vpc other", "resource Vpc taken\n moved a.QA main");
    let told = house.problems(&[], Goal::Programs).await;
    assert!(told.starts_with("E0441"), "{told}");
}

#[tokio::test]
async fn case_45_a_chain_of_moves_ends_where_the_last_one_says() {
    let mut house = House::settled(BEFORE).await;
    house.program(AFTER);
    house.up(&[]).await;
    let further = "stack a.QA
           resource Vpc stays
         stack b.QA
           resource Vpc other
         stack c.QA
           resource Vpc last Label=x Pass=!db.v1
           moved b.QA taken
           moved a.QA main";
    house.program(further);
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(objects(&house, "c.QA").await, ["last main-1"]);
    // Who has missed the step in the middle comes to the same.
    let mut house = House::settled(BEFORE).await;
    house.program(further);
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(objects(&house, "c.QA").await, ["last main-1"]);
    assert_eq!(house.cloud.calls(), [""; 0]);
    // And within one stack.
    house.edit("resource Vpc other", "resource Vpc second\n alias first\n alias other");
    assert_eq!(house.up(&[]).await, "");
    house.edit("resource Vpc second\n alias first\n alias other", "resource Vpc third\n alias second");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(objects(&house, "b.QA").await, ["third other-3"]);
    assert_eq!(house.cloud.calls(), [""; 0]);
}

#[tokio::test]
async fn a_move_back_and_a_namesake_in_a_stack_of_the_same_project() {
    let mut house = House::settled("stack a.QA\n resource Vpc main\nstack a.CI\n resource Vpc other").await;
    house.program("stack a.QA\n resource Vpc x\nstack a.CI\n resource Vpc other\n resource Vpc main\n moved a.QA main");
    assert_eq!(house.up(&[]).await, "");
    house.program("stack a.QA\n resource Vpc x\n resource Vpc main\n moved a.CI main\nstack a.CI\n resource Vpc other");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(objects(&house, "a.QA").await, ["main main-2", "x x-3"]);
    // The name means the other stack's object, not one of its own.
    house.program(
        "stack a.QA\n resource Vpc main\nstack a.CI\n resource Vpc anew\n moved a.QA other\n resource Vpc main",
    );
    assert!(print(&house.preview(&["a.CI"]).await.changes).contains("+ anew\n+ main\n- other"));
}

#[tokio::test]
async fn what_the_moved_object_reads_and_who_reads_it_stay_known() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc net
           resource Vpc main Peer=@net.Arn
           resource Vpc inner Peer=@main.Arn
           resource Vpc reader Peer=@inner.Arn
           output net @net.Arn
         stack b.QA
           resource Vpc other",
    )
    .await;
    house.program(
        "stack a.QA
           resource Vpc net
           resource Vpc reader Peer=#b.QA:inner
           output net @net.Arn
         stack b.QA
           resource Vpc other
           resource Vpc main Peer=#a.QA:net
           moved a.QA main
           resource Vpc within Peer=@main.Arn
           moved a.QA inner
           output inner @within.Arn",
    );
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), [""; 0]);
    assert!(house.preview(&[]).await.is_empty());
    // Everything goes in the order in which it is read, over both stacks.
    house.program("stack a.QA\nstack b.QA");
    assert_eq!(house.up(&[]).await, "");
    let deletes = house.cloud.calls();
    let position = |name: &str| deletes.iter().position(|call| call == name).expect(name);
    let order = ["delete reader", "delete within", "delete main", "delete net"].map(position);
    assert!(order.is_sorted(), "{deletes:?}");
}

#[tokio::test]
async fn a_move_that_is_killed_at_any_write_ends_with_one_object_in_one_stack() {
    // What the run after the crash selects, before the one that selects everything.
    for next in [&["a.QA", "b.QA"][..], &["a.QA"][..], &["b.QA"][..]] {
        for writes in 0.. {
            let mut house = House::settled(BEFORE).await;
            house.program(AFTER);
            let died = house.attempt_killed_at_write(&[], writes).await;
            house.attempt(next, Goal::Programs).await;
            assert_eq!(house.up(&[]).await, "", "{writes} {next:?}");
            assert_eq!(house.cloud.calls(), [""; 0], "{writes} {next:?}");
            assert_eq!(objects(&house, "a.QA").await, ["stays stays-2"], "{writes} {next:?}");
            assert_eq!(objects(&house, "b.QA").await, ["other other-3", "taken main-1"], "{writes} {next:?}");
            assert!(house.preview(&[]).await.is_empty());
            if !died {
                assert!(writes >= 6, "taking, three phases, closing: {writes}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_recovery_that_is_killed_too_costs_nothing() {
    for writes in 2..6 {
        for again in 0..6 {
            let mut house = House::settled(BEFORE).await;
            house.program(AFTER);
            house.attempt_killed_at_write(&[], writes).await;
            house.attempt_killed_at_write(&[], again).await;
            assert_eq!(house.up(&[]).await, "", "{writes} {again}");
            assert_eq!(house.cloud.calls(), [""; 0], "{writes} {again}");
            assert_eq!(objects(&house, "a.QA").await, ["stays stays-2"], "{writes} {again}");
            assert_eq!(objects(&house, "b.QA").await, ["other other-3", "taken main-1"], "{writes} {again}");
        }
    }
}

#[tokio::test]
async fn what_has_arrived_and_is_deleted_there_does_not_come_back() {
    let mut house = House::settled(BEFORE).await;
    house.program(AFTER);
    // Taking, leaving, arriving: the record in the first stack is still there.
    assert!(house.attempt_killed_at_write(&[], 3).await);
    house.edit("resource Vpc taken Label=x Pass=!db.v1\n       moved a.QA main", "");
    house.attempt(&["b.QA"], Goal::Programs).await;
    assert_eq!(house.cloud.calls(), ["delete taken"]);
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), [""; 0]);
    assert_eq!(objects(&house, "a.QA").await, ["stays stays-2"]);
    assert_eq!(house.cloud.ids(), ["other-3", "stays-2"]);
}

#[tokio::test]
async fn a_disk_that_fails_during_a_move_leaves_what_the_next_run_ends() {
    for (stack, chunks) in [("a.QA", 0), ("b.QA", 0), ("a.QA", 1)] {
        let mut house = House::settled(BEFORE).await;
        house.program(AFTER);
        house.failing_disk = Some((stack.to_owned(), chunks));
        house.attempt(&[], Goal::Programs).await;
        house.failing_disk = None;
        assert_eq!(house.up(&[]).await, "", "{stack} {chunks}");
        assert_eq!(house.cloud.calls(), [""; 0]);
        assert_eq!(objects(&house, "a.QA").await, ["stays stays-2"], "{stack} {chunks}");
        assert_eq!(objects(&house, "b.QA").await, ["other other-3", "taken main-1"], "{stack} {chunks}");
    }
}

#[tokio::test]
async fn case_46_what_is_forgotten_stays_and_is_not_asked() {
    let mut house = House::settled("stack a.QA\n resource Vpc main Cidr=10.0.0.0/16\n resource Vpc kept").await;
    // A copy that was set aside is left over: its deletion fails.
    house.cloud.harm("delete main", Harm::Refuse);
    house.edit("10.0.0.0/16", "10.1.0.0/16");
    house.up(&[]).await;
    house.cloud.heal();
    house.cloud.calls();
    let copies = house.state("a.QA").await.replaced.len();
    assert_eq!(copies, 1);
    house.program("stack a.QA\n resource Vpc kept\n forget Vpc main");
    let preview = house.preview(&[]).await;
    assert!(print(&preview.changes).starts_with("a.QA\nforget main"), "{}", print(&preview.changes));
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), [""; 0]);
    assert_eq!(house.cloud.ids(), ["kept-1", "main-2", "main-3"]);
    let state = house.state("a.QA").await;
    assert_eq!((state.objects.len(), state.replaced.len()), (1, 0));
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_46_what_is_protected_can_be_forgotten_and_what_is_declared_cannot() {
    let mut house = House::settled("stack a.QA\n resource Vpc main\n protect\n resource Vpc kept").await;
    house.program("stack a.QA\n resource Vpc main\n resource Vpc kept\n forget Vpc main");
    let told = house.problems(&[], Goal::Programs).await;
    assert!(told.starts_with("E0118"), "{told}");
    house.program("stack a.QA\n resource Vpc kept\n forget Vpc main\n forget Vpc never");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.ids(), ["kept-1", "main-2"]);
}

#[tokio::test]
async fn case_45_moved_and_forgotten_at_once_is_forgotten() {
    // Renamed and forgotten: a declaration takes over what an alias names, so only what is not declared is forgotten.
    let mut house = House::settled("stack a.QA\n resource Vpc main\n resource Vpc kept").await;
    house.program("stack a.QA\n resource Vpc kept\n forget Vpc main\n forget Vpc renamed");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), [""; 0]);
    // Handed over to another stack and forgotten in the first: it moves, and is gone from there.
    let mut house = House::settled(BEFORE).await;
    house.program(&AFTER.replace("resource Vpc stays\n", "resource Vpc stays\n forget Vpc main\n"));
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(objects(&house, "b.QA").await, ["other other-3", "taken main-1"]);
}

#[test]
fn entries_of_a_move_say_where_it_goes() {
    let urn = resource::Urn::new("a", "Vpc", "main");
    let entry = Entry::Leaving { urn: urn.clone(), incarnation: 1, to: "b".into(), name: urn };
    let text = serde_json::to_string(&entry).expect("serialises");
    assert_eq!(serde_json::from_str::<Entry>(&text).expect("reads back"), entry);
}

#[tokio::test]
async fn case_80_a_move_takes_along_what_state_says_and_accounts_for_every_object() {
    // Moves and renamings are the only migrations: data, of which no function of a program can make anything else.
    let before = "stack a.QA
           resource Vpc main Label=x
             protect
           resource Vpc kept Label=@main.VpcId
             retain
           resource Vpc copied Cidr=c1
         stack b.QA
           resource Vpc other";
    let mut house = House::settled(before).await;
    // A copy that was set aside is left over.
    house.cloud.harm("delete copied", Harm::Refuse);
    house.edit("Cidr=c1", "Cidr=c2");
    house.up(&[]).await;
    house.cloud.heal();
    house.cloud.calls();
    let after = "stack a.QA
         stack b.QA
           resource Vpc other
           resource Vpc main Label=x
             protect
             moved a.QA main
           resource Vpc kept Label=@main.VpcId
             retain
             moved a.QA kept
           resource Vpc copied Cidr=c2
             moved a.QA copied";
    house.program(after);
    // To save it moves nothing.
    let files = house.files();
    let text = house.save(&[]).await;
    assert!(house.files() == files, "something was written");
    assert_eq!(house.carry_out(&text).await, "");
    assert_eq!(house.cloud.calls(), ["delete copied"], "the copy goes as it would have");
    let (a, b) = (house.state("a.QA").await, house.state("b.QA").await);
    assert!(a.is_empty() && b.replaced.is_empty());
    let mut ids: Vec<String> = b.objects.values().map(|object| object.id.clone()).collect();
    ids.sort();
    assert_eq!(ids, house.cloud.ids(), "every object has one successor");
    let kept = |name: &str| b.objects.values().find(|object| object.urn.name() == name).expect("there").kept.clone();
    assert!(kept("main").protect && kept("kept").retain_on_delete);
    assert!(house.preview(&[]).await.is_empty());
    // Protection goes with the object, whatever is moved by hand or by name.
    assert!(house.problems(&["b.QA"], Goal::Nothing).await.starts_with("E0401"));
}
