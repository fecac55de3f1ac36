//! The journal: what is about to happen and what happened, in order, in a hash chain.

use std::collections::BTreeSet;

use resource::{Shared, StackName, Urn};
use serde::{Deserialize, Serialize};
use sorted::SortedSet;
use value::{Digest, Map, Path, Value};

use crate::{Kept, Object, Origin, ReadOutput, StackState};

/// The entries that became durable together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// The position of the first entry; entries are numbered without gaps over the life of a stack.
    pub position: u64,
    /// The digest of the chunk before; all zeros for the first.
    pub previous: Digest,
    /// The entries.
    pub entries: Vec<Entry>,
}

impl Chunk {
    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The digest that the next chunk names.
    pub fn digest(&self) -> Digest {
        Self::digest_of(&self.to_bytes())
    }

    /// The same digest, of the canonical bytes.
    pub fn digest_of(bytes: &[u8]) -> Digest {
        Digest::of("journal/1", bytes)
    }
}

/// What an intent is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Make a new object; an old one of the same URN is set aside, to be deleted later.
    Create,
    /// Change the object in place.
    Update,
    /// Delete the live object, or one that was set aside.
    Delete,
    /// Take over an object that exists: mark whose it is, and change nothing else of it.
    Adopt,
}

/// The complete resolved request of a step; secrets are encrypted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The properties as they should be; empty for a delete.
    pub inputs: Map,
    /// The resources of the stack that it reads or waits for.
    pub dependencies: SortedSet<Urn>,
    /// The outputs of other stacks that it reads.
    pub read: SortedSet<ReadOutput>,
    /// The options that go into state.
    pub kept: Shared<Kept>,
}

/// What is about to happen: durable before the provider's call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// What.
    pub action: Action,
    /// To which resource.
    pub urn: Urn,
    /// To which incarnation of it.
    pub incarnation: u64,
    /// The object's id, except for a create.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The request.
    pub request: Request,
    /// The token that every repetition of the call carries.
    pub token: String,
    /// When it was written, in seconds of Unix time: vendors forget tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<i64>,
    /// For a create of a type with a natural identity: it was seen to be absent.
    #[serde(default)]
    pub was_absent: bool,
}

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// A run took the stack; the first entry of a run.
    Seal {
        /// The run's id.
        run: String,
        /// Grows with each holder.
        fencing: u64,
    },
    /// A step is about to start.
    Intent(Box<Intent>),
    /// A create or update ended well. The position is that of its intent.
    Done {
        /// The intent's position.
        intent: u64,
        /// The object as it is now.
        object: Box<Object>,
    },
    /// A delete ended well.
    Deleted {
        /// The intent's position.
        intent: u64,
    },
    /// A step failed.
    Failed {
        /// The intent's position.
        intent: u64,
        /// What the provider said.
        reason: String,
        /// The object, if there is one now that was not, or if it changed in part.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        object: Option<Box<Object>>,
    },
    /// The object was read anew: its observed properties, or that it is gone.
    Observed {
        /// The resource.
        urn: Urn,
        /// What the provider said; `None` = it is gone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        observed: Option<Map>,
        /// The id that it goes by now, if that is another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// It is well, although its last step did not end well.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        healthy: bool,
    },
    /// An object was taken over, or its record was changed without a call.
    Recorded {
        /// The object.
        object: Box<Object>,
    },
    /// The record of an object is dropped without a call: retained, or removed by hand.
    Dropped {
        /// The resource.
        urn: Urn,
        /// The incarnation.
        incarnation: u64,
    },
    /// A live object is about to be handed over to another stack.
    Leaving {
        /// The resource.
        urn: Urn,
        /// The incarnation.
        incarnation: u64,
        /// The id of the stack that it goes to.
        to: String,
        /// The name that it gets there.
        name: Urn,
    },
    /// An object was taken over from another stack, in whose journal it is about to leave.
    Arrived {
        /// The object.
        object: Box<Object>,
        /// Where it stood.
        from: Origin,
    },
    /// What was about to leave has arrived: its record is dropped.
    Left {
        /// The resource.
        urn: Urn,
    },
    /// What was about to leave has not arrived, and stays.
    Stayed {
        /// The resource.
        urn: Urn,
    },
    /// The object goes by another name now.
    Renamed {
        /// The earlier name.
        from: Urn,
        /// The name.
        to: Urn,
    },
    /// An output has a new value.
    Published {
        /// The output leaf.
        path: Path,
        /// The value; secrets are encrypted.
        value: Value,
        /// The digest of the value, made before encryption.
        digest: Digest,
        /// The resources that it is made of.
        #[serde(default)]
        from: SortedSet<Urn>,
        /// The outputs of other stacks that it is made of.
        #[serde(default, skip_serializing_if = "SortedSet::is_empty")]
        reads: SortedSet<ReadOutput>,
    },
    /// An output could not be renewed; its value is the old one.
    Stale {
        /// The output leaf.
        path: Path,
    },
    /// The program no longer exports it.
    Withdrawn {
        /// The output leaf.
        path: Path,
    },
    /// The stack waits for others without reading them; they go after it.
    WaitsFor {
        /// Their full names.
        stacks: BTreeSet<StackName>,
    },
    /// Another state was put in the place of this one by hand.
    Imported {
        /// The state.
        state: Box<StackState>,
    },
    /// The stack goes by another name now.
    NamedAs {
        /// The name.
        name: StackName,
    },
}
