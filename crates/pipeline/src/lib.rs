//! Continuous integration of a workspace, written from its graph: stages in the order of dependencies and promotion, each
//! planned, approved by digest, and applied; and one preview for a pull request.
//!
//! Layer: L2, decisions (pure). **Invariant:** the same graph gives the same bytes. **Invariant:** every stack is in
//! exactly one shard of one stage, and what it needs is in the same shard or in an earlier stage.

mod concourse;
mod github;
mod stages;
mod yaml;

pub use concourse::concourse;
pub use github::github;
pub use stages::{Pipeline, Stage, stages};

/// What a workspace says of its pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The command that is the runner.
    pub runner: String,
    /// The profile; `None` = the default one.
    pub profile: Option<String>,
    /// The branch whose commits are applied.
    pub branch: String,
    /// What GitHub runs the jobs on.
    pub runs_on: String,
    /// Into how many stages an environment is cut at the most, each of which is approved by itself.
    pub levels: usize,
    /// On how many machines a stage is applied at the most.
    pub shards: usize,
    /// Secrets of the pipeline that plans and applies get, by name.
    pub secrets: Vec<String>,
    /// Secrets that the preview of a pull request gets.
    pub preview_secrets: Vec<String>,
}

impl Settings {
    /// The variable that says in which tier of the shared cache a job writes, where it has a key to sign with.
    fn tier(names: &[String], tier: &str) -> Option<(String, yaml::Yaml)> {
        let signs = names.iter().any(|name| name == "GROUNDPLAN_SIGNING_KEY");
        signs.then(|| ("GROUNDPLAN_CACHE_TIER".to_owned(), tier.into()))
    }

    /// The runner with its profile, as the shell takes it.
    fn command(&self) -> String {
        match &self.profile {
            Some(profile) => format!("{} --profile {profile}", self.runner),
            None => self.runner.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
