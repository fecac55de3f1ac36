//! Calls whose end nobody knows, and runs that were interrupted.

use std::sync::Arc;
use std::time::Duration;

use crate::cloud::Harm;
use crate::disk::Gate;
use crate::house::House;

/// One type for each way to find out what became of a create: tag, identity, token.
const KINDS: [&str; 3] = ["Vpc", "Bucket", "Fixed"];

fn program(ty: &str) -> String {
    format!("stack a.QA\n resource {ty} main Label=x\n resource Vpc reads Label=@main.Arn")
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_found_by_the_next_run() {
    for ty in KINDS {
        let mut house = House::new(&program(ty).replace(".Arn", if ty == "Fixed" { ".Id" } else { ".Arn" }));
        house.cloud.harm("create main", Harm::LoseAnswer);
        let told = house.up(&[]).await;
        assert_eq!(told, "failed create main of a.QA: E0600\nskipped reads of a.QA: main of a.QA", "{ty}");
        house.cloud.heal();
        assert_eq!(house.up(&[]).await, "", "{ty}");
        assert_eq!(house.cloud.ids(), ["main-1", "reads-2"], "{ty}");
        assert_eq!(house.state("a.QA").await.objects.len(), 2, "{ty}");
        assert!(house.preview(&[]).await.is_empty(), "{ty}");
    }
}

#[tokio::test]
async fn what_was_asked_for_is_settled_whatever_the_program_says_by_now() {
    // Another label updates, or replaces; another name replaces; and what is found is what was asked for.
    for (ty, from, to, calls) in [
        ("Vpc", "Label=x", "Label=y", vec!["update main"]),
        ("Vpc", "Label=x", "Label=x Cidr=10.9.0.0/16", vec!["create main", "delete main"]),
        ("Bucket", "Label=x", "Label=y", vec!["update main"]),
        ("Bucket", "Label=x", "Name=one", vec!["create main", "delete main"]),
        ("Fixed", "Label=x", "Label=y", vec!["create main", "delete main", "create main"]),
    ] {
        let mut house = House::new(&format!("stack a.QA\n resource {ty} main {from}"));
        house.cloud.harm("create main", Harm::LoseAnswer);
        house.up(&[]).await;
        house.cloud.heal();
        house.cloud.calls();
        house.edit(from, to);
        assert_eq!(house.up(&[]).await, "", "{ty} {to}");
        assert_eq!(house.cloud.calls(), calls, "{ty} {to}");
        assert_eq!(house.cloud.ids().len(), 1, "{ty} {to}");
        assert!(house.preview(&[]).await.is_empty(), "{ty} {to}");
    }
}

#[tokio::test]
async fn a_search_is_repeated_until_it_is_sure_to_show_what_was_made() {
    for ty in ["Vpc", "Bucket"] {
        let mut house = House::new(&format!("stack a.QA\n resource {ty} main Label=x"));
        house.cloud.hide(Duration::from_millis(300));
        house.cloud.harm("create main", Harm::LoseAnswer);
        house.up(&[]).await;
        house.cloud.heal();
        assert_eq!(house.up(&[]).await, "", "{ty}");
        assert_eq!(house.cloud.ids(), ["main-1"], "{ty}");
        assert!(house.preview(&[]).await.is_empty(), "{ty}");
    }
}

#[tokio::test]
async fn what_the_vendor_does_not_show_yet_is_not_taken_to_be_gone() {
    let program = "stack a.QA\n resource Vpc main Label=old\n resource Vpc gone";
    let house = async || {
        let house = House::new(program);
        house.cloud.hide_from_everybody(Duration::from_millis(1500));
        let mut house = house;
        assert_eq!(house.up(&[]).await, "");
        house.cloud.calls();
        house
    };
    let mut refreshed = house().await;
    let report = refreshed.refresh(&[]).await;
    assert_eq!((report.read, report.gone), (2, vec![]), "they are only not shown yet");
    assert!(refreshed.preview(&[]).await.is_empty());
    // A delete that never arrived, right after the create.
    let mut house = house().await;
    house.edit("Label=old\n resource Vpc gone", "Label=new");
    house.cloud.harm("update main", Harm::LoseCall);
    house.cloud.harm("delete gone", Harm::LoseCall);
    assert_eq!(house.up(&[]).await.lines().count(), 2);
    house.cloud.heal();
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.ids(), ["main-2"], "nothing is forgotten, and nothing is there twice");
    assert_eq!(house.cloud.text("main-2", "Label"), "new");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn a_create_that_never_arrived_is_done_by_the_next_run() {
    for ty in KINDS {
        let mut house = House::new(&program(ty).replace(".Arn", if ty == "Fixed" { ".Id" } else { ".Arn" }));
        house.cloud.harm("create main", Harm::LoseCall);
        house.up(&[]).await;
        house.cloud.heal();
        assert_eq!(house.up(&[]).await, "", "{ty}");
        assert_eq!(house.cloud.ids(), ["main-1", "reads-2"], "{ty}");
    }
}

#[tokio::test]
async fn what_a_lost_create_made_is_deleted_if_the_program_no_longer_wants_it() {
    let mut house = House::new("stack a.QA\n resource Vpc main\n resource Vpc kept");
    house.cloud.harm("create main", Harm::LoseAnswer);
    house.up(&[]).await;
    house.cloud.heal();
    house.edit("resource Vpc main\n", "");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.ids(), ["kept-1"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn a_token_that_cannot_be_asked_about_now_stays_open() {
    let mut house = House::new("stack a.QA\n resource Fixed main Label=x");
    house.cloud.harm("create main", Harm::LoseAnswer);
    house.up(&[]).await;
    let preview = house.preview(&[]).await;
    assert!(house.settle(&preview).await.is_err(), "the answer is lost again");
    assert_eq!(house.state("a.QA").await.dangling.len(), 1);
    house.cloud.heal();
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.ids(), ["main-1"]);
}

#[tokio::test]
async fn lost_updates_are_repeated_and_lost_deletes_are_found_out() {
    for harm in [Harm::LoseAnswer, Harm::LoseCall] {
        let mut house = House::settled("stack a.QA\n resource Vpc main Label=old\n resource Vpc gone").await;
        house.edit("Label=old\n resource Vpc gone", "Label=new");
        house.cloud.harm("update main", harm);
        house.cloud.harm("delete gone", harm);
        let told = house.up(&[]).await;
        assert_eq!(told, "failed delete gone of a.QA: E0600\nfailed update main of a.QA: E0600");
        house.cloud.heal();
        assert_eq!(house.up(&[]).await, "");
        assert_eq!(house.cloud.ids(), ["main-2"]);
        assert_eq!(house.cloud.text("main-2", "Label"), "new");
        assert!(house.preview(&[]).await.is_empty());
    }
}

#[tokio::test]
async fn a_lost_update_or_delete_is_settled_whatever_the_program_says_by_now() {
    // What was asked for and got lost, what the program says by then, the calls that it takes, and what is there.
    let program = "stack a.QA\n resource Vpc main Label=old Cidr=c1\n resource Vpc gone";
    for (asked, then, calls, there) in [
        ("main Label=new Cidr=c1", "main Label=other Cidr=c1", &["update main"][..], "other"),
        ("main Label=new Cidr=c1", "main Label=old Cidr=c1", &["update main"], "old"),
        ("main Label=new Cidr=c1", "main Label=new Cidr=c2", &["create main", "delete main"], "new"),
        ("main Label=new Cidr=c1", "heir Label=new Cidr=c1\n alias main", &["update heir"], "new"),
        ("main Label=new Cidr=c1", "", &["delete main"], ""),
    ] {
        for harm in [Harm::LoseAnswer, Harm::LoseCall] {
            let mut house = House::settled(program).await;
            house.edit("main Label=old Cidr=c1", asked);
            house.cloud.harm("update main", harm);
            assert_eq!(house.up(&[]).await, "failed update main of a.QA: E0600", "{then} {harm:?}");
            house.cloud.heal();
            house.cloud.calls();
            let line = if then.is_empty() { String::new() } else { format!("resource Vpc {then}\n") };
            house.program(&format!("stack a.QA\n {line} resource Vpc gone"));
            assert_eq!(house.up(&[]).await, "", "{then} {harm:?}");
            assert_eq!(house.cloud.calls(), calls, "{then} {harm:?}");
            let ids = house.cloud.ids();
            let main = ids.iter().find(|id| !id.starts_with("gone"));
            assert_eq!(main.map(|id| house.cloud.text(id, "Label")).unwrap_or_default(), there, "{then} {harm:?}");
            assert_eq!(ids.len(), if there.is_empty() { 1 } else { 2 }, "{then} {harm:?}: {ids:?}");
            assert!(house.preview(&[]).await.is_empty(), "{then} {harm:?}");
        }
    }
    for (harm, calls) in [(Harm::LoseAnswer, &["create gone"][..]), (Harm::LoseCall, &["update gone"])] {
        let mut house = House::settled(program).await;
        house.edit("\n resource Vpc gone", "");
        house.cloud.harm("delete gone", harm);
        assert_eq!(house.up(&[]).await, "failed delete gone of a.QA: E0600", "{harm:?}");
        house.cloud.heal();
        house.cloud.calls();
        house.edit("Cidr=c1", "Cidr=c1\n resource Vpc gone Label=back");
        assert_eq!(house.up(&[]).await, "", "{harm:?}");
        assert_eq!(house.cloud.calls(), calls, "{harm:?}");
        assert_eq!(house.cloud.ids().len(), 2, "{harm:?}");
        assert!(house.preview(&[]).await.is_empty(), "{harm:?}");
    }
}

#[tokio::test]
async fn halves_of_a_replacement_that_got_lost_are_settled_whatever_the_program_says_by_now() {
    // Created first, or deleted first; what was lost; and what the program says by then.
    for first in ["", "\n dbr true"] {
        for lost in ["create main", "delete main"] {
            for harm in [Harm::LoseAnswer, Harm::LoseCall] {
                for then in ["Cidr=c2", "Cidr=c1", "Cidr=c3 Label=x", "Cidr=c2 Label=x"] {
                    let case = format!("{first} {lost} {harm:?} {then}");
                    let mut house = House::settled(&format!(
                        "stack a.QA\n resource Vpc main Cidr=c1{first}\n resource Vpc reads Peer=@main.VpcId"
                    ))
                    .await;
                    house.edit("Cidr=c1", "Cidr=c2");
                    house.cloud.harm(lost, harm);
                    assert!(house.up(&[]).await.starts_with("failed "), "{case}");
                    house.cloud.heal();
                    house.edit("Cidr=c2", then);
                    assert_eq!(house.up(&[]).await, "", "{case}");
                    let ids = house.cloud.ids();
                    assert_eq!(ids.len(), 2, "{case}: {ids:?}");
                    let cidr = then.split(' ').next().and_then(|word| word.strip_prefix("Cidr="));
                    assert_eq!(Some(house.cloud.text(&ids[0], "Cidr").as_str()), cidr, "{case}");
                    assert_eq!(house.cloud.text(&ids[1], "Peer"), ids[0], "{case}");
                    assert!(house.preview(&[]).await.is_empty(), "{case}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_run_that_is_killed_during_any_call_is_finished_by_the_next() {
    const PROGRAM: &str = "stack a.QA
           resource Vpc main Cidr=10.1.0.0/16
           resource Vpc reads Peer=@main.VpcId
           output id @main.VpcId
         stack b.QA
           resource Bucket logs Label=#a.QA:id
           resource Fixed fixed Label=#a.QA:id";
    for nth in 1..=14 {
        let mut house = House::new(PROGRAM);
        // The first run makes four calls, the second the rest.
        house.attempt_killed(&[], nth).await;
        house.edit("10.1.", "10.9.");
        house.attempt_killed(&[], nth.saturating_sub(4).max(1)).await;
        assert_eq!(house.up(&[]).await, "", "killed at call {nth}");
        assert!(house.preview(&[]).await.is_empty(), "killed at call {nth}");
        let names: Vec<String> =
            house.cloud.ids().iter().map(|id| id.split('-').next().expect("a name").to_owned()).collect();
        assert_eq!(names, ["fixed", "logs", "main", "reads"], "killed at call {nth}: {:?}", house.cloud.ids());
    }
}

#[tokio::test]
async fn a_holder_that_is_paused_between_intent_and_call_and_is_taken_over_stops_without_the_call() {
    for ty in KINDS {
        let mut house = House::new(&format!("stack a.QA\n resource {ty} main Label=x"));
        let mut heir = house.beside();
        let gate = Arc::new(Gate::default());
        house.gate = Some(Arc::clone(&gate));
        let taken_over = async {
            gate.reached.notified().await;
            assert_eq!(heir.state("a.QA").await.dangling.len(), 1, "the intent is durable");
            heir.lose_sight_of_holders();
            let told = heir.up(&[]).await;
            gate.open.notify_one();
            told
        };
        let (paused, told) = tokio::join!(house.up(&[]), taken_over);
        assert_eq!(told, "", "{ty}");
        assert_eq!(paused, "failed create main of a.QA: E0501", "{ty}");
        assert_eq!(house.cloud.ids(), ["main-1"], "{ty}");
        let creates = house.cloud.calls().iter().filter(|call| *call == "create main").count();
        assert_eq!(creates, 1, "{ty}");
        house.gate = None;
        assert!(house.preview(&[]).await.is_empty(), "{ty}");
        assert_eq!(house.up(&[]).await, "", "{ty}");
    }
}
