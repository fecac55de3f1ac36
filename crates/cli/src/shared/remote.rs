//! With caches on other machines.

use std::time::Duration;

use config_load::{SharedCache, Variables};
use diag::Diagnostic;
use engine::TraceSource;
use remote_cache::{Credentials, Role, Tier, TierName};

use super::{Opened, TIER};
use crate::exit::Result;
use crate::session::Session;

/// The traces in a shared cache.
pub(crate) struct Source {
    shared: remote_cache::Shared,
    address: String,
}

/// What is stored beside a trace.
const PLAN: &str = "plan.json";

impl Source {
    /// None if this run has nothing to do with it.
    pub(crate) fn open(session: &Session<'_>, settings: &SharedCache) -> Result<Opened<Self>> {
        let role = role(&session.variables)?;
        let key = config_load::signing_key(&session.variables)?;
        let writes = matches!(role, Role::Main | Role::PullRequest(_));
        // What an old binary gives is not what the sources say.
        let stale = writes && session.is_stale();
        if role == Role::Off {
            return Ok(Ok(None));
        }
        let credentials = credentials(&session.variables);
        let tier = |name: &TierName| {
            let cache = remote_cache::connect(&settings.remote, name, &credentials)?;
            let signers = match name {
                TierName::Main => &settings.signers,
                TierName::PullRequest(_) => &settings.pull_request_signers,
            };
            Ok::<Tier, remote_cache::ConnectError>(Tier::new(cache, signers.clone()))
        };
        let budget = Duration::from_secs(settings.seconds.into());
        let has_key = key.is_some();
        let opened = remote_cache::Shared::open(&role, key.filter(|_| !stale), budget, tier);
        let shared = match opened {
            Ok(shared) => shared,
            Err(error) => {
                let problem = Diagnostic::warning("E0753", format!("the shared cache is not used: {error}"));
                return Ok(Err(problem.at(settings.place.clone())));
            }
        };
        let problem = if !writes {
            None
        } else if stale {
            Some(nothing_stored("this runner is older than its sources").hint("build it anew: `cargo build -p runner`"))
        } else if !has_key {
            let problem = nothing_stored("there is no key to sign it with");
            Some(problem.hint("set $GROUNDPLAN_SIGNING_KEY to the file that `runner keys new FILE` wrote"))
        } else if !shared.is_trusted() {
            let problem = nothing_stored("nobody would trust the key of $GROUNDPLAN_SIGNING_KEY");
            Some(problem.hint("list its signer in `signers` or `pull_request_signers` of `[cache]`"))
        } else {
            None
        };
        if let Some(problem) = problem {
            session.talk.error(&problem.at(settings.place.clone()).into());
        }
        Ok(Ok(Some(Self { shared, address: settings.remote.clone() })))
    }

    /// What was had of it, in words.
    pub(crate) fn summary(&self) -> String {
        let report = self.shared.report();
        format!("shared cache: {} evaluations found, {} not, {} stored", report.hits, report.misses, report.stored)
    }

    /// What was left under a name.
    pub(crate) fn named(&self, name: value::Digest) -> Option<Vec<u8>> {
        self.shared.named(name)
    }

    /// Leaves something under a name.
    pub(crate) fn leave_named(&self, name: value::Digest, bytes: &[u8]) {
        self.shared.leave(name, bytes);
    }

    /// What is wrong with it.
    pub(crate) fn problems(&self) -> Vec<Diagnostic> {
        let report = self.shared.report();
        let mut problems = Vec::new();
        if let Some(why) = &report.given_up {
            let message = format!("this run goes on without the shared cache {}: {why}", self.address);
            problems.push(Diagnostic::warning("E0754", message).note("nothing depends on it; the run takes longer"));
        }
        let doubts = [
            (report.unsigned, "are not signed"),
            (report.strangers, "are signed by somebody whom `[cache]` does not name"),
            (report.broken, "are not what was stored"),
        ];
        for (number, what) in doubts.into_iter().filter(|(number, _)| *number > 0) {
            let message = format!("{number} entries of the shared cache {} {what}", self.address);
            problems.push(
                Diagnostic::warning("E0755", message)
                    .note("they were passed over")
                    .hint("find out who writes there; a signer is trusted by its name in `signers` of `[cache]`"),
            );
        }
        problems
    }
}

impl TraceSource for Source {
    fn find(
        &self,
        task: &taskgraph::EvaluateRecord,
        now: &dyn Fn(&plan::Read) -> Option<value::Digest>,
    ) -> Option<engine::Trace> {
        let hit = self.shared.find(task, now)?;
        let trace: engine::Trace = serde_json::from_slice(&hit.payload).ok()?;
        (trace.record == hit.record).then_some(trace)
    }

    fn plan(&self, trace: &engine::Trace) -> Option<Vec<u8>> {
        self.shared.file(&trace.record, PLAN)
    }

    fn wants(&self) -> bool {
        self.shared.writes()
    }

    fn leave(&self, trace: &engine::Trace, plan: &[u8]) {
        // What was noted of this machine's state is nobody else's.
        let trace = engine::Trace { idle: None, ..trace.clone() };
        if let Ok(payload) = serde_json::to_vec(&trace) {
            self.shared.store(&trace.record, payload, &[(PLAN, plan)]);
        }
    }
}

fn role(variables: &Variables) -> Result<Role> {
    let Some(text) = variables.get(TIER).filter(|text| !text.is_empty()) else { return Ok(Role::Reader) };
    let role = text.parse().map_err(|error| {
        Diagnostic::error("E0752", format!("${TIER} is `{text}`, which is {error}"))
            .hint(format!("leave ${TIER} unset to read what protected runs have stored"))
    });
    Ok(role?)
}

fn credentials(variables: &Variables) -> Credentials {
    let get = |name: &str| variables.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
    Credentials {
        token: get("GROUNDPLAN_CACHE_TOKEN"),
        roots: get("SSL_CERT_FILE").and_then(|file| std::fs::read(file).ok()),
        key: get("AWS_ACCESS_KEY_ID"),
        secret: get("AWS_SECRET_ACCESS_KEY"),
        session: get("AWS_SESSION_TOKEN"),
        region: get("AWS_REGION"),
        endpoint: get("AWS_ENDPOINT_URL"),
    }
}

fn nothing_stored(why: &str) -> Diagnostic {
    Diagnostic::warning("E0756", format!("nothing is stored in the shared cache: {why}"))
}
