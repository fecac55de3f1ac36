//! The plans of a centre, held against those of the program that came before.

mod azure;
mod azure_mapping;
mod github;
mod mapping;
mod matrix;
mod mini;
mod plugins;
mod split;
mod world;
