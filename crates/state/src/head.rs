//! Heads: one immutable record per generation, which tells a run with nothing to do everything.

use std::collections::BTreeMap;

use resource::StackName;
use serde::{Deserialize, Serialize};
use value::{Digest, Path};

/// What a head says of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputDigest {
    /// The digest of the value.
    pub digest: Digest,
    /// Whether it is a secret.
    #[serde(default)]
    pub secret: bool,
    /// Whether it was not renewed.
    #[serde(default)]
    pub stale: bool,
}

/// Who wrote a head, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The run's id.
    pub run: String,
    /// A word of what it did: `up`, `destroy`.
    pub command: String,
    /// When: RFC 3339, UTC.
    pub at: String,
}

/// The head of a stack at one generation; written when a run opens the stack and when it closes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The format number.
    pub format: u32,
    /// The stack's name, a label.
    pub stack: StackName,
    /// The stack's id.
    pub id: String,
    /// Grows by one with each head.
    pub generation: u64,
    /// The digest of the snapshot that the journal starts from; `None` = an empty state.
    pub snapshot: Option<Digest>,
    /// The position of the first journal entry that is not in the snapshot.
    pub position: u64,
    /// The digest of the journal chunk before that position; all zeros if there is none.
    pub chain: Digest,
    /// The published outputs.
    pub outputs: BTreeMap<Path, OutputDigest>,
    /// The run that holds the stack.
    pub open: Option<String>,
    /// The resolve key that the state was brought to without anything left to do; `None` = something may be left.
    pub settled: Option<Digest>,
    /// How many objects there are.
    pub objects: u64,
    /// The digests of the outputs of other stacks that its objects were applied with are in the snapshot; the names of
    /// those stacks are here, so that a destroy sees its readers without loading them.
    #[serde(default)]
    pub reads_from: Vec<String>,
    /// The saved preview whose runs alone have moved the stack since the base that it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Digest>,
    /// Who wrote it and when: a remark, in no digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Written>,
}

impl Head {
    /// What tells the head from any other, also of its generation.
    pub fn digest(&self) -> Digest {
        let unsigned = Self { written: None, ..self.clone() };
        // INVARIANT: a struct of a fixed field order with sorted maps inside: its JSON is canonical and cannot fail.
        Digest::of("head/1", &serde_json::to_vec(&unsigned).unwrap_or_default())
    }
}
