//! The plans of a centre, held against those of the program that came before.

mod github;
mod mapping;
mod mini;
mod split;
mod world;
