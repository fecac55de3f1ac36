//! The earlier program once more, worked out from what is written down of it and from nothing of this one: what it made of
//! a configuration, in its own words, with its defects.
//!
//! It is known to be right where the earlier program was run and recorded. What is wrong with it and mended here is
//! changed afterwards, defect by defect; see [`mended`].

mod access;
mod azure;
mod billing;
mod buckets;
mod cases;
mod config;
mod dataset;
mod dropboxes;
mod exports;
mod functions;
mod gcp;
mod github;
mod groups;
mod made;
mod mended;
mod mended_azure;
mod mended_plugins;
mod metadata;
mod metamist;
mod organisation;
mod programs;
mod random;
mod storage;
mod tests;
