//! Google Cloud as the engine sees it.

use std::time::Duration;

use ports::{BoxFuture, Find, Found, Fragment, Outcome, Provider, ProviderError, ReadRequest};
use rest::{Result as Called, refused};
use schema::{CatalogError, TypeSchema};

use crate::kind::{self, Kind};
use crate::thing::Thing;
use crate::{Gcp, Inner, apply, failure, media, member};

/// How many steps may run at a time.
const CONCURRENCY: usize = 24;
/// How long a call whose answer was lost may take to be seen: an operation goes on though nobody asks for it.
const OPERATION: Duration = Duration::from_mins(1);
const CALL: Duration = Duration::from_secs(10);
/// The same at a server that stands in for the vendor's.
const STAND_IN: Duration = Duration::from_secs(1);

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

    fn consistency_delay(&self, ty: &str) -> Duration {
        let long = kind::of(ty).is_some_and(|kind| kind.operation.is_some());
        let delay = if long { OPERATION } else { CALL };
        if self.0.stands_in { delay.min(STAND_IN) } else { delay }
    }

    /// Names say where an object is; an instance says who asks, and only another server has others.
    fn site_settings(&self, _ty: &str) -> &'static [&'static str] {
        &["endpoint", "endpoints.gcp"]
    }

    fn hint(&self, error: &ProviderError) -> Option<String> {
        failure::hint(error)
    }

    fn concurrency(&self) -> usize {
        CONCURRENCY
    }

    fn read<'a>(&'a self, requests: &'a [ReadRequest]) -> BoxFuture<'a, Result<Vec<Option<Found>>, ProviderError>> {
        Box::pin(rest::each(requests, CONCURRENCY, |request| {
            let inner = self.0.clone();
            Box::pin(async move { read(&inner, &request).await })
        }))
    }

    fn apply<'a>(
        &'a self,
        fragment: &'a Fragment,
        ended: &'a mut (dyn FnMut(usize, Outcome) + Send),
    ) -> BoxFuture<'a, ()> {
        Box::pin(fragment.one_by_one(ended, |step| Box::pin(apply::step(&self.0, step))))
    }
}

async fn read(inner: &Inner, request: &ReadRequest) -> Called<Option<Found>> {
    let (kind, schema) = inner.served(&request.ty)?;
    // Whoever makes one of these makes sure that it is there: none stands in the way, and to do it again does no harm.
    if kind.taken_over && matches!(request.find, Find::Identity(_)) {
        return Ok(None);
    }
    let site = inner.site(request.instance.as_deref())?;
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
    let part = seen.as_ref().filter(|_| matches!(request.find, Find::Identity(_))).and_then(|seen| unmade(kind, seen));
    Ok(seen.map(|seen| Found { unhealthy: part, ..seen.found() }))
}

/// What of an object that takes several calls may not have been made, if something is missing: only whoever made it knows
/// whether it is to be there.
fn unmade(kind: &Kind, seen: &crate::thing::Seen) -> Option<String> {
    let mut beside = kind.beside.iter().filter(|beside| beside.at_create);
    let missing = beside.find(|beside| !seen.observed.contains_key(&beside.property))?;
    Some(format!("`{}` may not have been set yet", missing.property))
}

impl Inner {
    /// The kind and the schema of a type.
    pub(crate) fn served(&self, ty: &str) -> Called<(&'static Kind, &TypeSchema)> {
        let schema = self.catalog.get(ty).map_err(|error| refused("BadSchema", error.to_string()))?;
        let found = kind::of(ty).zip(schema);
        found.ok_or_else(|| refused("NoDriver", format!("`{ty}` is not served")))
    }
}
