//! Services as the engine sees them.

use std::sync::Arc;
use std::time::Duration;

use ports::{BoxFuture, Find, Found, Fragment, Outcome, Provider, ProviderError, ReadRequest, Step, StepAction};
use rest::template::plain;
use rest::{Result as Called, refused};
use schema::{CatalogError, TypeSchema};
use value::{Map, Segment};

use crate::kind::{Kind, Later};
use crate::site::Site;
use crate::{Inner, Service};

/// How often somebody else may be at the same object.
const TRIES: u32 = 5;

impl Provider for Service {
    fn name(&self) -> &'static str {
        self.0.vendor.name
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

    fn site_settings(&self, _ty: &str) -> &'static [&'static str] {
        self.0.vendor.settings
    }

    fn hint(&self, error: &ProviderError) -> Option<String> {
        (self.0.vendor.hint)(error)
    }

    fn concurrency(&self) -> usize {
        self.0.vendor.concurrency
    }

    fn read<'a>(&'a self, requests: &'a [ReadRequest]) -> BoxFuture<'a, Called<Vec<Option<Found>>>> {
        Box::pin(rest::each(requests, self.concurrency(), |request| {
            let inner = self.0.clone();
            Box::pin(async move { read(&inner, &request).await })
        }))
    }

    fn apply<'a>(
        &'a self,
        fragment: &'a Fragment,
        ended: &'a mut (dyn FnMut(usize, Outcome) + Send),
    ) -> BoxFuture<'a, ()> {
        Box::pin(fragment.one_by_one(ended, move |step| {
            Box::pin(async move {
                match apply(&self.0, step).await {
                    Ok(found) => Outcome::Done(found),
                    Err(error) => Outcome::Failed(error, None),
                }
            })
        }))
    }
}

async fn read(inner: &Inner, request: &ReadRequest) -> Called<Option<Found>> {
    let (kind, schema) = inner.served(&request.ty)?;
    let Find::Id(id) = &request.find else {
        // Whoever makes one of these makes sure that it is there: none stands in the way, and to do it again does no harm.
        return Ok(None);
    };
    let site = inner.site(request.instance.as_deref())?;
    let Some(properties) = named(schema, id) else { return Ok(None) };
    Ok(kind.look(&site, &properties).await?.map(|observed| found(schema, observed)))
}

async fn apply(inner: &Inner, step: &Step) -> Called<Option<Found>> {
    let (kind, schema) = inner.served(&step.ty)?;
    let site = inner.site(step.instance.as_deref())?;
    let gone = |id: &str| refused("NotFound", format!("there is no {} `{id}`", step.ty));
    match &step.action {
        StepAction::Create { inputs } | StepAction::Update { inputs, .. } => {
            let observed = in_turn(|| kind.put(&site, inputs)).await?;
            Ok(Some(found(schema, observed)))
        }
        StepAction::Adopt { id } => {
            let properties = named(schema, id).ok_or_else(|| gone(id))?;
            let observed = kind.look(&site, &properties).await?.ok_or_else(|| gone(id))?;
            Ok(Some(found(schema, observed)))
        }
        StepAction::Delete { id, .. } => {
            if let Some(properties) = named(schema, id) {
                in_turn(|| kind.remove(&site, &properties)).await?;
            }
            Ok(None)
        }
    }
}

/// Does something that does no harm if it is done again, once nobody else is at the same object.
async fn in_turn<'a, T>(mut call: impl FnMut() -> Later<'a, T>) -> Called<T> {
    let mut pause = Duration::from_millis(250);
    for _ in 1..TRIES {
        match call().await {
            Err(error) if error.code == "409" => rest::rest(pause).await,
            ended => return ended,
        }
        pause *= 2;
    }
    call().await
}

fn found(schema: &TypeSchema, observed: Map) -> Found {
    Found { id: id(schema, &observed), observed, owner: None, unhealthy: None }
}

fn identifiers(schema: &TypeSchema) -> Vec<&str> {
    let keys = schema.primary_identifier.iter().filter_map(|path| match path.segments() {
        [Segment::Key(key)] => Some(key.as_str()),
        _ => None,
    });
    keys.collect()
}

/// The id: the parts of the primary identifier, joined.
fn id(schema: &TypeSchema, properties: &Map) -> String {
    let part = |name: &str| properties.get(name).and_then(plain).unwrap_or_default();
    identifiers(schema).into_iter().map(part).collect::<Vec<_>>().join("|")
}

/// The properties that an id is made of; `None` if it is none of the type.
fn named(schema: &TypeSchema, id: &str) -> Option<Map> {
    let names = identifiers(schema);
    let parts: Vec<&str> = id.splitn(names.len(), '|').collect();
    let whole = parts.len() == names.len() && parts.iter().all(|part| !part.is_empty());
    whole.then(|| names.into_iter().map(str::to_owned).zip(parts.into_iter().map(Into::into)).collect())
}

impl Inner {
    /// What a type is, and its schema.
    fn served(&self, ty: &str) -> Called<(&'static dyn Kind, &TypeSchema)> {
        let schema = self.catalog.get(ty).map_err(|error| refused("BadSchema", error.to_string()))?;
        let found = self.vendor.kind(ty).zip(schema);
        found.ok_or_else(|| refused("NoDriver", format!("`{ty}` is not served")))
    }

    fn site(&self, instance: Option<&str>) -> Called<Arc<Site>> {
        self.sites.get(instance, |place| Site::open(self.vendor, place, self.credentials.clone()))
    }
}
