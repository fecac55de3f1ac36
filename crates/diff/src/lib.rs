//! Decides what differs: plans and states of all selected stacks give change sets.
//!
//! Layer: L2, decisions (pure). **Invariant:** the same input gives the same change sets, byte for byte.
//! **Invariant:** one pass goes over the resources and outputs of all stacks in the order in which they read one
//! another, so that two stacks that read each other's outputs are no cycle.

#[cfg(test)]
extern crate self as diff;

mod approved;
mod around;
mod attribute;
mod change;
mod compare;
mod decide;
mod digest;
mod existing;
mod ignore;
mod left;
mod nodes;
mod outline;
mod pass;
mod problems;
mod reach;
mod reading;
mod records;
mod scope;
mod sites;
mod targets;

pub use approved::beyond;
pub use around::{Verdict, arguments, broken, is_kept, judge, kept_run};
pub use attribute::attribute;
pub use change::{Action, ChangeSet, Counts, Difference, OutputChange, ReadPin, ResourceChange};
pub use decide::{Case, Companion, Decision, decide, drifted};
pub use existing::{Adoption, Alike, Existing, adoption, declarable, nothing_to_adopt};
pub use ignore::{Impossible, ignore_changes};
pub use nodes::{References, leaf_of, references, resource_references};
pub use outline::Outline;
pub use pass::{Lookup, Published, Settings, StackInput, diff, diff_with_places};
pub use problems::cycles;
pub use reach::Reach;
pub use reading::nothing_to_read;
pub use sites::NoInstance;
pub use targets::{Exactly, Pattern, Restricted, Targets};

#[cfg(test)]
mod tests;
