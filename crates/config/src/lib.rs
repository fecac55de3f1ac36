//! Typed configuration: stack files as trees with places, decoded with all problems at once.
//!
//! Layer: L1, model. Reading files is `config-load`'s; this crate sees trees. **Invariant:** an unknown key is an error;
//! decoding never stops at the first problem; a secret's content is never here, only its key and fingerprint.

mod decode;
mod node;
mod parse;
mod types;

pub use decode::{Fields, FromNode, enum_from_node};
pub use node::{Node, NodeKind, Table};
pub use parse::parse;
pub use types::{Placed, SealedSecret};

#[cfg(test)]
mod tests;
