//! Failures and what state says after them, case by case; the numbers are those of the list of cases.

use ports::StepAction;
use state::{StackState, Status};

use crate::cloud::Harm;
use crate::house::House;

/// `other` hangs on nothing, `replaced` goes with `main`, and `updated` only reads it.
const FAMILY: &str = "stack a.QA
       resource Vpc main Cidr=10.1.0.0/16
       resource Vpc replaced Peer=@main.VpcId
       resource Vpc updated Label=@main.VpcId
       resource Vpc other
       output id @main.VpcId";

fn first(program: &str) -> String {
    program.replace("main Cidr=10.1.0.0/16", "main Cidr=10.1.0.0/16\n dbr true")
}

/// The objects of a state: id, and how they are.
fn objects(state: &StackState) -> Vec<String> {
    let word = |status: &Status| match status {
        Status::Ready => "",
        Status::Partial { .. } => " (partial)",
        Status::Tainted => " (tainted)",
    };
    let live = state.objects.values().map(|object| format!("{}{}", object.id, word(&object.status)));
    live.chain(state.replaced.iter().map(|object| format!("{} (aside)", object.id))).collect()
}

#[tokio::test]
async fn case_07_pending_deletes_go_in_the_order_of_their_readers() {
    let mut house = House::settled(FAMILY).await;
    house.edit("10.1.", "10.9.");
    house.cloud.harm("create replaced", Harm::Refuse);
    let told = house.up(&[]).await;
    assert!(
        told.starts_with("failed replace replaced of a.QA: E0600\nskipped main of a.QA: replaced of a.QA"),
        "{told}"
    );
    assert_eq!(house.cloud.calls(), ["create main", "create replaced", "update updated"]);
    assert!(objects(&house.state("a.QA").await).contains(&"main-1 (aside)".to_owned()));
    house.cloud.heal();
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create replaced", "delete replaced", "delete main"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_08_a_dependant_that_could_not_be_deleted_first_is_deleted_by_the_next_run() {
    // What is only updated keeps the old object in use, and no vendor lets that go first.
    let mut house = House::settled(&first(FAMILY).replace("Label=@main.VpcId", "")).await;
    house.edit("10.1.", "10.9.");
    house.cloud.harm("delete replaced", Harm::Refuse);
    assert!(house.up(&[]).await.starts_with("failed delete replaced of a.QA: E0600\nskipped"));
    house.cloud.heal();
    house.cloud.calls();
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete replaced", "delete main", "create main", "create replaced"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_17_a_first_half_that_failed_leaves_the_object_as_it_was() {
    let mut house = House::settled("stack a.QA\n resource Vpc main Cidr=c1\n dbr true").await;
    let before = house.state("a.QA").await.objects;
    house.edit("c1", "c2");
    house.cloud.harm("delete main", Harm::Refuse);
    let told = house.up(&[]).await;
    assert_eq!(told, "failed delete main of a.QA: E0600\nskipped main of a.QA: main of a.QA");
    assert_eq!(house.state("a.QA").await.objects, before);
    house.cloud.heal();
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["delete main", "delete main", "create main"]);
}

#[tokio::test]
async fn case_18_a_second_half_that_failed_is_done_without_another_delete() {
    // What the program says by then, and the calls that it takes.
    for (then, calls) in [
        ("stack a.QA\n resource Vpc main Cidr=c2\n dbr true", &["create main"][..]),
        ("stack a.QA", &[]),
        ("stack a.QA\n resource Vpc main Cidr=c1 Label=x\n dbr true", &["create main"]),
    ] {
        let mut house = House::settled("stack a.QA\n resource Vpc main Cidr=c1\n dbr true").await;
        house.edit("c1", "c2");
        house.cloud.harm("create main", Harm::Refuse);
        assert_eq!(house.up(&[]).await, "failed replace main of a.QA: E0600");
        assert_eq!(house.cloud.calls(), ["delete main", "create main"]);
        let state = house.state("a.QA").await;
        assert!(state.is_empty() && state.last_incarnation == 2, "{state:?}");
        house.cloud.heal();
        house.program(then);
        assert_eq!(house.up(&[]).await, "");
        assert_eq!(house.cloud.calls(), calls, "{then}");
        assert!(house.preview(&[]).await.is_empty());
    }
}

