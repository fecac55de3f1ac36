//! The cache that machines share: opened as `[cache]` in groundplan.toml and the environment say. No result depends on
//! it, so nothing that is wrong with it stops a run.

#[cfg(not(feature = "remote-cache"))]
mod none;
#[cfg(feature = "remote-cache")]
mod remote;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diag::Diagnostic;
use engine::TraceSource;
use value::Digest;

use crate::exit::Result;
use crate::session::Session;

#[cfg(not(feature = "remote-cache"))]
use none::Source;
#[cfg(feature = "remote-cache")]
use remote::Source;

/// The variable that says what a run may do with the shared cache.
const TIER: &str = "GROUNDPLAN_CACHE_TIER";

/// What opening gives: none, if the run has nothing to do with it; or what is wrong with it.
type Opened<S> = std::result::Result<Option<S>, Diagnostic>;

/// The shared cache of a run.
#[derive(Default)]
pub(crate) struct Shared {
    source: Option<Arc<Source>>,
    /// Whether what is to be said of it was said.
    told: AtomicBool,
}

impl Shared {
    /// As it is set up; nobody is asked yet. What is wrong with it is said.
    ///
    /// # Errors
    /// If the environment asks for a tier that there is not.
    pub(crate) fn open(session: &Session<'_>) -> Result<Self> {
        let Some(settings) = &session.workspace.settings().cache else { return Ok(Self::default()) };
        let source = match Source::open(session, settings)? {
            Ok(source) => source.map(Arc::new),
            Err(problem) => {
                session.talk.error(&problem.into());
                None
            }
        };
        Ok(Self { source, told: AtomicBool::new(false) })
    }

    /// Where the engine finds traces.
    pub(crate) fn source(&self) -> Option<Arc<dyn TraceSource>> {
        Some(self.source.clone()?)
    }

    /// What a run has left under a name, if it counts.
    pub(crate) fn named(&self, name: Digest) -> Option<Vec<u8>> {
        self.source.as_ref()?.named(name)
    }

    /// Whether this run leaves anything.
    pub(crate) fn wants(&self) -> bool {
        self.source.as_ref().is_some_and(|source| source.wants())
    }

    /// Leaves something under a name, where this run leaves anything.
    pub(crate) fn leave(&self, name: Digest, bytes: &[u8]) {
        if let Some(source) = &self.source {
            source.leave_named(name, bytes);
        }
    }

    /// Says what is wrong with it, once.
    pub(crate) fn tell(&self, session: &Session<'_>) {
        let Some(source) = &self.source else { return };
        let problems = source.problems();
        if !problems.is_empty() && !self.told.swap(true, Ordering::Relaxed) {
            session.talk.error(&problems.into_iter().collect());
        }
    }

    /// Says what the run had of it, to those who want to know.
    pub(crate) fn sum_up(&self, session: &Session<'_>) {
        self.tell(session);
        if let Some(source) = self.source.as_ref().filter(|_| session.talk.verbose) {
            session.talk.say(&source.summary());
        }
    }
}
