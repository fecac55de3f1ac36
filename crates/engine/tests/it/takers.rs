//! What goes while nobody knows yet whether another stack takes it over.

use engine::Goal;

use crate::fixture::print;
use crate::house::House;

const BEFORE: &str = "stack a.QA
       resource Vpc main Label=x
       resource Vpc stays
     stack b.QA
       resource Vpc other";

/// The program of `b` is known only when `up` of `c` is there.
const AFTER: &str = "stack a.QA
       resource Vpc stays
     stack b.QA
       resource Vpc other
       resource Vpc taken Label=x
       moved a.QA main
     each b.QA thing c.QA:count
     stack c.QA
       resource Vpc up
       output count @up.Count";

const CLAIM: &str = "resource Vpc taken Label=x\n       moved a.QA main";

async fn ids(house: &House, stack: &str) -> Vec<String> {
    house.state(stack).await.objects.values().map(|object| object.id.clone()).collect()
}

#[tokio::test]
async fn case_45_nothing_goes_as_long_as_a_program_that_may_take_it_over_waits() {
    for option in ["", "protect", "retain"] {
        let mut house = House::settled(&BEFORE.replace("Label=x", &format!("Label=x\n {option}"))).await;
        house.program(&AFTER.replace("moved", &format!("{option}\n moved")));
        let preview = house.preview(&[]).await;
        let shown = print(&preview.changes);
        let word = if option == "retain" { "forget" } else { "-" };
        assert_eq!(shown, format!("a.QA\n{word} main\nc.QA\n+ up\n> count <c.QA:up.Count>"), "{option}");
        let note = "`main` of `a.QA` stays until it is known whether `b.QA` takes over any of that";
        assert_eq!(preview.notes, [note], "{option}");
        assert_eq!(house.up(&[]).await, "", "{option}");
        assert_eq!(house.cloud.calls(), ["create up", "create thing-0", "create thing-1"], "{option}");
        assert_eq!(ids(&house, "a.QA").await, ["stays-2"], "{option}");
        assert!(ids(&house, "b.QA").await.contains(&"main-1".to_owned()), "{option}");
        assert!(house.preview(&[]).await.is_empty(), "{option}");
    }
}

#[tokio::test]
async fn case_45_what_nobody_takes_over_goes_once_every_program_is_known() {
    let mut house = House::settled(BEFORE).await;
    house.program(&AFTER.replace(CLAIM, ""));
    assert_eq!(house.up(&[]).await, "");
    let calls = house.cloud.calls();
    assert_eq!(calls[0], "create up");
    assert!(calls.contains(&"delete main".to_owned()), "{calls:?}");
    assert!(house.preview(&[]).await.is_empty());
    // What is protected is refused, but not before it is known that nobody takes it over.
    let mut house = House::settled(&BEFORE.replace("Label=x", "Label=x\n protect")).await;
    house.program(&AFTER.replace(CLAIM, ""));
    let preview = house.preview(&[]).await;
    house.apply(&preview).await.expect("starts");
    assert_eq!(house.cloud.calls(), ["create up"]);
    assert!(house.problems(&[], Goal::Programs).await.starts_with("E0401"));
}

