//! The shell that does it is killed at random instants: nobody ever sees a part of a file, and one run converges.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use std::{fs, io::Write, thread};

use ports::{BoxFuture, Outcome, ProviderError, ProviderErrorKind, StepAction};
use provider_host::{Connector, Hosts, Said};

use crate::house::{House, apply, done, file, runtime, step};

/// A shell that is killed, with all that it started, after some time.
#[derive(Debug)]
struct Mortal {
    root: String,
    micros: AtomicU64,
}

impl Connector for Mortal {
    fn name(&self) -> String {
        "mortal".to_owned()
    }

    fn root(&self) -> &str {
        &self.root
    }

    fn run<'a>(&'a self, script: &'a str) -> BoxFuture<'a, Result<Said, ProviderError>> {
        let micros = self.micros.load(Ordering::Relaxed);
        Box::pin(async move {
            let mut command = Command::new("sh");
            command.arg("-s").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
            let mut child = command.spawn().expect("a shell");
            let mut stdin = child.stdin.take().expect("its input");
            let group = format!("-{}", child.id());
            let script = script.to_owned();
            let feeding = thread::spawn(move || drop(stdin.write_all(script.as_bytes())));
            if micros > 0 {
                thread::sleep(Duration::from_micros(micros));
                Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status().expect("kill");
            }
            let output = child.wait_with_output().expect("it ends");
            feeding.join().expect("it was fed");
            Ok(Said { output: output.stdout, talk: String::new(), code: output.status.code() })
        })
    }
}

/// What a file is to be in a round: long, and alike from the first byte to the last.
fn content(round: usize) -> String {
    format!("{round:04}\n").repeat(2000)
}

#[test]
fn killed_at_any_instant_one_run_converges_and_no_part_of_a_file_is_ever_seen() {
    const FILES: usize = 5;
    let house = House::new();
    let root = house.path("/").to_str().expect("a text").trim_end_matches('/').to_owned();
    let mortal = Arc::new(Mortal { root, micros: AtomicU64::new(0) });
    let hosts = Hosts::connected([(None, mortal.clone() as Arc<dyn Connector>)]);
    let runtime = runtime();
    let paths: Vec<PathBuf> = (0..FILES).map(|n| house.path(&format!("/etc/app/{n}"))).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let reader = {
        let (paths, stop) = (paths.clone(), stop.clone());
        thread::spawn(move || {
            let mut whole = 0usize;
            while !stop.load(Ordering::Relaxed) {
                for path in &paths {
                    let Ok(text) = fs::read_to_string(path) else { continue };
                    let round: usize = text.get(..4).and_then(|round| round.parse().ok()).expect("a whole file");
                    assert!(text == content(round), "a part of round {round}");
                    whole += 1;
                }
            }
            whole
        })
    };
    let creates = |round: usize| {
        let one = |n| {
            step("host_file", StepAction::Create { inputs: file(&format!("/etc/app/{n}"), &content(round), "0640") })
        };
        (0..FILES).map(one).collect::<Vec<_>>()
    };
    let mut killed = 0;
    for round in 1..=10 {
        // Spread over the time that a whole run takes, the same in each run of the test.
        mortal.micros.store(3_000 + (round as u64 * 7_919) % 60_000, Ordering::Relaxed);
        for outcome in apply(&runtime, &hosts, creates(round)) {
            match outcome {
                Outcome::Done(_) => {}
                Outcome::Failed(error, None) if error.kind == ProviderErrorKind::Lost => killed += 1,
                other => panic!("{other:?}"),
            }
        }
        mortal.micros.store(0, Ordering::Relaxed);
        apply(&runtime, &hosts, creates(round)).into_iter().for_each(|outcome| drop(done(outcome)));
        for path in &paths {
            assert!(fs::read_to_string(path).expect("it is there") == content(round));
        }
        let left = fs::read_dir(house.path("/etc/app")).expect("reads").count();
        assert_eq!(left, FILES, "something half-written is left");
    }
    stop.store(true, Ordering::Relaxed);
    assert!(reader.join().expect("only whole files") > 0);
    assert!(killed > 8, "hardly anything was interrupted: {killed}");
}
