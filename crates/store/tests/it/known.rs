//! What an earlier run has learnt of heads never gives another answer than reading them does.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use stamps::Stamps;

use super::*;

/// Longer than the grain of the file system's clock, which tells two changes apart.
const GRAIN: Duration = Duration::from_millis(15);

/// Numbers that look like chance, and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }
}

/// The store as a run sees it that found such a table, and everything at rest.
fn knowing(root: &Path, kept: &[u8]) -> LocalStore {
    let program = std::env::current_exe().expect("this test");
    let kept = kept.to_vec();
    let find = move || Stamps::read(&kept, &program).began(SystemTime::now() + Duration::from_hours(1)).at_least(1);
    LocalStore::with_stamps(root.to_owned(), Settings::default(), find)
}

/// What a store leaves for a later run.
fn learnt(store: &LocalStore) -> Option<Vec<u8>> {
    store.stamps().and_then(Stamps::to_bytes)
}

/// What a store says of heads, asked in each way.
async fn answers(store: &dyn StateStore, names: &BTreeSet<String>) -> [Result<Vec<Head>, ports::StoreError>; 3] {
    [store.heads().await, store.heads_of(names).await, store.heads_besides(names).await]
}

fn newest(root: &Path, name: &str) -> Option<PathBuf> {
    let heads = stack_dir(root, name).join("heads");
    let name = if heads.exists() { files(&heads).pop()? } else { return None };
    Some(heads.join(name))
}

/// Does something to a stack: what runs do, and what nobody should.
async fn edit(root: &Path, numbers: &mut Numbers, run: usize, name: &str) {
    let store = local(root);
    let known = store.heads().await.unwrap_or_default().into_iter().find(|head| head.stack.short() == name);
    let base = known.as_ref().map_or_else(|| new_base(name), base_of);
    let id = format!("run-{run}");
    match numbers.below(8) {
        // Dies: the stack stays open.
        0 => drop(store.acquire(&conformance::run(&id), &[base]).await.ok()),
        1 => drop(fs::remove_dir_all(stack_dir(root, name))),
        // As a copy of an older state does.
        2 => drop(newest(root, name).map(fs::remove_file)),
        3 => {
            let Some(path) = newest(root, name) else { return };
            let text = fs::read_to_string(&path).expect("reads");
            fs::write(path, text.replace("\"objects\":0", "\"objects\":7")).expect("writes");
        }
        4 => drop(newest(root, name).map(|path| fs::write(path, b"{\"torn"))),
        5 => {}
        _ => {
            // A stack that is damaged cannot be taken.
            let taken = store.acquire(&conformance::run(&id), &[base]).await;
            for journal in taken.into_iter().flatten() {
                conformance::close(journal).await;
            }
            store.release(&conformance::run(&id)).await.expect("released");
        }
    }
}

#[tokio::test]
async fn what_is_known_of_heads_gives_the_answers_that_reading_them_gives() {
    for seed in 0..4 {
        let dir = tempfile::tempdir().expect("a directory");
        let (root, mut numbers) = (dir.path(), Numbers(seed));
        let names = ["a", "b", "c", "d", "e"];
        for name in names {
            settle(&*local(root), name, &new_base(name)).await;
        }
        let mut kept = Vec::new();
        for step in 0..40 {
            std::thread::sleep(GRAIN);
            let name = names[numbers.below(names.len())];
            edit(root, &mut numbers, step, name).await;
            let some = names.iter().filter(|_| numbers.below(2) == 0);
            let some: BTreeSet<String> = some.map(|name| format!("conformance.{name}")).collect();
            let store = knowing(root, &kept);
            let read = answers(&*local(root), &some).await;
            assert_eq!(answers(&store, &some).await, read, "seed {seed}, step {step}");
            if let Some(bytes) = learnt(&store) {
                kept = bytes;
                // One that was torn is none.
                let torn = &kept[..numbers.below(kept.len())];
                assert_eq!(answers(&knowing(root, torn), &some).await, read, "seed {seed}, step {step}");
            }
            std::thread::sleep(GRAIN);
            assert_eq!(answers(&knowing(root, &kept), &some).await, read, "seed {seed}, step {step}, nothing done");
        }
        assert!(!kept.is_empty(), "it has learnt something");
    }
}

#[tokio::test]
async fn heads_that_are_as_they_were_are_not_read() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    settle(&*local(root), "1", &new_base("x")).await;
    let first = knowing(root, &[]);
    let heads = first.heads().await.expect("reads");
    let kept = learnt(&first).expect("it has learnt something");
    let second = knowing(root, &kept);
    assert_eq!(second.heads().await, Ok(heads));
    assert_eq!(learnt(&second), None, "nothing is news");
    // What has only just come to be may still change in the same tick of the clock.
    let program = std::env::current_exe().expect("this test");
    let find = move || Stamps::read(&[], &program).at_least(1);
    let hasty = LocalStore::with_stamps(root.to_owned(), Settings::default(), find);
    hasty.heads().await.expect("reads");
    assert_eq!(learnt(&hasty), None);
}
