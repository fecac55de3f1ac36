//! The projects of this workspace, and the digests of their code.
//!
//! Layer: L6, edges. **Invariant:** this is the only crate that depends on projects; the engine knows none.

/// The projects, by directory.
pub fn projects() -> Vec<plan::Project> {
    vec![
        // generated: projects (cargo xtask sync)
        applications_edx_notes::project(),
        applications_edxapp::project(),
        infrastructure_aws_dns::project(),
        infrastructure_aws_kms::project(),
        infrastructure_aws_network::project(),
        infrastructure_aws_policies::project(),
        infrastructure_monitoring::project(),
        substructure_consul::project(),
        substructure_vault_static_mounts::project(),
        // end of generated
    ]
}

/// The digests of the code that this crate, and every binary that links it, is built of.
pub fn digests() -> &'static code_digest::Table {
    static DIGESTS: code_digest::Table = include!(concat!(env!("OUT_DIR"), "/code_digests.rs"));
    &DIGESTS
}
