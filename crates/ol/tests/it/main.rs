//! Constructs as a project sees them.

mod bucket;
mod vpc;
