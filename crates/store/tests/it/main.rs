//! Tests of the local store: what every store must do, and what may lie in a directory after a crash.

mod broken;
mod crash;
mod killed;
mod known;
mod life;

use std::fs;
use std::path::{Path, PathBuf};

use ports::{Closing, StateStore};
use state::{Head, StackState};
use store::conformance::{self, append, base_of, create, done, head_of, new_base, object, settle, take};
use store::{LocalStore, Settings};

fn local(root: &Path) -> Box<dyn StateStore> {
    Box::new(LocalStore::open(root.to_owned(), Settings::default()))
}

#[tokio::test]
async fn does_what_every_store_does() {
    let dir = tempfile::tempdir().expect("a directory");
    conformance::check(&|| local(&dir.path().join("state"))).await;
}

/// The directory of the stack `conformance.<name>`.
fn stack_dir(root: &Path, name: &str) -> PathBuf {
    root.join(format!("stacks/conformance.{name}"))
}

fn files(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .expect("listed")
        .map(|entry| entry.expect("listed").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    names
}

/// A run of the stack `conformance.x` that creates some resources, and ends or dies.
async fn run_once(root: &Path, id: &str, resources: u64, dies: bool) -> StackState {
    let store = local(root);
    let base = match store.heads().await.expect("read").first() {
        Some(head) => base_of(head),
        None => new_base("x"),
    };
    let mut journal = take(&*store, id, &base).await;
    let mut state = journal.state().clone();
    for _ in 0..resources {
        let (incarnation, position) = (state.last_incarnation + 1, state.next_position);
        let name = format!("r{incarnation}");
        append(&mut journal, &mut state, vec![create(&name, incarnation)]).await;
        append(&mut journal, &mut state, vec![done(position, object(&name, incarnation))]).await;
    }
    if !dies {
        journal.close(Closing { state: state.clone(), settled: None }).await.expect("closes");
        store.release(&conformance::run(id)).await.expect("released");
    }
    state
}

async fn head(root: &Path) -> Head {
    head_of(&*local(root), &new_base("x")).await
}

async fn loaded(root: &Path) -> StackState {
    let store = local(root);
    store.load(&head(root).await).await.expect("loads").state
}
