//! Files, directories and links.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ports::{ProviderErrorKind, StepAction};
use value::{Map, Value};

use crate::house::{House, done, failed, file, map, secret, step};

#[test]
fn a_file_is_made_with_its_directory_its_mode_and_all_its_bytes() {
    let house = House::new();
    let odd = "line\n'quoted' \"$HOME\" `id` \\n ünïcode\n\n";
    let observed = done(house.create("host_file", &file("/etc/app/conf.d/it's a file", odd, "0640")));
    assert_eq!(house.text("/etc/app/conf.d/it's a file"), odd);
    assert_eq!(house.mode("/etc/app/conf.d/it's a file"), 0o640);
    assert_eq!(house.mode("/etc/app"), 0o755, "a directory that nobody declared");
    let observed = observed.expect("it is there");
    assert_eq!(observed.get("owner"), Some(&Value::from("root")));
    assert_eq!(
        house.look("host_file", "/etc/app/conf.d/it's a file").as_ref(),
        Some(&observed),
        "a read says the same"
    );
    done(house.create("host_file", &file("/empty", "", "0600")));
    assert_eq!(house.look("host_file", "/empty").expect("it is there").get("content"), Some(&Value::from("")));
}

#[test]
fn what_is_as_it_should_be_is_left_as_it_is() {
    let house = House::new();
    let wanted = file("/etc/app", "one\n", "0644");
    done(house.create("host_file", &wanted));
    let before = fs::metadata(house.path("/etc/app")).expect("it is there").modified().expect("a time");
    done(house.create("host_file", &wanted));
    done(house.update("host_file", "/etc/app", &file("/etc/app", "older\n", "0644"), &wanted));
    assert_eq!(fs::metadata(house.path("/etc/app")).expect("it is there").modified().expect("a time"), before);
}

#[test]
fn a_file_that_is_no_longer_declared_goes_and_what_was_there_before_comes_back() {
    let house = House::new();
    fs::write(house.path("/etc/motd"), "the distribution's\n").expect("is written");
    fs::set_permissions(house.path("/etc/motd"), fs::Permissions::from_mode(0o604)).expect("its mode");
    let ours = file("/etc/motd", "ours\n", "0644");
    done(house.create("host_file", &ours));
    // An answer that was lost is asked for again.
    done(house.create("host_file", &ours));
    assert_eq!(house.text("/etc/motd"), "ours\n");
    done(house.delete("host_file", "/etc/motd", &ours));
    assert_eq!((house.text("/etc/motd").as_str(), house.mode("/etc/motd")), ("the distribution's\n", 0o604));

    let new = file("/etc/new", "x", "0644");
    done(house.create("host_file", &new));
    done(house.delete("host_file", "/etc/new", &new));
    done(house.delete("host_file", "/etc/new", &new));
    assert!(!house.path("/etc/new").exists());
    assert_eq!(house.look("host_file", "/etc/new"), None);
}

#[test]
fn what_somebody_changed_in_between_is_refused_unless_it_was_seen() {
    let mut house = House::new();
    let (old, new) = (file("/etc/app", "old\n", "0644"), file("/etc/app", "new\n", "0644"));
    done(house.create("host_file", &old));
    house.restart();
    fs::write(house.path("/etc/app"), "by hand\n").expect("is written");
    let error = failed(house.update("host_file", "/etc/app", &old, &new));
    assert_eq!((error.kind, error.code.as_str()), (ProviderErrorKind::Refused, "Moved"));
    assert!(error.message.contains("`/etc/app` is not what this was planned from"), "{error}");
    assert_eq!(failed(house.delete("host_file", "/etc/app", &old)).code, "Moved");
    assert_eq!(house.text("/etc/app"), "by hand\n");
    // Who looked first knows what he overwrites; and is refused if it moves once more.
    house.look("host_file", "/etc/app").expect("it is there");
    fs::set_permissions(house.path("/etc/app"), fs::Permissions::from_mode(0o600)).expect("its mode");
    assert_eq!(failed(house.update("host_file", "/etc/app", &old, &new)).code, "Moved");
    house.look("host_file", "/etc/app").expect("it is there");
    done(house.update("host_file", "/etc/app", &old, &new));
    assert_eq!((house.text("/etc/app").as_str(), house.mode("/etc/app")), ("new\n", 0o644));
}

#[test]
fn a_validator_looks_at_the_file_before_it_is_put_in_place() {
    let house = House::new();
    let checked = |content: &str| -> Map {
        let mut inputs = file("/app", content, "0600");
        // In a root the validator is the root's own.
        let words = ["/bin/check", "--file={}"].map(Value::from);
        inputs.insert("validate".to_owned(), Value::List(words.to_vec()));
        inputs
    };
    let error = failed(house.create("host_file", &checked("x")));
    assert_eq!(error.code, "Invalid");
    assert!(!house.path("/app").exists());
    let left: Vec<_> = fs::read_dir(house.path("/")).expect("reads").flatten().map(|e| e.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".groundplan-")), "{left:?}");
}

