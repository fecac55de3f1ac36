//! Typed configuration: TOML and YAML as trees with places, decoded with all problems at once.
//!
//! Layer: L1, model. Reading files is `config-load`'s; this crate sees trees. **Invariant:** an unknown key is an error;
//! decoding never stops at the first problem; a secret's content is never here, only its key and fingerprint.

mod decode;
mod node;
mod parse;
mod shape;
mod types;
mod yaml;

pub use decode::{Fields, FromNode, enum_from_node};
pub use node::{Node, NodeKind, Table};
pub use parse::parse;
pub use shape::{Field, Shape};
pub use types::{Placed, SealedSecret};
pub use yaml::parse_yaml;

#[cfg(test)]
mod tests;
