//! A store whose disk gives up on one stack.

use std::sync::Arc;
use std::time::Duration;

use ports::{Base, BoxFuture, Closing, Journal, Lease, Loaded, Run, StateStore, StoreError};
use state::{Entry, Head, OutputReader, StackState};
use store::LocalStore;
use tokio::sync::Notify;

/// The store, the stack, and how many chunks of it are still written.
pub(crate) struct FailingDisk {
    pub(crate) inner: LocalStore,
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

impl StateStore for FailingDisk {
    fn heads(&self) -> BoxFuture<'_, Result<Vec<Head>, StoreError>> {
        self.inner.heads()
    }

    fn load<'a>(&'a self, head: &'a Head) -> BoxFuture<'a, Result<Loaded, StoreError>> {
        self.inner.load(head)
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
            let journals = self.inner.acquire(run, bases).await?;
            let wrap = |(base, inner): (&Base, Box<dyn Journal>)| -> Box<dyn Journal> {
                let left = if base.stack.to_string() == self.stack { self.chunks } else { usize::MAX };
                Box::new(FailingJournal { inner, left })
            };
            Ok(bases.iter().zip(journals).map(wrap).collect())
        })
    }

    fn renew<'a>(&'a self, run: &'a Run, call: Duration) -> BoxFuture<'a, Result<Duration, StoreError>> {
        Box::pin(async move {
            if let Some(gate) = self.gate.as_ref().filter(|_| !call.is_zero()) {
                gate.reached.notify_one();
                gate.open.notified().await;
                gate.open.notify_one();
            }
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
