//! The services against a server that refuses whatever they do not allow.
#![cfg(feature = "rest")]

mod faults;
mod lifecycle;
mod support;
mod tokens;
