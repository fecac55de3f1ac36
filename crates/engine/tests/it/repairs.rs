//! States that were damaged, what is put in their place, and what runs did.

use std::fs;
use std::path::PathBuf;

use engine::{RunEnd, Stopped};
use state::Tally;

use crate::fixture::print_problems;
use crate::house::House;

const PROGRAM: &str = "stack a.QA
       resource Vpc main Label=x
       resource Vpc reader Peer=@main.Arn
       output label @main.Label";

/// The files of a kind of a stack, oldest first.
fn files(house: &House, kind: &str) -> Vec<PathBuf> {
    let dir = house.root().join("stacks/a.QA").join(kind);
    let mut files: Vec<PathBuf> =
        fs::read_dir(dir).expect("lists").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// What `state verify` says of all stacks.
async fn verify(house: &House) -> String {
    house
        .with(async |engine| {
            let examined = engine.store.examine().await.expect("examines");
            let names = examined.iter().map(|stack| stack.stack.clone()).collect();
            print_problems(&engine.verify(&examined, &names))
        })
        .await
}

/// Repairs a stack; what that says.
async fn repair(house: &House) -> Vec<String> {
    house
        .with(async |engine| {
            let Some(repair) = engine.prepare_repair("a.QA").await.expect("can be repaired") else { return Vec::new() };
            let says = repair.says.clone();
            engine.repair(repair).await.expect("repairs");
            says
        })
        .await
}

async fn history(house: &House) -> Vec<engine::PastRun> {
    house
        .with(async |engine| {
            let head = engine.store.heads().await.expect("heads").remove(0);
            engine.history(&head).await.expect("is read")
        })
        .await
}

#[tokio::test]
async fn case_37_a_broken_state_is_refused_named_and_made_whole() {
    let mut house = House::settled(PROGRAM).await;
    house.edit("Label=x", "Label=y");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!((verify(&house).await.as_str(), repair(&house).await), ("", vec![]));
    let snapshot = house.store_snapshot().await;
    fs::write(&snapshot, "{}").expect("is written");
    assert!(house.preview(&[]).await.is_empty(), "a stack that has nothing to do is not read");
    house.edit("Label=y", "Label=z");

    let told = house.problems(&[], engine::Goal::Programs).await;
    assert!(told.contains("is broken") && told.contains("was changed"), "{told}");
    let told = verify(&house).await;
    assert!(told.starts_with("E0580 `a.QA`: `stacks/a.QA/snapshots/"), "{told}");
    assert!(told.ends_with("hint `runner state repair a.QA`"), "{told}");

    let said = repair(&house).await;
    assert_eq!(said[1], "all of it can be told from what is whole: 2 objects, nothing is lost");
    assert!(snapshot.exists(), "what is damaged is kept");
    assert!(verify(&house).await.starts_with("E0581"), "the damage is past");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls().pop().expect("a call"), "update main");
    assert_eq!(house.output("a.QA", "label").await, "z");
}

