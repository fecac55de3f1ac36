//! The files of a workspace: settings, stacks, foreign stacks, world locks, and the inputs of evaluations.
//!
//! Layer: L4, adapter; synchronous. **Invariant:** paths are relative to the workspace's root and never lead out of it.
//! **Invariant:** the environment of the process is read by [`Variables::of_process`] and by nothing else.
//! **Invariant:** a file is replaced as a whole or not at all.

mod approvals;
mod cache;
mod edit;
mod files;
mod identity;
mod inputs;
mod settings;
mod signing_keys;
mod stacks;
mod tree;
mod workspace;

pub use approvals::{Approval, Approvals, Approvers};
pub use cache::SharedCache;
pub use config::parse;
pub use edit::{get, reseal, set, set_secret, show, without_secrets};
pub use identity::{IdentityText, Variables};
pub use inputs::{FileInputs, Files};
pub use settings::{Budget, Instance, Pipeline, Profile, Secrets, Settings};
pub use signing_keys::{signing_key, signing_key_in};
pub use stacks::Foreign;
pub use tree::Tree;
pub use workspace::Workspace;

/// The name that is near to what was written.
fn near<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = names.into_iter().map(|name| (strsim::jaro_winkler(&text.to_lowercase(), &name.to_lowercase()), name));
    scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

/// Names for a message: `a`, `b`.
fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
