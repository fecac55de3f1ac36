//! Decides what differs: plans and states of all selected stacks give change sets.
//!
//! Layer: L2, decisions (pure). **Invariant:** the same input gives the same change sets, byte for byte.
//! **Invariant:** one pass goes over the resources and outputs of all stacks in the order in which they read one
//! another, so that two stacks that read each other's outputs are no cycle.

mod attribute;
mod change;
mod compare;
mod decide;
mod nodes;
mod pass;

pub use attribute::attribute;
pub use change::{Action, ChangeSet, Counts, Difference, OutputChange, ReadPin, ResourceChange};
pub use decide::{decide, Case, Decision};
pub use nodes::{leaf_of, references, References};
pub use pass::{diff, Lookup, Published, Settings, StackInput};

#[cfg(test)]
mod tests;
