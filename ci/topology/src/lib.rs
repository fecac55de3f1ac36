//! A workspace with the stacks and references of a real organisation, and larger ones of the same shape.
//!
//! Layer: L6, edges. **Invariant:** the same number of stacks gives the same files, on any machine.
//!
//! [`Organisation`] is what was counted, [`copies()`] makes it larger, [`fill()`] draws what was not counted (what an
//! output depends on), and [`write`](mod@write) makes files of it: for Groundplan, and in [`peers`] for other tools.

mod copies;
mod fill;
mod organisation;
pub mod peers;
pub mod write;

pub use copies::copies;
pub use fill::{Exported, Source, Stack, fill};
pub use organisation::{Edge, Organisation};