#[tokio::test]
async fn case_19_a_failed_create_is_in_state_only_if_it_left_something() {
    let program = "stack a.QA\n resource Vpc main Label=x";
    for (harm, code, there, next) in [
        (Harm::Refuse, "E0600", &[][..], &["create main"][..]),
        (Harm::Partial, "E0600", &["main-1 (partial)"], &["update main"]),
        // Without an id nobody could change or delete it: its intent stays, and the next run finds the object.
        (Harm::PartialNoId, "E0902", &[], &[]),
    ] {
        let mut house = House::new(program);
        house.cloud.harm("create main", harm);
        assert_eq!(house.up(&[]).await, format!("failed create main of a.QA: {code}"));
        let state = house.state("a.QA").await;
        assert_eq!((objects(&state), state.dangling.len()), (owned(there), usize::from(code == "E0902")));
        house.cloud.heal();
        house.cloud.calls();
        assert_eq!(house.up(&[]).await, "");
        assert_eq!((house.cloud.calls(), house.cloud.ids()), (owned(next), owned(&["main-1"])));
        assert_eq!(objects(&house.state("a.QA").await), ["main-1"]);
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn case_20_a_failed_update_keeps_the_old_inputs_and_what_it_left_is_observed() {
    for (harm, observed) in [(Harm::Refuse, "old"), (Harm::Partial, "new")] {
        let mut house = House::settled("stack a.QA\n resource Vpc main Label=old").await;
        house.edit("Label=old", "Label=new");
        house.cloud.harm("update main", harm);
        assert_eq!(house.up(&[]).await, "failed update main of a.QA: E0600");
        let state = house.state("a.QA").await;
        let object = state.objects.values().next().expect("one");
        assert_eq!((&object.inputs["Label"], &object.observed["Label"]), (&"old".into(), &observed.into()));
        assert_eq!(object.status == Status::Ready, observed == "old");
        house.cloud.heal();
        assert_eq!(house.up(&[]).await, "");
        assert!(house.preview(&[]).await.is_empty());
    }
}

#[tokio::test]
async fn case_21_what_is_half_done_is_updated_without_a_difference_until_that_succeeds() {
    let mut house = House::new("stack a.QA\n resource Vpc main Label=x");
    house.cloud.harm("create main", Harm::Partial);
    house.cloud.harm("update main", Harm::Partial);
    house.up(&[]).await;
    assert_eq!(house.up(&[]).await, "failed update main of a.QA: E0600");
    assert_eq!(objects(&house.state("a.QA").await), ["main-1 (partial)"]);
    house.cloud.heal();
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create main", "update main", "update main"]);
    assert_eq!(objects(&house.state("a.QA").await), ["main-1"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_22_what_cannot_be_deleted_stays_with_all_that_it_needs_and_nothing_else_does() {
    let program = "stack a.QA
           resource Vpc base
           resource Vpc middle Label=@base.VpcId
           resource Vpc top Label=@middle.VpcId
           resource Vpc leaf Label=@top.VpcId
           resource Vpc free";
    let mut house = House::settled(program).await;
    house.cloud.harm("delete top", Harm::Refuse);
    assert_eq!(
        house.destroy(&[]).await,
        "failed delete top of a.QA: E0600\n\
         skipped base of a.QA: top of a.QA\n\
         skipped middle of a.QA: top of a.QA"
    );
    let state = house.state("a.QA").await;
    let needs: Vec<usize> = state.objects.values().map(|object| object.dependencies.len()).collect();
    assert_eq!((objects(&state), needs), (owned(&["base-1", "middle-3", "top-4"]), vec![0, 1, 1]));
    // With the wish to stop, nothing more is begun.
    let mut house = House::settled(program).await;
    house.stop_at_failure = true;
    house.cloud.harm("delete free", Harm::Refuse);
    house.destroy(&[]).await;
    assert_eq!(house.cloud.calls(), ["delete free"]);
}

#[tokio::test]
async fn case_23_dependants_of_what_failed_are_skipped_and_all_else_is_done() {
    let mut house = House::new(
        "stack a.QA
           resource Vpc main
           resource Vpc waits
             after main
           resource Vpc reads Label=@main.VpcId
           resource Vpc further Label=@reads.VpcId
           resource Vpc free
           output id @main.VpcId
         stack b.QA
           resource Vpc reader Label=#a.QA:id
           resource Vpc free",
    );
    house.cloud.harm("create main", Harm::Refuse);
    assert_eq!(
        house.up(&[]).await,
        "failed create main of a.QA: E0600\n\
         skipped further of a.QA: main of a.QA\n\
         skipped reads of a.QA: main of a.QA\n\
         skipped waits of a.QA: main of a.QA\n\
         skipped output id of a.QA: main of a.QA\n\
         skipped reader of b.QA: main of a.QA"
    );
    assert_eq!(house.cloud.ids(), ["free-1", "free-2"]);
}

#[tokio::test]
async fn case_25_a_program_with_an_error_changes_nothing_because_there_is_no_plan() {
    let mut house = House::settled(FAMILY).await;
    let before = house.files();
    house.edit("resource Vpc other", "resource Vpc another Label=@main.Nonsense");
    let told = house.problems(&[], engine::Goal::Programs).await;
    assert!(told.starts_with("E0301 a.rs:"), "{told}");
    // Not even what is certain: `other` is no longer declared, and is there.
    assert_eq!((house.cloud.calls(), house.cloud.ids().len()), (vec![], 4));
    assert!(house.files() == before, "the state was written");
    assert_eq!(house.output("a.QA", "id").await, "main-1");
}

#[tokio::test]
async fn case_26_a_step_that_was_interrupted_is_shown_by_a_preview_and_settled_by_the_next_run() {
    let mut house = House::new("stack a.QA\n resource Vpc main\n resource Vpc reads Label=@main.VpcId");
    house.attempt_killed(&[], 1).await;
    let before = house.files();
    let preview = house.preview(&[]).await;
    assert!(preview.notes.iter().any(|note| note.contains("a.QA is held by run")), "{:?}", preview.notes);
    assert!(house.files() == before, "a preview wrote");
    assert_eq!(house.state("a.QA").await.dangling.len(), 1);
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.ids(), ["main-1", "reads-2"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_27_of_one_name_there_is_one_live_object_and_copies_to_be_deleted() {
    let mut house = House::settled("stack a.QA\n resource Vpc main Cidr=c1").await;
    house.cloud.harm("delete main", Harm::Refuse);
    for (cidr, next) in [("c1", "c2"), ("c2", "c3")] {
        house.edit(cidr, next);
        house.up(&[]).await;
    }
    assert_eq!(objects(&house.state("a.QA").await), ["main-3", "main-1 (aside)", "main-2 (aside)"]);
    house.cloud.heal();
    house.cloud.calls();
    let mut other = House::settled("stack a.QA\n resource Vpc main Cidr=c1").await;
    assert_eq!(house.up(&[]).await, "");
    assert_eq!((house.cloud.calls(), house.cloud.ids()), (owned(&["delete main"; 2]), owned(&["main-3"])));
    // A destroy takes all of them, too.
    other.cloud.harm("delete main", Harm::Refuse);
    other.edit("c1", "c2");
    other.up(&[]).await;
    other.cloud.heal();
    assert_eq!(other.destroy(&[]).await, "");
    assert_eq!((other.cloud.ids(), other.state("a.QA").await.is_empty()), (vec![], true));
}

#[tokio::test]
async fn case_28_an_error_says_more_than_what_the_failed_step_left() {
    // What a failed create left is no lie, even if it is not what was asked for.
    let mut house = House::new("stack a.QA\n resource Vpc main Label=x");
    house.cloud.harm("create main", Harm::PartialLie);
    assert_eq!(house.up(&[]).await, "failed create main of a.QA: E0600");
    assert_eq!(objects(&house.state("a.QA").await), ["main-1 (partial)"]);
    // A failed update that says nothing of the object leaves state as it was, and so does a failed delete.
    house.cloud.heal();
    assert_eq!(house.up(&[]).await, "");
    let before = house.state("a.QA").await.objects;
    house.edit("Label=x", "Label=y");
    house.cloud.harm("update main", Harm::Refuse);
    house.cloud.harm("delete main", Harm::Refuse);
    assert_eq!(house.up(&[]).await, "failed update main of a.QA: E0600");
    assert_eq!(house.state("a.QA").await.objects, before);
    assert_eq!(house.destroy(&[]).await, "failed delete main of a.QA: E0600");
    assert_eq!(house.state("a.QA").await.objects, before);
}

#[tokio::test]
async fn case_29_a_provider_that_made_something_else_is_found_out_and_what_it_made_is_kept() {
    let mut house = House::new("stack a.QA\n resource Vpc main Label=x\n resource Vpc reads Peer=@main.VpcId");
    house.cloud.harm("create main", Harm::Lie);
    let preview = house.preview(&[]).await;
    let report = house.apply(&preview).await.expect("starts");
    let problem = &report.failed[0].problem;
    assert_eq!(
        (problem.code.as_str(), problem.notes.join(" ")),
        ("E0610", "`Label` is \"a lie\", asked for was \"x\"".into())
    );
    assert_eq!((report.failed.len(), report.skipped.len()), (1, 1));
    let state = house.state("a.QA").await;
    assert_eq!((objects(&state), state.dangling.len()), (owned(&["main-1"]), 0));
    // The next run sees what is there, and mends it.
    house.cloud.heal();
    house.cloud.calls();
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["update main", "create reads"]);
    assert!(house.preview(&[]).await.is_empty());
    // An update can lie as well; what the program ignores is its own business.
    house.edit("Label=x", "Label=y");
    house.cloud.harm("update main", Harm::Lie);
    assert_eq!(house.up(&[]).await, "failed update main of a.QA: E0610");
    house.edit("Label=y\n", "Label=y Cidr=c\n ignore Label\n");
    house.cloud.harm("create main", Harm::Lie);
    house.up(&[]).await;
    assert_eq!(house.cloud.text("main-3", "Label"), "a lie");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn case_29_answers_that_make_no_sense_are_not_believed_and_found_out_by_the_next_run() {
    use Harm::{Elsewhere, Hang, HangAfter, NoId, NoObject, Panic, Silent, Twice};
    let program = "stack a.QA\n resource TYPE main Label=x\n resource Vpc reads Label=@main.Arn";
    for (harm, code) in [
        (NoObject, "E0902"),
        (NoId, "E0902"),
        (Silent, "E0902"),
        (Twice, "E0902"),
        (Elsewhere, "E0902"),
        (HangAfter, "E0611"),
        (Hang, "E0611"),
        (Panic, "E0901"),
    ] {
        // One type for each way to find out: tag, identity, token.
        for ty in ["Vpc", "Bucket", "Fixed"] {
            let attribute = if ty == "Fixed" { ".Id" } else { ".Arn" };
            let mut house = House::new(&program.replace("TYPE", ty).replace(".Arn", attribute));
            house.cloud.harm("create main", harm);
            let told = house.up(&[]).await;
            assert_eq!(
                told,
                format!("failed create main of a.QA: {code}\nskipped reads of a.QA: main of a.QA"),
                "{ty}"
            );
            assert_eq!(house.state("a.QA").await.dangling.len(), 1, "{ty} {code}");
            house.cloud.heal();
            assert_eq!(house.up(&[]).await, "", "{ty} {code}");
            assert_eq!(house.cloud.ids(), ["main-1", "reads-2"], "{ty} {code}");
            assert!(house.preview(&[]).await.is_empty(), "{ty} {code}");
        }
    }
    for harm in [Silent, Twice, HangAfter, Hang, Panic] {
        let mut house = House::settled("stack a.QA\n resource Vpc main Label=old\n resource Vpc gone").await;
        house.edit("Label=old\n resource Vpc gone", "Label=new");
        house.cloud.harm("update main", harm);
        house.cloud.harm("delete gone", harm);
        let told = house.up(&[]).await;
        assert!(told.starts_with("failed ") && told.lines().count() == 2, "{told}");
        assert_eq!(house.state("a.QA").await.dangling.len(), 2, "{told}");
        house.cloud.heal();
        assert_eq!(house.up(&[]).await, "", "after {told}");
        assert_eq!((house.cloud.ids(), house.cloud.text("main-2", "Label")), (owned(&["main-2"]), "new".to_owned()));
        assert!(house.preview(&[]).await.is_empty(), "after {told}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_may_take_as_long_as_the_program_says_or_else_its_type() {
    for (program, seconds) in [
        ("stack a.QA\n resource Vpc main\n timeouts 7 8 9", 7),
        ("stack a.QA\n resource Vpc main", 20 * 60),
        ("stack a.QA\n resource Route main Table=t", 60),
    ] {
        let mut house = House::new(program);
        house.cloud.harm("create main", Harm::Hang);
        let preview = house.preview(&[]).await;
        let begun = tokio::time::Instant::now();
        let report = house.apply(&preview).await.expect("starts");
        let message = &report.failed[0].problem.message;
        assert_eq!(*message, format!("`main`: no answer after {seconds} seconds"));
        assert_eq!(begun.elapsed().as_secs(), seconds + 5, "the provider is given a moment to say it itself");
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_does_not_answer_when_it_is_asked_leaves_everything_as_it_is() {
    let mut house = House::new("stack a.QA\n resource Bucket main");
    house.cloud.harm("read", Harm::Hang);
    assert_eq!(house.up(&[]).await, "failed create main of a.QA: E0600");
    assert_eq!((house.cloud.calls(), house.state("a.QA").await.dangling.len()), (vec![], 0));
    for harm in [Harm::Hang, Harm::NoId, Harm::Panic, Harm::Twice] {
        let mut house = House::new("stack a.QA\n resource Vpc main");
        house.cloud.harm("create main", Harm::LoseAnswer);
        house.up(&[]).await;
        house.cloud.harm("read", harm);
        let preview = house.preview(&[]).await;
        assert!(house.settle(&preview).await.is_err());
        assert_eq!(house.state("a.QA").await.dangling.len(), 1);
        house.cloud.heal();
        assert_eq!(house.up(&[]).await, "");
        assert_eq!(house.cloud.ids(), ["main-1"]);
    }
}

#[tokio::test]
async fn case_32_a_preview_writes_nothing_and_calls_nothing() {
    let mut house = House::settled(FAMILY).await;
    house.edit("10.1.", "10.9.");
    house.edit("resource Vpc other", "resource Vpc another");
    let before = house.files();
    assert!(!house.preview(&[]).await.is_empty());
    assert!(!house.preview_of(&[], engine::Goal::Nothing).await.expect("a preview").is_empty());
    assert_eq!(house.cloud.calls(), [""; 0]);
    assert!(house.files() == before, "a preview wrote");
}

#[tokio::test]
async fn case_33_a_type_that_cannot_be_loaded_stops_the_run_before_anything_is_touched() {
    let mut house = House::new("stack a.QA\n resource Vpc main\n resource Broken bad");
    let told = house.problems(&[], engine::Goal::Programs).await;
    assert!(told.starts_with("E0306 a.rs:3:1 the type `Broken` cannot be used\nnote "), "{told}");
    assert_eq!((house.cloud.calls(), house.files().len()), (vec![], 0));
}

#[tokio::test]
async fn case_34_state_is_written_only_for_what_means_something() {
    let program =
        "stack a.QA\n resource Vpc main Label=x\n resource Vpc reads Label=@main.VpcId\n output id @main.VpcId";
    let mut house = House::settled(program).await;
    let before = house.files();
    assert_eq!(house.up(&[]).await, "");
    assert!(house.files() == before, "nothing was to be done, and something was written");
    for option in ["protect", "retain", "dbr false", "timeouts 1 2 3", "after reads2"] {
        let mut house = House::settled(&format!("{program}\n resource Vpc reads2")).await;
        let before = house.files();
        let (from, to) = match option {
            "after reads2" => ("resource Vpc reads2", "resource Vpc reads2\n resource Vpc main Label=x\n after reads2"),
            _ => ("main Label=x", "main Label=x\n OPTION"),
        };
        if option == "after reads2" {
            house.edit("resource Vpc main Label=x\n", "");
        }
        house.edit(from, &to.replace("OPTION", option));
        assert_eq!(house.up(&[]).await, "", "{option}");
        assert_eq!(house.cloud.calls(), [""; 0], "{option}");
        assert!(house.files() != before, "{option} is not in state");
        let after = house.files();
        assert_eq!(house.up(&[]).await, "", "{option}");
        assert!(house.files() == after, "{option} is written every time");
    }
}

#[tokio::test]
async fn case_37_what_happened_is_written_even_if_it_makes_no_sense_and_then_nothing_reads_it() {
    use ports::{Base, Closing, Run, StateStore};
    let mut house = House::settled("stack a.QA\n resource Vpc main\n resource Vpc reads Label=@main.VpcId").await;
    let store = house.store();
    let head = store.heads().await.expect("heads").remove(0);
    let base = Base { stack: head.stack.clone(), id: head.id.clone(), generation: Some(head.generation), plan: None };
    let run = Run { id: "odd".into(), command: "test".into() };
    let mut journal = store.acquire(&run, &[base]).await.expect("taken").remove(0);
    let mut state = journal.state().clone();
    let mut object = state::Object::clone(state.objects.values().next().expect("one"));
    object.dependencies.insert(state.objects.keys().last().expect("another").clone());
    let entry = state::Entry::Recorded { object: Box::new(object) };
    state.apply(&entry);
    journal.append(vec![entry]).await.expect("what happened is never refused");
    journal.close(Closing { state, settled: None }).await.expect("closed");
    store.release(&run).await.expect("released");
    let told = house.problems(&[], engine::Goal::Programs).await;
    assert!(told.contains("the dependencies of `a::Vpc::main`, `a::Vpc::reads` form a cycle"), "{told}");
    let told = house.problems(&[], engine::Goal::Nothing).await;
    assert!(told.contains("form a cycle"), "{told}");
}

#[tokio::test]
async fn case_76_times_say_when_an_object_was_made_and_when_it_was_changed() {
    let times = async |house: &House| {
        let state = house.state("a.QA").await;
        let object = state.objects.values().next().expect("one");
        (object.created.clone(), object.modified.clone())
    };
    let mut house = House::settled("stack a.QA\n resource Vpc main Label=one").await;
    let (created, modified) = times(&house).await;
    assert!(created == modified && created.ends_with('Z'), "{created}");
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    house.refresh(&[]).await;
    house.edit("Label=one", "Label=one\n protect");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(times(&house).await, (created.clone(), created.clone()), "it was read, and recorded, not changed");
    // The provider hears what was last applied, not what was last seen.
    house.cloud.meddle("main-1", "Label", "meddled");
    house.refresh(&[]).await;
    house.edit("Label=one", "Label=two");
    let prior = std::sync::Arc::new(std::sync::Mutex::new(value::Value::Null));
    let heard = prior.clone();
    house.cloud.watch(move |_, step| {
        if let StepAction::Update { prior, .. } | StepAction::Delete { prior, .. } = &step.action {
            *heard.lock().expect("lock") = prior["Label"].clone();
        }
    });
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(*prior.lock().expect("lock"), "one".into());
    let (same, modified) = times(&house).await;
    assert!(same == created && modified > created, "{same} {modified}");
    house.ignore_protection = true;
    assert_eq!(house.destroy(&[]).await, "");
    assert_eq!(*prior.lock().expect("lock"), "two".into());
}
