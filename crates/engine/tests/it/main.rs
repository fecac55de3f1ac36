//! Whole runs: evaluate, preview, apply, settle, against a store in a directory and a vendor in memory.

mod cache;
mod cloud;
mod disk;
mod history;
mod house;
mod imports;
mod keys;
mod noted;
mod programs;

mod adopting;
mod approvals;
mod cases_conditions;
mod cases_failures;
mod cases_hooks;
mod cases_import;
mod cases_instances;
mod cases_read;
mod cases_refresh;
mod cases_replace;
mod cases_saved;
mod cases_targets;
mod clocks;
mod crashes;
mod determinism;
mod failures;
mod fuzz;
mod given;
mod holders;
mod keep_going;
mod moves;
mod passed_on;
mod plain;
mod policies;
mod random;
mod renewed;
mod repairs;
mod replacing;
mod secrets;
mod shared;
mod shelf;
mod stacks;
mod surgery;
mod takers;
mod upping;

#[expect(dead_code, reason = "the language has parts that only other tests speak")]
#[path = "../../../diff/src/tests/fixture.rs"]
mod fixture;