#[test]
fn directories_and_links_are_made_changed_and_removed() {
    let house = House::new();
    let (open, closed) =
        (map(&[("path", "/srv/data"), ("mode", "0755")]), map(&[("path", "/srv/data"), ("mode", "2750")]));
    done(house.create("host_directory", &open));
    done(house.update("host_directory", "/srv/data", &open, &closed));
    assert_eq!(house.mode("/srv/data"), 0o2750);
    assert_eq!(house.look("host_directory", "/srv/data").expect("it is there").get("mode"), Some(&Value::from("2750")));
    let (one, two) =
        (map(&[("path", "/srv/now"), ("target", "data")]), map(&[("path", "/srv/now"), ("target", "a b")]));
    done(house.create("host_link", &one));
    done(house.update("host_link", "/srv/now", &one, &two));
    assert_eq!(fs::read_link(house.path("/srv/now")).expect("a link").to_str(), Some("a b"));
    fs::write(house.path("/srv/data/kept"), "").expect("is written");
    done(house.delete("host_link", "/srv/now", &two));
    done(house.delete("host_directory", "/srv/data", &closed));
    assert!(house.path("/srv/data/kept").exists(), "a directory with something in it stays");
    assert!(!house.path("/srv/now").is_symlink());
    // One that was there before stays, too, even if it is empty.
    fs::create_dir(house.path("/opt")).expect("is made");
    done(house.create("host_directory", &map(&[("path", "/opt")])));
    done(house.delete("host_directory", "/opt", &map(&[("path", "/opt")])));
    assert!(house.path("/opt").is_dir());
}

#[test]
fn what_is_of_another_kind_is_not_replaced() {
    let house = House::new();
    fs::create_dir(house.path("/etc/x")).expect("is made");
    symlink("/nowhere", house.path("/etc/y")).expect("is made");
    fs::write(house.path("/etc/z"), "").expect("is written");
    assert_eq!(failed(house.create("host_file", &file("/etc/x", "", "0644"))).code, "WrongKind");
    assert_eq!(failed(house.create("host_directory", &map(&[("path", "/etc/y")]))).code, "WrongKind");
    assert_eq!(failed(house.create("host_link", &map(&[("path", "/etc/z"), ("target", "x")]))).code, "WrongKind");
    // A link to nowhere is no file: it is replaced by one, and comes back.
    let ours = file("/etc/y", "x", "0644");
    done(house.create("host_file", &ours));
    done(house.delete("host_file", "/etc/y", &ours));
    assert!(house.path("/etc/y").is_symlink());
}

#[test]
fn one_that_fails_takes_no_other_along_and_all_go_in_one_trip() {
    let house = House::new();
    let mut wrong = file("/etc/wrong", "x", "0644");
    wrong.insert("owner".to_owned(), Value::from("nobody-of-that-name"));
    let mut steps: Vec<_> = (0..50)
        .map(|n| step("host_file", StepAction::Create { inputs: file(&format!("/etc/app/{n}"), "x", "0644") }))
        .collect();
    steps.push(step("host_file", StepAction::Create { inputs: wrong }));
    let mut outcomes = house.apply(steps);
    let error = failed(outcomes.pop().expect("an outcome"));
    assert!(error.message.contains("there is no user `nobody-of-that-name`"), "{error}");
    outcomes.into_iter().for_each(|outcome| drop(done(outcome)));
    assert_eq!(house.hosts.trips(None), 1);
    let ids: Vec<String> = (0..50).map(|n| format!("/etc/app/{n}")).collect();
    let objects: Vec<(&str, &str)> = ids.iter().map(|id| ("host_file", id.as_str())).collect();
    assert!(house.read(&objects).iter().all(Option::is_some));
    assert_eq!(house.hosts.trips(None), 2);
}

#[test]
fn a_secret_is_never_in_a_file_that_others_can_read() {
    let house = House::new();
    let (path, root) = ("/etc/token", house.path("/"));
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut looked = 0usize;
            while !stop.load(Ordering::Relaxed) {
                for entry in fs::read_dir(root.join("etc")).into_iter().flatten().flatten() {
                    let Ok(is) = entry.metadata() else { continue };
                    let name = entry.file_name();
                    let name = name.to_string_lossy();
                    if name.starts_with(".groundplan-") || name == "token" {
                        looked += 1;
                        let mode = is.permissions().mode() & 0o7777;
                        assert_eq!(mode & 0o077, 0, "{name} has the mode {mode:o}");
                    }
                }
            }
            looked
        });
        let token = |text: &str| {
            let mut inputs = map(&[("path", path), ("mode", "0600")]);
            inputs.insert("content".to_owned(), secret(text));
            inputs
        };
        let mut prior = token("first");
        done(house.create("host_file", &prior));
        for n in 0..20 {
            let next = token(&format!("secret {n}"));
            let observed = done(house.update("host_file", path, &prior, &next)).expect("it is there");
            assert!(observed.get("content").is_some_and(Value::has_secret), "it stays a secret");
            prior = next;
        }
        stop.store(true, Ordering::Relaxed);
        assert!(watcher.join().expect("nothing was seen") > 0, "it looked at nothing");
    });
}
