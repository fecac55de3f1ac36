//! Pauses: between attempts, and of a whole site while its vendor wants fewer calls.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// How long one wait may be that nobody asked for.
pub(crate) const LONGEST: Duration = Duration::from_secs(30);

/// How slow calls have to be for now.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// No call before.
    until: Option<Instant>,
    /// How long the last wait was.
    pause: Duration,
}

impl Pace {
    /// Waits while the vendor wants fewer calls: one that was throttled slows all of the site.
    pub(crate) async fn keep(&self) {
        let until = self.0.lock().unwrap_or_else(PoisonError::into_inner).until;
        if let Some(until) = until {
            tokio::time::sleep_until(until.into()).await;
        }
    }

    pub(crate) fn slower(&self, asked: Option<Duration>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        // Many calls that were on their way at a time are throttled together, and that counts once.
        if state.until.is_some_and(|until| until > now) {
            return;
        }
        state.pause = (state.pause * 2).max(Duration::from_millis(100)).min(LONGEST);
        state.until = Some(now + jittered(asked.unwrap_or(state.pause)));
    }

    pub(crate) fn faster(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.until.is_some_and(|until| until <= Instant::now()) {
            state.until = None;
            state.pause /= 2;
        }
    }
}

/// The pause and up to a quarter more, so that those who were refused together do not come back together.
pub fn jittered(pause: Duration) -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    pause + pause / 4 * (now.subsec_nanos() % 1000) / 1000
}

/// Rests for about so long, before something is looked at again.
pub async fn rest(pause: Duration) {
    tokio::time::sleep(jittered(pause)).await;
}
