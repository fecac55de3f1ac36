//! How long a run waits for a shared cache: not longer than it was told, and not once more after a failure.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ports::CacheError;

/// How long a single call may take.
const CALL: Duration = Duration::from_secs(5);

/// What a run has spent waiting, and whether it has given up.
#[derive(Debug)]
pub(crate) struct Patience {
    budget: Duration,
    clock: Mutex<Clock>,
    given_up: OnceLock<String>,
}

/// The time during which at least one call was under way.
#[derive(Debug)]
struct Clock {
    under_way: usize,
    since: Instant,
    spent: Duration,
}

impl Patience {
    pub(crate) fn new(budget: Duration) -> Self {
        let clock = Clock { under_way: 0, since: Instant::now(), spent: Duration::ZERO };
        Self { budget, clock: Mutex::new(clock), given_up: OnceLock::new() }
    }

    /// Makes a call; `None` if it failed, or if the run has given up before.
    pub(crate) fn call<T>(&self, call: impl FnOnce(Duration) -> Result<T, CacheError>) -> Option<T> {
        if self.given_up.get().is_some() {
            return None;
        }
        let left = self.begin();
        if left.is_zero() {
            self.end();
            let seconds = self.budget.as_secs_f64();
            drop(self.given_up.set(format!("the {seconds} seconds are over that a run gives it")));
            return None;
        }
        let answer = call(left.min(CALL));
        self.end();
        // The first failure is the one that is told.
        answer.map_err(|error| drop(self.given_up.set(error.to_string()))).ok()
    }

    /// Why the run has given up, if it has.
    pub(crate) fn given_up(&self) -> Option<&str> {
        self.given_up.get().map(String::as_str)
    }

    /// Notes that a call begins; gives how much time is left.
    fn begin(&self) -> Duration {
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        if clock.under_way == 0 {
            clock.since = Instant::now();
        }
        clock.under_way += 1;
        self.budget.saturating_sub(clock.spent + clock.since.elapsed())
    }

    fn end(&self) {
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        clock.under_way -= 1;
        if clock.under_way == 0 {
            let spent = clock.since.elapsed();
            clock.spent += spent;
        }
    }
}