#[tokio::test]
async fn a_broken_chain_is_repaired_up_to_the_break_and_what_is_lost_is_said() {
    let mut house = House::new(&format!("{PROGRAM}\n resource Vpc third Peer=@reader.Arn"));
    house.attempt_killed(&[], 3).await;
    let [journal] = &files(&house, "journal")[..] else { panic!("one run") };
    let text = fs::read_to_string(journal).expect("reads");
    let lines: Vec<&str> = text.lines().collect();
    // The result of the first step is spoilt; what the second one was about to do stands after it.
    let done = lines.iter().position(|line| line.contains("\"done\"")).expect("one has ended");
    let spoilt: Vec<String> = lines
        .iter()
        .enumerate()
        .map(|(number, line)| if number == done { line[1..].to_owned() } else { line.to_string() })
        .collect();
    fs::write(journal, spoilt.join("\n") + "\n").expect("is written");
    let place = format!("stacks/a.QA/journal/000000000000.jsonl:{}", done + 1);

    let told = verify(&house).await;
    assert!(told.contains(&format!("E0580 `a.QA`: `{place}` cannot be read")), "{told}");
    let said = repair(&house).await.join("\n");
    assert!(said.contains(&format!("lost: `{place}` cannot be read")), "{said}");
    assert!(said.contains("a step to create `a::Vpc::third` was about to start"), "{said}");
    assert!(said.contains("whether `a::Vpc::third` was made the next run finds out by itself"), "{said}");
    assert!(said.contains("`runner import a.QA 'a::Vpc::reader' reader-2` takes it over"), "{said}");
    // That `main` was about to be made is known: the next run finds it.
    house.edit("reader Peer=@main.Arn", "reader Peer=@main.Arn\n import reader-2");
    assert_eq!(house.up(&[]).await, "");
    let calls = house.cloud.calls();
    let creates = |name: &str| calls.iter().filter(|call| **call == format!("create {name}")).count();
    assert_eq!([creates("main"), creates("reader")], [1, 1], "{calls:?}");
    assert_eq!([creates("third"), house.cloud.ids().len()], [1, 3], "nothing is there twice: {calls:?}");
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn an_object_whose_record_is_lost_is_found_by_the_next_run() {
    let mut house = House::settled("stack a.QA\n resource Vpc main").await;
    let [journal] = &files(&house, "journal")[..] else { panic!("one run") };
    let text = fs::read_to_string(journal).expect("reads");
    // All but the seal is damaged in its chain, and no snapshot is left.
    let at = text.find('\n').expect("lines");
    let (seal, rest) = text.split_at(at);
    fs::write(journal, format!("{}{rest}", seal.replacen("\"fencing\":1", "\"fencing\":2", 1))).expect("is written");
    files(&house, "snapshots").iter().for_each(|path| fs::remove_file(path).expect("is removed"));
    let said = repair(&house).await.join("\n");
    assert!(said.contains("0 objects can be told for sure"), "{said}");
    assert!(said.contains("what became of `a::Vpc::main` (`main-1`) the next run finds out by itself"), "{said}");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), [""; 0], "it is found");
    assert_eq!(house.state("a.QA").await.objects.len(), 1);
    assert_eq!(house.cloud.ids(), ["main-1"]);
}

#[tokio::test]
async fn a_stack_of_which_nothing_is_left_begins_anew_under_its_id() {
    let house = House::settled("stack a.QA\n resource Vpc main").await;
    let id = house.state("a.QA").await.id;
    for kind in ["heads", "snapshots", "journal"] {
        files(&house, kind).iter().for_each(|path| fs::write(path, "").expect("is written"));
    }
    assert!(verify(&house).await.contains("E0580"));
    let said = repair(&house).await.join("\n");
    assert!(said.contains("objects") || said.contains("nothing can be told of it"), "{said}");
    assert_eq!(house.state("a.QA").await.id, id);
}

#[tokio::test]
async fn case_39_what_reads_a_stack_without_a_state_is_named() {
    let house = House::settled("stack a.QA\n output x 1\n stack b.QA\n resource Vpc reader Size=#a.QA:x").await;
    fs::remove_dir_all(house.root().join("stacks/a.QA")).expect("is removed");
    let told = verify(&house).await;
    assert!(told.starts_with("E0583 `b.QA`: `b::Vpc::reader` was applied with `x` of `a.QA`"), "{told}");
}

#[tokio::test]
async fn history_tells_each_run_with_its_numbers_and_how_it_ended() {
    let mut house = House::settled(PROGRAM).await;
    house.edit("Label=x", "Label=y");
    house.attempt_killed(&[], 1).await;
    house.up(&[]).await;
    let snapshot = house.store_snapshot().await;
    fs::write(snapshot, "{}").expect("is written");
    repair(&house).await;
    let runs = history(&house).await;
    let ends: Vec<bool> = runs.iter().map(|run| matches!(run.end, RunEnd::Ended(Some(_)))).collect();
    assert_eq!(runs.len(), ends.len());
    assert_eq!((runs[0].command.as_deref(), runs[0].generation, ends[0]), (Some("up"), 2, true));
    assert_eq!(runs[0].tally, Some(Tally { created: 2, ..Tally::default() }));
    assert!(runs[0].began.as_ref().is_some_and(|at| at.ends_with('Z')));
    assert_eq!(runs[1].end, RunEnd::Died);
    let updated: usize = runs[1..].iter().filter_map(|run| run.tally).map(|tally| tally.updated).sum();
    assert_eq!(updated, 1, "{runs:#?}");
    let last = runs.last().expect("a run");
    assert_eq!((last.command.as_deref(), last.tally), (Some("state repair"), Some(Tally::default())));
}

