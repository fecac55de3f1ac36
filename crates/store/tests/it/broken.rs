//! What was changed or lost is refused, and what can be told all the same is put in its place.

use ports::{Examined, StoreError};
use state::Entry;

use super::*;

/// Breaks a stack that a dead run has left behind two closed ones, and expects words in the refusal; what is examined
/// names the same, and what is restored of it is whole.
async fn check(break_it: impl FnOnce(&Path), words: &[&str]) -> Examined {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    run_once(root, "1", 1, false).await;
    run_once(root, "2", 1, true).await;
    run_once(root, "3", 1, true).await;
    break_it(&stack_dir(root, "x"));
    let store = local(root);
    let error = match store.heads().await {
        Ok(heads) => store.load(&heads[0]).await.map(drop).expect_err("is broken"),
        Err(error) => error,
    };
    let StoreError::Broken { stack, reason } = &error else { panic!("{error}") };
    assert_eq!(
        (stack.as_str(), error.hint().as_deref()),
        ("conformance.x", Some("`runner state repair conformance.x`"))
    );
    let missing: Vec<_> = words.iter().filter(|word| !reason.contains(**word)).collect();
    assert!(missing.is_empty(), "{missing:?} is not in: {reason}");

    let before = files_below(root);
    let examined = store.examine().await.expect("examines").remove(0);
    let found = examined.damage.iter().find(|damage| !damage.past).expect("it counts");
    assert!(found.place.starts_with("stacks/conformance.x/"), "{found:?}");
    restore(&*store, &examined).await;
    let after = files_below(root);
    assert!(before.iter().all(|file| after.contains(file)), "what is damaged stays where it is");
    run_once(root, "goes on", 1, false).await;
    let examined_again = store.examine().await.expect("examines").remove(0);
    assert!(examined_again.damage.iter().all(|damage| damage.past), "{:?}", examined_again.damage);
    examined
}

/// Puts what can be told in the place of what is damaged.
async fn restore(store: &dyn StateStore, examined: &Examined) -> Head {
    let state = examined.state.as_ref().expect("something is left");
    let head = store.restore(&conformance::run("repair"), examined, state).await.expect("restores");
    assert_eq!((head.generation, head.open.as_deref()), (examined.generation + 1, None));
    assert_eq!(head.written.as_ref().map(|written| written.run.as_str()), Some("repair"));
    let loaded = store.load(&head).await.expect("is whole").state;
    let mut expected = state.clone();
    expected.next_position = examined.next_position;
    assert_eq!(loaded, expected);
    head
}

/// Every file of the stacks, with its content.
fn files_below(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for kind in ["heads", "journal", "snapshots"].map(|kind| stack_dir(root, "x").join(kind)) {
        let read = |name: &String| (kind.join(name), fs::read(kind.join(name)).expect("read"));
        found.extend(files(&kind).iter().map(read));
    }
    found
}

fn names(state: &StackState) -> Vec<&str> {
    state.objects.keys().map(resource::Urn::name).collect()
}

/// The positions of the entries that are lost; none for what cannot be read.
fn lost(examined: &Examined) -> Vec<String> {
    let word = |lost: &ports::Lost| match &lost.entry {
        None => format!("? {}", lost.place.rsplit('/').next().expect("a name")),
        Some((_, Entry::Seal { run, .. })) => format!("seal {run}"),
        Some((_, Entry::Intent(intent))) => format!("intent {}", intent.urn.name()),
        Some((_, Entry::Done { object, .. })) => format!("done {}", object.id),
        Some(other) => format!("{other:?}"),
    };
    examined.lost.iter().map(word).collect()
}

fn edit(path: PathBuf, edit: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(&path).expect("read");
    let edited = edit(text.clone());
    assert_ne!(text, edited);
    fs::write(&path, edited).expect("written");
}

#[tokio::test]
async fn a_journal_that_was_changed() {
    let second = "journal/000000000003.jsonl";
    // Run 2: seal 3, intent 4, done 5; run 3: seal 6, intent 7, done 8.
    let examined =
        check(|dir| edit(dir.join(second), |text| text.replacen("r2", "r9", 1)), &["line 3", second, "was changed"])
            .await;
    let state = examined.state.as_ref().expect("a state");
    assert_eq!(names(state), ["r1"], "the changed line is not believed");
    assert_eq!(lost(&examined), ["intent r9", "done r2-2", "seal 3", "intent r3", "done r3-3"]);
    assert_eq!((state.last_incarnation, state.fencing, examined.next_position), (3, 3, 9), "no number is used again");

    let garbled = |text: String| text.replacen("\"position\"", "\"", 1);
    let examined = check(|dir| edit(dir.join(second), garbled), &["line 1", "cannot be read"]).await;
    assert_eq!(lost(&examined)[..2], ["? 000000000003.jsonl:1", "intent r2"]);
    assert!(examined.next_position > 9);

    let drop_line =
        |text: String| text.lines().filter(|line| !line.contains("intent\":{")).collect::<Vec<_>>().join("\n") + "\n";
    let examined = check(|dir| edit(dir.join(second), drop_line), &["line 2", "entry 5, where entry 4 belongs"]).await;
    assert_eq!(lost(&examined), ["done r2-2", "seal 3", "intent r3", "done r3-3"]);

    let cut = |text: String| text[..text.len() / 2].to_owned();
    let examined = check(|dir| edit(dir.join(second), cut), &["entries 5 to 6 of the journal are missing"]).await;
    let state = examined.state.as_ref().expect("a state");
    assert_eq!(state.dangling.keys().collect::<Vec<_>>(), [&4], "what became of it the next run finds out");
    assert_eq!(lost(&examined), ["? 000000000005.jsonl", "seal 3", "intent r3", "done r3-3"]);

    let gone = |dir: &Path| fs::remove_file(dir.join(second)).expect("removed");
    let examined = check(gone, &["entries 3 to 6 of the journal are missing"]).await;
    assert_eq!(names(examined.state.as_ref().expect("a state")), ["r1"]);
}

