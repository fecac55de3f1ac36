//! What is on a host, as data: what a resource says that there is to be, what it claims for itself, the one script that
//! looks at or makes any number of such things, and what is read out of its answer.
//!
//! Layer: L1, model. Each kind of things is a file of `kinds`, with what it does on a host beside it.
//! **Invariant:** nothing is done here: the same tasks give the same script.
//! **Invariant:** no secret is in a word of a command; what is in a file travels in the script's body.

mod answer;
mod claim;
mod fields;
mod item;
mod key;
mod kinds;
mod script;

pub use answer::{Answer, There, Told, told};
pub use claim::Claim;
pub use item::Item;
pub use key::{Key, Kind};
pub use script::{Before, Sum, Task, script};

#[cfg(test)]
mod tests;
