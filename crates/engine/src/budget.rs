//! API budgets: how fast a provider may be called, and how many of its calls may be under way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ports::{BoxFuture, Found, Fragment, Outcome, Provider, ProviderError, ProviderErrorKind, ReadRequest};
use schema::{CatalogError, TypeSchema};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use value::Digest;

/// What a provider may be asked for; nothing given = no limit of our own.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Budget {
    /// Calls per second, in the long run. An object that is read counts as a call.
    pub calls_per_second: Option<f64>,
    /// How many calls may come at once after a pause; a second's worth, if it is not given.
    pub burst: Option<u32>,
    /// How many calls may be under way.
    pub concurrency: Option<usize>,
}

/// How often a read is tried while the vendor says that there are too many.
const ATTEMPTS: u32 = 10;

/// The slowest that a vendor can make us: calls per second.
const SLOWEST: f64 = 1.0;

/// Refusals within this time are one.
const ONE_REFUSAL: Duration = Duration::from_millis(500);

/// A provider within its budget. When the vendor says that there are too many calls it is called at half the pace, and
/// then gradually faster again, whether it has a budget or not.
pub(crate) struct Budgeted {
    inner: Arc<dyn Provider>,
    budget: Budget,
    pace: Mutex<Pace>,
    slots: Option<Semaphore>,
}

/// A bucket of tokens, one for each call; debts are waited for.
struct Pace {
    /// Tokens per second; `None` = as many as one likes.
    rate: Option<f64>,
    tokens: f64,
    filled: Instant,
    slowed: Option<Instant>,
    /// When the second began that is counted now, and the calls in it.
    second: (Instant, u32),
}

impl Budgeted {
    pub(crate) fn new(inner: Arc<dyn Provider>, budget: Budget) -> Self {
        let now = Instant::now();
        let rate = budget.calls_per_second.map(|rate| rate.max(f64::MIN_POSITIVE));
        let mut pace = Pace { rate, tokens: 0.0, filled: now, slowed: None, second: (now, 0) };
        pace.tokens = pace.most(&budget);
        let slots = budget.concurrency.map(|slots| Semaphore::new(slots.max(1)));
        Self { inner, budget, pace: Mutex::new(pace), slots }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until so many calls may be made.
    async fn take(&self, calls: usize) {
        loop {
            let Some(wait) = self.pace().take(calls, &self.budget) else { return };
            tokio::time::sleep(wait).await;
        }
    }

    /// How many objects are asked for in one call.
    fn chunk(&self, wanted: usize) -> usize {
        let pace = self.pace();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is at least one and small")]
        let most = if pace.rate.is_some() { pace.most(&self.budget) as usize } else { wanted };
        most.clamp(1, wanted.max(1))
    }

    async fn read_within(&self, requests: &[ReadRequest]) -> Result<Vec<Option<Found>>, ProviderError> {
        let mut found = Vec::with_capacity(requests.len());
        let mut left = requests;
        let mut attempt = 0;
        while !left.is_empty() {
            let (now, later) = left.split_at(self.chunk(left.len()));
            self.take(now.len()).await;
            let slot = self.slot().await;
            let answers = self.inner.read(now).await;
            drop(slot);
            match answers {
                Err(error) if error.kind == ProviderErrorKind::Throttled && attempt < ATTEMPTS => {
                    attempt += 1;
                    self.pace().slow_down();
                }
                Err(error) => return Err(error),
                Ok(answers) => {
                    attempt = 0;
                    self.pace().speed_up(&self.budget);
                    found.extend(answers);
                    left = later;
                }
            }
        }
        Ok(found)
    }

    async fn slot(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        // It is never closed.
        self.slots.as_ref()?.acquire().await.ok()
    }
}

impl Pace {
    /// What the bucket holds.
    fn most(&self, budget: &Budget) -> f64 {
        budget.burst.map_or(self.rate.unwrap_or(1.0), f64::from).max(1.0)
    }

    /// Takes tokens; or says how long to wait before it is tried again.
    fn take(&mut self, calls: usize, budget: &Budget) -> Option<Duration> {
        let now = Instant::now();
        let calls = u32::try_from(calls).unwrap_or(u32::MAX);
        if now - self.second.0 >= Duration::from_secs(1) {
            self.second = (now, 0);
        }
        if let Some(rate) = self.rate {
            let earned = (now - self.filled).as_secs_f64() * rate;
            self.tokens = (self.tokens + earned).min(self.most(budget));
            self.filled = now;
            // Whoever needs more than the bucket holds takes it on credit.
            let needed = f64::from(calls).min(self.most(budget));
            if self.tokens < needed {
                return Some(Duration::from_secs_f64(((needed - self.tokens) / rate).clamp(0.001, 60.0)));
            }
            self.tokens -= f64::from(calls);
        }
        self.second.1 = self.second.1.saturating_add(calls);
        None
    }

    fn slow_down(&mut self) {
        let now = Instant::now();
        if self.slowed.is_some_and(|slowed| now - slowed < ONE_REFUSAL) {
            return;
        }
        self.slowed = Some(now);
        let so_far = self.rate.unwrap_or_else(|| f64::from(self.second.1.max(2)));
        self.rate = Some((so_far / 2.0).max(SLOWEST));
        self.tokens = self.tokens.min(0.0);
        self.filled = now;
    }

    /// A call that went well earns a little of the pace back.
    fn speed_up(&mut self, budget: &Budget) {
        if let (Some(rate), Some(_)) = (self.rate, self.slowed) {
            let faster = rate * 1.01;
            self.rate = Some(budget.calls_per_second.map_or(faster, |most| faster.min(most)));
        }
    }
}

impl Provider for Budgeted {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn schema(&self, ty: &str) -> Result<Option<&TypeSchema>, CatalogError> {
        self.inner.schema(ty)
    }

    fn types(&self) -> Vec<String> {
        self.inner.types()
    }

    fn schemas_digest(&self) -> Digest {
        self.inner.schemas_digest()
    }

    fn concurrency(&self) -> usize {
        self.budget.concurrency.map_or(self.inner.concurrency(), |most| most.clamp(1, self.inner.concurrency()))
    }

    fn hint(&self, error: &ProviderError) -> Option<String> {
        self.inner.hint(error)
    }

    fn consistency_delay(&self, ty: &str) -> Duration {
        self.inner.consistency_delay(ty)
    }

    fn site_settings(&self, ty: &str) -> &'static [&'static str] {
        self.inner.site_settings(ty)
    }

    fn fragment_limit(&self, ty: &str) -> usize {
        self.inner.fragment_limit(ty)
    }

    fn read<'a>(&'a self, requests: &'a [ReadRequest]) -> BoxFuture<'a, Result<Vec<Option<Found>>, ProviderError>> {
        Box::pin(self.read_within(requests))
    }

    fn apply<'a>(
        &'a self,
        fragment: &'a Fragment,
        ended: &'a mut (dyn FnMut(usize, Outcome) + Send),
    ) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            self.take(fragment.steps.len()).await;
            let _slot = self.slot().await;
            let mut throttled = false;
            let mut watched = |position: usize, outcome: Outcome| {
                throttled |=
                    matches!(&outcome, Outcome::Failed(error, _) if error.kind == ProviderErrorKind::Throttled);
                ended(position, outcome);
            };
            self.inner.apply(fragment, &mut watched).await;
            if throttled {
                self.pace().slow_down();
            } else {
                self.pace().speed_up(&self.budget);
            }
        })
    }
}
