//! Stores that go wrong: one whose disk gives up on a stack, and one in which a run is killed at a write.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ports::{Account, Base, BoxFuture, Closing, Examined, Journal, Lease, Loaded, Run, StateStore, StoreError};
use state::{Entry, Head, OutputReader, StackState};
use store::LocalStore;
use tokio::sync::Notify;

/// What goes wrong with a store.
pub(crate) trait Fault: Send + Sync + 'static {
    /// The journal of a stack that was taken, with what goes wrong there.
    fn journal(&self, base: &Base, inner: Box<dyn Journal>) -> Box<dyn Journal>;

    /// Does a write, or does not.
    fn write<T: Send>(&self, write: impl Future<Output = T> + Send) -> impl Future<Output = T> + Send {
        write
    }

    /// Comes before a lease is renewed for a call.
    fn renewal(&self, _: Duration) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

/// A store in which something goes wrong.
pub(crate) struct Faulty<F> {
    pub(crate) inner: LocalStore,
    pub(crate) fault: F,
}

impl<F: Fault> StateStore for Faulty<F> {
    fn heads(&self) -> BoxFuture<'_, Result<Vec<Head>, StoreError>> {
        self.inner.heads()
    }

    fn load<'a>(&'a self, head: &'a Head) -> BoxFuture<'a, Result<Loaded, StoreError>> {
        self.inner.load(head)
    }

    fn generations<'a>(&'a self, head: &'a Head) -> BoxFuture<'a, Result<Vec<Head>, StoreError>> {
        self.inner.generations(head)
    }

    fn account<'a>(&'a self, head: &'a Head) -> BoxFuture<'a, Result<Account, StoreError>> {
        self.inner.account(head)
    }

    fn examine(&self) -> BoxFuture<'_, Result<Vec<Examined>, StoreError>> {
        self.inner.examine()
    }

    fn restore<'a>(
        &'a self,
        run: &'a Run,
        examined: &'a Examined,
        state: &'a StackState,
    ) -> BoxFuture<'a, Result<Head, StoreError>> {
        self.inner.restore(run, examined, state)
    }

    fn holder<'a>(&'a self, head: &'a Head) -> BoxFuture<'a, Result<Option<Lease>, StoreError>> {
        self.inner.holder(head)
    }

    fn acquire<'a>(
        &'a self,
        run: &'a Run,
        bases: &'a [Base],
    ) -> BoxFuture<'a, Result<Vec<Box<dyn Journal>>, StoreError>> {
        Box::pin(async move {
            let journals = self.fault.write(self.inner.acquire(run, bases)).await?;
            Ok(bases.iter().zip(journals).map(|(base, journal)| self.fault.journal(base, journal)).collect())
        })
    }

    fn renew<'a>(&'a self, run: &'a Run, call: Duration) -> BoxFuture<'a, Result<Duration, StoreError>> {
        Box::pin(async move {
            self.fault.renewal(call).await;
            self.inner.renew(run, call).await
        })
    }

    fn release<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Result<(), StoreError>> {
        self.inner.release(run)
    }

    fn register_reader<'a>(
        &'a self,
        upstream: &'a str,
        reader: &'a OutputReader,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.inner.register_reader(upstream, reader)
    }

    fn readers<'a>(&'a self, upstream: &'a str) -> BoxFuture<'a, Result<Vec<OutputReader>, StoreError>> {
        self.inner.readers(upstream)
    }
}

/// The disk gives up on this stack after so many chunks.
pub(crate) struct FailingDisk {
    pub(crate) stack: String,
    pub(crate) chunks: usize,
    pub(crate) gate: Option<Arc<Gate>>,
}

/// Stops a run where it looks at its lease before its first call.
#[derive(Default)]
pub(crate) struct Gate {
    pub(crate) reached: Notify,
    pub(crate) open: Notify,
}

struct FailingJournal {
    inner: Box<dyn Journal>,
    left: usize,
}

impl Journal for FailingJournal {
    fn state(&self) -> &StackState {
        self.inner.state()
    }

    fn append(&mut self, entries: Vec<Entry>) -> BoxFuture<'_, Result<(), StoreError>> {
        let Some(left) = self.left.checked_sub(1) else {
            let error = StoreError::Io { what: "the journal".into(), reason: "no space left on device".into() };
            // Whoever asks again after this would write a journal with a gap.
            return Box::pin(async move { Err(error) });
        };
        self.left = left;
        self.inner.append(entries)
    }

    fn close(self: Box<Self>, closing: Closing) -> BoxFuture<'static, Result<Head, StoreError>> {
        assert!(self.left > 0, "a stack that was lost is not closed");
        self.inner.close(closing)
    }
}

impl Fault for FailingDisk {
    fn journal(&self, base: &Base, inner: Box<dyn Journal>) -> Box<dyn Journal> {
        let left = if base.stack.to_string() == self.stack { self.chunks } else { usize::MAX };
        Box::new(FailingJournal { inner, left })
    }

    async fn renewal(&self, call: Duration) {
        if let Some(gate) = self.gate.as_ref().filter(|_| !call.is_zero()) {
            gate.reached.notify_one();
            gate.open.notified().await;
            gate.open.notify_one();
        }
    }
}

/// How many writes a run still gets to do; the next one never begins, and says so.
#[derive(Clone)]
pub(crate) struct Killing {
    pub(crate) left: Arc<AtomicUsize>,
    pub(crate) killed: Arc<Notify>,
    /// How many writes are being done: no thread of a run that was killed writes after it.
    pub(crate) busy: Arc<AtomicUsize>,
}

struct KillingJournal {
    inner: Box<dyn Journal>,
    killing: Killing,
}

impl Fault for Killing {
    fn journal(&self, _: &Base, inner: Box<dyn Journal>) -> Box<dyn Journal> {
        Box::new(KillingJournal { inner, killing: self.clone() })
    }

    async fn write<T: Send>(&self, write: impl Future<Output = T> + Send) -> T {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            while self.busy.load(Ordering::Relaxed) > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            self.killed.notify_one();
            return std::future::pending().await;
        }
        self.left.store(left - 1, Ordering::Relaxed);
        self.busy.fetch_add(1, Ordering::Relaxed);
        let written = write.await;
        self.busy.fetch_sub(1, Ordering::Relaxed);
        written
    }
}

impl Journal for KillingJournal {
    fn state(&self) -> &StackState {
        self.inner.state()
    }

    fn append(&mut self, entries: Vec<Entry>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.killing.write(self.inner.append(entries)))
    }

    fn close(self: Box<Self>, closing: Closing) -> BoxFuture<'static, Result<Head, StoreError>> {
        Box::pin(async move { self.killing.write(self.inner.close(closing)).await })
    }
}
