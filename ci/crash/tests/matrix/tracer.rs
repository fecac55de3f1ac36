//! Stops a process at its system calls, and kills it at one of them: no code of the product knows of it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// How a traced process ended.
#[derive(Debug)]
pub(crate) enum End {
    /// It was killed, before this call.
    Killed(String),
    /// It ended by itself, with this code, after so many calls.
    Exited(i32, usize),
}

/// What changes files, by the number of the system call.
const BY_NAME: [(libc::c_long, &str); 9] = [
    (libc::SYS_rename, "rename"),
    (libc::SYS_renameat, "renameat"),
    (libc::SYS_renameat2, "renameat2"),
    (libc::SYS_link, "link"),
    (libc::SYS_linkat, "linkat"),
    (libc::SYS_unlink, "unlink"),
    (libc::SYS_unlinkat, "unlinkat"),
    (libc::SYS_mkdir, "mkdir"),
    (libc::SYS_mkdirat, "mkdirat"),
];
const BY_DESCRIPTOR: [(libc::c_long, &str); 5] = [
    (libc::SYS_write, "write"),
    (libc::SYS_pwrite64, "pwrite64"),
    (libc::SYS_ftruncate, "ftruncate"),
    (libc::SYS_fsync, "fsync"),
    (libc::SYS_fdatasync, "fdatasync"),
];

/// Runs a command, and does something to it when it is about to make the n-th call that changes a file below
/// `.groundplan`, counted from 1 over all its threads.
pub(crate) fn run_until(command: &Command, nth: usize) -> End {
    let main = start(command);
    let mut inside: BTreeSet<Pid> = BTreeSet::new();
    let mut count = 0;
    loop {
        // Of this thread's processes only: other tests trace others.
        let status = waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD)).expect("waits");
        let (stopped, signal) = match status {
            WaitStatus::PtraceSyscall(thread) => {
                if inside.insert(thread) {
                    if let Some(call) = changes_a_file(thread) {
                        count += 1;
                        if count == nth {
                            return end(main, call);
                        }
                    }
                } else {
                    inside.remove(&thread);
                }
                (thread, None)
            }
            WaitStatus::PtraceEvent(thread, ..) => (thread, None),
            WaitStatus::Stopped(thread, signal) => (thread, Some(signal)),
            WaitStatus::Exited(process, code) if process == main => return End::Exited(code, count),
            WaitStatus::Signaled(process, signal, _) if process == main => panic!("it died of {signal}"),
            _ => continue,
        };
        // A thread may be gone by now, with its process.
        let _ = ptrace::syscall(stopped, signal);
    }
}

/// Starts it stopped, and seizes it before it runs.
#[expect(clippy::zombie_processes, reason = "its end is waited for as that of a traced process")]
fn start(command: &Command) -> Pid {
    let mut shell = Command::new("sh");
    shell.args(["-c", "kill -STOP $$; exec \"$@\"", "sh"]).arg(command.get_program()).args(command.get_args());
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let child = shell.spawn().expect("starts");
    let main = Pid::from_raw(i32::try_from(child.id()).expect("fits"));
    let stopped = waitpid(main, Some(WaitPidFlag::WUNTRACED)).expect("waits");
    assert!(matches!(stopped, WaitStatus::Stopped(..)), "{stopped:?}");
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_EXITKILL;
    ptrace::seize(main, options).expect("is seized");
    kill(main, Signal::SIGCONT).expect("goes on");
    main
}

fn end(main: Pid, call: String) -> End {
    kill(main, Signal::SIGKILL).expect("is killed");
    loop {
        match waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD)).expect("waits") {
            WaitStatus::Signaled(process, ..) | WaitStatus::Exited(process, _) if process == main => {
                return End::Killed(call);
            }
            _ => {}
        }
    }
}

/// The call that a stopped thread is about to make, if it changes a file that a run leaves behind.
fn changes_a_file(thread: Pid) -> Option<String> {
    let line = fs::read_to_string(format!("/proc/{thread}/syscall")).ok()?;
    let mut words = line.split_whitespace();
    let number: libc::c_long = words.next()?.parse().ok()?;
    let arguments: Vec<u64> =
        words.map_while(|word| u64::from_str_radix(word.trim_start_matches("0x"), 16).ok()).collect();
    let named =
        |calls: &[(libc::c_long, &'static str)]| calls.iter().find(|(call, _)| *call == number).map(|(_, name)| *name);
    if let Some(name) = named(&BY_NAME) {
        return Some(name.to_owned());
    }
    let creates = u64::try_from(libc::O_CREAT).expect("is a flag");
    if number == libc::SYS_openat && arguments.get(2)? & creates != 0 {
        return Some("open to write".to_owned());
    }
    let name = named(&BY_DESCRIPTOR)?;
    let file = fs::read_link(format!("/proc/{thread}/fd/{}", arguments.first()?)).ok()?;
    let (_, below) = file.to_str()?.split_once("/.groundplan/")?;
    Some(format!("{name} {below}"))
}
