//! The port of state.

use std::collections::BTreeSet;
use std::time::Duration;

use state::{Entry, Head, OutputReader, StackState};
use value::Digest;

use crate::BoxFuture;

/// Who runs: what a lease names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The run's id, unique.
    pub id: String,
    /// A word of what it does: `up`, `destroy`.
    pub command: String,
}

/// Who holds a stack, as its lease says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The run's id.
    pub run: String,
    /// What it does.
    pub command: String,
    /// The host's name.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// When it began: RFC 3339, UTC.
    pub since: String,
}

/// The base that a run was planned from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The stack's full name.
    pub stack: resource::StackName,
    /// Its id.
    pub id: String,
    /// The generation of the head; `None` = it had none.
    pub generation: Option<u64>,
    /// What the heads say from now on of the saved preview whose runs alone have moved the stack.
    pub plan: Option<Digest>,
}

/// A state that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The head.
    pub head: Head,
    /// The state: snapshot and journal.
    pub state: StackState,
}

/// How a run leaves a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Closing {
    /// The state as the run knows it: equal to what the journal gives.
    pub state: StackState,
    /// The resolve key that was reached with nothing left to do.
    pub settled: Option<Digest>,
}

/// Something in the store that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Where: a file or object, from the root of the store, and a line of it.
    pub place: String,
    /// What is wrong there.
    pub what: String,
    /// Only what the stack was in the past cannot be read for it.
    pub past: bool,
}

/// What was written after the place up to which a state can be told for sure.
#[derive(Debug, Clone, PartialEq)]
pub struct Lost {
    /// Where.
    pub place: String,
    /// The entry with its position; `None` = it cannot be read.
    pub entry: Option<(u64, Entry)>,
}

/// What a run wrote to the journal of a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// The state that it found.
    pub before: StackState,
    /// What it wrote, in order.
    pub entries: Vec<Entry>,
}

/// What is there of one stack, whatever was done to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Examined {
    /// The stack's full name, as its state says, or else its place in the store.
    pub stack: String,
    /// Its place in the store.
    pub place: String,
    /// Everything that is not as it was written.
    pub damage: Vec<Damage>,
    /// The number of its newest generation, readable or not.
    pub generation: u64,
    /// The state as far as it can be told for sure: the last whole snapshot and the journal from there up to the first
    /// damage. Nobody has looked whether it is tidy. `None` = there is none.
    pub state: Option<StackState>,
    /// A position after everything that was ever written to its journal.
    pub next_position: u64,
    /// What was written after that.
    pub lost: Vec<Lost>,
}

/// Why the store did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another run holds a stack.
    #[error("stack `{stack}` is held by run {} (`{}`, process {} on {}, since {})", lease.run, lease.command, lease.pid, lease.host, lease.since)]
    Held {
        /// The stack.
        stack: String,
        /// Who holds it.
        lease: Lease,
    },
    /// The stack is not what the run was planned from.
    #[error("stack `{stack}` has moved since it was planned")]
    Moved {
        /// The stack.
        stack: String,
    },
    /// The run has lost the stack to another one.
    #[error("stack `{stack}` was taken over by another run")]
    Lost {
        /// The stack.
        stack: String,
    },
    /// What was read cannot be.
    #[error("the state of `{stack}` is broken: {reason}")]
    Broken {
        /// The stack.
        stack: String,
        /// What is wrong.
        reason: String,
    },
    /// Reading or writing failed.
    #[error("{what}: {reason}")]
    Io {
        /// What was read or written.
        what: String,
        /// What the system said.
        reason: String,
    },
}

impl StoreError {
    /// What helps, as something that one can type.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Held { .. } => {
                "wait until it is over, as `--wait` does; a run that died is taken over by itself".into()
            }
            Self::Moved { .. } => "run the command again to see what would be done now".into(),
            Self::Lost { .. } => "look at what the other run did: `runner preview`".into(),
            Self::Broken { stack, .. } => format!("`runner state repair {stack}`"),
            Self::Io { .. } => return None,
        })
    }
}

