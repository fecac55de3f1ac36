//! Which stacks are meant, in which order they come, and when the result of an evaluation or a resolution still holds.
//!
//! Layer: L2, decisions (pure). **Invariant:** there is one selection function, [`select`], for every command.
//! **Invariant:** a key is a structured record; two records are equal exactly if their digests are, and [`EvaluateRecord`]
//! and [`ResolveRecord`] can say in words what differs. **Invariant:** no answer depends on the order of the input.

mod affected;
mod cut;
mod explain;
mod key;
mod links;
mod order;
mod query;
mod rounds;
mod select;

pub use affected::{Affected, Before, Cause, Change, Conditions, Export, Footprint, Seen, affected};
pub use cut::{Cut, cuts};
pub use explain::{Difference, differences_of_config, differences_of_evaluate, differences_of_resolve};
pub use key::{EvaluateRecord, OutputRead, ResolveRecord};
pub use links::Links;
pub use order::order;
pub use query::{Facts, Query};
pub use rounds::{Needs, Next, OutputSet, Rounds};
pub use select::{Candidate, Reach, Request, Selection, select};

#[cfg(test)]
mod tests;
