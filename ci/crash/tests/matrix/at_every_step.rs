//! A kill at every step boundary: before each system call that changes the state, the sandbox or the cache.

use crate::scenario::{self, Scenario};
use crate::tracer::{End, run_until};

/// Kills at the first boundary, the second, and so on until the run ends by itself.
fn check(scenario: Scenario) {
    let prepared = scenario.prepare();
    for nth in 1.. {
        let world = prepared.world();
        let killed = run_until(&world.command(prepared.command()), nth);
        match killed {
            End::Killed(before) => prepared.ends_well(world, &format!("killed at step {nth}, before `{before}`")),
            End::Exited(code, steps) => {
                assert_eq!(code, 0, "{}: not killed, and failed", scenario.name);
                prepared.ends_well(world, "not killed");
                assert!(steps > 10, "{}: only {steps} steps were seen", scenario.name);
                return;
            }
        }
    }
}

#[test]
#[ignore = "takes a minute: `cargo xtask crash`"]
fn of_a_create() {
    check(scenario::CREATE);
}

#[test]
#[ignore = "takes a minute: `cargo xtask crash`"]
fn of_an_update() {
    check(scenario::UPDATE);
}

#[test]
#[ignore = "takes a minute: `cargo xtask crash`"]
fn of_a_replacement() {
    check(scenario::REPLACE);
}

#[test]
#[ignore = "takes a minute: `cargo xtask crash`"]
fn of_a_replacement_that_deletes_first() {
    check(scenario::REPLACE_DELETING_FIRST);
}

#[test]
#[ignore = "takes a minute: `cargo xtask crash`"]
fn of_a_delete() {
    check(scenario::DELETE);
}

#[test]
#[ignore = "takes a minute: `cargo xtask crash`"]
fn of_a_rename() {
    check(scenario::RENAMED);
}

#[test]
#[ignore = "takes a minute: `cargo xtask crash`"]
fn of_a_move() {
    check(scenario::MOVE);
}

#[test]
#[ignore = "takes a minute: `cargo xtask crash`"]
fn of_a_move_to_a_program_that_waits() {
    check(scenario::MOVE_LATE);
}

#[test]
#[ignore = "takes a minute: `cargo xtask crash`"]
fn of_an_adoption() {
    check(scenario::ADOPT);
}

#[test]
#[ignore = "takes a minute: `cargo xtask crash`"]
fn of_a_refresh() {
    check(scenario::REFRESH);
}

#[test]
#[ignore = "takes a minute: `cargo xtask crash`"]
fn of_a_destroy() {
    check(scenario::DESTROY);
}

/// Everything at once, and the run that mends it is killed, too, at another place each time.
#[test]
#[ignore = "takes a minute: `cargo xtask crash`"]
fn and_again_while_it_is_mended() {
    let prepared = scenario::EVERYTHING.prepare();
    for nth in (1..).step_by(7) {
        let world = prepared.world();
        let End::Killed(first) = run_until(&world.command(prepared.command()), nth) else { return };
        let mut killed = format!("killed at step {nth}, before `{first}`");
        for again in [nth.div_ceil(3), 2 * nth % 31 + 1] {
            if let End::Killed(before) = run_until(&world.command(prepared.command()), again) {
                killed = format!("{killed}, then at step {again}, before `{before}`");
            }
        }
        prepared.ends_well(world, &killed);
    }
}
