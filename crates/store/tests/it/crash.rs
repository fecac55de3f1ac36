//! What a crash may leave in a directory, made by hand.

use super::*;

#[tokio::test]
async fn a_last_line_cut_anywhere_is_as_if_never_written() {
    let whole = tempfile::tempdir().expect("a directory");
    let state = run_once(whole.path(), "dead", 2, true).await;
    let segment = stack_dir(whole.path(), "x").join("journal/000000000000.jsonl");
    let bytes = fs::read(&segment).expect("read");
    let last = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').expect("has lines") + 1;
    assert_eq!(loaded(whole.path()).await, state);

    for length in last..bytes.len() {
        fs::write(&segment, &bytes[..length]).expect("written");
        let cut = loaded(whole.path()).await;
        assert_eq!((cut.next_position, cut.dangling.len()), (state.next_position - 1, 1), "cut at {length}");
    }
    // A block that never reached the disk reads as zeros.
    let zeros = [&bytes[..last], &[0; 100], b"\n"].concat();
    fs::write(&segment, zeros).expect("written");
    assert_eq!(loaded(whole.path()).await.next_position, state.next_position - 1);
}

#[tokio::test]
async fn the_next_run_goes_on_after_a_torn_line_and_after_a_torn_seal() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    let before = run_once(root, "torn", 1, true).await;
    let segment = stack_dir(root, "x").join("journal/000000000000.jsonl");
    let torn = [fs::read(&segment).expect("read"), b"{\"position\":3,\"prev".to_vec()].concat();
    fs::write(&segment, torn).expect("written");
    // The next run died before its seal was whole; the one after it takes the same position.
    let sealed = stack_dir(root, "x").join("journal/000000000003.jsonl");
    for content in [&b""[..], b"{\"posi", b"\0\0\0\n"] {
        fs::write(&sealed, content).expect("written");
        assert_eq!(loaded(root).await, before);
    }
    let after = run_once(root, "heir", 1, true).await;
    assert_eq!(loaded(root).await, after);
    let closed = run_once(root, "last", 0, false).await;
    assert_eq!((closed.objects.len(), closed.fencing), (2, 3));
}

#[tokio::test]
async fn a_head_that_was_opened_and_no_more_is_taken_over() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    let state = run_once(root, "1", 1, false).await;
    run_once(root, "2", 0, true).await;
    fs::remove_file(stack_dir(root, "x").join("journal/000000000003.jsonl")).expect("never written");
    assert_eq!(loaded(root).await, state);
    assert_eq!(run_once(root, "3", 1, false).await.objects.len(), 2);
}

#[tokio::test]
async fn a_close_that_got_as_far_as_the_snapshot_is_done_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    run_once(root, "1", 1, false).await;
    fs::remove_file(stack_dir(root, "x").join("heads/0000000002.json")).expect("never written");
    let state = run_once(root, "2", 1, false).await;
    assert_eq!(state.objects.len(), 2);
    assert_eq!(loaded(root).await, state);
}

#[tokio::test]
async fn files_that_were_being_written_are_not_seen_and_go_away() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    let state = run_once(root, "1", 1, false).await;
    let stack = stack_dir(root, "x");
    let left = ["heads/.tmp-1-0", "snapshots/.tmp-1-1", "journal/.tmp-1-2"].map(|name| stack.join(name));
    left.iter().for_each(|path| fs::write(path, b"{").expect("written"));
    fs::create_dir_all(root.join("readers/u")).expect("made");
    fs::write(root.join("readers/u/.tmp-1-3"), b"{").expect("written");
    assert_eq!(local(root).readers("u").await, Ok(vec![]));
    assert_eq!(loaded(root).await, state);
    run_once(root, "2", 1, false).await;
    assert!(left.iter().all(|path| !path.exists()));
}

#[tokio::test]
async fn stacks_are_given_back_closed_if_one_of_them_cannot_be_opened() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    let store = local(root);
    let (good, bad) = (new_base("a"), new_base("b"));
    settle(&*store, "1", &good).await;
    let before = head_of(&*store, &good).await;
    // No file can be put where a directory is that is not empty.
    fs::create_dir_all(stack_dir(root, "b").join("journal/000000000000.jsonl/in the way")).expect("made");
    let failed = store.acquire(&conformance::run("2"), &[base_of(&before), bad.clone()]).await.map(drop);
    assert!(matches!(failed, Err(ports::StoreError::Io { .. })), "{failed:?}");
    assert_eq!(files(&root.join("leases")), [""; 0]);

    let after = head_of(&*store, &good).await;
    assert_eq!(after, Head { generation: 4, written: after.written.clone(), ..before });
    let empty = head_of(&*store, &bad).await;
    assert_eq!((empty.open, empty.objects, empty.generation), (None, 0, 2));
    settle(&*store, "3", &base_of(&after)).await;
    let state = local(root).load(&head_of(&*store, &good).await).await.expect("loads").state;
    assert_eq!(state.next_position, 2, "the seal that was given back is written over");
}