#[tokio::test]
async fn a_snapshot_that_was_changed_or_lost_is_made_again_of_the_journal() {
    let snapshot = |dir: &Path| dir.join("snapshots").join(&files(&dir.join("snapshots"))[0]);
    let changed = check(|dir| edit(snapshot(dir), |text| text.replace("r1", "r2")), &["is not what its name says"]);
    let lost_one = check(|dir| fs::remove_file(snapshot(dir)).expect("removed"), &["is missing"]);
    for examined in [changed.await, lost_one.await] {
        assert_eq!(names(examined.state.as_ref().expect("a state")), ["r1", "r2", "r3"]);
        assert_eq!(lost(&examined), [""; 0]);
    }
}

#[tokio::test]
async fn a_head_of_another_generation_or_of_a_newer_format() {
    let newest = "heads/0000000004.json";
    let renumbered = |text: String| text.replace("\"generation\":4", "\"generation\":3");
    let examined = check(|dir| edit(dir.join(newest), renumbered), &["generation 3"]).await;
    assert_eq!(names(examined.state.as_ref().expect("a state")), ["r1", "r2", "r3"]);
    let newer = &["format 9", "up to 1", newest];
    check(|dir| edit(dir.join(newest), |text| text.replace("\"format\":1", "\"format\":9")), newer).await;
    check(|dir| fs::write(dir.join(newest), "{\"format\":9}").expect("written"), newer).await;
}

#[tokio::test]
async fn everything_that_is_damaged_is_named_at_once_and_what_is_past_is_told_apart() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    for run in 0..4 {
        run_once(root, &run.to_string(), 1, false).await;
    }
    let stack = stack_dir(root, "x");
    fs::write(stack.join("heads/0000000002.json"), "{").expect("written");
    fs::remove_file(stack.join("heads/0000000005.json")).expect("removed");
    edit(stack.join("journal/000000000003.jsonl"), |text| text.replacen("r2", "r9", 1));
    let broken = head(root).await.snapshot.expect("has one");
    fs::write(stack.join(format!("snapshots/{broken}.json")), "").expect("written");
    fs::create_dir_all(root.join("readers/conformance.x")).expect("made");
    fs::write(root.join("readers/conformance.x/r.json"), "{").expect("written");
    let examined = local(root).examine().await.expect("examines").remove(0);
    let found: Vec<(&str, bool)> = examined.damage.iter().map(|found| (found.place.as_str(), found.past)).collect();
    let snapshot = format!("stacks/conformance.x/snapshots/{broken}.json");
    assert_eq!(
        found,
        [
            (snapshot.as_str(), false),
            ("readers/conformance.x/r.json", true),
            ("stacks/conformance.x/heads/0000000002.json", true),
            ("stacks/conformance.x/heads/0000000005.json", true),
            ("stacks/conformance.x/journal/000000000003.jsonl:3", true),
        ]
    );
    assert_eq!(names(examined.state.as_ref().expect("a state")).len(), 4, "the journal leads there from generation 7");
}

#[tokio::test]
async fn without_any_head_the_journal_is_read_from_its_beginning() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    run_once(root, "1", 2, true).await;
    fs::write(stack_dir(root, "x").join("heads/0000000001.json"), "").expect("written");
    let examined = local(root).examine().await.expect("examines").remove(0);
    let state = examined.state.as_ref().expect("a state");
    assert_eq!((names(state).len(), state.id.as_str(), examined.stack.as_str()), (2, "", "conformance.x"));
}

#[tokio::test]
async fn a_stack_that_is_held_or_has_moved_is_not_restored() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    let state = run_once(root, "1", 1, false).await;
    let store = local(root);
    let examined = store.examine().await.expect("examines").remove(0);
    let journal = take(&*store, "2", &base_of(&head(root).await)).await;
    let held = local(root).restore(&conformance::run("repair"), &examined, &state).await;
    assert!(matches!(held, Err(StoreError::Held { .. })), "{held:?}");
    conformance::close(journal).await;
    let moved = local(root).restore(&conformance::run("repair"), &examined, &state).await;
    assert_eq!(moved, Err(StoreError::Moved { stack: "conformance.x".into() }));
    assert_eq!(files(&root.join("leases")), ["2.json"]);
}

#[tokio::test]
async fn an_object_that_cannot_be() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    let store = local(root);
    let mut journal = take(&*store, "1", &new_base("x")).await;
    let mut state = journal.state().clone();
    let mut orphan = object("a", 1);
    orphan.dependencies.insert(resource::Urn::new("p", "t", "gone"));
    append(&mut journal, &mut state, vec![create("a", 1), done(1, orphan)]).await;
    // Writing down what happened never fails; reading it does.
    journal.close(Closing { state, settled: None }).await.expect("closes");
    let refused = store.load(&head(root).await).await.map(drop).expect_err("is broken").to_string();
    assert!(refused.contains("`p::t::a` depends on `p::t::gone`"), "{refused}");
    let examined = store.examine().await.expect("examines").remove(0);
    assert_eq!(examined.damage, [], "nothing of what was written is damaged");
    let mut mended = examined.state.clone().expect("a state");
    assert_eq!(mended.mend(), ["`p::t::a` no longer depends on `p::t::gone`, of which there is no record"]);
    let whole = store.restore(&conformance::run("repair"), &examined, &mended).await.expect("restores");
    assert_eq!(store.load(&whole).await.expect("is whole").state.objects.len(), 1);
}
