//! The sandbox: an embedded cloud that computes what AWS computes and refuses what AWS refuses. The default provider.
//!
//! Layer: L4, adapter. A world is a directory with an append-only file; any number of processes may use it at a time.
//! **Invariant:** a call is one line, written at once under a lock, so a process that is killed leaves a whole world.
//! **Invariant:** reading writes nothing, not even the directory. **Invariant:** secrets are in no file, error or log.

mod admin;
mod call;
mod cidr;
mod compute;
mod facts;
mod hand;
mod ids;
mod knobs;
mod log;
mod object;
mod place;
mod provider;
mod references;
mod rules;
mod shape;
mod transact;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use schema::{Catalog, Source};

pub use admin::{AuditRecord, ObjectLine, State};
pub use hand::{HandError, Meant};
pub use knobs::{Fault, Kind, Knobs, KnobsError, Mode};
pub use place::Place;

/// The type of which up to [`FRAGMENT_LIMIT`] objects are applied at a time, all or none.
pub const FRAGMENT_ITEM: &str = "sandbox_fragment_item";

/// How many steps a fragment of [`FRAGMENT_ITEM`] may have.
pub const FRAGMENT_LIMIT: usize = 16;

/// What is called when a fault wants the process to die after a commit; if it returns, the answer is lost instead.
pub type OnDeath = Arc<dyn Fn() + Send + Sync>;

/// How a sandbox is opened.
#[derive(Clone, Default)]
pub struct Options {
    /// Where the default instance points.
    pub place: Place,
    /// Where the named instances point. Types outside AWS have no accounts: for them each instance is a server.
    pub instances: BTreeMap<String, Place>,
    /// The knobs. Where `knobs.toml` is there, its numbers win and its lists are added.
    pub knobs: Knobs,
    /// Ids, names and ARNs of objects that are taken to be there although nothing here made them.
    pub exists: BTreeSet<String>,
    /// The vendor's own protection against deletion is ignored, as the profile does with `protect`.
    pub ignore_protection: bool,
    /// What is called when a fault wants the process to die.
    pub on_death: Option<OnDeath>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, instances, knobs, .. } = self;
        f.debug_struct("Options")
            .field("place", place)
            .field("instances", instances)
            .field("knobs", knobs)
            .finish_non_exhaustive()
    }
}

/// A sandbox.
#[derive(Debug)]
pub struct Sandbox {
    dir: PathBuf,
    catalog: Catalog,
    options: Options,
    assumed: references::Assumed,
    shared: Mutex<Shared>,
    /// Calls of this process, for throttling.
    calls: AtomicU64,
}

/// The file and what is known of it.
#[derive(Debug)]
struct Shared {
    log: log::Log,
    world: world::World,
}

impl Sandbox {
    /// Opens the sandbox of a directory, which need not be there. Touches nothing but `knobs.toml`, which it reads.
    ///
    /// # Errors
    /// If `knobs.toml` cannot be read.
    pub fn open(dir: &Path, options: Options) -> Result<Self, KnobsError> {
        let mut options = options;
        if let Some(Knobs { latency, consistency, throttle_every, faults, exists, account }) = Knobs::read(dir)? {
            options.knobs.latency = latency;
            options.knobs.consistency = consistency;
            options.knobs.throttle_every = throttle_every;
            options.knobs.faults.extend(faults);
            options.knobs.exists.extend(exists);
            options.place.account = account.unwrap_or(options.place.account);
        }
        let assumed = references::Assumed {
            texts: options.exists.clone(),
            globs: options.knobs.exists.clone(),
            protection_ignored: options.ignore_protection,
        };
        let shared = Shared { log: log::Log::new(dir), world: world::World::default() };
        Ok(Self {
            dir: dir.to_owned(),
            catalog: catalog(),
            options,
            assumed,
            shared: Mutex::new(shared),
            calls: AtomicU64::new(0),
        })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The types that the sandbox serves.
    pub fn types(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.catalog.names()
    }
}

/// The schemas of every type that the sandbox serves.
fn catalog() -> Catalog {
    let own = Source {
        name: FRAGMENT_ITEM,
        schema: include_str!("fragment_item.json"),
        overlay: include_str!("fragment_item.toml"),
    };
    let vendors = [
        schemas_aws::sources(),
        schemas_azure::sources(),
        schemas_gcp::sources(),
        schemas_hashicorp::sources(),
        schemas_host::sources(),
    ];
    Catalog::new(vendors.into_iter().flatten().chain([own]))
}

#[cfg(test)]
mod tests;