/// A store of states.
pub trait StateStore: Send + Sync {
    /// The newest head of every stack, by name. Writes nothing.
    fn heads(&self) -> BoxFuture<'_, Result<Vec<Head>, StoreError>>;
    /// The newest heads of some stacks, by name; stacks without one are left out. Writes nothing. A store that need not
    /// look at all of them for that does not.
    fn heads_of<'a>(&'a self, stacks: &'a BTreeSet<String>) -> BoxFuture<'a, Result<Vec<Head>, StoreError>> {
        Box::pin(async {
            let heads = self.heads().await?.into_iter();
            Ok(heads.filter(|head| stacks.contains(&head.stack.to_string())).collect())
        })
    }
    /// The newest heads of all other stacks, in the same way.
    fn heads_besides<'a>(&'a self, stacks: &'a BTreeSet<String>) -> BoxFuture<'a, Result<Vec<Head>, StoreError>> {
        Box::pin(async {
            let heads = self.heads().await?.into_iter();
            Ok(heads.filter(|head| !stacks.contains(&head.stack.to_string())).collect())
        })
    }
    /// The state at a head: its snapshot, and the journal since, up to where the next head takes over; verified.
    /// Writes nothing.
    fn load<'a>(&'a self, head: &'a Head) -> BoxFuture<'a, Result<Loaded, StoreError>>;
    /// The heads of the stack that a head is of, oldest first. Those that were pruned or cannot be read are left out.
    /// Writes nothing.
    fn generations<'a>(&'a self, head: &'a Head) -> BoxFuture<'a, Result<Vec<Head>, StoreError>>;
    /// What the run that a head is open for wrote while that was the newest. Writes nothing.
    fn account<'a>(&'a self, head: &'a Head) -> BoxFuture<'a, Result<Account, StoreError>>;
    /// Reads all that there is of every stack, by name; what is damaged is said and not refused. Writes nothing.
    fn examine(&self) -> BoxFuture<'_, Result<Vec<Examined>, StoreError>>;
    /// Puts a state, made of what was examined, in the place of a damaged one, as one new generation; what is damaged
    /// stays where it is.
    fn restore<'a>(
        &'a self,
        run: &'a Run,
        examined: &'a Examined,
        state: &'a StackState,
    ) -> BoxFuture<'a, Result<Head, StoreError>>;
    /// Who holds a stack whose head is open; `None` if that run is over or dead.
    fn holder<'a>(&'a self, head: &'a Head) -> BoxFuture<'a, Result<Option<Lease>, StoreError>>;
    /// Takes stacks for a run, all or none: writes the lease, checks every base, writes an open head and a seal for
    /// each. A dead holder is taken over; its base is then the head that it left open. The journals come in the order
    /// of the bases.
    fn acquire<'a>(
        &'a self,
        run: &'a Run,
        bases: &'a [Base],
    ) -> BoxFuture<'a, Result<Vec<Box<dyn Journal>>, StoreError>>;
    /// Renews the lease of a run, so that a call of this length may start now, after a look whether all stacks that the
    /// run took and has not closed are still its own. Gives for how long the lease is good, from before it was asked:
    /// not at all, if the run has given it up.
    fn renew<'a>(&'a self, run: &'a Run, call: Duration) -> BoxFuture<'a, Result<Duration, StoreError>>;
    /// Gives up the run's lease, after all its journals are closed.
    fn release<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Result<(), StoreError>>;
    /// Registers a reader beside the heads of the stack that it reads; before the reader's first intent.
    fn register_reader<'a>(
        &'a self,
        upstream: &'a str,
        reader: &'a OutputReader,
    ) -> BoxFuture<'a, Result<(), StoreError>>;
    /// The stacks that registered as readers of a stack.
    fn readers<'a>(&'a self, upstream: &'a str) -> BoxFuture<'a, Result<Vec<OutputReader>, StoreError>>;
}

/// The journal of one stack, held by one run.
pub trait Journal: Send {
    /// The state at the moment of taking: after the seal.
    fn state(&self) -> &StackState;
    /// Makes entries durable, as one chunk; when it returns they are.
    fn append(&mut self, entries: Vec<Entry>) -> BoxFuture<'_, Result<(), StoreError>>;
    /// Writes the snapshot and the closing head.
    fn close(self: Box<Self>, closing: Closing) -> BoxFuture<'static, Result<Head, StoreError>>;
}
