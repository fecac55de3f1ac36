//! The sandbox as a provider.

use std::time::Duration;

use ports::{BoxFuture, Find, Found, Fragment, Outcome, Provider, ProviderError, ReadRequest, Step};
use schema::{CatalogError, TypeSchema};
use value::Map;

use crate::facts::refuse;
use crate::object::Object;
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
            let order = fragment.in_order();
            let steps: Vec<&Step> = order.iter().filter_map(|position| fragment.steps.get(*position)).collect();
            let atomic = steps.iter().all(|step| steps.len() <= self.fragment_limit(&step.ty));
            if atomic {
                let answers = self.transact(&steps);
                let wait = answers.iter().map(|answer| answer.wait).max().unwrap_or(0);
                self.take_time(wait, answers.iter().any(|answer| answer.dies)).await;
                order.into_iter().zip(answers).for_each(|(position, answer)| ended(position, answer.outcome));
                return;
            }
            fragment.one_by_one(ended, |step| Box::pin(self.alone(step))).await;
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
            Find::Identity(properties) if schema.overlay.identity.is_some() => {
                let identity = shape::identity(schema, properties);
                identity.and_then(|identity| world.identified(&request.ty, &site.scope(&request.ty), &identity))
            }
            Find::Identity(properties) => {
                let part = |of: &Map, name: &String| shape::part(schema, of, name);
                let alike = |object: &&Object| {
                    properties.keys().all(|name| part(&object.inputs, name) == part(properties, name))
                };
                let found: Vec<&Object> = world.of_type(&request.ty, &site.scope(&request.ty)).filter(alike).collect();
                match found.as_slice() {
                    [] => None,
                    [one] => Some(*one),
                    several => {
                        let ids = several.iter().map(|object| object.key.id.as_str()).collect::<Vec<_>>().join(", ");
                        return Err(refuse("Ambiguous", format!("{} objects are alike: {ids}", several.len())));
                    }
                }
            }
            Find::Owner(owner) => world.owned(owner).find(|object| object.key.ty == request.ty),
        };
        Ok(object.filter(|object| object.shown_at <= now).and_then(|object| self.found(world, &object.key)))
    }
}
