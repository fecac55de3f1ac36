//! The command line with the projects and policies of this workspace.
//!
//! Layer: L6, edges.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main(cli::Registry {
        projects: registry::projects(),
        policies: registry::policies(),
        digests: registry::digests(),
    })
}
