//! The port of providers.

use std::time::Duration;

use schema::TypeSchema;
use value::{Digest, Map};

use crate::{BoxFuture, Fragment};

/// Whose an object is, as ownership tags say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// The organisation.
    pub organisation: String,
    /// The stack's id.
    pub stack_id: String,
    /// The resource.
    pub urn: String,
    /// The incarnation.
    pub incarnation: u64,
}

/// How an object is looked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Find {
    /// By the vendor's id.
    Id(String),
    /// By the natural identity within these properties.
    Identity(Map),
    /// By ownership tag.
    Owner(Owner),
}

/// A question about one object.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadRequest {
    /// The type.
    pub ty: String,
    /// How to look for it.
    pub find: Find,
    /// The provider instance; `None` = the default.
    pub instance: Option<String>,
}

/// An object that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The vendor's id.
    pub id: String,
    /// Every property and attribute that can be read; secrets are open.
    pub observed: Map,
    /// Whose it is, if it is tagged.
    pub owner: Option<Owner>,
    /// What the vendor says is wrong with it; `None` = it is well.
    pub unhealthy: Option<String>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum StepAction {
    /// Makes an object.
    Create {
        /// The properties; secrets are open, and still secrets, so that a provider knows what must not be seen.
        inputs: Map,
    },
    /// Changes an object in place.
    Update {
        /// The vendor's id.
        id: String,
        /// The properties as they should be; secrets are open.
        inputs: Map,
        /// The properties as they were last applied; secrets are open where they could be opened.
        prior: Map,
    },
    /// Marks an object that exists as its owner's; changes nothing else of it.
    Adopt {
        /// The vendor's id.
        id: String,
    },
    /// Deletes an object; one that is gone already is a success.
    Delete {
        /// The vendor's id.
        id: String,
        /// The properties as they were last applied.
        prior: Map,
    },
}

/// One step of a fragment.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The type.
    pub ty: String,
    /// Whose the object is or will be; the provider tags it below the diff.
    pub owner: Owner,
    /// What to do.
    pub action: StepAction,
    /// Every repetition of the call carries it.
    pub token: String,
    /// How long it may take, in seconds; `None` = the type's default. Whoever called stops waiting soon after.
    pub timeout_seconds: Option<u32>,
    /// The provider instance; `None` = the default.
    pub instance: Option<String>,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Well. A delete has no object.
    Done(Option<Found>),
    /// Badly; with the object, if there is one now, or if it changed in part.
    Failed(ProviderError, Option<Found>),
    /// It was not started, because one before it failed.
    NotStarted,
    /// It was undone, because one of its fragment failed.
    RolledBack,
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderErrorKind {
    /// The vendor refuses: the request is wrong, or the world does not allow it.
    Refused,
    /// Too many requests: nothing was done, and a repetition may work.
    Throttled,
    /// The vendor or the way to it failed, and surely nothing was done: a repetition may work. Where that is not sure it
    /// is [`Self::Lost`].
    Unavailable,
    /// Credentials are missing, expired or not allowed.
    Credentials,
    /// It took longer than it may.
    TimedOut,
    /// The answer was lost: nobody knows whether it happened.
    Lost,
}

/// What a provider says when something fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ProviderError {
    /// The kind.
    pub kind: ProviderErrorKind,
    /// The vendor's code: `DependencyViolation`.
    pub code: String,
    /// The vendor's sentence; never holds a secret.
    pub message: String,
}

/// A provider: types, reading, applying.
pub trait Provider: Send + Sync {
    /// Its name: `sandbox`, `aws`.
    fn name(&self) -> &str;
    /// The schema of a type; `None` if it does not serve it.
    ///
    /// # Errors
    /// If the schema itself is broken.
    fn schema(&self, ty: &str) -> Result<Option<&TypeSchema>, schema::CatalogError>;
    /// The types that it serves, as far as it can list them: for hints.
    fn types(&self) -> Vec<String> {
        Vec::new()
    }
    /// What stands for all its schemas: a change of it makes every stack be looked at again.
    fn schemas_digest(&self) -> Digest {
        Digest::of("schemas", self.name().as_bytes())
    }
    /// How long after a call a search by tag or identity is sure to show what the call made.
    fn consistency_delay(&self, ty: &str) -> Duration {
        let schema = self.schema(ty).ok().flatten();
        Duration::from_secs(schema.map_or(0, |schema| schema.overlay.consistency_seconds.into()))
    }
    /// Which settings of an instance decide where objects of a type are: an object whose instance points elsewhere by
    /// one of them is another object.
    fn site_settings(&self, _ty: &str) -> &'static [&'static str] {
        &["account", "region", "endpoint"]
    }
    /// What can be done about a failure, as something that one can do or type.
    fn hint(&self, _error: &ProviderError) -> Option<String> {
        None
    }
    /// How many steps may run at a time.
    fn concurrency(&self) -> usize;
    /// How many steps a fragment of this type may have.
    fn fragment_limit(&self, _ty: &str) -> usize {
        1
    }
    /// Reads objects, as many as are asked for in one call; one answer for each, `None` = it is not there.
    fn read<'a>(&'a self, requests: &'a [ReadRequest]) -> BoxFuture<'a, Result<Vec<Option<Found>>, ProviderError>>;
    /// Applies a fragment; `ended` is called once for each step, by its position.
    ///
    /// A step that is not ended so, ended twice, or well without an object that has an id, is taken as one of which
    /// nobody knows whether it happened; so is every step if the future panics or takes too long.
    fn apply<'a>(
        &'a self,
        fragment: &'a Fragment,
        ended: &'a mut (dyn FnMut(usize, Outcome) + Send),
    ) -> BoxFuture<'a, ()>;
}
