//! Hooks: commands and functions that run before and after steps.
//!
//! **Invariant:** an argument is open only here, in memory, and on the command line of the process that gets it; what a
//! hook prints is shown without the secrets that it was given.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diag::Diagnostic;
use plan::PlanFunction;
use resource::Urn;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use value::Value;

/// How long a hook may take where the program does not say how long the step may.
const SECONDS: u32 = 300;

/// How much of what a hook prints is kept, and how much is shown, in bytes.
const KEPT: usize = 64 * 1024;
const SHOWN: usize = 2 * 1024;

/// The processes that hooks of this process are; each leads a group of its own.
#[derive(Debug, Clone, Default)]
pub struct Children(Arc<Mutex<BTreeSet<i32>>>);

impl Children {
    /// Ends all of them at once, with everything that they have started.
    pub fn kill_all(&self) {
        let children = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        children.into_iter().for_each(kill);
    }
}

fn kill(group: i32) {
    if let Some(group) = Pid::from_raw(group) {
        // One that has ended is none to be ended.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// A hook whose process group ends with it, however it ends.
struct Child {
    group: i32,
    all: Children,
}

impl Drop for Child {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.group);
        kill(self.group);
    }
}

/// A hook with its arguments.
pub(crate) enum Ready {
    /// A program with its arguments.
    Command(Vec<String>),
    /// A named pure function; `None` = this runner has none of that name.
    Function(String, Option<&'static PlanFunction>, Vec<Value>),
}

/// Hooks of one moment of one resource, ready to run.
pub(crate) struct Hooks {
    pub urn: Urn,
    /// When, for people.
    pub when: &'static str,
    pub runs: Vec<Ready>,
    /// What must not be shown.
    pub secrets: BTreeSet<String>,
    pub seconds: Option<u32>,
}

impl Hooks {
    /// Runs them one after the other, up to the first that fails.
    pub(crate) async fn run(self, root: &Path, all: &Children) -> Result<(), Diagnostic> {
        let limit = Duration::from_secs(self.seconds.unwrap_or(SECONDS).into());
        for hook in &self.runs {
            let ran = match hook {
                Ready::Command(words) => command(words, root, all, limit).await,
                Ready::Function(_, Some(function), args) => function.run(args).map(drop),
                Ready::Function(_, None, _) => Err("this runner has no such function".to_owned()),
            };
            ran.map_err(|reason| self.problem(hook, &reason))?;
        }
        Ok(())
    }

    fn problem(&self, hook: &Ready, reason: &str) -> Diagnostic {
        let name = match hook {
            Ready::Command(words) => words.first().cloned().unwrap_or_default(),
            Ready::Function(name, ..) => name.clone(),
        };
        let message = format!("`{}`: the hook `{}` {} failed", self.urn.name(), self.masked(&name), self.when);
        let said = self.masked(reason);
        let start = said.len().saturating_sub(SHOWN);
        let shown = &said[said.ceil_char_boundary(start)..];
        let problem = Diagnostic::error("E0533", message).note(shown);
        problem.hint("mend what it does, or change the hook, and run again")
    }

    fn masked(&self, text: &str) -> String {
        masked(text, &self.secrets)
    }
}

/// Runs a program to its end; a failure comes with what it printed.
async fn command(words: &[String], root: &Path, all: &Children, limit: Duration) -> Result<(), String> {
    let [program, arguments @ ..] = words else { return Err("there is no program to start".to_owned()) };
    let mut process = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("it cannot be started: {error}"))?;
    let group = process.id().and_then(|id| i32::try_from(id).ok()).unwrap_or_default();
    all.0.lock().unwrap_or_else(PoisonError::into_inner).insert(group);
    let _child = Child { group, all: all.clone() };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let (stdout, stderr) = (process.stdout.take(), process.stderr.take());
    let ended = tokio::time::timeout(limit, async {
        let ((), (), ended) = tokio::join!(drain(stdout, &mut out), drain(stderr, &mut err), process.wait());
        ended
    })
    .await;
    let why = match ended {
        Ok(Ok(status)) if status.success() => return Ok(()),
        Ok(Ok(status)) => format!("it ended with {status}"),
        Ok(Err(error)) => format!("nobody knows how it ended: {error}"),
        Err(_) => format!("it was stopped after {} seconds", limit.as_secs()),
    };
    let printed = [out, err].map(|bytes| String::from_utf8_lossy(&bytes).trim_end().to_owned());
    let printed: Vec<String> = printed.into_iter().filter(|text| !text.is_empty()).chain([why]).collect();
    Err(printed.join("\n"))
}

/// Reads to the end, and keeps the last part, from the start of a line: no secret is cut in two.
async fn drain(pipe: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut pipe) = pipe else { return };
    let mut buffer = vec![0; 8192];
    while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
        kept.extend_from_slice(&buffer[..count]);
        if kept.len() > 2 * KEPT {
            let start = kept.len() - KEPT;
            let line = kept[start..].iter().position(|byte| *byte == b'\n');
            kept.drain(..line.map_or(kept.len(), |line| start + line + 1));
        }
    }
}

/// The texts of every open secret in a value.
pub(crate) fn secrets_in(value: &Value, found: &mut BTreeSet<String>) {
    let _ = value.clone().map_secrets(&mut |secret| {
        if let Some(open) = secret.expose() {
            found.insert(text_of(open));
        }
        Ok::<_, ()>(Value::Null)
    });
}

/// A text without secrets, the longest first, so that none is left in part.
pub(crate) fn masked(text: &str, secrets: &BTreeSet<String>) -> String {
    let lines = secrets.iter().flat_map(|secret| secret.lines().chain([secret.as_str()]));
    let mut secrets: Vec<&str> = lines.filter(|secret| !secret.trim().is_empty()).collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.into_iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
}

/// An argument as the text that a program gets.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => expr::to_json(other),
    }
}
