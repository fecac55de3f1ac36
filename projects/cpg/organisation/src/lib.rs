//! The common dataset of a genomics centre, and what belongs to no other: groups, caches, exported configuration.
//!
//! Layer: L6, a project. Its stack comes from the directory of configuration.

use plan::Project;

/// The project.
pub fn project() -> Project {
    Project::listed("cpg.organisation", cpg::organisation_stacks, cpg::organisation)
        .functions(cpg::FUNCTIONS)
        .shapes(cpg::shapes)
}
