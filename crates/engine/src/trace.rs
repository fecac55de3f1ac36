//! Traces: what the last evaluation of a stack read and gave, so that it need not be done again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use taskgraph::{EvaluateRecord, Export};
use value::{Digest, Path, Value};

use crate::Move;

/// The trace of one evaluation. No field may be left out when it is written: it is kept in a form without names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Everything that the evaluation depended on.
    pub record: EvaluateRecord,
    /// The configuration that was read, secrets sealed: so that what changed of it can be named.
    pub config: ConfigText,
    /// The digest of the plan that it gave.
    pub plan: Digest,
    /// The outputs of other stacks that the plan reads.
    pub outputs: BTreeSet<(String, Path)>,
    /// The stacks that it waits for without reading them, by full name.
    pub after: BTreeSet<String>,
    /// What each output of it is made of.
    #[serde(default)]
    pub exports: BTreeMap<Path, Export>,
    /// What the state and the outputs that it reads were when a comparison found nothing to do; no record of the state
    /// is written for that, so it is kept here.
    pub idle: Option<Digest>,
    /// The configuration's secrets that the plan reads.
    pub secrets: BTreeSet<Path>,
    /// What the plan takes over from other stacks.
    pub takes: BTreeSet<Move>,
}

/// A configuration as text, which is read only where somebody asks for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigText(String);

impl ConfigText {
    /// The value that it is of; null, if it cannot be read.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl From<&Value> for ConfigText {
    fn from(value: &Value) -> Self {
        Self(serde_json::to_string(value).unwrap_or_default())
    }
}

/// The traces of all stacks, by full name.
pub type Traces = BTreeMap<String, Trace>;
