//! The records that stand for "nothing has changed".

use std::collections::BTreeMap;

use plan::{Read, Reads};
use resource::StackName;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use value::{Digest, Path};

/// Everything that the evaluation of one stack depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluateRecord {
    /// The number of the plan format.
    pub format: u32,
    /// The number of the engine's semantics; grows when equal inputs would give another plan.
    pub epoch: u32,
    /// The digest of the project's code with all that it is built of.
    pub code: Digest,
    /// The stack.
    pub stack: StackName,
    /// What was read, with the digest of what was there.
    #[serde(with = "reads")]
    pub reads: Reads,
}

/// Everything that the resolution of one stack depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolveRecord {
    /// The digest of the plan.
    pub plan: Digest,
    /// The outputs of other stacks that it reads, by stack and path.
    #[serde(with = "outputs")]
    pub reads: BTreeMap<(String, Path), OutputRead>,
    /// The digest of the schemas of the types in use.
    pub schemas: Digest,
    /// The digest of the profile, as far as it has a say.
    pub profile: Digest,
}

/// What an output of another stack was when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OutputRead {
    /// The digest of its value.
    pub digest: Digest,
    /// It came from the same run, not from what is published.
    pub proposed: bool,
}

impl EvaluateRecord {
    /// The key of the evaluation.
    pub fn digest(&self) -> Digest {
        Digest::of("evaluate/1", &bytes(self))
    }
}

impl ResolveRecord {
    /// The key of the resolution.
    pub fn digest(&self) -> Digest {
        Digest::of("resolve/1", &bytes(self))
    }
}

fn bytes(record: &impl Serialize) -> Vec<u8> {
    // INVARIANT: records are structs of a fixed field order with sorted lists inside: their JSON is canonical and
    // cannot fail.
    serde_json::to_vec(record).unwrap_or_default()
}

/// JSON has texts for keys only, so maps with other keys are written as sorted lists of pairs.
mod reads {
    use super::{BTreeMap, Deserialize, Deserializer, Digest, Read, Reads, Serializer};

    pub(super) fn serialize<S: Serializer>(reads: &Reads, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(reads)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Reads, D::Error> {
        let pairs = Vec::<(Read, Digest)>::deserialize(deserializer)?;
        Ok(pairs.into_iter().collect::<BTreeMap<_, _>>())
    }
}

mod outputs {
    use super::{BTreeMap, Deserialize, Deserializer, OutputRead, Path, Serializer};

    type Outputs = BTreeMap<(String, Path), OutputRead>;

    pub(super) fn serialize<S: Serializer>(reads: &Outputs, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(reads)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Outputs, D::Error> {
        let pairs = Vec::<((String, Path), OutputRead)>::deserialize(deserializer)?;
        Ok(pairs.into_iter().collect())
    }
}
