//! The runner on the real organisation: every test has a workspace of its own, with the organisation's stack files, its
//! own state and its own sandbox.
//!
//! Where the organisation's projects were deleted there is nothing to try, and every test ends at once.

mod affected;
mod centre;
mod changes;
mod commands;
mod destroys;
mod disk_full;
mod drift;
mod everything;
mod given;
mod imports;
mod interrupted;
mod keys;
mod machines;
mod pipelines;
mod policies;
mod problems;
mod read_only;
mod renamed;
mod repair;
mod saved;
mod secrets;
mod selection;
mod signed;
mod state;
mod support;
mod targets;
mod yaml;

/// No file of tests is forgotten above.
#[test]
fn every_file_is_a_module() {
    let main = include_str!("main.rs");
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");
    for entry in std::fs::read_dir(directory).expect("is listed") {
        let name = entry.expect("is listed").file_name().into_string().expect("is text");
        let module = name.strip_suffix(".rs").expect("is a module");
        assert!(module == "main" || main.contains(&format!("mod {module};")), "{name} is forgotten");
    }
}
