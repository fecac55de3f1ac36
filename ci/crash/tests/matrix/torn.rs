//! What a machine that loses its power may leave: files that are cut off, or were being written.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::scenario::{self, Prepared, Scenario};
use crate::tracer::{End, run_until};
use crate::world::World;

/// A workspace in which a run was killed after a share of its steps, in tenths.
fn in_the_middle(prepared: &Prepared, share: usize) -> World {
    let undisturbed = prepared.world();
    let End::Exited(_, steps) = run_until(&undisturbed.command(prepared.command()), usize::MAX) else {
        panic!("nobody kills it")
    };
    let world = prepared.world();
    let end = run_until(&world.command(prepared.command()), steps * share / 10);
    assert!(matches!(end, End::Killed(_)), "{end:?}");
    world
}

/// The files of the state whose names end so, the newest of each stack.
fn newest(world: &World, directory: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = world.files(".groundplan/state");
    files.retain(|path| path.parent().and_then(Path::file_name).is_some_and(|name| name == directory));
    let last = |path: &PathBuf| !files.iter().any(|other| other.parent() == path.parent() && other > path);
    files.iter().filter(|path| last(path)).cloned().collect()
}

fn append(path: &Path, bytes: &[u8]) {
    OpenOptions::new().append(true).open(path).and_then(|mut file| file.write_all(bytes)).expect("is written");
}

/// Breaks what a killed run left; one plain run must put it right all the same.
fn check(scenario: Scenario, what: &str, break_it: impl Fn(&World)) {
    let prepared = scenario.prepare();
    for share in [3, 5, 8] {
        let world = in_the_middle(&prepared, share);
        break_it(&world);
        prepared.ends_well(world, &format!("{what}, at {share} tenths"));
    }
}

#[test]
fn a_journal_whose_last_chunk_was_being_written() {
    for torn in [&b"{\"position\":"[..], b"{", b"\0\0\0\0\0\0\0\0", b"\0\0\0\0\n"] {
        check(scenario::EVERYTHING, "a torn chunk", |world| {
            newest(world, "journal").iter().for_each(|path| append(path, torn));
        });
    }
}

#[test]
fn files_that_were_being_written_beside_the_real_ones() {
    check(scenario::EVERYTHING, "temporary files", |world| {
        for directory in ["heads", "journal", "snapshots"] {
            for path in newest(world, directory) {
                fs::write(path.with_file_name(".tmp-1-0"), b"{\"form").expect("is written");
            }
        }
    });
}

#[test]
fn a_sandbox_whose_last_call_was_being_written() {
    check(scenario::REPLACE, "a torn call", |world| append(&world.sandbox().join("world.log"), b"{\"put\":[{\"ke"));
}

#[test]
fn a_lease_that_was_being_written() {
    check(scenario::UPDATE, "a torn lease", |world| {
        for path in world.files(".groundplan/state").iter().filter(|path| path.to_string_lossy().contains("/leases/")) {
            fs::write(path, b"{\"run\":\"").expect("is written");
        }
    });
}

#[test]
fn a_cache_of_which_nothing_can_be_read() {
    check(scenario::UPDATE, "a torn cache", |world| {
        world.files(".groundplan/cache").iter().for_each(|path| fs::write(path, b"\0{").expect("is written"));
    });
}
