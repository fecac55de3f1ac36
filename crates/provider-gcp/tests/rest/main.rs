//! The provider against a server that knows Google's documents, and refuses what they do not allow.
#![cfg(feature = "rest")]

mod cases;
mod faults;
mod lifecycle;
mod patience;
mod policies;
mod support;
