//! Users, groups and memberships of a root.

use std::fs;

use value::Value;

use crate::house::{House, done, file, is_root, map};

#[test]
fn a_user_is_made_changed_and_removed_and_one_that_was_there_stays() {
    if !is_root("users and groups of a root") {
        return;
    }
    let house = House::new();
    let mut inputs = map(&[("name", "caddy"), ("home", "/var/lib/caddy")]);
    inputs.insert("system".to_owned(), Value::Bool(true));
    let observed = done(house.create("host_user", &inputs)).expect("it is there");
    assert_eq!(observed.get("group"), Some(&Value::from("caddy")));
    assert_eq!(observed.get("home"), Some(&Value::from("/var/lib/caddy")));
    assert_eq!(observed.get("shell"), Some(&Value::from("/usr/sbin/nologin")));
    assert_eq!(done(house.create("host_user", &inputs)), Some(observed.clone()), "again");

    let mut changed = inputs.clone();
    changed.insert("shell".to_owned(), Value::from("/bin/sh"));
    let now = done(house.update("host_user", "caddy", &inputs, &changed)).expect("it is there");
    assert_eq!((now.get("shell"), now.get("uid")), (Some(&Value::from("/bin/sh")), observed.get("uid")));

    let mut vault = map(&[("name", "vault")]);
    vault.insert("gid".to_owned(), Value::Int(4000));
    done(house.create("host_group", &vault));
    let member = map(&[("user", "caddy"), ("group", "vault")]);
    done(house.create("host_member", &member));
    assert!(house.text("/etc/group").contains("vault:x:4000:caddy"), "{}", house.text("/etc/group"));
    let mut owned = file("/etc/caddy", "x", "0640");
    owned.insert("owner".to_owned(), Value::from("caddy"));
    owned.insert("group".to_owned(), Value::from("vault"));
    let observed = done(house.create("host_file", &owned)).expect("it is there");
    assert_eq!(
        (observed.get("owner"), observed.get("group")),
        (Some(&Value::from("caddy")), Some(&Value::from("vault")))
    );
    done(house.delete("host_file", "/etc/caddy", &owned));
    done(house.delete("host_member", "caddy:vault", &member));
    assert_eq!(house.look("host_member", "caddy:vault"), None);
    done(house.delete("host_user", "caddy", &changed));
    done(house.delete("host_group", "vault", &vault));
    assert_eq!(house.look("host_user", "caddy"), None);
    assert_eq!(house.look("host_group", "vault"), None);

    // Somebody else's.
    done(house.create("host_user", &map(&[("name", "root"), ("shell", "/bin/bash"), ("home", "/root")])));
    done(house.delete("host_user", "root", &map(&[("name", "root")])));
    assert!(house.text("/etc/passwd").starts_with("root:"), "{}", house.text("/etc/passwd"));
}

#[test]
fn packages_are_told_from_what_dpkg_keeps() {
    let house = House::new();
    fs::create_dir_all(house.path("/var/lib/dpkg")).expect("is made");
    let status = "Package: curl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 7.88.1-10\n\n\
        Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n\
        Package: kept\nStatus: hold ok installed\nVersion: 1:2.0\n";
    fs::write(house.path("/var/lib/dpkg/status"), status).expect("is written");
    let found = house.read(&[("host_package", "curl"), ("host_package", "gone"), ("host_package", "kept")]);
    let told = |at: usize, name: &str| found[at].as_ref().and_then(|found| found.observed.get(name).cloned());
    assert_eq!((told(0, "version"), told(0, "hold")), (Some(Value::from("7.88.1-10")), Some(Value::Bool(false))));
    assert!(found[1].is_none());
    assert_eq!((told(2, "version"), told(2, "hold")), (Some(Value::from("1:2.0")), Some(Value::Bool(true))));
    // What is installed is not asked for again; what was there before stays.
    done(house.create("host_package", &map(&[("name", "curl")])));
    done(house.delete("host_package", "curl", &map(&[("name", "curl")])));
    assert!(house.look("host_package", "curl").is_some());
}