#[tokio::test]
async fn a_state_can_be_seen_as_it_was_and_a_generation_that_is_not_kept_is_an_error() {
    let mut house = House::settled(PROGRAM).await;
    house.edit("resource Vpc reader Peer=@main.Arn", "");
    assert_eq!(house.up(&[]).await, "");
    let (then, gone) = house
        .with(async |engine| {
            let head = engine.store.heads().await.expect("heads").remove(0);
            (engine.state_at(&head, 2).await.expect("is kept"), engine.state_at(&head, 9).await)
        })
        .await;
    assert_eq!((then.objects.len(), house.state("a.QA").await.objects.len()), (2, 1));
    let Err(Stopped::Problems(gone)) = gone else { panic!("{gone:?}") };
    let gone = print_problems(&gone);
    assert!(gone.starts_with("E0584") && gone.contains("1 to 4") && gone.contains("`runner history a.QA`"), "{gone}");
}

#[tokio::test]
async fn a_renamed_stack_keeps_its_id_its_objects_its_readers_and_its_name_is_free_for_another() {
    let mut house = House::settled(
        "stack a.QA
           resource Vpc main Label=x Pass=!db.v1
           output label @main.Label
         stack b.QA
           resource Vpc reader Label=#a.QA:label",
    )
    .await;
    let id = house.state("a.QA").await.id;
    let (old, new) = (resource::StackName::new("a", "QA"), resource::StackName::new("a", "CI"));
    let known =
        house.state("a.QA").await.objects.values().flat_map(|object| &object.inputs).find_map(
            |(_, value)| match value {
                value::Value::Secret(secret) => Some(secret.fingerprint()),
                _ => None,
            },
        );
    let fingerprints = [(known.expect("a secret"), value::Digest::of("test", b"new"))].into();
    let says = house
        .with(async |engine| {
            let operation = engine.prepare_rename(&old, &new, &fingerprints, false).await.expect("can be").expect("is");
            let says = operation.says.clone();
            engine.rename_stack(&old, &new, operation).await.expect("is done");
            // What was killed after that has nothing more to do here.
            assert!(engine.prepare_rename(&old, &new, &fingerprints, true).await.expect("can be").is_none());
            let taken = engine.prepare_rename(&old, &new, &fingerprints, false).await;
            assert!(matches!(&taken, Err(Stopped::Problems(found)) if print_problems(found).starts_with("E0586")));
            says
        })
        .await;
    assert_eq!(
        says,
        [
            "a.QA is called a.CI from now on; its id and its objects stay",
            "b.QA reads it: name it `a.CI` in that program, too"
        ]
    );
    let renamed = house.state("a.CI").await;
    assert_eq!((renamed.id.as_str(), renamed.objects.len()), (id.as_str(), 1));
    let now = renamed.objects.values().flat_map(|object| &object.inputs).any(
        |(_, value)| matches!(value, value::Value::Secret(secret) if secret.fingerprint() == value::Digest::of("test", b"new")),
    );
    assert!(now, "the secret goes by what stands in the file by then");
    let readers = ports::StateStore::readers(&house.store(), "a.CI").await.expect("lists");
    assert_eq!(readers[0].stack, "b.QA");
    house.program(
        "stack a.CI
           resource Vpc main Label=x
           output label @main.Label
         stack a.QA
           resource Vpc other
         stack b.QA
           resource Vpc reader Label=#a.CI:label",
    );
    house.cloud.calls();
    assert_eq!(house.up(&["b.QA"]).await, "");
    assert_eq!(house.cloud.calls(), [""; 0], "who read it goes on");
    // Another stack may have the name, and is another one.
    assert_eq!(house.up(&["a.QA"]).await, "");
    assert_ne!(house.state("a.QA").await.id, id);
    assert!(house.problems(&["a.CI"], engine::Goal::Nothing).await.contains("b.QA"), "it is held by its reader");
}
