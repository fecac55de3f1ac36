//! The lease of a run: renewed while the run works, and looked at before each call.
//!
//! **Invariant:** a call starts only if the lease outlives it, by both clocks: the monotonic one, which nobody sets, and
//! the wall clock, which goes on while the machine sleeps. Whoever takes the stacks over waits for the lease to end, so
//! nobody else has them while the call is on its way.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ports::{Run, StateStore, StoreError};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

/// Keeps a lease until it is dropped.
pub(crate) struct Lease {
    kept: Arc<Kept>,
    renewing: JoinHandle<()>,
}

struct Kept {
    store: Arc<dyn StateStore>,
    run: Run,
    end: Mutex<End>,
}

/// When a lease ends.
#[derive(Clone, Copy)]
struct End {
    monotonic: Instant,
    wall: SystemTime,
}

impl End {
    fn after(time: Duration) -> Self {
        Self { monotonic: Instant::now() + time, wall: SystemTime::now() + time }
    }

    fn is_after(self, time: Duration) -> bool {
        let later = Self::after(time);
        later.monotonic < self.monotonic && later.wall < self.wall
    }
}

impl Lease {
    /// Keeps the lease of a run that has just taken its stacks.
    pub(crate) fn keep(store: Arc<dyn StateStore>, run: Run) -> Self {
        // Nothing is known of it yet, so it is renewed before the first call.
        let kept = Arc::new(Kept { store, run, end: Mutex::new(End::after(Duration::ZERO)) });
        let renewing = Arc::clone(&kept);
        Self { kept, renewing: tokio::spawn(async move { renewing.go_on().await }) }
    }

    /// What is asked before each call.
    pub(crate) fn guard(&self) -> Guard {
        Guard(Arc::clone(&self.kept))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

/// Asks whether a call may start.
pub(crate) struct Guard(Arc<Kept>);

impl Guard {
    /// Waits until the lease outlives a call of this length.
    ///
    /// # Errors
    /// If the stacks belong to another run by now, or the lease cannot be renewed: then the call must not start.
    pub(crate) async fn allows(&self, call: Duration) -> Result<(), StoreError> {
        let mut end = self.0.end.lock().await;
        if !end.is_after(call) {
            *end = self.0.renew(call).await?;
        }
        Ok(())
    }
}

impl Kept {
    /// Renews it in time for ever; a failure is found out by the next call.
    async fn go_on(&self) {
        const SHORTEST: Duration = Duration::from_millis(200);
        loop {
            let begun = Instant::now();
            let good = match self.renew(Duration::ZERO).await {
                Ok(end) => {
                    *self.end.lock().await = end;
                    end.monotonic.saturating_duration_since(begun)
                }
                Err(StoreError::Lost { .. }) => return,
                Err(_) => Duration::ZERO,
            };
            tokio::time::sleep((good / 3).max(SHORTEST)).await;
        }
    }

    async fn renew(&self, call: Duration) -> Result<End, StoreError> {
        let before = End::after(Duration::ZERO);
        let good = self.store.renew(&self.run, call).await?;
        Ok(End { monotonic: before.monotonic + good, wall: before.wall + good })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_that_jumps_starts_no_call_that_the_lease_may_not_outlive() {
        let (call, hours) = (Duration::from_mins(1), Duration::from_hours(5));
        let end = End::after(call * 2);
        assert!(end.is_after(call) && !end.is_after(call * 3));
        let ahead = End { wall: end.wall - hours, ..end };
        assert!(!ahead.is_after(call), "the clock went ahead, or the machine slept: the lease is renewed first");
        let back = End { wall: end.wall + hours, ..end };
        assert!(back.is_after(call) && !back.is_after(call * 3), "the clock went back: that makes it no longer");
    }
}
