//! Who may do what with which object, and through which groups; and how that changes.
//!
//! Layer: L2, decisions, pure. What a type says of access stands in its overlay, so this knows no vendor: a grant says that
//! somebody has a role on an object, a group has members. Roles whose actions an overlay lists count as these actions,
//! others as themselves. **Invariant:** who is in no group and no grant is in no review.

mod model;
mod review;
mod text;

pub use model::{Model, Thing};
pub use review::{Change, Entry, Review, Wanted};
pub use text::{markdown, text};

#[cfg(test)]
mod tests;
