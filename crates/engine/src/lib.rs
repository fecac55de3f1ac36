//! The engine: evaluates plans, previews them against states, applies what was previewed.
//!
//! Layer: L5, runtime; the only place that spawns. **Invariant:** a preview writes nothing. **Invariant:** a provider's
//! call starts only after its intent is durable; what a stack in another place reads is durable before it is read.
//! **Invariant:** whatever fails, the state says what is true.

mod apply;
mod budget;
mod call;
mod catalog;
mod circles;
mod determinism;
mod evaluate;
mod event;
mod existing;
mod explain;
mod footprint;
mod given;
mod hand_over;
mod history;
mod hooks;
mod import;
mod lease;
mod lookup;
mod moves;
mod passed;
mod plain;
mod policies;
mod preview;
mod providers;
mod refresh;
mod relations;
mod rename;
mod repair;
mod run;
mod saving;
mod scope;
mod seal;
mod settle;
mod shared;
mod surgery;
mod takers;
mod trace;
mod work;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use evaluator::Given;
use plan::{Inputs, Project};
use policy::Policies;
use ports::{Secrets, StateStore};
use value::{Digest, Path, Value};

pub use apply::{ApplyOptions, Failure, Report, Stopped};
pub use budget::Budget;
pub use catalog::{Catalog, Foreign, StackEntry};
pub use determinism::{Plans, Sample};
pub use evaluate::{Evaluations, Survey};
pub use event::{Event, Events, StepOutcome, Target};
pub use footprint::{Recorded, RunRecord, foreign_footprint};
pub use history::{PastRun, RunEnd};
pub use hooks::Children;
pub use import::{Import, Imported, Undeclared};
pub use moves::Move;
pub use preview::{Goal, Preview, PreviewError, PreviewOptions};
pub use providers::{Drivers, Instance, Providers};
pub use refresh::RefreshReport;
pub use relations::{Relations, Short};
pub use rename::Fingerprints;
pub use repair::Repair;
pub use shared::TraceSource;
pub use surgery::{Operation, Surgery};
pub use trace::{ConfigText, Trace, Traces};

/// Everything that the engine works with; composed by the command line.
pub struct Engine<'a> {
    /// The organisation's name.
    pub organisation: String,
    /// The projects.
    pub projects: &'a [Project],
    /// The digest of each project's code, by name; an absent one is never cached.
    pub code: BTreeMap<String, Digest>,
    /// The named pure functions of the projects, by name, with the digest of the source that they are built of.
    pub functions: BTreeMap<String, Digest>,
    /// Plans that were made elsewhere, by full name: they stand for what an evaluation would give.
    pub given: BTreeMap<String, Given>,
    /// What evaluations read.
    pub inputs: &'a dyn Inputs,
    /// All stacks.
    pub catalog: Arc<Catalog>,
    /// Where states are.
    pub store: Arc<dyn StateStore>,
    /// The providers.
    pub providers: Providers,
    /// Keys.
    pub secrets: Arc<dyn Secrets>,
    /// The profile's name.
    pub profile_name: String,
    /// What of the profile counts for a state: goes into what stands for "nothing is left to do".
    pub profile: Digest,
    /// What judges goals and change sets.
    pub policies: Policies,
    /// Protected resources may go.
    pub ignore_protection: bool,
    /// How many steps may run at a time.
    pub jobs: usize,
    /// The workspace's root: where hooks are started.
    pub root: PathBuf,
    /// Where traces of other machines are.
    pub shared: Option<Arc<dyn TraceSource>>,
}

/// The leaves of a stack's outputs with their values.
pub type OutputValues = BTreeMap<Path, Value>;

/// The present, RFC 3339, UTC, to the second.
pub(crate) fn now() -> String {
    let now = jiff::Timestamp::now();
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The number of the engine's semantics: grows when the same plan and state would give other changes.
pub const SEMANTICS_EPOCH: u32 = 1;
