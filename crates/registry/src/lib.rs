//! The projects and policies of this workspace, and the digests of their code.
//!
//! Layer: L6, edges. **Invariant:** only this crate and `evaluators` depend on projects; the engine knows none.

/// The projects, by directory.
pub fn projects() -> Vec<plan::Project> {
    vec![
        // generated: projects (cargo xtask sync)
        applications_concourse::project(),
        applications_edx_notes::project(),
        applications_edxapp::project(),
        applications_keycloak::project(),
        applications_tika::project(),
        cpg_dataset::project(),
        cpg_github_wif::project(),
        cpg_organisation::project(),
        hosts_baseline::project(),
        infrastructure_aws_dns::project(),
        infrastructure_aws_iam::project(),
        infrastructure_aws_kms::project(),
        infrastructure_aws_network::project(),
        infrastructure_aws_policies::project(),
        infrastructure_aws_private_ca::project(),
        infrastructure_consul::project(),
        infrastructure_monitoring::project(),
        infrastructure_vault::project(),
        substructure_consul::project(),
        substructure_vault_static_mounts::project(),
        // end of generated
    ]
}

/// The policies, by directory.
pub fn policies() -> Vec<policy::Policy> {
    let crates: Vec<Vec<policy::Policy>> = vec![
        // generated: policies (cargo xtask sync)
        policies_aws::policies(),
        policies_lifecycle::policies(),
        // end of generated
    ];
    crates.into_iter().flatten().collect()
}

/// The digests of the code that this crate, and every binary that links it, is built of.
pub fn digests() -> &'static code_digest::Table {
    static DIGESTS: code_digest::Table = include!(concat!(env!("OUT_DIR"), "/code_digests.rs"));
    &DIGESTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_project_is_digested_under_its_name() {
        let mut names: Vec<_> = projects().iter().map(plan::Project::name).collect();
        names.sort_unstable();
        let digested: Vec<_> = digests().projects.iter().map(|project| project.name).collect();
        assert_eq!(names, digested, "a project is named like its directory under `projects/`, with dots");
        assert!(names.iter().all(|name| digests().project(name).is_some()));
    }
}
