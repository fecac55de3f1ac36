//! The plans of a centre, held against those of the program that came before.

mod azure;
mod azure_mapping;
mod github;
mod mapping;
mod matrix;
mod mini;
#[expect(unreachable_pub, reason = "as a crate of its own it is reached by others")]
mod notes;
mod oracle;
mod plugin_checks;
mod plugin_mapping;
mod plugins;
mod recorded_plugins;
mod split;
mod world;
