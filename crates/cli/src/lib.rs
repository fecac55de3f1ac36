//! The command line: what a workspace's `runner` is, but for the list of its projects.
//!
//! Layer: L6, edges. The only crate that reads the terminal and the process's environment, and that says exit codes.
//! **Invariant:** stdout is data, stderr is talk. **Invariant:** a command that may delete never waits for an answer
//! where there is no terminal.

mod args;
mod commands;
mod exit;
mod facts;
mod form;
mod git;
mod given;
mod keys;
mod progress;
mod providers;
mod records;
mod seals;
mod session;
mod shared;
mod since;
mod talk;
mod traces;

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use clap::Parser;

pub use exit::Exit;

/// What a runner is made of: the projects and policies of its workspace, and the digests of their code.
pub struct Registry {
    /// The projects.
    pub projects: Vec<plan::Project>,
    /// The policies.
    pub policies: Vec<policy::Policy>,
    /// The digests of the code that the runner is built of.
    pub digests: &'static code_digest::Table,
}

/// Runs the command line of the process; what `main` returns.
pub fn main(registry: Registry) -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // clap says where it goes: help to stdout, problems to stderr.
            drop(error.print());
            return if error.use_stderr() { Exit::Usage } else { Exit::Done }.code();
        }
    };
    let talk = talk::Talk::new(&args.global);
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        let talk = talk.clone();
        std::panic::set_hook(Box::new(move |info| talk.error(&bug(info).into())));
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            talk.error(&diag::Diagnostic::error("E0903", format!("no runtime: {error}")).into());
            return Exit::Internal.code();
        }
    };
    let run = AssertUnwindSafe(|| runtime.block_on(commands::run(&registry, args, &talk)));
    match std::panic::catch_unwind(run) {
        Ok(Ok(exit)) => exit.code(),
        Ok(Err(failure)) => {
            talk.failure(&failure);
            failure.exit.code()
        }
        // It has been said by now.
        Err(_) => Exit::Internal.code(),
    }
}

/// Where a panic was, and not what it says: that may hold a secret that was opened for a step.
fn bug(info: &std::panic::PanicHookInfo<'_>) -> diag::Diagnostic {
    let place = info.location().map(|location| format!(" at {}:{}", location.file(), location.line()));
    diag::Diagnostic::error("E0904", format!("a bug{}", place.unwrap_or_default()))
        .note("what it says is not shown, since it may hold a secret")
        .hint("RUST_BACKTRACE=1 shows it")
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::bug;

    #[test]
    fn a_panic_is_named_by_its_place_and_not_by_what_it_says() {
        let told = Arc::new(Mutex::new(String::new()));
        let (heard, before) = (Arc::clone(&told), std::panic::take_hook());
        std::panic::set_hook(Box::new(move |info| heard.lock().expect("lock").extend([format!("{:?}", bug(info))])));
        let ended = std::panic::catch_unwind(|| panic!("canary-3f9a"));
        std::panic::set_hook(before);
        let told = told.lock().expect("lock");
        assert!(ended.is_err() && told.contains("E0904") && told.contains("src/lib.rs:"), "{told}");
        assert!(!told.contains("canary"), "{told}");
    }
}
