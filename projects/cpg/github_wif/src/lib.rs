//! Which workflows of GitHub may push the images of a genomics centre, and ask for access to its data.
//!
//! Layer: L6, a project. Its stack is there if the directory of configuration has a file `github-wif.yaml`.

use plan::Project;

/// The project.
pub fn project() -> Project {
    Project::listed("cpg.github_wif", cpg::github_stacks, cpg::github).shapes(cpg::shapes)
}
