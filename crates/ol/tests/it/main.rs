//! Constructs as a project sees them.

mod auto_scaling;
mod bucket;
mod certificate;
mod vpc;
