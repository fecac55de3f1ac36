//! Diagrams of stacks and of the organisation, as text, Mermaid, DOT and SVG.
//!
//! Layer: L2, decisions (pure). **Invariant:** equal plans give equal bytes, so that diagrams can be checked in and
//! held to be current. **Invariant:** an arrow leads from what is read to its reader, in every format.

mod layout;
mod model;
mod organisation;
mod stack;
mod svg;
mod text;

pub use model::{Diagram, Edge, Format, Group, Kind, Node};
pub use organisation::{OrganisationGrain, Others, of_organisation};
pub use stack::{StackGrain, of_stack};

#[cfg(test)]
mod tests;
