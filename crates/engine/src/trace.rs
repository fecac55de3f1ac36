//! Traces: what the last evaluation of a stack read and gave, so that it need not be done again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use taskgraph::{EvaluateRecord, Export};
use value::{Digest, Path, Value};

use crate::Move;

/// The trace of one evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Everything that the evaluation depended on.
    pub record: EvaluateRecord,
    /// The configuration that was read, secrets sealed: so that what changed of it can be named.
    #[serde(default)]
    pub config: Value,
    /// The digest of the plan that it gave.
    pub plan: Digest,
    /// The outputs of other stacks that the plan reads.
    pub outputs: BTreeSet<(String, Path)>,
    /// The stacks that it waits for without reading them, by full name.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<String>,
    /// What each output of it is made of.
    #[serde(default)]
    pub exports: BTreeMap<Path, Export>,
    /// What the state and the outputs that it reads were when a comparison found nothing to do; no record of the state
    /// is written for that, so it is kept here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<Digest>,
    /// The configuration's secrets that the plan reads.
    #[serde(default)]
    pub secrets: BTreeSet<Path>,
    /// What the plan takes over from other stacks.
    #[serde(default)]
    pub takes: BTreeSet<Move>,
}

/// The traces of all stacks, by full name.
pub type Traces = BTreeMap<String, Trace>;
