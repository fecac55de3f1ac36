//! Azure as the engine sees it.

use std::sync::Arc;

use ports::{BoxFuture, Find, Found, Fragment, Outcome, Provider, ProviderError, ReadRequest};
use schema::{CatalogError, TypeSchema};

use crate::failure::{Result as Called, refused};
use crate::kind::{self, Kind};
use crate::site::Site;
use crate::thing::Thing;
use crate::{Azure, Inner, apply, blob, directory, failure};

/// How many steps may run at a time.
const CONCURRENCY: usize = 24;

impl Provider for Azure {
    fn name(&self) -> &'static str {
        "azure"
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

    /// Ids say where an object is; an instance says who asks, and only another server has others.
    fn site_settings(&self, _ty: &str) -> &'static [&'static str] {
        &["endpoint", "endpoints.azure"]
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
        Box::pin(fragment.one_by_one(ended, |step| apply::step(&self.0, step)))
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
    let seen = if kind.content {
        blob::find(&thing, &request.find).await?
    } else if kind.is_of_directory() {
        directory::find(&thing, &request.find).await?
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

    /// The site of an instance.
    pub(crate) fn site(&self, instance: Option<&str>) -> Called<Arc<Site>> {
        self.sites.get(instance, |place| Site::open(place, self.token.0.clone()))
    }
}
