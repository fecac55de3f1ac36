//! The sandbox as a provider.

use std::time::Duration;

use ports::{BoxFuture, Find, Found, Fragment, Outcome, Provider, ProviderError, ReadRequest, Step};
use schema::{CatalogError, TypeSchema};

use crate::transact::{Answer, now, times};
use crate::world::World;
use crate::{FRAGMENT_ITEM, FRAGMENT_LIMIT, Sandbox, Shared, call, place, shape};

/// How many steps may run at a time.
const CONCURRENCY: usize = 64;

impl Provider for Sandbox {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    fn schema(&self, ty: &str) -> Result<Option<&TypeSchema>, CatalogError> {
        self.catalog.get(ty)
    }

    fn types(&self) -> Vec<String> {
        self.catalog.names().map(str::to_owned).collect()
    }

    fn schemas_digest(&self) -> value::Digest {
        self.catalog.digest()
    }

    fn consistency_delay(&self, ty: &str) -> Duration {
        let seconds = self.catalog.get(ty).ok().flatten().map_or(0, |schema| schema.overlay.consistency_seconds);
        Duration::from_millis(times(1000 * seconds, self.options.knobs.consistency))
    }

    fn site_settings(&self, ty: &str) -> &'static [&'static str] {
        place::settings(ty)
    }

    fn concurrency(&self) -> usize {
        CONCURRENCY
    }

    fn fragment_limit(&self, ty: &str) -> usize {
        if ty == FRAGMENT_ITEM { FRAGMENT_LIMIT } else { 1 }
    }

    fn read<'a>(&'a self, requests: &'a [ReadRequest]) -> BoxFuture<'a, Result<Vec<Option<Found>>, ProviderError>> {
        Box::pin(async move {
            let shared = self.refreshed()?;
            let Shared { world, .. } = &*shared;
            requests.iter().map(|request| self.look(world, request)).collect()
        })
    }

    fn apply<'a>(
        &'a self,
        fragment: &'a Fragment,
        ended: &'a mut (dyn FnMut(usize, Outcome) + Send),
    ) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let order = in_order(fragment);
            let steps: Vec<&Step> = order.iter().filter_map(|position| fragment.steps.get(*position)).collect();
            let atomic = steps.iter().all(|step| steps.len() <= self.fragment_limit(&step.ty));
            if atomic {
                let answers = self.transact(&steps);
                let wait = answers.iter().map(|answer| answer.wait).max().unwrap_or(0);
                self.take_time(wait, answers.iter().any(|answer| answer.dies)).await;
                order.into_iter().zip(answers).for_each(|(position, answer)| ended(position, answer.outcome));
                return;
            }
            let mut failed = vec![false; fragment.steps.len()];
            for (position, step) in order.into_iter().zip(steps) {
                let blocked = fragment.order.iter().any(|(before, after)| *after == position && failed[*before]);
                let outcome = if blocked { Outcome::NotStarted } else { self.alone(step).await };
                failed[position] = !matches!(outcome, Outcome::Done(_));
                ended(position, outcome);
            }
        })
    }
}

impl Sandbox {
    async fn alone(&self, step: &Step) -> Outcome {
        let answer = self.transact(&[step]).pop();
        let Some(Answer { outcome, wait, dies }) = answer else { return Outcome::NotStarted };
        self.take_time(wait, dies).await;
        outcome
    }

    /// What lies between a call's commit and its answer.
    async fn take_time(&self, wait: u64, dies: bool) {
        if dies && let Some(on_death) = &self.options.on_death {
            on_death();
        }
        if wait > 0 {
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
    }

    fn look(&self, world: &World, request: &ReadRequest) -> Result<Option<Found>, ProviderError> {
        let site = self.site(request.instance.as_deref());
        let schema = self.served(&request.ty)?;
        // What is asked for by its id is shown at once, a search is behind.
        let now = if matches!(request.find, Find::Id(_)) { u64::MAX } else { now() };
        let object = match &request.find {
            Find::Id(id) => call::find(world, &site, &request.ty, id),
            Find::Identity(properties) => {
                let identity = shape::identity(schema, properties);
                identity.and_then(|identity| world.identified(&request.ty, &site.scope(&request.ty), &identity))
            }
            Find::Owner(owner) => world.owned(owner).find(|object| object.key.ty == request.ty),
        };
        Ok(object.filter(|object| object.shown_at <= now).and_then(|object| self.found(world, &object.key)))
    }
}

/// The positions of the steps, each after those that come before it.
fn in_order(fragment: &Fragment) -> Vec<usize> {
    let mut left: Vec<usize> = (0..fragment.steps.len()).collect();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let free = |position: &usize| {
            let mut befores = fragment.order.iter().filter(|(_, after)| after == position);
            befores.all(|(before, _)| !left.contains(before))
        };
        // A cycle has no order; its steps are then taken as they stand.
        let next = left.iter().position(free).unwrap_or(0);
        order.push(left.remove(next));
    }
    order
}
