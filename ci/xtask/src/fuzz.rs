//! The long run of the engine's fuzzer: seed after seed, until the time is over or something is found.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// How many cases a seed has; a seed takes some ten seconds.
const CASES: &str = "200";

/// Runs the fuzzer for so long, from a seed on.
pub(crate) fn run(root: &Path, minutes: u64, seed: u64) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(minutes * 60);
    for seed in seed.. {
        let mut command = crate::cargo_at(root);
        command.args(["test", "--quiet", "--locked", "--package", "engine", "--test", "it", "fuzz::"]);
        command.env("GROUNDPLAN_FUZZ_SEED", seed.to_string()).env("GROUNDPLAN_FUZZ_CASES", CASES);
        let ended = command.output().context("cannot run the fuzzer")?;
        if !ended.status.success() {
            let said = String::from_utf8_lossy(&ended.stderr);
            match said.split_once(&format!("seed {seed}: ")) {
                Some((_, found)) => crate::say(found),
                // The test runner keeps what other tests say for its own list of failures.
                None => crate::say(&(String::from_utf8_lossy(&ended.stdout) + said)),
            }
        }
        ensure!(ended.status.success(), "seed {seed}: the fuzzer found something");
        if Instant::now() >= end {
            crate::say(&format!("nothing found up to seed {seed}"));
            break;
        }
    }
    Ok(())
}
