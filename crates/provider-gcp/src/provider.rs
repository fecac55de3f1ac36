//! Google Cloud as the engine sees it.

use ports::{BoxFuture, Find, Found, Fragment, Outcome, Provider, ProviderError, ReadRequest};
use rest::{Result as Called, refused};
use schema::{CatalogError, TypeSchema};

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
