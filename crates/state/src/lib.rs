//! The state of stacks: objects, published outputs, heads, and the journal that changes them.
//!
//! Layer: L1, model. **Invariant:** a state is its snapshot with the journal's entries applied in order, and nothing
//! else; [`StackState::apply`] is the one place that says what an entry does. **Invariant:** writing what happened never
//! fails for tidiness; [`StackState::verify`] is asked when a state is read, and [`StackState::mend`] makes it whole.

mod aside;
mod head;
mod journal;
mod mend;
mod moving;
mod object;
mod provenance;
mod readers;
mod stack;
mod tally;
mod verify;

pub use aside::Aside;
pub use head::{Head, OutputDigest, Written};
pub use journal::{Action, Chunk, Entry, Intent, Request};
pub use moving::{HandOver, Hold, Leaving, Origin};
pub use object::{Kept, KeptHook, KeptRun, Object, OutputReader, ReadOutput, Site, Status};
pub use provenance::{KnownStates, Makings, Spot};
pub use stack::{PublishedOutput, STATE_FORMAT, StackState, stack_id};
pub use tally::Tally;
pub use verify::Broken;

#[cfg(test)]
mod tests;
