//! The AWS types: published `CloudFormation` registry schemas, trimmed, and a reviewed overlay for each.
//!
//! Layer: L1, model. **Invariant:** the schemas are what `refresh.py` makes of the published ones, never edited by hand;
//! what they lack or have wrong stands in the overlays. **Invariant:** data only, no code that knows a type.

mod table;

#[cfg(test)]
mod tests;

/// The schemas and overlays, sorted by type.
pub fn sources() -> Vec<schema::Source> {
    table::SOURCES.to_vec()
}
