//! The texts of new files, with `{{name}}` where something is filled in.

pub(super) const WORKSPACE_MANIFEST: &str = include_str!("template/workspace.Cargo.txt");
pub(super) const CARGO_CONFIG: &str = include_str!("template/cargo-config.txt");
pub(super) const GITIGNORE: &str = include_str!("template/gitignore.txt");
pub(super) const TOOLCHAIN: &str = include_str!("template/toolchain.txt");
pub(super) const README: &str = include_str!("template/readme.txt");
pub(super) const GROUNDPLAN: &str = include_str!("template/groundplan.txt");
pub(super) const IDENTITY: &str = include_str!("template/identity.txt");
pub(super) const RUNNER_MANIFEST: &str = include_str!("template/runner.Cargo.txt");
pub(super) const RUNNER_MAIN: &str = include_str!("template/runner.main.txt");
pub(super) const REGISTRY_MANIFEST: &str = include_str!("template/registry.Cargo.txt");
pub(super) const REGISTRY_BUILD: &str = include_str!("template/registry.build.txt");
pub(super) const REGISTRY_LIB: &str = include_str!("template/registry.lib.txt");
pub(super) const XTASK_MANIFEST: &str = include_str!("template/xtask.Cargo.txt");
pub(super) const XTASK_MAIN: &str = include_str!("template/xtask.main.txt");
pub(super) const NETWORK_MANIFEST: &str = include_str!("template/network.Cargo.txt");
pub(super) const NETWORK_LIB: &str = include_str!("template/network.lib.txt");
pub(super) const NETWORK_OUTPUTS: &str = include_str!("template/network.outputs.txt");
pub(super) const OUTPUTS_MANIFEST: &str = include_str!("template/outputs.Cargo.txt");
pub(super) const PROJECT_MANIFEST: &str = include_str!("template/project.Cargo.txt");
pub(super) const PROJECT_LIB: &str = include_str!("template/project.lib.txt");
pub(super) const PROJECT_LIB_ALONE: &str = include_str!("template/project-alone.lib.txt");
pub(super) const PROJECT_OUTPUTS: &str = include_str!("template/project.outputs.txt");

/// A template with its gaps filled.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
}