#[tokio::test]
async fn what_needs_a_deletion_that_waits_waits_too() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc net Cidr=10.0.0.0/16
           dbr true
           resource Vpc main Peer=@net.VpcId
           resource Vpc apart Label=x
           output main @main.Arn
         stack b.QA
           resource Vpc other",
    )
    .await;
    // The old network goes before the new one is there, and what is in it before that; the other program waits for
    // the new one.
    house.program(
        "stack a.QA
           resource Vpc net Cidr=10.1.0.0/16
           dbr true
           resource Vpc apart Label=y
           output count @net.Count
         stack b.QA
           resource Vpc other
         each b.QA thing a.QA:count",
    );
    let preview = house.preview(&[]).await;
    let report = house.apply(&preview).await.expect("starts");
    assert_eq!(house.cloud.calls(), ["update apart"]);
    let mut left: Vec<String> = report.left.iter().map(|(stack, target)| format!("{target} of {stack}")).collect();
    left.sort();
    left.dedup();
    assert_eq!(left, ["main of a.QA", "net of a.QA", "output count of a.QA", "output main of a.QA"]);
    assert!(report.failed.is_empty() && report.skipped.is_empty());
    let preview = house.preview(&[]).await;
    let report = house.apply(&preview).await.expect("starts");
    assert_eq!((report.done, house.cloud.calls()), (0, vec![]), "nothing more can be done, and nothing wrong is");
    // By name it goes, and all is well again.
    house.targets.only = vec!["main".into()];
    assert_eq!(house.destroy(&["a.QA"]).await, "");
    house.targets.only.clear();
    assert_eq!(house.up(&[]).await, "");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_70_a_saved_preview_leaves_what_may_be_taken_over_to_the_next_one() {
    let mut house = House::settled(BEFORE).await;
    house.program(AFTER);
    let text = house.save(&[]).await;
    assert_eq!(house.carry_out(&text).await, "left main of a.QA");
    assert_eq!(house.cloud.calls(), ["create up"]);
    assert_eq!(house.carry_out(&text).await, "left main of a.QA", "also if it is taken up again");
    let next = house.save(&[]).await;
    assert_eq!(house.carry_out(&next).await, "");
    assert_eq!(house.cloud.calls(), ["create thing-0", "create thing-1"]);
    assert!(ids(&house, "b.QA").await.contains(&"main-1".to_owned()));
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_45_a_program_outside_the_selection_that_waits_is_waited_for_too() {
    let selected = ["a.QA", "c.QA"];
    let mut house = House::settled(BEFORE).await;
    house.program(AFTER);
    let text = house.save(&selected).await;
    assert_eq!(house.carry_out(&text).await, "left main of a.QA");
    assert_eq!(house.cloud.calls(), ["create up"]);
    let told = house.problems(&selected, Goal::Programs).await;
    assert!(told.starts_with("E0442 ") && told.contains("moves to `b.QA`"), "{told}");
    house.edit(CLAIM, "");
    assert_eq!(house.up(&selected).await, "");
    assert_eq!(house.cloud.calls(), ["delete main"]);
}

#[tokio::test]
async fn case_45_a_program_outside_the_selection_that_nobody_can_evaluate_stands_against_a_deletion() {
    let mut house = House::settled(BEFORE).await;
    house.program(AFTER);
    let told = house.problems(&["a.QA"], Goal::Programs).await;
    assert_eq!(
        told,
        "E0460 `main` of `a.QA` would be deleted, and may be taken over elsewhere\n\
         note what `b.QA` takes over is not known: stack `c.QA` has published nothing yet\n\
         hint mend these programs; they need not be selected for that\n\
         hint or delete by name: `runner destroy a.QA --target 'main'`"
    );
    // What goes nowhere needs nobody's word, and neither does what is left alone or forgotten.
    house.edit("Vpc stays", "Vpc stays Label=y");
    house.targets.only = vec!["stays".into()];
    assert_eq!(house.up(&["a.QA"]).await, "");
    house.targets.only = vec!["main".into()];
    assert_eq!(house.destroy(&["a.QA"]).await, "");
    assert_eq!(house.cloud.calls(), ["update stays", "delete main"]);
}

#[tokio::test]
async fn a_stack_that_nobody_has_to_apply_and_nobody_has_applied_has_no_say_until_it_can_be_evaluated() {
    let mut house = House::settled(BEFORE).await;
    let draft = "stack d.Dev\n resource Vpc thing\n each d.Dev more c.QA:count\n stack c.QA\n output count 1";
    house.program(&format!("stack a.QA\n resource Vpc stays\n stack b.QA\n resource Vpc other\n {draft}"));
    assert_eq!(house.up(&["a.QA"]).await, "");
    assert_eq!(house.cloud.calls(), ["delete main"]);
    // What it says counts as soon as it says something.
    house.program(&format!(
        "stack a.QA\n stack b.QA\n resource Vpc other\n {}",
        draft.replace("Vpc thing", "Vpc thing\n moved a.QA stays")
    ));
    assert_eq!(house.up(&["c.QA"]).await, "");
    assert!(house.problems(&["a.QA"], Goal::Programs).await.starts_with("E0442"));
}

#[tokio::test]
async fn case_45_what_another_stack_outside_has_published_is_known_to_a_program_that_is_asked() {
    let mut house = House::settled(&format!("{BEFORE}\n stack c.QA\n output count 1")).await;
    house.program(&AFTER.replace("resource Vpc up\n       output count @up.Count", "output count 1"));
    let told = house.problems(&["a.QA"], Goal::Programs).await;
    assert!(told.starts_with("E0442 "), "{told}");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create thing-0"]);
}

#[tokio::test]
async fn what_a_program_that_waits_still_reads_stays_until_it_has_moved_on() {
    let before = "stack a.QA
           resource Vpc net Cidr=c1
           resource Vpc apart Label=x
           output net @net.VpcId
         stack r.QA
           resource Vpc inside Peer=#a.QA:net
         each r.QA thing c.QA:count
         stack c.QA
           output count 1";
    let unknown = |program: &str| program.replace("output count 1", "resource Vpc up\n output count @up.Count");
    let replaced = before.replace("Cidr=c1", "Cidr=c2");
    let dropped = before.replace("resource Vpc net Cidr=c1", "").replace("output net @net.VpcId", "");
    for after in [replaced, dropped.replace("Peer=#a.QA:net", "Peer=none")] {
        let mut house = House::settled(before).await;
        house.program(&unknown(&after));
        let preview = house.preview(&[]).await;
        assert_eq!(preview.deferred.keys().collect::<Vec<_>>(), ["r.QA"]);
        assert_eq!(house.up(&[]).await, "", "{after}");
        assert_eq!(house.cloud.refused_deletes(), [""; 0], "{after}");
        assert!(house.preview(&[]).await.is_empty(), "{after}");
        assert!(!house.cloud.ids().contains(&"net-2".to_owned()), "{:?}", house.cloud.ids());
    }
}

#[tokio::test]
async fn case_45_what_a_program_that_waits_may_still_declare_is_taken_over_once_that_is_known() {
    let after = "stack a.QA
           resource Vpc stays
         each a.QA thing c.QA:count
         stack b.QA
           resource Vpc other
           resource Vpc taken Label=x
           moved a.QA main
           resource Vpc reader Label=@taken.VpcId
         stack c.QA
           resource Vpc up
           output count @up.Count";
    let mut house = House::settled(BEFORE).await;
    house.program(after);
    let preview = house.preview(&[]).await;
    assert_eq!(preview.notes, ["`taken` of b.QA waits until it is known whether a.QA still declares `main`"]);
    let text = house.save(&[]).await;
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create up", "create thing-0", "create thing-1", "create reader"]);
    assert!(ids(&house, "b.QA").await.contains(&"main-1".to_owned()));
    assert!(house.preview(&[]).await.is_empty());
    assert!(house.refusal(&text).await.starts_with("E0566"), "the base has moved");
    // Saved, it takes two files.
    let mut house = House::settled(BEFORE).await;
    house.program(after);
    let text = house.save(&[]).await;
    let told = house.carry_out(&text).await;
    assert_eq!(told, "left reader of b.QA\nleft taken of b.QA");
    let next = house.save(&[]).await;
    assert_eq!(house.carry_out(&next).await, "");
    assert!(ids(&house, "b.QA").await.contains(&"main-1".to_owned()));
    // What turns out to be declared there is refused, and nothing was made in its place.
    let mut house = House::settled(BEFORE).await;
    house.program(&after.replace("resource Vpc stays", "resource Vpc stays\n resource Vpc main Label=x"));
    let preview = house.preview(&[]).await;
    house.apply(&preview).await.expect("starts");
    assert_eq!(house.cloud.calls(), ["create up"]);
    assert!(house.problems(&[], Goal::Programs).await.starts_with("E0441"));
}
