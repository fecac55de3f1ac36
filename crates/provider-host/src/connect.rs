//! Connectors: how a script comes to a host.

use std::fmt;
use std::process::Stdio;
use std::time::Duration;

use ports::{BoxFuture, ProviderError, ProviderErrorKind};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// How long a script may take: longer than any of its parts may.
const LONGEST: Duration = Duration::from_mins(40);

/// A way to a host.
pub trait Connector: Send + Sync + fmt::Debug {
    /// What the host is called in messages.
    fn name(&self) -> String;
    /// Where its files are, empty for its own root.
    fn root(&self) -> &str;
    /// Runs a script in a POSIX shell, as root, and waits for its end. The script goes in by standard input: it may hold
    /// secrets.
    fn run<'a>(&'a self, script: &'a str) -> BoxFuture<'a, Result<Said, ProviderError>>;
}

/// What came back from a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Standard output.
    pub output: Vec<u8>,
    /// Standard error.
    pub talk: String,
    /// The exit code; `None` = it was killed.
    pub code: Option<i32>,
}

/// A shell on this machine: for it itself, or for a root directory.
#[derive(Debug)]
pub(crate) struct Shell {
    root: String,
}

impl Shell {
    pub(crate) fn local() -> Self {
        Self { root: String::new() }
    }

    pub(crate) fn root(root: String) -> Self {
        Self { root }
    }
}

impl Connector for Shell {
    fn name(&self) -> String {
        if self.root.is_empty() { "this machine".to_owned() } else { self.root.clone() }
    }

    fn root(&self) -> &str {
        &self.root
    }

    fn run<'a>(&'a self, script: &'a str) -> BoxFuture<'a, Result<Said, ProviderError>> {
        Box::pin(async move {
            if !self.root.is_empty() && !std::path::Path::new(&self.root).is_dir() {
                let message = format!("there is no directory `{}`", self.root);
                return Err(ProviderError { kind: ProviderErrorKind::Refused, code: "NoRoot".to_owned(), message });
            }
            let mut command = if self.root.is_empty() {
                let mut command = Command::new("sh");
                command.args(["-c", AS_ROOT]);
                command
            } else {
                let mut command = Command::new("sh");
                command.arg("-s");
                command
            };
            fed(&mut command, script).await
        })
    }
}

/// Starts a shell that is root's; whoever is not root must be allowed to become it without a password.
pub(crate) const AS_ROOT: &str = "if [ \"$(id -u)\" = 0 ]; then exec sh -s; else exec sudo -n sh -s; fi";

/// Runs a command with a script as its standard input.
pub(crate) async fn fed(command: &mut Command, script: &str) -> Result<Said, ProviderError> {
    let failed = |error: std::io::Error| ProviderError {
        kind: ProviderErrorKind::Unavailable,
        code: "NoShell".to_owned(),
        message: format!("no shell can be started: {error}"),
    };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(failed)?;
    let stdin = child.stdin.take();
    let feeding = async move {
        if let Some(mut stdin) = stdin {
            // Whoever ends before it has read all says why.
            let _ = stdin.write_all(script.as_bytes()).await;
            let _ = stdin.shutdown().await;
        }
    };
    let both = async { tokio::join!(feeding, child.wait_with_output()).1 };
    let Ok(ended) = tokio::time::timeout(LONGEST, both).await else {
        let message = format!("no end after {} minutes", LONGEST.as_secs() / 60);
        return Err(ProviderError { kind: ProviderErrorKind::Lost, code: "NoAnswer".to_owned(), message });
    };
    let output = ended.map_err(failed)?;
    Ok(Said {
        output: output.stdout,
        talk: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code(),
    })
}
