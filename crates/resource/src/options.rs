//! Resource options: how a resource is handled, apart from what it is.

use serde::{Deserialize, Serialize};
use value::Path;

use crate::{StackName, Urn};

/// What a resource waits for without reading it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dependency {
    /// Another resource of the same stack.
    Resource(Urn),
    /// Everything in another stack.
    Stack(StackName),
}

/// An earlier name of a resource; the state is taken over from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Alias {
    /// The earlier URN.
    pub urn: Urn,
    /// The stack that it was in; absent = this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<StackName>,
}

/// How long the operations of a resource may take, in seconds; absent = the type's default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeouts {
    /// For create.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create: Option<u32>,
    /// For update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<u32>,
    /// For delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete: Option<u32>,
}

/// The options of one resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Waits for these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Dependency>,
    /// Refuses to be deleted or replaced.
    #[serde(skip_serializing_if = "is_false")]
    pub protect: bool,
    /// Changes at these paths are not looked at; the root stands for all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore_changes: Vec<Path>,
    /// Whether a replacement deletes first; absent = as the type needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_before_replace: Option<bool>,
    /// The object stays when the resource goes.
    #[serde(skip_serializing_if = "is_false")]
    pub retain_on_delete: bool,
    /// The object goes with that of this resource, so it is not deleted by a call of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_with: Option<Urn>,
    /// Changes at these paths replace.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replace_on_changes: Vec<Path>,
    /// How long operations may take.
    #[serde(skip_serializing_if = "is_default")]
    pub timeouts: Timeouts,
    /// Earlier names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Alias>,
    /// The id of an object that exists and is taken over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<String>,
    /// What is there already under its natural identity is taken over, instead of being in the way.
    #[serde(skip_serializing_if = "is_false")]
    pub adopt: bool,
    /// The provider instance; absent = the default one of the type's provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(truth: &bool) -> bool {
    !truth
}

fn is_default(timeouts: &Timeouts) -> bool {
    *timeouts == Timeouts::default()
}
