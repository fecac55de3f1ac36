//! Google Cloud as the engine sees it.

use std::sync::Arc;

use ports::{BoxFuture, Find, Found, Fragment, Outcome, Provider, ProviderError, ReadRequest};
use schema::{CatalogError, TypeSchema};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::failure::{Result as Called, refused};
use crate::kind::{self, Kind};
use crate::thing::Thing;
use crate::{Gcp, Inner, apply, failure, media, member};

/// How many steps may run at a time.
const CONCURRENCY: usize = 24;

impl Provider for Gcp {
    fn name(&self) -> &'static str {
        "gcp"
    }

    fn schema(&self, ty: &str) -> Result<Option<&TypeSchema>, CatalogError> {
        self.0.catalog.get(ty)
    }

    fn types(&self) -> Vec<String> {
        self.0.catalog.names().map(str::to_owned).collect()
    }

    fn schemas_digest(&self) -> value::Digest {
        self.0.catalog.digest()
    }

    /// Names say where an object is; an instance says who asks, and only another server has others.
    fn site_settings(&self, _ty: &str) -> &'static [&'static str] {
        &["endpoint"]
    }

    fn hint(&self, error: &ProviderError) -> Option<String> {
        failure::hint(error)
    }

    fn concurrency(&self) -> usize {
        CONCURRENCY
    }

    fn read<'a>(&'a self, requests: &'a [ReadRequest]) -> BoxFuture<'a, Result<Vec<Option<Found>>, ProviderError>> {
        Box::pin(async move {
            let room = Arc::new(Semaphore::new(CONCURRENCY));
            let mut reading = JoinSet::new();
            for (position, request) in requests.iter().cloned().enumerate() {
                let (inner, room) = (self.0.clone(), room.clone());
                reading.spawn(async move {
                    // It is never closed.
                    let _place = room.acquire().await;
                    (position, read(&inner, &request).await)
                });
            }
            let mut answers: Vec<Option<Found>> = vec![None; requests.len()];
            while let Some(ended) = reading.join_next().await {
                let (position, answer) = ended.map_err(|_| refused("Died", "the task that looked for it died"))?;
                answers[position] = answer?;
            }
            Ok(answers)
        })
    }

    fn apply<'a>(
        &'a self,
        fragment: &'a Fragment,
        ended: &'a mut (dyn FnMut(usize, Outcome) + Send),
    ) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let mut failed = vec![false; fragment.steps.len()];
            let mut left: Vec<usize> = (0..fragment.steps.len()).collect();
            while !left.is_empty() {
                let waits = |position: &usize| {
                    fragment.order.iter().any(|(before, after)| after == position && left.contains(before))
                };
                // An order in a circle has no first step: then any is as good.
                let next = left.iter().position(|position| !waits(position)).unwrap_or(0);
                let position = left.remove(next);
                let blocked = fragment.order.iter().any(|(before, after)| *after == position && failed[*before]);
                let outcome =
                    if blocked { Outcome::NotStarted } else { apply::step(&self.0, &fragment.steps[position]).await };
                failed[position] = !matches!(outcome, Outcome::Done(_));
                ended(position, outcome);
            }
        })
    }
}

async fn read(inner: &Inner, request: &ReadRequest) -> Called<Option<Found>> {
    let (kind, schema) = inner.served(&request.ty)?;
    // Whoever makes one of these makes sure that it is there: none stands in the way, and to do it again does no harm.
    if kind.taken_over && matches!(request.find, Find::Identity(_)) {
        return Ok(None);
    }
    let site = inner.sites.get(request.instance.as_deref())?;
    let thing = Thing { kind, schema, site: &site };
    let properties = match &request.find {
        Find::Id(id) => thing.named(id),
        Find::Identity(identity) => identity.clone(),
        Find::Owner(_) => Default::default(),
    };
    let seen = if kind.media {
        media::get(&thing, &properties).await?
    } else if kind.policy.is_some() {
        member::find(&thing, &properties).await?
    } else {
        thing.find(&request.find).await?
    };
    Ok(seen.map(crate::thing::Seen::found))
}

impl Inner {
    /// The kind and the schema of a type.
    pub(crate) fn served(&self, ty: &str) -> Called<(&'static Kind, &TypeSchema)> {
        let schema = self.catalog.get(ty).map_err(|error| refused("BadSchema", error.to_string()))?;
        let found = kind::of(ty).zip(schema);
        found.ok_or_else(|| refused("NoDriver", format!("`{ty}` is not served")))
    }
}
