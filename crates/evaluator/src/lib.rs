//! Plans as files: their form, the manifest of what they are made of, and a program that makes them by itself.
//!
//! A build system that calls the program hands it the files that the manifest names, and nothing else: whatever a plan
//! function reads beyond them is an error, and so is a file that appeared or vanished since the manifest was written.
//!
//! Layer: L4, adapters. **Invariant:** the same plan function, stack files and manifest give the same bytes, whoever
//! runs it, wherever. **Invariant:** the environment is not read.

mod artefact;
mod declared;
mod given;
mod manifest;
mod outputs;
mod program;

pub use artefact::write;
pub use declared::evaluate;
pub use given::{Given, read};
pub use manifest::{Manifest, Manifests, manifest_file};
pub use program::{Built, main};

#[cfg(test)]
mod tests;
