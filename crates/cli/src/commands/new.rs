//! `new workspace|project|stack`: files that work as they are written.

mod groundplan;
mod project;
mod stack;
mod template;
mod workspace;

use std::path::Path;

use diag::Diagnostic;

pub(crate) use stack::{check, project_of};

use crate::args::{Global, New};
use crate::exit::{Exit, Failure, Result, io};
use crate::session::Session;
use crate::talk::Talk;

/// Makes a workspace.
pub(crate) fn workspace(
    global: &Global,
    directory: &Path,
    organisation: Option<&str>,
    groundplan: Option<&str>,
    talk: &Talk,
) -> Result<Exit> {
    let start = match &global.directory {
        Some(directory) => directory.clone(),
        None => std::env::current_dir().map_err(|error| io("the current directory", &error))?,
    };
    let start = start.canonicalize().map_err(|error| io(&start.display().to_string(), &error))?;
    let groundplan = groundplan::Groundplan::find(groundplan, &start)?;
    workspace::make(&start.join(directory), organisation, &groundplan)?;
    talk.say(&format!("made a workspace in {}", directory.display()));
    talk.say(&format!("next:\n  cd {}\n  cargo run -p runner -- up", directory.display()));
    Ok(Exit::Done)
}

/// Makes a project or a stack.
pub(crate) fn run(session: &Session<'_>, command: New) -> Result<Exit> {
    match command {
        New::Workspace { directory, organisation, groundplan } => {
            workspace(&session.global, &directory, organisation.as_deref(), groundplan.as_deref(), &session.talk)
        }
        New::Project { path } => project::run(session, &path),
        New::Stack { project, name, like } => stack::run(session, &project, &name, like.as_deref()),
    }
}

/// Writes the generated sections of the workspace with this root.
fn sync(root: &Path) -> Result<()> {
    let workspace = sections::Workspace::at(root);
    let written = workspace.crates().and_then(|crates| workspace.sync(&crates, false));
    written.map(drop).map_err(|error| sections_problem(&error))
}

fn sections_problem(error: &sections::Error) -> Failure {
    Diagnostic::error("E0728", format!("the generated sections cannot be written: {error}"))
        .hint("`cargo xtask sync` writes them once that is mended")
        .into()
}

#[cfg(test)]
mod tests;
