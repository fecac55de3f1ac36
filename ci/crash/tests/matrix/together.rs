//! Several processes at a time on the same stacks.

use std::process::Stdio;

use crate::scenario;

/// Of runs that meet, one does the work, and the others wait for it; whichever is killed, another one takes over.
#[test]
fn runs_that_wait_for_one_another_end_well_whichever_is_killed() {
    let prepared = scenario::EVERYTHING.prepare();
    for round in 0..12_u64 {
        let world = prepared.world();
        let start =
            |command: &str| world.command(command).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
        let mut first = start("up crash.base.QA crash.reader.QA --yes --wait");
        let second = start("up crash.base.QA --with-downstream --yes --wait");
        std::thread::sleep(std::time::Duration::from_millis(10 * round));
        if round % 2 == 0 {
            first.kill().expect("is killed");
        }
        let mut codes = Vec::new();
        for mut child in [first, second] {
            codes.push(child.wait().expect("ends").code());
        }
        assert_eq!(codes[1], Some(0), "round {round}");
        prepared.ends_well(world, &format!("two runs, round {round}: {codes:?}"));
    }
}
