//! The common dataset of a genomics centre, and what belongs to no other: groups, caches, exported configuration, and what
//! plugins make.
//!
//! Layer: L6, a project. Its stack comes from the directory of configuration.

use plan::Project;
use plan::diag::Diagnostics;

/// The plugins that `plugins_enabled` may name.
const PLUGINS: cpg::Plugins = &[
    // One a line.
    cpg_plugin_billing_aggregator::plugin,
    cpg_plugin_metamist::plugin,
];

/// The project.
pub fn project() -> Project {
    Project::listed("cpg.organisation", stacks, |stack| cpg::organisation(stack, PLUGINS))
        .functions(cpg::FUNCTIONS)
        .shapes(cpg::shapes)
}

fn stacks(inputs: &dyn plan::Inputs) -> Result<Vec<String>, Diagnostics> {
    cpg::organisation_stacks(inputs, PLUGINS)
}
