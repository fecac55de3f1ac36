//! The configuration of a genomics centre: people, services, datasets and who is in their groups.
//!
//! Layer: library, pure. A directory is read in either of its two layouts, TOML or YAML, through a [`Source`], so that
//! an evaluation records what it read. **Invariant:** what [`check`] passes never fails later for what it says.

mod check;
mod cloud;
mod dataset;
mod directory;
mod github_wif;
mod infrastructure;
mod names;
mod schemas;

pub use check::{check, check_github, check_plugins};
pub use cloud::{ByCloud, Cloud};
pub use dataset::{
    AdditionalBucket, Budget, Component, Dataset, DatasetAzure, DatasetGcp, DefaultBucket, Dropbox, Extent, Members,
    Options, Upload,
};
pub use directory::{Configuration, Directory, FromInputs, Source, Wanted};
pub use github_wif::{Environment, GithubWif, POOL, PROVIDER, PamBroker, Repository, WifProject};
pub use infrastructure::*;
pub use names::{deployer_account, group_names, member_hash};
pub use schemas::schemas;

#[cfg(test)]
mod tests;
