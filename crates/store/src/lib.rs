//! The local store of states: a directory.
//!
//! Layer: L4, adapter. **Invariant:** a head, a snapshot or a chunk of a journal is there whole or not at all, whatever
//! instant the process is killed at or the machine stops at; what [`ports::Journal::append`] has acknowledged is there.
//! **Invariant:** a head is never changed, and reading never writes. **Invariant:** only the process that has the lock
//! of a stack's `lock` file writes below that stack; the kernel gives the lock back when the process dies.
//!
//! Nothing is repaired by guessing: a journal is a hash chain without gaps, a snapshot is named by its content, and
//! what does not fit is [`ports::StoreError::Broken`]. [`StateStore::examine`] reads it all the same, and
//! [`StateStore::restore`] adds a generation that is whole.

pub mod conformance;

mod durable;
mod examine;
mod head;
mod journal;
mod known;
mod layout;
mod lease;
mod prune;
mod read;
mod readers;
mod restore;
mod take;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ports::{Account, Base, BoxFuture, Examined, Journal, Lease, Loaded, Run, StateStore, StoreError};
use stamps::{Found, Stamps};
use state::{Head, OutputReader, StackState};

use crate::read::Finder;

/// What can be set of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long a lease is good without being renewed, beyond the longest call. Counts only for other machines that share the directory.
    pub lease: Duration,
    /// How long after its end, and one more longest call, a lease of another machine is still honoured.
    pub margin: Duration,
    /// How many generations of each stack are kept, at least two.
    pub keep: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { lease: Duration::from_mins(15), margin: Duration::from_mins(5), keep: 20 }
    }
}

/// States in a local directory.
#[derive(Debug, Clone)]
pub struct LocalStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    settings: Settings,
    /// What is known of heads, by directory.
    stamps: Found,
    /// The stacks that runs of this process hold, with the generation of their open head.
    held: Mutex<BTreeMap<String, Vec<Held>>>,
}

/// A stack that is held.
#[derive(Debug, Clone)]
struct Held {
    stack: String,
    dir: layout::StackDir,
    generation: u64,
}

impl Inner {
    fn held(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Held>>> {
        // It is changed by single calls that do not panic.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether every stack of a run is still its own.
    fn look_at_all(&self, run: &str) -> Result<(), StoreError> {
        let held = self.held().get(run).cloned().unwrap_or_default();
        match held.into_iter().find(|held| held.dir.head(held.generation + 1).exists()) {
            Some(lost) => Err(StoreError::Lost { stack: lost.stack }),
            None => Ok(()),
        }
    }
}

impl LocalStore {
    /// A store in a directory, which is made by the first run that takes a stack.
    pub fn open(root: PathBuf, settings: Settings) -> Self {
        Self::with_stamps(root, settings, Stamps::default)
    }

    /// The same, with what an earlier run has learnt of its heads, which is asked for when the first one is to be read.
    pub fn with_stamps(root: PathBuf, settings: Settings, find: impl Fn() -> Stamps + Send + Sync + 'static) -> Self {
        let stamps = Found::new(find);
        Self { inner: Arc::new(Inner { root, settings, stamps, held: Mutex::default() }) }
    }

    /// What is known of its heads, if any was read.
    pub fn stamps(&self) -> Option<&Stamps> {
        self.inner.stamps.if_asked()
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.inner.root
    }

    /// Does something with the directory on a thread that may wait for the disk.
    fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Arc<Inner>) -> Result<T, StoreError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        let inner = Arc::clone(&self.inner);
        Box::pin(blocking(move || work(&inner)))
    }
}

