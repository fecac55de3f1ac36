//! The infrastructure of a genomics centre: datasets, groups and permissions, declared once.
//!
//! Layer: library, pure. A [`Site`] is the plan of one stack; everything is driven from the whole configuration as far as
//! it was read, and what belongs to another stack becomes a reference to what that exports.
//! **Invariant:** nothing is made that nobody touches. **Invariant:** a membership is in the stack of the group that holds it.
//! **Invariant:** logical names are those of resources that exist, so that they can be taken over.

mod archive;
mod azure;
mod capability;
mod driver;
mod exports;
mod gcp;

mod groups;
mod infra;
mod members;
mod on;
mod plugin;
mod projects;
mod site;
mod workflows;

pub use archive::Archive;
pub use azure::Azure;
pub use capability::{Capability, Support, component, matrix};
pub use exports::{Namespace, Tree, storage};
pub use gcp::Gcp;
pub use groups::{Group, Groups, Member, PRINCIPALS};
pub use infra::*;
pub use members::{MEMBER_LINES, SORTED_MEMBERS};
pub use plugin::{Centre, Code, Function, Plugin, Plugins, ProjectNumber, SecretVariable, Services, columns, needs};
pub use projects::{
    FUNCTIONS, Organization, dataset, dataset_stacks, github, github_stacks, organisation, organisation_stacks, shapes,
    whole,
};
pub use site::{DATASET, Exports, Handle, ORGANISATION, Scope, Site};
