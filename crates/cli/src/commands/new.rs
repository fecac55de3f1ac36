//! `new workspace|project|stack`.

use std::path::Path;

use crate::args::New;
use crate::exit::{Exit, Result, usage};
use crate::session::Session;
use crate::talk::Talk;

/// Makes a workspace.
pub(crate) fn workspace(_: &Path, _: Option<&str>, _: Option<&str>, _: &Talk) -> Result<Exit> {
    Err(usage("not yet", "wait"))
}

/// Makes a project or a stack.
pub(crate) fn run(_: &Session<'_>, _: New) -> Result<Exit> {
    Err(usage("not yet", "wait"))
}
