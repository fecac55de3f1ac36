//! The ports: the traits behind which the world is, and what all who stand there need. Nothing else is here.
//!
//! Layer: L3. **Invariant:** every trait is object-safe, so that the engine is compiled once.

mod cache;
mod fragment;
mod provider;
mod secrets;
mod store;

use std::future::Future;
use std::pin::Pin;

pub use cache::{CacheError, RemoteCache, Space};
pub use fragment::Fragment;
pub use provider::{
    Find, Found, Outcome, Owner, Provider, ProviderError, ProviderErrorKind, ReadRequest, Step, StepAction,
};
pub use secrets::{SecretError, Secrets};
pub use store::{Account, Base, Closing, Damage, Examined, Journal, Lease, Loaded, Lost, Run, StateStore, StoreError};

/// A boxed future that may cross threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
