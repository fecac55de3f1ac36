//! The command line with the projects of this workspace.
//!
//! Layer: L6, edges.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main(cli::Registry { projects: registry::projects(), digests: registry::digests() })
}
