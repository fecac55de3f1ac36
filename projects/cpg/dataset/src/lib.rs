//! The datasets of a genomics centre, one stack each: `cpg.dataset.<dataset>.production`.
//!
//! Layer: L6, a project. Its stacks come from the directory of configuration.

use plan::Project;

/// The project.
pub fn project() -> Project {
    Project::listed("cpg.dataset", cpg::dataset_stacks, cpg::dataset).functions(cpg::FUNCTIONS).shapes(cpg::shapes)
}
