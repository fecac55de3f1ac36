//! What was changed or lost is refused, with a word on how to repair it.

use ports::StoreError;

use super::*;

/// Breaks a stack that a dead run has left behind two closed ones, and expects words in the refusal.
async fn check(break_it: impl FnOnce(&Path), words: &[&str]) {
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
    assert_eq!(stack, "conformance.x");
    let missing: Vec<_> = words.iter().filter(|word| !reason.contains(**word)).collect();
    assert!(missing.is_empty() && reason.contains("to repair:"), "{missing:?} is not in: {reason}");
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
    check(|dir| edit(dir.join(second), |text| text.replacen("r2", "r9", 1)), &["line 3", second, "was changed"]).await;
    check(|dir| edit(dir.join(second), |text| text.replacen("\"position\"", "\"", 1)), &["line 1", "cannot be read"])
        .await;
    let drop_line =
        |text: String| text.lines().filter(|line| !line.contains("intent\":{")).collect::<Vec<_>>().join("\n") + "\n";
    check(|dir| edit(dir.join(second), drop_line), &["line 2", "entry 5, where entry 4 belongs"]).await;
    let cut = |text: String| text[..text.len() / 2].to_owned();
    check(|dir| edit(dir.join(second), cut), &["entries 5 to 6 of the journal are missing"]).await;
    let lost = |dir: &Path| fs::remove_file(dir.join(second)).expect("removed");
    check(lost, &["entries 3 to 6 of the journal are missing", "backup"]).await;
}

#[tokio::test]
async fn a_snapshot_that_was_changed_or_lost() {
    let snapshot = |dir: &Path| dir.join("snapshots").join(&files(&dir.join("snapshots"))[0]);
    check(|dir| edit(snapshot(dir), |text| text.replace("r1", "r2")), &["is not what its name says"]).await;
    check(|dir| fs::remove_file(snapshot(dir)).expect("removed"), &["is missing"]).await;
}

#[tokio::test]
async fn a_head_of_another_generation_or_of_a_newer_format() {
    let newest = "heads/0000000004.json";
    check(|dir| edit(dir.join(newest), |text| text.replace("\"generation\":4", "\"generation\":3")), &["generation 3"])
        .await;
    let newer = &["format 9", "up to 1", newest];
    check(|dir| edit(dir.join(newest), |text| text.replace("\"format\":1", "\"format\":9")), newer).await;
    check(|dir| fs::write(dir.join(newest), "{\"format\":9}").expect("written"), newer).await;
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
    assert!(refused.contains("`p::t::a` depends on `p::t::gone`") && refused.contains("to repair"), "{refused}");
}
