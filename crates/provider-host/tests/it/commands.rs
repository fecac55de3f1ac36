//! Commands, in a root that has a shell.

use std::fs;
use std::path::Path;
use std::process::Command;

use value::{Map, Value};

use crate::house::{House, done, failed, is_root, map, secret};

/// Puts this machine's shell into a root, with the libraries that it needs.
fn with_shell(house: &House) {
    let listed = Command::new("ldd").arg("/bin/sh").output().expect("ldd");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let libraries = listed.split_whitespace().filter(|word| word.starts_with('/'));
    for path in libraries.chain(["/bin/sh"]) {
        let to = house.path(path);
        fs::create_dir_all(to.parent().expect("a directory")).expect("is made");
        fs::copy(Path::new(path), to).expect("is copied");
    }
}

/// A command that writes a letter each time that it runs, with more that it says.
fn command(run: &str, more: &[(&str, Value)]) -> Map {
    let mut inputs = map(&[("name", "init")]);
    inputs.insert("run".to_owned(), words(&["sh", "-c", run]));
    inputs.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    inputs
}

fn words(words: &[&str]) -> Value {
    Value::List(words.iter().copied().map(Value::from).collect())
}

const WRITE: &str = "printf x >>/made";

#[test]
fn a_command_runs_until_what_it_says_of_itself_is_so() {
    let mut house = House::new();
    if !is_root("commands in a root") {
        return;
    }
    with_shell(&house);
    let runs = |house: &House| fs::read_to_string(house.path("/made")).unwrap_or_default().len();
    let creates = command(WRITE, &[("creates", Value::from("/made"))]);
    assert_eq!(house.look("host_command", "init"), None);
    done(house.create("host_command", &creates));
    done(house.create("host_command", &creates));
    assert_eq!(runs(&house), 1);
    assert!(house.look("host_command", "init").is_some());
    // What it made is gone, so it was not done.
    fs::remove_file(house.path("/made")).expect("is removed");
    assert_eq!(house.look("host_command", "init"), None);
    done(house.create("host_command", &creates));
    assert_eq!(runs(&house), 1);

    let unless =
        command(WRITE, &[("unless", words(&["sh", "-c", "[ -s /made ] && read -r it </made; [ \"$it\" = xx ]"]))]);
    done(house.update("host_command", "init", &creates, &unless));
    done(house.update("host_command", "init", &creates, &unless));
    assert_eq!(runs(&house), 2);

    // Of what it provides nobody sees whether it was this command: another one runs.
    let provides = |run: &str| command(run, &[("provides", words(&["/made"]))]);
    done(house.update("host_command", "init", &unless, &provides(WRITE)));
    done(house.create("host_command", &provides(WRITE)));
    assert_eq!(runs(&house), 2, "it was this same one that ran last");
    done(house.update("host_command", "init", &provides(WRITE), &provides("printf yy >>/made")));
    assert_eq!(runs(&house), 4);

    // What it is run again for.
    let on = |content: &str| {
        command(WRITE, &[("creates", Value::from("/made")), ("run_on", Value::map([("config", content)]))])
    };
    house.restart();
    done(house.update("host_command", "init", &on("1"), &on("1")));
    assert_eq!(runs(&house), 4);
    done(house.update("host_command", "init", &on("1"), &on("2")));
    assert_eq!(runs(&house), 5);
    done(house.delete("host_command", "init", &on("2")));
    assert_eq!(house.look("host_command", "init"), None);
    assert_eq!(runs(&house), 5, "nobody can undo it");
}

#[test]
fn a_command_that_fails_or_does_not_do_it_is_told_of() {
    let house = House::new();
    if !is_root("commands in a root") {
        return;
    }
    with_shell(&house);
    let creates = [("creates", Value::from("/made"))];
    let error = failed(house.create("host_command", &command("echo no space >&2; exit 3", &creates)));
    assert_eq!(error.code, "Failed");
    assert!(error.message.contains("no space") && error.message.contains('3'), "{error}");
    assert_eq!(failed(house.create("host_command", &command("true", &creates))).code, "NotDone");
    let opaque = failed(house.create("host_command", &command("true", &[])));
    assert!(opaque.message.contains("it says none of `creates`, `unless`, `provides`"), "{opaque}");
    let mut told = command("true", &creates);
    told.insert("run".to_owned(), Value::List(vec![Value::from("login"), secret("hunter2")]));
    let told = failed(house.create("host_command", &told));
    assert!(told.message.contains("`run` may not hold a secret") && !told.message.contains("hunter2"), "{told}");
}
