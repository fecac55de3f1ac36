//! Without caches on other machines.

use config_load::SharedCache;
use diag::Diagnostic;
use engine::TraceSource;

use super::{Opened, TIER};
use crate::exit::Result;
use crate::session::Session;

/// There is none: this runner cannot reach other machines.
pub(crate) enum Source {}

impl Source {
    /// Says how to get a runner that can, to those who ask for it.
    #[expect(clippy::unnecessary_wraps, reason = "with caches on other machines there are errors")]
    pub(crate) fn open(session: &Session<'_>, settings: &SharedCache) -> Result<Opened<Self>> {
        let asked = session.variables.get(TIER).is_some_and(|text| !text.is_empty() && text != "off");
        if !asked && !session.talk.verbose {
            return Ok(Ok(None));
        }
        let message = format!("this runner was built without shared caches, and does without {}", settings.remote);
        let problem = Diagnostic::warning("E0751", message).at(settings.place.clone());
        Ok(Err(problem.hint("build it with them: `cargo build -p runner --features remote-cache`")))
    }

    pub(crate) fn summary(&self) -> String {
        match *self {}
    }

    pub(crate) fn named(&self, _: value::Digest) -> Option<Vec<u8>> {
        match *self {}
    }

    pub(crate) fn leave_named(&self, _: value::Digest, _: &[u8]) {
        match *self {}
    }

    pub(crate) fn problems(&self) -> Vec<Diagnostic> {
        match *self {}
    }
}

impl TraceSource for Source {
    fn find(
        &self,
        _: &taskgraph::EvaluateRecord,
        _: &dyn Fn(&plan::Read) -> Option<value::Digest>,
    ) -> Option<engine::Trace> {
        match *self {}
    }

    fn plan(&self, _: &engine::Trace) -> Option<Vec<u8>> {
        match *self {}
    }

    fn wants(&self) -> bool {
        match *self {}
    }

    fn leave(&self, _: &engine::Trace, _: &[u8]) {
        match *self {}
    }
}
