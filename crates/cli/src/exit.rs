//! Exit codes: one table, which `docs/exit-codes.md` repeats.

use std::process::ExitCode;

use diag::{Diagnostic, Diagnostics};
use engine::{PreviewError, Stopped};
use ports::StoreError;

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done,
    /// `preview --detailed-exitcode`: changes are pending.
    Pending,
    /// It stopped at a plan that has to be approved anew.
    NewPlan,
    /// What the user wrote or selected is wrong, or a question was answered with no.
    User,
    /// A mandatory policy stands against it.
    Policy,
    /// A provider, or the world behind it, failed.
    Provider,
    /// The state is held by another run, has moved, or is broken.
    State,
    /// What was approved as known came out otherwise.
    Contradiction,
    /// The command line is wrong.
    Usage,
    /// A mistake in this program.
    Internal,
    /// It was interrupted.
    Interrupted,
}

impl Exit {
    /// The number.
    pub fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Pending => 2,
            Self::NewPlan => 3,
            Self::User => 10,
            Self::Policy => 20,
            Self::Provider => 30,
            Self::State => 40,
            Self::Contradiction => 50,
            Self::Usage => 64,
            Self::Internal => 70,
            Self::Interrupted => 130,
        }
    }

    /// The code for the process.
    pub fn code(self) -> ExitCode {
        ExitCode::from(self.number())
    }
}

/// Why a command did not do its work.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// What is said.
    pub found: Diagnostics,
    /// Another run holds a stack: waiting may help.
    pub held: bool,
}

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// Policies stand against it.
    pub(crate) fn policy(found: Diagnostics) -> Self {
        Self { exit: Exit::Policy, found, held: false }
    }
}

impl From<Diagnostics> for Failure {
    fn from(found: Diagnostics) -> Self {
        let is = |code: &str| found.iter().any(|problem| problem.code == code);
        let exit = if is("E0566") {
            Exit::State
        } else if is("E0567") {
            Exit::Contradiction
        } else if is("E0541") || is("E0600") {
            Exit::Provider
        } else if is("E0573") {
            Exit::Internal
        } else {
            Exit::User
        };
        Self { exit, found, held: false }
    }
}

impl From<Diagnostic> for Failure {
    fn from(problem: Diagnostic) -> Self {
        Diagnostics::from(problem).into()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let problem = Diagnostic::error("E0501", error.to_string());
        let problem = match error.hint() {
            Some(hint) => problem.hint(hint),
            None => problem,
        };
        Self { exit: Exit::State, found: problem.into(), held: matches!(error, StoreError::Held { .. }) }
    }
}

impl From<PreviewError> for Failure {
    fn from(error: PreviewError) -> Self {
        match error {
            PreviewError::Problems(found) => found.into(),
            PreviewError::Store(error) => error.into(),
        }
    }
}

impl From<Stopped> for Failure {
    fn from(error: Stopped) -> Self {
        match error {
            Stopped::Problems(found) => found.into(),
            Stopped::Policies(found) => Self::policy(found),
            Stopped::Store(error) => error.into(),
            Stopped::Preview(error) => error.into(),
        }
    }
}

/// A failure to read or write a file.
pub(crate) fn io(what: &str, error: &std::io::Error) -> Failure {
    Diagnostic::error("E0701", format!("{what}: {error}")).into()
}

/// A wrong command line that only the command can see.
pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Failure {
    Failure { exit: Exit::Usage, found: Diagnostic::error("E0702", message).hint(hint).into(), held: false }
}

#[cfg(test)]
mod tests {
    use diag::Diagnostic;

    use super::{Exit, Failure};

    #[test]
    fn a_problem_ends_the_process_as_its_kind_says() {
        let cases = [
            ("E0301", Exit::User),
            ("E0541", Exit::Provider),
            ("E0600", Exit::Provider),
            ("E0566", Exit::State),
            ("E0567", Exit::Contradiction),
        ];
        for (code, exit) in cases {
            assert_eq!(Failure::from(Diagnostic::error(code, "a problem")).exit, exit, "{code}");
        }
    }
}
