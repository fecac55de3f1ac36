//! What a directory looks like over many runs.

use std::collections::BTreeSet;
use std::time::Duration;

use ports::StoreError;
use resource::StackName;
use state::{Entry, Tally};

use super::*;

#[tokio::test]
async fn reading_makes_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path().join("state");
    let store = local(&root);
    assert_eq!(store.heads().await, Ok(vec![]));
    assert_eq!(store.readers("x").await, Ok(vec![]));
    assert!(!root.exists());
}

#[tokio::test]
async fn old_generations_are_pruned_and_the_state_stays() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    let mut state = run_once(root, "0", 1, false).await;
    for number in 1..30 {
        // Every third run dies, so that heads are left open too.
        state = run_once(root, &number.to_string(), 1, number % 3 == 0).await;
    }
    assert_eq!(loaded(root).await, state);
    let stack = stack_dir(root, "x");
    let (heads, segments, snapshots) =
        (files(&stack.join("heads")), files(&stack.join("journal")), files(&stack.join("snapshots")));
    assert_eq!(heads.len(), 20);
    assert!(segments.len() <= 15 && snapshots.len() <= 11, "{segments:?} {snapshots:?}");
    assert_eq!(files(&root.join("leases")), [""; 0], "the lease of a dead run goes when it is taken over");
}

#[tokio::test]
async fn every_kept_generation_can_be_read_as_it_was_and_says_who_wrote_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    let first = run_once(root, "1", 1, false).await;
    let dead = run_once(root, "2", 1, true).await;
    let heir = run_once(root, "3", 2, true).await;
    let last = run_once(root, "4", 1, false).await;
    let store = local(root);
    let heads = store.generations(&head(root).await).await.expect("lists");
    let written: Vec<_> = heads.iter().filter_map(|head| head.written.as_ref()).collect();
    let runs: Vec<&str> = written.iter().map(|written| written.run.as_str()).collect();
    assert_eq!(runs, ["1", "1", "2", "3", "4", "4"]);
    assert!(written.iter().all(|written| written.command == "test" && written.at.ends_with('Z')));
    for (number, state) in [(1, &first), (2, &dead), (3, &heir), (5, &last)] {
        assert_eq!(store.load(&heads[number]).await.expect("loads").state, *state, "generation {}", number + 1);
    }
    // What a run wrote begins with its seal, and ends where the next one took over.
    let mut counts = Vec::new();
    for head in &heads {
        let account = store.account(head).await.expect("reads");
        let Tally { created, .. } = Tally::of(&account.before, &account.entries);
        counts.push((account.before.objects.len(), created));
    }
    assert_eq!(counts, [(0, 1), (1, 0), (1, 1), (2, 2), (4, 1), (5, 0)]);
    let at = heads[2].written.clone();
    assert_eq!(Head { written: None, ..heads[2].clone() }.digest(), Head { written: at, ..heads[2].clone() }.digest());
}

#[tokio::test]
async fn a_renamed_stack_keeps_its_place_and_its_old_name_is_free() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = local(dir.path());
    let old = new_base("x");
    let mut journal = take(&*store, "renames", &old).await;
    let mut state = journal.state().clone();
    let name = StackName::new("conformance", "y");
    append(&mut journal, &mut state, vec![Entry::NamedAs { name: name.clone() }]).await;
    journal.close(Closing { state, settled: None }).await.expect("closes");

    let renamed = head_of(&*store, &old).await;
    assert_eq!(renamed.stack, name);
    settle(&*store, "goes on", &base_of(&renamed)).await;
    let again = ports::Base { id: state::stack_id("test", &old.stack, 1), ..old.clone() };
    settle(&*store, "uses the name again", &again).await;
    settle(&*store, "and once more", &base_of(&head_of(&*store, &again).await)).await;
    let names: Vec<_> =
        store.heads().await.expect("read").iter().map(|head| (head.stack.clone(), head.generation)).collect();
    assert_eq!(names, [(old.stack.clone(), 4), (name.clone(), 4)]);

    // Whichever of them is asked for is found, wherever it lies.
    let only = |stack: &StackName| BTreeSet::from([stack.to_string()]);
    for (one, other) in [(&old.stack, &name), (&name, &old.stack)] {
        let of = store.heads_of(&only(one)).await.expect("read");
        let besides = store.heads_besides(&only(other)).await.expect("read");
        assert_eq!(of, besides);
        assert_eq!(of.iter().map(|head| &head.stack).collect::<Vec<_>>(), [one]);
    }
}

#[tokio::test]
async fn a_run_that_has_lost_its_stack_stops() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    let store = local(root);
    let mut journal = take(&*store, "loser", &new_base("x")).await;
    // Only another machine that does not see the lock can do this.
    let heads = stack_dir(root, "x").join("heads");
    fs::copy(heads.join("0000000001.json"), heads.join("0000000002.json")).expect("copied");
    let lost = StoreError::Lost { stack: "conformance.x".into() };
    assert_eq!(journal.append(vec![create("a", 1)]).await, Err(lost.clone()));
    let state = journal.state().clone();
    assert_eq!(journal.close(Closing { state, settled: None }).await, Err(lost));
}

#[tokio::test]
async fn a_lease_is_renewed_for_a_call_while_all_stacks_are_still_the_runs_own() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    let store = local(root);
    let run = conformance::run("r");
    let (one, two) = (new_base("x"), new_base("y"));
    let mut journals = store.acquire(&run, &[one, two]).await.expect("takes both");
    let (minute, lease) = (Duration::from_mins(1), Settings::default().lease);
    assert_eq!(store.renew(&run, Duration::ZERO).await, Ok(lease));
    assert_eq!(store.renew(&run, minute).await, Ok(lease + minute));
    assert_eq!(store.renew(&run, Duration::ZERO).await, Ok(lease + minute), "the call may still be on its way");
    // That a stack was closed by the run itself is no loss.
    conformance::close(journals.remove(0)).await;
    assert_eq!(store.renew(&run, minute).await, Ok(lease + minute));
    let heads = stack_dir(root, "y").join("heads");
    fs::copy(heads.join("0000000001.json"), heads.join("0000000002.json")).expect("taken over");
    assert_eq!(store.renew(&run, minute).await, Err(StoreError::Lost { stack: "conformance.y".into() }));
}

#[tokio::test]
async fn a_renewal_that_comes_after_the_end_of_a_run_leaves_no_lease() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = local(dir.path());
    let run = conformance::run("r");
    let mut journals = store.acquire(&run, &[new_base("x")]).await.expect("takes it");
    conformance::close(journals.remove(0)).await;
    store.release(&run).await.expect("gives it up");
    assert_eq!(store.renew(&run, Duration::ZERO).await, Ok(Duration::ZERO));
    assert_eq!(fs::read_dir(dir.path().join("leases")).expect("reads").count(), 0);
}

#[tokio::test]
async fn a_journal_is_not_closed_at_a_state_that_it_does_not_give() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    let store = local(root);
    let mut journal = take(&*store, "1", &new_base("x")).await;
    let state = journal.state().clone();
    append(&mut journal, &mut state.clone(), vec![create("a", 1)]).await;
    let refused = journal.close(Closing { state, settled: None }).await;
    assert!(matches!(refused, Err(StoreError::Broken { .. })), "{refused:?}");
    assert_eq!(loaded(root).await.dangling.len(), 1);
}
