//! Resource types in Rust's words: what the typed bindings are called, and what an object that exists reads like as a
//! declaration.
//!
//! Layer: L2, decisions (pure). **Invariant:** the bindings and what is suggested to be pasted are made of one model, so
//! what is suggested compiles.

mod declaration;
mod model;
mod names;

pub use declaration::{Suggestion, suggestion};
pub use model::{Member, RustType, ShapeModel, TypeModel, package, split};
