//! The projects of this workspace, and the digests of their code.
//!
//! Layer: L6, edges. **Invariant:** this is the only crate that depends on projects; the engine knows none.

/// The projects, by directory.
pub fn projects() -> Vec<plan::Project> {
    vec![
        // generated: projects (cargo xtask sync)
        // end of generated
    ]
}

/// The digests of the code that this crate, and every binary that links it, is built of.
pub fn digests() -> &'static code_digest::Table {
    static DIGESTS: code_digest::Table = include!(concat!(env!("OUT_DIR"), "/code_digests.rs"));
    &DIGESTS
}
