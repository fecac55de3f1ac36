//! A kill at a random instant, and perhaps another one while that is being mended, and a third.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::scenario::{ALL, Prepared, Scenario};
use crate::world::World;

/// Numbers that look random and are the same for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A part of a time, and a little more than all of it.
    fn part_of(&mut self, time: Duration) -> Duration {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.next() % (nanos + nanos / 10))
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// How long a run takes that is left alone.
fn time_of(prepared: &Prepared) -> Duration {
    let world = prepared.world();
    let begun = Instant::now();
    world.ok(prepared.command());
    begun.elapsed()
}

/// Starts a run and kills it after some time.
fn kill_after(world: &World, command: &str, time: Duration) {
    let mut command = world.command(command);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
    std::thread::sleep(time);
    child.kill().expect("is killed");
    child.wait().expect("ends");
}

/// One of as many tests as there are processors, which share the rounds.
fn check(share: u64) {
    const SHARES: u64 = 2;
    let (rounds, seed) = (number("CRASH_ROUNDS", 500), number("CRASH_SEED", 1));
    let prepared: Vec<(Prepared, Duration)> = ALL
        .into_iter()
        .map(Scenario::prepare)
        .map(|prepared| {
            let time = time_of(&prepared);
            (prepared, time)
        })
        .collect();
    for round in (0..rounds).filter(|round| round % SHARES == share) {
        let mut random = Random(seed ^ round.wrapping_mul(0xd6e8_feb8_6659_fd93));
        let which = usize::try_from(round / SHARES).expect("fits") % prepared.len();
        let (prepared, time) = &prepared[which];
        let world = prepared.world();
        let mut kills = Vec::new();
        // Every second run is killed a second time, and every fourth a third time.
        while kills.is_empty() || (kills.len() < 3 && random.next().is_multiple_of(2)) {
            let after = random.part_of(*time);
            kill_after(&world, prepared.command(), after);
            kills.push(after);
        }
        prepared.ends_well(world, &format!("round {round} of seed {seed}, killed after {kills:?}"));
    }
}

#[test]
#[ignore = "takes a minute: `cargo xtask crash`"]
fn even_rounds() {
    check(0);
}

#[test]
#[ignore = "takes a minute: `cargo xtask crash`"]
fn odd_rounds() {
    check(1);
}
