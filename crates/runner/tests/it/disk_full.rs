//! A disk on which nothing more fits: every file of the runner and of the sandbox ends at a limit.

use std::process::{Command, Stdio};

use crate::support::{Ran, World, ran};

const STACKS: &str = "infrastructure.aws.kms";

/// Runs the runner where no file may become larger than so many KiB.
fn within(world: &World, kib: u32, args: &str) -> Ran {
    let inner = world.command(args);
    let mut command = Command::new("bash");
    // Whoever does not hear the signal is told by the write.
    command.arg("-c").arg(format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"")).arg(inner.get_program());
    command.args(inner.get_args()).stdin(Stdio::null());
    ran(args, command)
}

#[test]
fn a_full_disk_ends_a_run_with_an_error_and_a_true_state() {
    let Some(world) = World::fresh() else { return };
    let mut stopped = 0;
    for kib in [0, 1, 2, 4, 6, 8, 12, 16, 24, 32] {
        let run = within(&world, kib, &format!("up {STACKS} --yes"));
        assert!(matches!(run.code, Some(0 | 30 | 40)), "at {kib} KiB: {run}");
        assert!(!run.err.contains("panicked") && !run.err.contains("E0904"), "at {kib} KiB: {run}");
        if run.code != Some(0) {
            stopped += 1;
            let why = ["File too large", "no room for a whole line"];
            assert!(why.iter().any(|why| run.err.contains(why)), "at {kib} KiB it does not say why: {run}");
        }
        world.run("state verify").ok();
    }
    assert!(stopped > 4, "the limits are too large");
    world.run(&format!("up {STACKS} --yes")).ok();
    world.is_whole();
    let calls = world.calls();
    let made = calls.iter().filter(|call| call.action == "create" && call.outcome == "ok").count();
    assert_eq!(made, world.objects().len(), "every object was made once: {calls:?}");
    world.run(&format!("preview {STACKS} --detailed-exitcode")).ok().says(["nothing to do"]);
}
