//! A process that is killed while it writes.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ports::StoreError;

use super::*;

const ROOT: &str = "STORE_TEST_ROOT";

/// The process that is killed: takes the stack and appends, one create after the other, saying what is durable.
#[tokio::test]
#[ignore = "run by the tests below, in a process of its own"]
#[expect(clippy::print_stderr, reason = "how it tells the test what is durable")]
async fn child() {
    let root = PathBuf::from(std::env::var_os(ROOT).expect("is set"));
    let store = local(&root);
    let base = store.heads().await.expect("read").first().map_or_else(|| new_base("x"), base_of);
    let mut journal = take(&*store, &format!("child-{}", std::process::id()), &base).await;
    let mut state = journal.state().clone();
    eprintln!("taken {}", state.next_position);
    for _ in 0..100_000 {
        let (incarnation, position) = (state.last_incarnation + 1, state.next_position);
        let name = format!("r{incarnation}");
        append(&mut journal, &mut state, vec![create(&name, incarnation)]).await;
        append(&mut journal, &mut state, vec![done(position, object(&name, incarnation))]).await;
        eprintln!("durable {}", state.next_position);
    }
}

fn spawn(root: &Path) -> Child {
    Command::new(std::env::current_exe().expect("is known"))
        .args(["--exact", "killed::child", "--ignored", "--nocapture"])
        .env(ROOT, root)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts")
}

/// The last number that the process said, after it was killed.
fn acknowledged(lines: impl Iterator<Item = std::io::Result<String>>) -> u64 {
    lines.map_while(Result::ok).filter_map(|line| line.rsplit_once(' ')?.1.parse().ok()).last().unwrap_or_default()
}

#[tokio::test]
async fn nothing_that_was_acknowledged_is_lost_whenever_it_is_killed() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    for number in 0..12 {
        let mut child = spawn(root);
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        if number % 4 != 0 {
            assert!(lines.by_ref().map_while(Result::ok).any(|line| line.starts_with("taken")));
        }
        std::thread::sleep(Duration::from_micros(number * 1700));
        child.kill().expect("killed");
        child.wait().expect("is over");
        let durable = acknowledged(lines);

        let store = local(root);
        let Some(head) = store.heads().await.expect("read").pop() else { continue };
        assert_eq!(store.holder(&head).await, Ok(None));
        let state = store.load(&head).await.expect("loads").state;
        assert!(state.next_position >= durable, "{} < {durable}", state.next_position);
        assert!(state.dangling.len() <= usize::try_from(number).expect("small") + 1);
        if number % 3 == 2 {
            let closed = run_once(root, &format!("settles-{number}"), 1, false).await;
            assert_eq!(closed.next_position, state.next_position + 3);
        }
    }
}

#[tokio::test]
async fn a_process_that_lives_is_named_and_one_that_was_killed_is_taken_over_at_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    let mut child = spawn(root);
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    assert!(lines.by_ref().map_while(Result::ok).any(|line| line.starts_with("taken")));

    let store = local(root);
    let head = head(root).await;
    let lease = store.holder(&head).await.expect("answers").expect("is held");
    assert_eq!((lease.pid, head.open.as_deref()), (child.id(), Some(lease.run.as_str())));
    let refused = store.acquire(&conformance::run("late"), &[base_of(&head)]).await.map(drop);
    assert_eq!(refused, Err(StoreError::Held { stack: "conformance.x".into(), lease }));

    child.kill().expect("killed");
    child.wait().expect("is over");
    assert_eq!(store.holder(&head).await, Ok(None));
    run_once(root, "heir", 1, false).await;
}
