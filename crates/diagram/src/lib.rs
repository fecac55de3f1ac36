//! Diagrams of stacks and of the organisation, as text, Mermaid, DOT and SVG.
//!
//! Layer: L2, decisions (pure). **Invariant:** equal plans give equal bytes, so that diagrams can be checked in and
//! held to be current. **Invariant:** an arrow leads from what is read to its reader, in every format.

mod model;

pub use model::{Diagram, Edge, Group, Kind, Node};
