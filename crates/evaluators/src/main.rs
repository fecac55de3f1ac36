//! The program that evaluates stacks of the projects whose features are on: `cargo xtask evaluators` builds one a
//! project, so that an edit of a project makes only its own program anew.
//!
//! Layer: L6, edges.

use std::process::ExitCode;

fn main() -> ExitCode {
    let built = evaluator::Built { code: option_env!("GROUNDPLAN_CODE"), sources: option_env!("GROUNDPLAN_SOURCES") };
    evaluator::main(&projects(), built)
}

/// The projects, by directory.
fn projects() -> Vec<plan::Project> {
    Vec::from([
        // generated: optional projects (cargo xtask sync)
        #[cfg(feature = "applications-concourse")]
        applications_concourse::project(),
        #[cfg(feature = "applications-edx-notes")]
        applications_edx_notes::project(),
        #[cfg(feature = "applications-edxapp")]
        applications_edxapp::project(),
        #[cfg(feature = "applications-keycloak")]
        applications_keycloak::project(),
        #[cfg(feature = "applications-tika")]
        applications_tika::project(),
        #[cfg(feature = "cpg-dataset")]
        cpg_dataset::project(),
        #[cfg(feature = "cpg-github-wif")]
        cpg_github_wif::project(),
        #[cfg(feature = "cpg-organisation")]
        cpg_organisation::project(),
        #[cfg(feature = "hosts-baseline")]
        hosts_baseline::project(),
        #[cfg(feature = "infrastructure-aws-dns")]
        infrastructure_aws_dns::project(),
        #[cfg(feature = "infrastructure-aws-iam")]
        infrastructure_aws_iam::project(),
        #[cfg(feature = "infrastructure-aws-kms")]
        infrastructure_aws_kms::project(),
        #[cfg(feature = "infrastructure-aws-network")]
        infrastructure_aws_network::project(),
        #[cfg(feature = "infrastructure-aws-policies")]
        infrastructure_aws_policies::project(),
        #[cfg(feature = "infrastructure-aws-private-ca")]
        infrastructure_aws_private_ca::project(),
        #[cfg(feature = "infrastructure-consul")]
        infrastructure_consul::project(),
        #[cfg(feature = "infrastructure-monitoring")]
        infrastructure_monitoring::project(),
        #[cfg(feature = "infrastructure-vault")]
        infrastructure_vault::project(),
        #[cfg(feature = "substructure-consul")]
        substructure_consul::project(),
        #[cfg(feature = "substructure-vault-static-mounts")]
        substructure_vault_static_mounts::project(),
        // end of generated
    ])
}
