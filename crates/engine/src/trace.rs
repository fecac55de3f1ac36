//! Traces: what the last evaluation of a stack read and gave, so that it need not be done again.

use std::collections::{BTreeMap, BTreeSet};

use plan::{Read, Reads};
use serde::{Deserialize, Serialize};
use value::{Digest, Path};

/// The trace of one evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The digest of the project's code.
    pub code: Digest,
    /// What was read, each with the digest of what was there.
    #[serde(with = "pairs")]
    pub reads: Reads,
    /// The digest of the plan that it gave.
    pub plan: Digest,
    /// The outputs of other stacks that the plan reads.
    pub outputs: BTreeSet<(String, Path)>,
    /// The configuration's secrets that the plan reads.
    #[serde(default)]
    pub secrets: BTreeSet<Path>,
}

/// The traces of all stacks, by full name.
pub type Traces = BTreeMap<String, Trace>;

/// JSON has no maps whose keys are not texts.
mod pairs {
    use super::{Digest, Read, Reads};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(reads: &Reads, serializer: S) -> Result<S::Ok, S::Error> {
        reads.iter().collect::<Vec<(&Read, &Digest)>>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Reads, D::Error> {
        Ok(Vec::<(Read, Digest)>::deserialize(deserializer)?.into_iter().collect())
    }
}