impl StateStore for LocalStore {
    fn heads(&self) -> BoxFuture<'_, Result<Vec<Head>, StoreError>> {
        self.run(|inner| Ok(read::heads(&inner.root, &inner.stamps)?.into_iter().map(|(_, head)| head).collect()))
    }

    fn heads_of<'a>(&'a self, stacks: &'a BTreeSet<String>) -> BoxFuture<'a, Result<Vec<Head>, StoreError>> {
        let stacks = stacks.clone();
        self.run(move |inner| read::heads_of(&inner.root, &inner.stamps, &stacks))
    }

    fn heads_besides<'a>(&'a self, stacks: &'a BTreeSet<String>) -> BoxFuture<'a, Result<Vec<Head>, StoreError>> {
        let stacks = stacks.clone();
        self.run(move |inner| read::heads_besides(&inner.root, &inner.stamps, &stacks))
    }

    fn load<'a>(&'a self, head: &'a Head) -> BoxFuture<'a, Result<Loaded, StoreError>> {
        let head = head.clone();
        self.run(move |inner| {
            let dir = place_of(&inner.root, &head)?;
            let state = read::replay(&dir, &head)?.state;
            Ok(Loaded { head, state })
        })
    }

    fn generations<'a>(&'a self, head: &'a Head) -> BoxFuture<'a, Result<Vec<Head>, StoreError>> {
        let head = head.clone();
        self.run(move |inner| read::generations(&place_of(&inner.root, &head)?))
    }

    fn account<'a>(&'a self, head: &'a Head) -> BoxFuture<'a, Result<Account, StoreError>> {
        let head = head.clone();
        self.run(move |inner| read::account(&place_of(&inner.root, &head)?, &head))
    }

    fn examine(&self) -> BoxFuture<'_, Result<Vec<Examined>, StoreError>> {
        self.run(|inner| examine::all(&inner.root))
    }

    fn restore<'a>(
        &'a self,
        run: &'a Run,
        examined: &'a Examined,
        state: &'a StackState,
    ) -> BoxFuture<'a, Result<Head, StoreError>> {
        let (run, place, generation) = (run.clone(), examined.place.clone(), examined.generation);
        let mut state = state.clone();
        state.next_position = examined.next_position;
        self.run(move |inner| restore::restore(inner, &run, &place, generation, &state))
    }

    fn holder<'a>(&'a self, head: &'a Head) -> BoxFuture<'a, Result<Option<Lease>, StoreError>> {
        let head = head.clone();
        self.run(move |inner| {
            let Some(run) = &head.open else { return Ok(None) };
            let dir = Finder::new(&inner.root).find(&head.stack.to_string(), &head.id)?;
            Ok(dir.and_then(|dir| lease::holder(&inner.root, run, &dir.lock(), inner.settings.margin)))
        })
    }

    fn acquire<'a>(
        &'a self,
        run: &'a Run,
        bases: &'a [Base],
    ) -> BoxFuture<'a, Result<Vec<Box<dyn Journal>>, StoreError>> {
        let (run, bases) = (run.clone(), bases.to_vec());
        self.run(move |inner| take::acquire(inner, &run, &bases))
    }

    fn renew<'a>(&'a self, run: &'a Run, call: Duration) -> BoxFuture<'a, Result<Duration, StoreError>> {
        let run = run.clone();
        self.run(move |inner| {
            // Whoever has lost a stack does not say that it lives.
            inner.look_at_all(&run.id)?;
            let good = {
                // Until it is written nobody gives the lease up: a renewal that was on its way then would leave one.
                let held = inner.held();
                if !held.contains_key(&run.id) {
                    return Ok(Duration::ZERO);
                }
                lease::write(&inner.root, &run, &inner.settings, call)?.good
            };
            // A new holder writes its head and then looks at the lease; this run writes the lease and then looks at
            // the heads: one of the two sees the other.
            inner.look_at_all(&run.id)?;
            Ok(good)
        })
    }

    fn release<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Result<(), StoreError>> {
        let id = run.id.clone();
        self.run(move |inner| {
            let mut held = inner.held();
            held.remove(&id);
            lease::remove(&inner.root, &id)
        })
    }

    fn register_reader<'a>(
        &'a self,
        upstream: &'a str,
        reader: &'a OutputReader,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let (upstream, reader) = (upstream.to_owned(), reader.clone());
        self.run(move |inner| readers::register(&inner.root, &upstream, &reader))
    }

    fn readers<'a>(&'a self, upstream: &'a str) -> BoxFuture<'a, Result<Vec<OutputReader>, StoreError>> {
        let upstream = upstream.to_owned();
        self.run(move |inner| readers::list(&inner.root, &upstream))
    }
}

/// The directory of the stack that a head is of.
fn place_of(root: &Path, head: &Head) -> Result<layout::StackDir, StoreError> {
    let stack = head.stack.to_string();
    Finder::new(root).find(&stack, &head.id)?.ok_or(StoreError::Moved { stack })
}

/// Runs what waits for the disk where it holds up nobody. It ends even if nobody waits for it any more.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(StoreError::Io { what: "the store's work ended early".into(), reason: error.to_string() })
    })
}
