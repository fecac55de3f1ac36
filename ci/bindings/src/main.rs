//! Writes the bindings anew: `cargo run -p bindings`.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    match root.canonicalize().map_err(|e| e.to_string()).and_then(|root| bindings::generate(&root, false)) {
        Ok(_) => ExitCode::SUCCESS,
        Err(reason) => {
            #[expect(clippy::print_stderr, reason = "a tool of the workspace, without the command line's printer")]
            {
                eprintln!("error: {reason}");
            }
            ExitCode::FAILURE
        }
    }
}
